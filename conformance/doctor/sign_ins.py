"""The checks of one protocol: the login page, the identity provider, the sound sign-in, the crude forgery."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from conformance.comparison import PASSING
from conformance.doctor.connection import wrong_acs_url, wrong_entity_id
from conformance.doctor.facts import CloserLook, Page, SignIns, Wanted
from conformance.doctor.findings import Finding, failed, not_checked, ok
from conformance.targets.profile import Protocol
from conformance.verdict import Observation, describe
from rulebook import RULES

Failures = Mapping[str, str]
"""The codes of the failures found so far, each with the name of its check."""

CODE_OF: Mapping[str, str] = {
    "portal.sso.enabled": "sso-off",
    "saml.settings.fingerprint": "sso-off",
    "saml.assertion.issuer": "idp-not-known",
    "saml.signature.issuer-key": "idp-not-known",
    "saml.signature.fingerprint": "other-certificate",
    "saml.signature.value": "other-certificate",
    "saml.conditions.audience": "wrong-entity-id",
    "saml.response.destination": "wrong-acs-url",
    "saml.confirmation.recipient": "wrong-acs-url",
    "saml.conditions.not-before": "clock-off",
    "saml.conditions.not-on-or-after": "clock-off",
    "saml.confirmation.not-on-or-after": "clock-off",
    "saml.response.issue-instant": "clock-off",
    "remote-login.timestamp.not-too-old": "clock-off",
    "remote-login.timestamp.not-in-future": "clock-off",
    "remote-login.hash.matches": "secret-wrong",
}
"""What is wrong where a sound sign-in is refused for a rule; of several, the first in this order."""

BROKEN: Mapping[str, Mapping[str, str]] = {
    "saml": {
        "idp-not-known": "saml.issuer.other[host]",
        "other-certificate": "saml.signature.other-key@assertion",
        "wrong-entity-id": "saml.audience.other[host]",
        "wrong-acs-url": "saml.recipient.other[host]",
        "clock-off": "saml.times.expired",
    },
    "remote-login": {"secret-wrong": "remote-login.hash.wrong", "clock-off": "remote-login.timestamps.too-old"},
}
"""Sign-ins that are broken as a sound one is where something is set wrong: how they are refused tells what it is."""

WORDS: Mapping[str, str] = {
    "idp-not-known": r"issuer|identity provider|\bidp\b",
    "other-certificate": r"certificate|fingerprint|signature",
    "wrong-entity-id": r"audience|another portal|service provider",
    "wrong-acs-url": r"destination|recipient|another address",
    "secret-wrong": r"hash|secret|signature",
    "clock-off": r"\btime|expired|earlier|too old|clock",
}
"""Of what a portal's page speaks where it tells of the trouble in its own words."""

_OF_THE_PROVIDER = ("sso-off", "idp-not-known", "other-certificate")


def names(protocol: Protocol) -> tuple[str, str, str, str]:
    """Return the names of the checks of a protocol, in their order."""
    return (
        f"{protocol}: login page",
        f"{protocol}: identity provider",
        f"{protocol}: sound sign-in",
        f"{protocol}: forgery",
    )


def checks(found: SignIns, failures: Failures) -> list[Finding]:
    """Return the findings on one protocol; ``failures`` are those of the checks before."""
    wanted = found.wanted
    login, provider, sound, forgery = every = names(found.protocol)
    if found.unsupported:
        return [not_checked(name, found.unsupported) for name in every]
    first = _login_page(login, found, wanted)
    if first.outcome == "failed":
        return [first, *(not_checked(name, "the login page does not lead to it") for name in every[1:])]
    elsewhere = _elsewhere(provider, found, wanted)
    if elsewhere is not None:
        return [first, elsewhere, *(not_checked(name, "the login page leads elsewhere") for name in every[2:])]
    trouble = None if found.sound is None else _sound(sound, found, found.sound, wanted)
    if trouble is None or trouble.trouble is None:
        accepted = trouble or not_checked(sound, "it was not performed")
        return [first, ok(provider, "known to the portal"), accepted, _forgery(forgery, found.forged)]
    needs = not_checked(forgery, "a refusal counts only beside a sound sign-in that is accepted")
    code = trouble.trouble.code
    if code in failures:
        explained = not_checked(sound, f"refused, as '{failures[code]}' explains")
        return [first, not_checked(provider, "no sound sign-in was accepted"), explained, needs]
    if code in _OF_THE_PROVIDER:
        own = failed(provider, code, trouble.trouble.cause, trouble.trouble.mend)
        return [first, own, not_checked(sound, f"refused, as '{provider}' explains"), needs]
    return [first, not_checked(provider, "no sound sign-in was accepted"), trouble, needs]


def _at(found: SignIns, address: str) -> bool:
    host = found.arrival.failed_host or urlsplit(found.arrival.url).netloc
    return host == urlsplit(address).netloc


def _login_page(check: str, found: SignIns, wanted: Wanted) -> Finding:
    arrival = found.arrival
    if _at(found, wanted.simulator):
        return _request(check, found, wanted)
    if not _at(found, wanted.portal):
        return ok(check, f"{wanted.login} sends the person on")
    if arrival.failed:
        return failed(check, "portal-fails", f"{wanted.login}: {arrival.failed}.", "See the portal's own log.")
    if arrival.status >= 400:
        cause = f"{wanted.login} led to {arrival.url.partition('?')[0]}, which answered {arrival.status}."
        return failed(
            check, "no-login-page", cause, "Correct 'login' in the profile: where a person begins to sign in."
        )
    page = f" (headed: {arrival.heading})" if arrival.heading else ""
    cause = f"{arrival.unmet}{page}. It should have gone on to {wanted.simulator}."
    mend = (
        f"At the portal, Admin > Security: switch single sign-on on, choose {_METHOD[found.protocol]}. Or correct "
        "'login' in the profile: the address that starts the single sign-on."
    )
    return failed(check, "no-redirect", cause, mend)


_METHOD = {"saml": "SAML SSO", "remote-login": "Simple SSO"}


def _request(check: str, found: SignIns, wanted: Wanted) -> Finding:
    """Judge what the portal asks of the simulator."""
    arrival = found.arrival
    by = "remote-login" if urlsplit(arrival.url).path.startswith("/remote-login") else "saml"
    if by != found.protocol and not arrival.failed:
        cause = f"{wanted.login} starts {_METHOD[by]}, and the profile's 'protocols' has {found.protocol}."
        mend = f"At the portal, Admin > Security: choose {_METHOD[found.protocol]}."
        return failed(check, "other-method", cause, f'{mend} Or in the profile: protocols = ["{by}"]')
    request = arrival.request
    if request is not None and request.issuer != wanted.entity_id:
        return wrong_entity_id(check, request.issuer, "The portal's request (Issuer)", wanted)
    if request is not None and request.acs_url not in (None, wanted.acs_url):
        return wrong_acs_url(check, request.acs_url or "", "The portal's request", wanted)
    if arrival.unreadable or arrival.problem or arrival.failed:
        said = arrival.unreadable or arrival.problem or arrival.failed
        cause = f"The identity provider cannot use what the portal sent: {said}"
        mend = f"At the portal, enter the addresses of {wanted.simulator} anew; in the profile, check 'base_url'."
        return failed(check, "request-unusable", cause, mend)
    return ok(check, f"{wanted.login} leads to {wanted.simulator}")


def _elsewhere(check: str, found: SignIns, wanted: Wanted) -> Finding | None:
    if _at(found, wanted.simulator):
        return None
    arrival = found.arrival
    cause = (
        f"{wanted.login} leads to {arrival.url.partition('?')[0] or arrival.failed_host}, not to {wanted.simulator}."
    )
    return failed(check, "idp-not-known", cause, _introduce(found.protocol, wanted))


def _introduce(protocol: str, wanted: Wanted) -> str:
    if protocol == "remote-login":
        return f"At the portal, Admin > Security, Simple SSO: Remote Login URL = {wanted.simulator}/remote-login"
    return (
        f"At the portal, Admin > Security, SAML SSO: SAML Login URL = {wanted.simulator}/saml/sso, entity ID of the "
        f"identity provider = {wanted.idp_entity_id}. A portal that takes metadata finds it at "
        f"{wanted.simulator}/saml/metadata while a run lasts."
    )


def _sound(check: str, found: SignIns, seen: Observation, wanted: Wanted) -> Finding:
    if seen.went_well and seen.off_site is None and not seen.unmet:
        return ok(check, describe(seen))
    if seen.went_well:
        cause = seen.unmet or f"The person is signed in, and ends at {seen.off_site}, off the portal."
        return failed(check, "ends-elsewhere", cause, "Correct 'base_url' in the profile, or the portal's own address.")
    if seen.result == "crash":
        return failed(check, "portal-fails", f"At a sound sign-in the portal failed. {seen.detail}", _LOG)
    if seen.result in ("as-other", "as-forged"):
        cause = f"{describe(seen)} A sound sign-in must show the person who signed in."
        mend = "Correct 'signed_in' in the profile: what it selects must show that person's address or name alone."
        return failed(check, "other-person", cause, mend)
    rules = [rule_id for rule_id in CODE_OF if rule_id in seen.rules]
    if rules:
        return _refused(check, CODE_OF[rules[0]], found, seen, wanted)
    if seen.rules:
        cause = f"A sound sign-in was refused for {', '.join(seen.rules)}. {describe(seen)}"
        return failed(check, "sound-refused", cause, " ".join(RULES[rule_id].mend for rule_id in seen.rules))
    if seen.message is None and found.closer is not None:
        shown = _without_a_sign(found.closer)
        if shown:
            signs = " and ".join(f"{name} = '{selector}'" for name, selector in wanted.signs.items())
            cause = f"After a sound sign-in, {wanted.probe} shows nothing at {signs}. {shown}"
            mend = (
                "In the profile, [signed_in]: name in 'probe' a page, and in 'email' or 'name' what shows the person."
            )
            return failed(check, "sign-never-appears", cause, mend)
    return _unexplained(check, found, seen, wanted)


_LOG = "See the portal's own log."


def _without_a_sign(closer: CloserLook) -> str:
    """Return why the person seems to be signed in, although no sign of it is where the profile looks; else nothing."""
    home, stranger, landed = closer.home, closer.stranger, closer.landed
    if landed is not None and closer.shown_there:
        return f"But {landed.url}, where the sign-in ended, does: the portal kept no session."
    if home is not None and stranger is not None and _names(home, closer) and not _names(stranger, closer):
        return "But the page has the person's name or address elsewhere."
    if landed is not None and any(_alike(landed, page, closer) for page in closer.broken.values()):
        return ""
    if home is not None and stranger is not None and not _alike(home, stranger, closer):
        return "But the page is another one than a stranger sees."
    return f"Nor was an error shown: the sign-in ended at {landed.url}." if landed is not None else ""


def _unexplained(check: str, found: SignIns, seen: Observation, wanted: Wanted) -> Finding:
    """Name the cause of a refusal without a known reason by how the portal refuses what is broken on purpose.

    What was measured already rules some causes out: the clocks agree, and the request named the entity ID and the
    consumer service. (Where they did not, that is a failure of its own.)
    """
    broken = found.closer.broken if found.closer is not None else {}
    ruled_out = {"clock-off"} if found.arrival.read is not None or found.protocol == "remote-login" else set()
    if found.arrival.request is not None:
        ruled_out |= {"wrong-entity-id"} | ({"wrong-acs-url"} if found.arrival.request.acs_url else set())
    suspects = [code for code in BROKEN[found.protocol] if code not in ruled_out]
    if found.closer is not None and found.closer.landed is not None:
        landed = found.closer.landed
        suspects = [code for code in suspects if code in broken and _alike(landed, broken[code], found.closer)]
        # What the portal looks at later is hidden by what it looks at first: its own words tell which that is.
        spoken_of = [code for code in suspects if re.search(WORDS[code], landed.text, re.IGNORECASE)]
        suspects = spoken_of if len(spoken_of) == 1 else suspects
    if len(suspects) == 1:
        return _refused(check, suspects[0], found, seen, wanted)
    causes = f" It may be one of these: {', '.join(suspects)}." if suspects else ""
    cause = f"A sound sign-in was refused, and the portal does not tell why. {describe(seen)}{causes}"
    mend = (
        "See the portal's log of logins. Tell in the profile what its messages mean: [messages], 'pattern' = \"RULE\"."
    )
    return failed(check, "sound-refused", cause, mend)


def _refused(check: str, code: str, found: SignIns, seen: Observation, wanted: Wanted) -> Finding:
    """Return the finding on a sound sign-in that was refused for a known reason."""
    said = describe(seen)
    match code:
        case "sso-off":
            cause = f"At the portal, single sign-on is off, or lacks what it needs. {said}"
            mend = f"At the portal, Admin > Security: switch single sign-on on. {_trust(wanted)}"
        case "idp-not-known":
            cause = f"The portal does not know the identity provider {wanted.idp_entity_id}. {said}"
            mend = _introduce(found.protocol, wanted)
        case "other-certificate":
            cause = f"The portal trusts another certificate than the identity provider signs with. {said}"
            mend = _trust(wanted)
        case "wrong-entity-id":
            cause = f"The portal does not take '{wanted.entity_id}' for its entity ID. {said}"
            mend = "Write the portal's entity ID, letter for letter, as 'entity_id' in the profile."
        case "wrong-acs-url":
            cause = f"The portal does not take {wanted.acs_url} for its consumer service. {said}"
            mend = "Write the address at which the portal takes responses (ACS) as 'acs_url' in the profile."
        case "clock-off":
            cause = f"The portal's clock differs from this machine's by more than it allows. {said}"
            mend = "Let both machines set their clocks by NTP (timedatectl set-ntp true)."
        case _:
            cause = f"The shared secret is not the portal's, or the formula of the hash is not. {said}"
            mend = (
                "Copy the shared secret of Admin > Security, Simple SSO, into 'simulator.secret' of the profile "
                "(or the variable that it names), without blanks; 'simulator.profile' must be the portal's formula."
            )
    return failed(check, code, cause, mend)


def _trust(wanted: Wanted) -> str:
    return (
        f"At the portal, Admin > Security, SAML SSO: security certificate fingerprint = {wanted.fingerprint}; "
        "or give it the simulator's metadata anew. If that "
        "should be another: 'simulator.instance' of the profile is the folder of the keys that are signed with."
    )


def _forgery(check: str, seen: Observation | None) -> Finding:
    if seen is None:
        return not_checked(check, "it was not performed")
    if seen.result == "crash":
        return failed(check, "portal-fails", f"At a forged sign-in the portal failed. {seen.detail}", _LOG)
    if seen.result != "refused":
        cause = f"A crude forgery was let in. {describe(seen)}"
        mend = (
            "The portal does not check who signs people in: keep it from the network. "
            "'conformance run --no-doctor' judges it all the same."
        )
        return failed(check, "forgery-accepted", cause, mend)
    return ok(check, "refused")


def _names(page: Page, closer: CloserLook) -> bool:
    text = page.text.casefold()
    return any(word.casefold() in text for word in closer.words)


def _alike(one: Page, other: Page, closer: CloserLook) -> bool:
    """Whether two pages differ only in what no two sign-ins have in common: people, moments, identifiers."""
    return _essence(one, closer) == _essence(other, closer)


def _essence(page: Page, closer: CloserLook) -> tuple[str, int, str]:
    text = page.text
    for word in closer.words:
        text = re.sub(re.escape(word), "#", text, flags=re.IGNORECASE)
    return PASSING.sub("#", urlsplit(page.url).path), page.status, PASSING.sub("#", text)
