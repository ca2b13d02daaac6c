"""Finding out about a portal: connecting to it, and signing in to it through the same referee as a run."""

import contextlib
import functools
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl, urljoin, urlsplit

import attrs

from conformance.case import Case, all_cases
from conformance.doctor.contact import contact, metadata, read_metadata, reading_of
from conformance.doctor.facts import Arrival, CloserLook, Facts, Metadata, Page, SignIns, Wanted
from conformance.doctor.sign_ins import BROKEN
from conformance.drivers import Form, NotOnPage, Query, Shown, SiteFailed, Unsupported
from conformance.drivers.trust import trusting
from conformance.events import Driver
from conformance.journey import Journey, Unmet
from conformance.opening import open_referee
from conformance.referee import Referee
from conformance.sites import Addresses
from conformance.targets.profile import Profile, Protocol
from conformance.targets.target import Target
from idp_sim import enrolment
from idp_sim.config import ENTITY_ID
from idp_sim.keyring import Keyring
from idp_sim.people import impostor
from idp_sim.saml.request import AuthnRequest, UnreadableRequest, from_post, from_redirect

FORGED: Mapping[Protocol, str] = {"saml": "saml.signature.removed", "remote-login": "remote-login.hash.wrong"}
"""Sign-ins that nobody may accept: without any signature, and with a wrong hash."""
SOUND: Mapping[Protocol, tuple[str, ...]] = {
    "saml": tuple(f"saml.sound.plain@{base}" for base in ("assertion", "response", "both")),
    "remote-login": ("remote-login.sound.plain",),
}


def spoken(profile: Profile) -> tuple[Protocol, ...]:
    """Return the protocols that a portal speaks; all, where its profile does not tell."""
    return profile.protocols or get_args(Protocol)


def examine(
    target: Target, protocols: Sequence[Protocol], keyring: Keyring | None, driver: Driver, canary_url: str
) -> Facts:
    """Find out everything about a portal that concerns these protocols, of which there is at least one.

    ``keyring`` is that of the simulator which runs beside it; stubs have their own. Visitors are only sent where the
    portal answers. Raises FileProblem for a wrong ``ca_file``, and NoBrowser.
    """
    with contextlib.ExitStack() as stack:
        opened = functools.partial(open_referee, target, driver, canary_url, stack)
        return _examine(target, protocols, keyring, opened)


def _examine(
    target: Target, protocols: Sequence[Protocol], keyring: Keyring | None, opened: Callable[[], Referee]
) -> Facts:
    profile = target.profile
    referee = None if target.weaknesses is None else opened()
    wanted = _wanted(target, _sites(target, referee, protocols[0]), protocols, keyring)
    trust, patience = trusting(profile.ca_file), profile.patience_seconds
    met = contact(wanted.probe, trust, patience)
    facts = Facts(wanted=wanted, now=datetime.now(UTC), contact=met)
    if met.status is None:
        return facts
    referee = referee or opened()
    found, signed_in = None, []
    for protocol in protocols:
        its = _wanted(target, _sites(target, referee, protocol), protocols, keyring)
        if protocol == "saml":
            found = _metadata(profile, its, trust)
        signed_in.append(_sign_ins(referee, protocol, its))
    return attrs.evolve(facts, metadata=found, sign_ins=tuple(signed_in))


def _sites(target: Target, referee: Referee | None, protocol: Protocol) -> Addresses:
    """Return where simulator and portal are: stubs have other addresses for each protocol."""
    if referee is None or target.weaknesses is None:
        return Addresses(target.profile.simulator.base_url, target.profile.base_url, "")
    return referee.grounds.sites(protocol, {})


def _wanted(target: Target, sites: Addresses, protocols: Sequence[Protocol], keyring: Keyring | None) -> Wanted:
    profile = target.profile
    signing = keyring.certificate("signing") if keyring is not None and "saml" in protocols else None
    digests = [f"{enrolment.fingerprint(signing, kind)} ({kind})" for kind in ("sha1", "sha256")] if signing else []
    return Wanted(
        portal=sites.portal,
        login=urljoin(sites.portal, profile.login),
        entity_id=profile.entity_id or sites.portal,
        acs_url=profile.acs_url or f"{sites.portal}/login/saml",
        probe=urljoin(sites.portal, profile.signed_in.probe),
        signs={name: str(sign) for name, sign in attrs.asdict(profile.signed_in).items() if sign and name != "probe"},
        simulator=sites.simulator,
        idp_entity_id=ENTITY_ID,
        fingerprint=" or ".join(digests),
        protocols=tuple(protocols),
        lacks=_lacks(target, protocols),
    )


def _lacks(target: Target, protocols: Sequence[Protocol]) -> dict[str, str]:
    """Return the keys that nobody but the profile can tell, and what each of them would tell."""
    profile, refused = target.profile, target.profile.refused
    asked = {
        "refused.message": (
            refused.message or refused.text or refused.address,
            "what the portal shows when it refuses; without it, no refusal has a reason",
        ),
        "signed_in.email": (profile.signed_in.tells_who, "where the portal shows who is signed in"),
        "sign_out.press": (profile.sign_out.press or profile.sign_out.open, "how a person signs out"),
        "pages.needs_login": (profile.pages.needs_login, "a page that only a signed-in person sees"),
    }
    if target.weaknesses is None and "remote-login" in protocols:
        asked["simulator.secret"] = (profile.simulator.secret, "the shared secret; without it, no remote login is sent")
    return {key: what for key, (told, what) in asked.items() if not told}


def _metadata(profile: Profile, wanted: Wanted, trust: ssl.SSLContext) -> Metadata:
    """Return the portal's metadata from where the profile says, or else from where it may be.

    That is at the entity ID, which is its well-known place (saml-metadata 4.1), or below the consumer service.
    """
    if profile.metadata:
        return _metadata_at(profile.metadata, trust, profile.patience_seconds)
    for address in (wanted.entity_id, f"{wanted.acs_url}/metadata"):
        parts = urlsplit(address)
        if parts.netloc == urlsplit(wanted.portal).netloc and parts.path.strip("/"):
            found = _metadata_at(address, trust, profile.patience_seconds)
            if not found.problem:
                return found
    return Metadata()


def _metadata_at(place: str, trust: ssl.SSLContext, seconds: float) -> Metadata:
    if urlsplit(place).scheme in ("http", "https"):
        return metadata(place, trust, seconds)
    try:
        return read_metadata(place, Path(place).read_bytes())
    except OSError as error:
        return Metadata(address=place, problem=f"{error.strerror}.")


def _sign_ins(referee: Referee, protocol: Protocol, wanted: Wanted) -> SignIns:
    case = next((case for case in map(_case, SOUND[protocol]) if referee.why_not(case) is None), None)
    try:
        if case is None:
            raise Unsupported("the profile says that no sound sign-in is supported")
        arrival = _arrive(referee, case)
        found = SignIns(protocol=protocol, wanted=wanted, arrival=arrival)
        if arrival.status != 200 or urlsplit(arrival.url).netloc != urlsplit(wanted.simulator).netloc:
            return found
        sound = referee.control(case.control)
        if sound.result == "refused" and not sound.rules:
            return attrs.evolve(found, sound=sound, closer=_look_closer(referee, case))
        forged = None
        if sound.went_well:
            forged = referee.perform(_case(FORGED[protocol])).seen
        return attrs.evolve(found, sound=sound, forged=forged)
    except Unsupported as reason:
        return SignIns(protocol=protocol, wanted=wanted, arrival=Arrival(), unsupported=str(reason))


def _case(case_id: str) -> Case:
    return next(case for case in all_cases() if case.id == case_id)


@contextlib.contextmanager
def _journey(referee: Referee, case: Case) -> Iterator[Journey]:
    control = case.control
    journey = referee.journey(control.protocol, control.base, "portal", dict(control.given))
    try:
        yield journey
    finally:
        journey.leave()


def _arrive(referee: Referee, case: Case) -> Arrival:
    """Go where the portal's login address leads, and see what it asks for."""
    with _journey(referee, case) as journey:
        earliest, unmet = datetime.now(UTC), ""
        try:
            journey.begin_sign_in()
        except SiteFailed as failure:
            return Arrival(failed=str(failure), failed_host=failure.host)
        except Unmet as error:
            unmet = str(error)
        latest = datetime.now(UTC)
        shown = journey.visitor.read({"heading": Query("h1"), "problem": Query("#problem")})
        arrival = Arrival(
            url=shown.url,
            status=shown.status,
            heading=shown.texts["heading"] or "",
            problem=shown.texts["problem"] or "",
            unmet=unmet,
        )
        try:
            request = _request(journey.visitor.moves)
        except UnreadableRequest as error:
            return attrs.evolve(arrival, unreadable=str(error))
        read = None if request is None else reading_of(request.issue_instant, earliest, latest)
        return attrs.evolve(arrival, request=request, read=read)


def _request(moves: Sequence[Form]) -> AuthnRequest | None:
    """Return the authentication request that the browser carried last, if any. Raises UnreadableRequest."""
    for move in reversed(moves):
        posted = move.field("SAMLRequest")
        if posted is not None:
            return from_post(posted)
        sent = dict(parse_qsl(urlsplit(move.url).query)).get("SAMLRequest")
        if sent is not None:
            return from_redirect(sent)
    return None


def _look_closer(referee: Referee, sound: Case) -> CloserLook:
    """Look at every page around a sound sign-in, and at those where sign-ins end that are broken on purpose."""
    with _journey(referee, sound) as journey:
        person = journey.people.main
        stranger = _home(journey)
        landed = _landed(journey, "")
        shown_there = landed is not None and _is_signed_in(journey)
        home = _home(journey)
    broken = {}
    for code, case_id in BROKEN[sound.protocol].items():
        case = _case(case_id)
        if referee.why_not(case) is None:
            with _journey(referee, case) as journey:
                ended = _landed(journey, case.scenario.id)
            if ended is not None:
                broken[code] = ended
    forged = impostor(person)
    words = (person.email, person.name, forged.email, forged.name)
    return CloserLook(landed=landed, shown_there=shown_there, home=home, stranger=stranger, broken=broken, words=words)


def _landed(journey: Journey, scenario: str) -> Page | None:
    """Sign in, and return the page on which that ends; none where a site fails or the journey breaks off."""
    with contextlib.suppress(SiteFailed, Unmet, NotOnPage):
        journey.sign_in(scenario)
        return _page(journey.visitor.read(ALL))
    return None


def _is_signed_in(journey: Journey) -> bool:
    signs = journey.profile.signed_in
    return signs.read(journey.visitor.read(signs.queries()), journey.sites.portal).signed_in


def _home(journey: Journey) -> Page | None:
    with contextlib.suppress(SiteFailed):
        return _page(journey.visitor.look(urljoin(journey.sites.portal, journey.profile.signed_in.probe), ALL))
    return None


ALL = {"text": Query("body")}


def _page(shown: Shown) -> Page:
    return Page(url=shown.url, status=shown.status, text=shown.texts["text"] or "")
