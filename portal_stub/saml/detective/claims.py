"""Why what a Response says does not fit: addresses, times, the subject, the status, the encryption."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from portal_stub.address import address_problem, shown
from portal_stub.saml.detective.wire import Explainer
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml, samlp, text_of
from portal_stub.suspect import Suspect
from portal_stub.times import duration, parse_utc

_ZONE, _NEAR = 900, 90
"""Zones differ by quarters of an hour; how near a difference must be to one, in seconds."""

_SCHEME = Suspect(
    code="other-scheme",
    sentence="The {} is {}: it lacks the portal's scheme, or has another one. It must be {}.",
    mend="Enter it at the identity provider letter by letter, with http:// or https:// as here.",
)
_SLASH = Suspect(
    code="trailing-slash",
    sentence="The {} is {}, and differs by the slash at the end from {}.",
    mend="Enter it at the identity provider letter by letter, without or with the slash as here.",
)
_CASE = Suspect(
    code="other-case",
    sentence="The {} is {}, and differs in upper and lower case from {}.",
    mend="Enter it at the identity provider letter by letter.",
)
_SWAPPED = Suspect(
    code="addresses-swapped",
    sentence="The {} is {}, which is another of this portal's names. It must be {}.",
    mend="The entity ID (audience) and the ACS URL (recipient, destination) are two fields at the identity provider: "
    "see which value stands where.",
)
_HOST = Suspect(
    code="other-host",
    sentence="The {} is {}: another host of the portal, or another portal. It must be {}.",
    mend="Use one of the portal's hosts everywhere: at the identity provider, and in the portal's settings.",
)
_LOGIN_URL = Suspect(
    code="login-url-for-issuer",
    sentence="The {} is {}, and the portal has the identity provider's login address as its entity ID: {}.",
    mend="Enter the entity ID of the identity provider in the portal, not its login address.",
)
_CLOCK = Suspect(
    code="clock-off",
    sentence="The identity provider's clock is {} ours. If this message was kept for so long, that explains it too.",
    mend="Set the clock of the identity provider by NTP.",
)
_LOCAL = Suspect(
    code="local-time",
    sentence="The times are {} our clock, as they are when local time is written with a Z, which means UTC.",
    mend="Let the identity provider write its times in UTC.",
)
_LOGIN_NAME = Suspect(
    code="login-name",
    sentence="The NameID is {}: a login name, and no email address.",
    mend="Choose the email address as the NameID (name identifier) at the identity provider.",
)
_IN_ATTRIBUTE = Suspect(
    code="address-in-attribute",
    sentence="The NameID is {}; the email address is in the attribute {}.",
    mend="Choose the email address as the NameID (name identifier) at the identity provider.",
)
_STATUS = {
    "RequestDenied": ("not-assigned", "The identity provider refuses the person: the application is not theirs.",
                      "Assign the application to the person, or to one of their groups."),
    "AuthnFailed": ("authentication-failed", "The identity provider could not authenticate the person.",
                    "See its log: a wrong password, a second factor, or a locked account."),
    "NoPassive": ("no-passive", "The person would have had to log in, and the request forbids to ask (IsPassive).",
                  "Send requests without IsPassive."),
    "InvalidNameIDPolicy": ("name-id-format", "The identity provider does not give a NameID of the format asked for.",
                            "Allow the format emailAddress for this application at the identity provider."),
    "UnknownPrincipal": ("unknown-person", "The identity provider does not know the person.",
                         "Create the account there, or sync its directory."),
    "NoAuthnContext": ("no-authn-context", "The identity provider cannot authenticate in the way that is asked for.",
                       "Leave the requested class of authentication empty, or choose one that it has."),
}  # fmt: skip
_ENCRYPTED = Suspect(
    code="encrypted-for-another",
    sentence="The assertion cannot be opened: it was encrypted with another certificate than the portal's present one.",
    mend="Load the portal's metadata into the identity provider anew, or its encryption certificate.",
)
_NOT_ENCRYPTED = Suspect(
    code="not-encrypted",
    sentence="The portal is set to take encrypted assertions only, and this one is not.",
    mend="Switch encryption on at the identity provider with the certificate of the portal's metadata.",
)
MISTAKES = (
    *(_SCHEME, _SLASH, _CASE, _SWAPPED, _HOST, _LOGIN_URL, _CLOCK, _LOCAL, _LOGIN_NAME, _IN_ATTRIBUTE),
    *(Suspect(code=code, sentence=sentence, mend=mend) for code, sentence, mend in _STATUS.values()),
    *(_ENCRYPTED, _NOT_ENCRYPTED),
)


def _unlike(what: str, came: Sequence[str], wanted: str, own: Sequence[str]) -> Suspect | None:
    """Return how the value that came is like the wanted one, or another of the portal's own names."""
    for value in came:
        if value == wanted:
            return None
        if value.rstrip("/") == wanted.rstrip("/"):
            return _SLASH.about(what, shown(value), wanted)
        if _bare(value) == _bare(wanted):
            return _SCHEME.about(what, shown(value), wanted)
        if value.lower() == wanted.lower():
            return _CASE.about(what, shown(value), wanted)
        if value in own:
            return _SWAPPED.about(what, shown(value), wanted)
        if _path(value) == _path(wanted):
            return _HOST.about(what, shown(value), wanted)
    return None


def _bare(address: str) -> str:
    return address.partition("://")[2] or address


def _path(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.path if parts.scheme in ("http", "https") else None


def _audience(received: Received) -> Suspect | None:
    path = f"{saml('Conditions')}/{saml('AudienceRestriction')}/{saml('Audience')}"
    came = [text_of(found).strip() for found in received.assertion.iterfind(path)]
    return _unlike("audience", came[:5], received.settings.entity_id, (received.settings.acs_url,))


def _recipient(received: Received) -> Suspect | None:
    path = f"{saml('Subject')}/{saml('SubjectConfirmation')}/{saml('SubjectConfirmationData')}"
    came = [found.get("Recipient", "") for found in received.assertion.iterfind(path)]
    return _unlike("recipient (ACS URL)", came[:5], received.settings.acs_url, _own(received))


def _destination(received: Received) -> Suspect | None:
    came = [received.response.get("Destination", "")]
    return _unlike("destination (ACS URL)", came, received.settings.acs_url, _own(received))


def _own(received: Received) -> tuple[str, ...]:
    return (received.settings.entity_id, received.settings.base_url)


def _issuer(received: Received) -> Suspect | None:
    issuer = received.assertion.find(saml("Issuer"))
    came, wanted = "" if issuer is None else text_of(issuer).strip(), received.saml.idp_entity_id
    if wanted and wanted == received.saml.login_url:
        return _LOGIN_URL.about("issuer", shown(came), wanted)
    return _unlike("issuer", [came], wanted, (received.saml.login_url,))


_TIMES = frozenset(
    {
        *("saml.conditions.not-before", "saml.conditions.not-on-or-after", "saml.confirmation.not-on-or-after"),
        *("saml.response.issue-instant", "saml.response.issued-recently"),
    }
)


def _clock(received: Received) -> Suspect | None:
    """All the times of a message are off alike where its clock is: it was issued within its own limits."""
    issued = parse_utc(received.response.get("IssueInstant", ""))
    conditions = received.assertion.find(saml("Conditions"))
    if issued is None or conditions is None:
        return None
    start, end = (parse_utc(conditions.get(name, "")) for name in ("NotBefore", "NotOnOrAfter"))
    if (start is not None and issued < start) or (end is not None and issued >= end):
        return None
    behind = received.now - issued
    seconds = behind.total_seconds()
    quarters = round(seconds / _ZONE)
    side = "behind" if seconds > 0 else "ahead of"
    if quarters and abs(seconds - quarters * _ZONE) <= _NEAR and abs(quarters) <= 14 * 4:
        return _LOCAL.about(f"{duration(timedelta(seconds=quarters * _ZONE))} {side}")
    return _CLOCK.about(f"{duration(behind)} {side}")


def _subject(received: Received) -> Suspect | None:
    name_id = received.subject.find(saml("NameID"))
    if name_id is None:
        return None
    came = shown(text_of(name_id).strip())
    for attribute in received.assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        values = [text_of(value).strip() for value in attribute.iterfind(saml("AttributeValue"))]
        if any("@" in value and not address_problem(value) for value in values[:3]):
            return _IN_ATTRIBUTE.about(came, shown(attribute.get("Name", "")))
    return _LOGIN_NAME.about(came)


def _status(received: Received) -> Suspect | None:
    codes = received.response.iterfind(f"{samlp('Status')}//{samlp('StatusCode')}")
    for code in codes:
        told = _STATUS.get(code.get("Value", "").rpartition(":")[2])
        if told is not None:
            return Suspect(code=told[0], sentence=told[1], mend=told[2])
    return None


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.status.success"}), _status),
    (frozenset({"saml.encryption.decrypts"}), lambda _: _ENCRYPTED),
    (frozenset({"saml.encryption.required"}), lambda _: _NOT_ENCRYPTED),
    (frozenset({"saml.conditions.audience"}), _audience),
    (frozenset({"saml.confirmation.recipient"}), _recipient),
    (frozenset({"saml.response.destination"}), _destination),
    (frozenset({"saml.assertion.issuer"}), _issuer),
    (_TIMES, _clock),
    (frozenset({"saml.subject.address"}), _subject),
)
