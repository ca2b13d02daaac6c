"""The referee: performs one case against the target and says what the person experienced."""

import functools
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs

from conformance.canary import touches_since_last_asked
from conformance.case import Case, Control
from conformance.drivers import Form, NotOnPage, Shown, SiteFailed, VisitorFactory
from conformance.journey import Journey, People, Unmet, carries_logout, carries_sign_in
from conformance.logouts import Performance, binding_of
from conformance.selection import matches
from conformance.sites import Change
from conformance.targets.target import Grounds, Target, portal_of
from conformance.verdict import Observation
from idp_sim.catalogue import Scenario
from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.login import Login, RemoteLogin, SamlLogin, named_by
from idp_sim.logout import Logout
from idp_sim.people import impostor
from idp_sim.perform_logout import KIND_OF
from idp_sim.saml.response import response
from idp_sim.stages import Draft

Identity = tuple[str, str]
"""Address and name, as the portal shows them."""


@attrs.frozen
class Performed:
    """What came of one case: the observation, the message as sent, and a picture of the page at the end."""

    seen: Observation
    message: Form | None = None
    picture: bytes | None = None


@attrs.frozen
class Referee:
    """One worker's referee. ``browser`` tells whether its visitors are a real browser."""

    target: Target
    grounds: Grounds
    visitors: VisitorFactory
    people: People
    browser: bool

    def why_not(self, case: Case) -> str | None:
        """Return why the case does not fit this target or driver, as far as it can be told beforehand."""
        for glob, reason in self.target.profile.unsupported.items():
            if matches(glob, case.id):
                return reason
        if case.scenario.needs_browser and not self.browser:
            return f"needs a browser: {case.scenario.needs_browser}"
        if self.target.weaknesses is None and case.scenario.protocol == "saml-logout":
            return self._why_no_logout(case.scenario)
        return None

    def _why_no_logout(self, scenario: Scenario) -> str | None:
        portal = portal_of(self.target.profile)
        binding = binding_of(scenario, Logout(kind=KIND_OF[scenario.start], person=self.people.main, portal=portal))
        if portal.takes_logouts and portal.slo_at(binding) is None:
            name = {"redirect": "HTTP-Redirect", "post": "HTTP-POST"}[binding]
            return f"the portal names no address for logouts by {name}"
        return None

    def control(self, control: Control) -> Observation:
        """Perform the sound login that belongs to a control. Raises Unsupported where the target cannot be set so."""
        given = dict(control.given)
        journey = self.journey(control.protocol, control.base, control.start, given)
        try:
            if control.logout:
                logout = Performance(journey)
                return self._observe(journey, logout.perform, functools.partial(self._read_logout, journey, logout))
            sign_in = functools.partial(journey.sign_in, control.scenario)
            return self._observe(journey, sign_in, functools.partial(self._read, journey))
        finally:
            journey.leave()

    def perform(self, case: Case) -> Performed:
        """Perform a case. Raises Unsupported where target or driver cannot."""
        scenario, control = case.scenario, case.control
        journey = self.journey(control.protocol, control.base, control.start, dict(control.given))
        lands_on, read = None, None
        if scenario.protocol == "saml-logout":
            logout = Performance(journey, scenario)
            action: Any = logout.perform
            if scenario.stage == "logout settings":
                action = functools.partial(self._at, journey, control, scenario.apply, action)
            read = functools.partial(self._read_logout, journey, logout)
        elif scenario.stage == "journey":
            action = lambda: scenario.apply(journey)  # noqa: E731
        elif scenario.stage == "settings":
            action = functools.partial(self._at, journey, control, scenario.apply, journey.sign_in)
        else:
            action = lambda: journey.sign_in(scenario.id)  # noqa: E731
            if case.outcome in ("must-accept", "advisory") or scenario.who is not None:
                journey.whom, lands_on = _asked_for(case, journey)
            if scenario.breaks:
                lands_on = None
        started = time.perf_counter()
        try:
            seen = self._observe(
                journey, action, read or functools.partial(self._read, journey, lands_on, scenario.stage != "journey")
            )
            unmet = seen.unmet or self._disturbed(journey, scenario, time.perf_counter() - started)
            seen = attrs.evolve(seen, unmet=unmet)
            carries = carries_logout if scenario.protocol == "saml-logout" else carries_sign_in
            sent = [move for move in journey.visitor.moves if carries(move) and _to_portal(move, journey)]
            picture = journey.visitor.picture() if not _as_demanded(case, seen) else None
            return Performed(seen, sent[-1] if sent else None, picture)
        finally:
            journey.leave()

    def _disturbed(self, journey: Journey, scenario: Scenario, seconds: float) -> str:
        """Say what a message did to the portal beside being judged, or nothing."""
        touches = touches_since_last_asked(journey.sites.canary, journey.people.main.email)
        if touches:
            return f"The portal fetched an address that the message names, {touches} times."
        if 0 < scenario.within_seconds < seconds:
            return f"It took {seconds:.1f} s; it must be over within {scenario.within_seconds:g} s."
        return ""

    def journey(self, protocol: str, base: Any, start: Any, given: Any) -> Journey:
        """Return the way of this worker's main person, at its beginning. Raises Unsupported."""
        sites = self.grounds.sites(protocol, given)
        person = self.people.main
        return Journey(
            profile=self.target.profile, grounds=self.grounds, sites=sites, protocol=protocol, base=base, start=start,
            people=self.people, visitors=self.visitors, visitor=self.visitors(), whom=(person.email, person.name),
        )  # fmt: skip

    def _at(self, journey: Journey, control: Control, change: Change, action: Callable[[], None]) -> None:
        """Sign in, or out, at a portal that is set otherwise."""
        journey.move_to(self.grounds.own_sites(control.protocol, dict(control.given), change))
        action()

    def _observe(self, journey: Journey, action: Any, read: Callable[[], Observation]) -> Observation:
        unmet = ""
        try:
            action()
        except SiteFailed as failure:
            if failure.host == urlsplit(journey.sites.simulator).netloc:
                raise
            if _off_site(journey) is None:
                return Observation(result="crash", detail=str(failure))
        except (Unmet, NotOnPage) as error:
            unmet = str(error)
        try:
            stuck = "" if unmet else journey.take_steps()
            seen = read()
            detail = f"{seen.detail} {stuck}".strip()
            return attrs.evolve(seen, unmet=unmet or seen.unmet, detail=detail)
        except SiteFailed as failure:
            return Observation(result="crash", detail=str(failure))

    def _read_logout(self, journey: Journey, logout: Performance) -> Observation:
        off_site = _off_site(journey)
        page = Shown(journey.visitor.url, 0, {}) if off_site else journey.logout_page()
        refused = self._refused(page.texts.get("message") or None, page.texts.get("rules"), off_site)
        return attrs.evolve(logout.read(page, refused), logout=True)

    def _read(self, journey: Journey, lands_on: str | None = None, just_now: bool = True) -> Observation:
        off_site = _off_site(journey)
        landed = journey.path
        refusal, home = (
            (Shown(journey.visitor.url, 0, {}), journey.home()) if off_site else journey.end(just_now=just_now)
        )
        if home.page.status >= 500:
            raise SiteFailed(urlsplit(home.page.url).netloc, f"answered {home.page.status} to its own page")
        email, name = home.texts.get("email"), home.texts.get("name")
        message, declared = refusal.texts.get("message"), refusal.texts.get("rules")
        if not home.signed_in:
            return self._refused(message, declared, off_site)
        unmet = ""
        if lands_on is not None and off_site is None and landed != lands_on:
            unmet = f"The person asked for {lands_on} and ended on {landed}."
        forged = impostor(journey.people.main)
        return Observation(
            result=_whose((email, name), journey.whom, (forged.email, forged.name)),
            person=" ".join(filter(None, (name, email and f"<{email}>"))) or None,
            message=message,
            off_site=off_site,
            unmet=unmet,
        )

    def _refused(self, message: str | None, declared: str | None, off_site: str | None) -> Observation:
        if declared:
            return Observation(
                result="refused",
                message=message,
                rules=tuple(sorted(declared.split())),
                rules_from="page",
                off_site=off_site,
            )
        profile = self.target.profile
        if message is None or not (profile.messages or profile.refused.rules_attribute):
            return Observation(result="refused", message=message, off_site=off_site)
        if profile.refused.rules_attribute:
            return Observation(result="refused", message=message, rules_from="page", off_site=off_site)
        rules = profile.rules_of(message)
        source: Any = "message" if rules else "nothing"
        return Observation(result="refused", message=message, rules=rules, rules_from=source, off_site=off_site)


def _to_portal(move: Form, journey: Journey) -> bool:
    return urlsplit(move.url).netloc == urlsplit(journey.sites.portal).netloc


def _off_site(journey: Journey) -> str | None:
    """Return the address outside the portal to which the browser was sent at the end, if it was."""
    if not journey.visitor.moves:
        return None
    last = journey.visitor.moves[-1].url
    known = {urlsplit(address).netloc for address in (journey.sites.portal, journey.sites.simulator)}
    return None if urlsplit(last).netloc in known else last


def _whose(shown: tuple[str | None, str | None], genuine: Identity, forged: Identity) -> Any:
    pairs = [
        tuple(" ".join(text.casefold().split()) for text in (seen, mine, other))
        for seen, mine, other in zip(shown, genuine, forged, strict=True)
        if seen is not None
    ]
    if not pairs:
        return "accepted"
    if all(seen == mine for seen, mine, _ in pairs):
        return "as-signed"
    return "as-forged" if any(seen == other for seen, _, other in pairs) else "as-other"


def _asked_for(case: Case, journey: Journey) -> tuple[Identity, str | None]:
    """Return who is signed in by a case that must be accepted, and the page of the portal that it asks for, if any."""
    person = journey.people.main
    portal = Portal("portal", journey.sites.portal, remote_login=RemoteLoginPortal(secret=""))
    login: Login
    if case.protocol == "saml":
        login = SamlLogin(person=person, portal=portal)
    else:
        login = RemoteLogin(person=person, portal=portal)
    login = case.scenario.begin(login)
    if case.scenario.stage == "plan":
        login = case.scenario.apply(login)
    elif case.scenario.stage == "tree" and isinstance(login, SamlLogin):
        draft = case.scenario.apply(Draft(login, response(login)))
        login = draft.login if draft is not None else login
    target = login.redirect_to if isinstance(login, RemoteLogin) else login.relay_state
    return named_by(login), _own_page(target, portal)


def _own_page(target: str | None, portal: Portal) -> str | None:
    # A text that is neither a path nor an address leads nowhere: the portal's home is as good as any.
    if not target or not re.match(r"[/\\]|\w+:", target.strip()):
        return None
    absolute = urlsplit(urljoin(f"{portal.base_url}/", target.replace("\\", "/")))
    return absolute.path if absolute.netloc == urlsplit(portal.base_url).netloc else None


def _as_demanded(case: Case, seen: Observation) -> bool:
    """Whether the case plainly went as it must; where it did not, the report shows a picture."""
    right = {"must-accept": ("as-signed", "accepted"), "must-refuse": ("refused",)}
    accepted = right.get(case.outcome, ("refused", "as-signed"))
    return (
        seen.result in accepted
        and not seen.unmet
        and (seen.result != "refused" or set(seen.rules) == set(case.expected))
    )
