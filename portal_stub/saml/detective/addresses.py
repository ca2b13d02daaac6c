"""Addresses and entity IDs that nearly fit: whom a Response is for, where it was sent, and whose it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from urllib.parse import SplitResult, urlsplit

import attrs
from cryptography import x509

from portal_stub.address import shown
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml, text_of
from portal_stub.suspect import Suspect

_LETTER_BY_LETTER = "Enter it at the identity provider letter by letter, as it must be."
_IN_THE_PORTAL = "Enter the identity provider's entity ID in the portal letter by letter, as its metadata has it."

_SCHEME = Suspect(
    code="other-scheme",
    sentence="The {} is {}. It must be {}: the scheme at its beginning is missing, is another one, or is one too many.",
    mend=_LETTER_BY_LETTER,
)
_SLASH = Suspect(
    code="trailing-slash",
    sentence="The {} is {}. It must be {}: there is a slash too many or too few at the end.",
    mend=_LETTER_BY_LETTER,
)
_CASE = Suspect(
    code="other-case",
    sentence="The {} is {}. It must be {}: upper and lower case count.",
    mend=_LETTER_BY_LETTER,
)
_BLANKS = Suspect(
    code="blanks-around",
    sentence="The {} is {}. It must be {}: there are blanks or line breaks around it.",
    mend="Remove them where the value is entered; where a template writes the message, put the value on the line of "
    "its tags.",
)
_PORT = Suspect(
    code="port-written-out",
    sentence="The {} is {}. It must be {}: the port that the scheme has anyway counts as well, once it is written.",
    mend=_LETTER_BY_LETTER,
)
_SWAPPED = Suspect(
    code="addresses-swapped",
    sentence="The {} is {}, which is another of this portal's names. It must be {}.",
    mend="The entity ID (audience) and the ACS URL (recipient, destination) are two fields at the identity provider: "
    "see which value stands where.",
)
_HOST = Suspect(
    code="other-host",
    sentence="The {} is {}. It must be {}: this is the portal's other host (its own domain, or the one that it had "
    "from the beginning), or another portal.",
    mend="Use one of the portal's hosts everywhere: at the identity provider, and in the portal's settings.",
)
_PATH = Suspect(
    code="other-path",
    sentence="The {} is {}. It must be {}: the host is right, and the path is another.",
    mend=_LETTER_BY_LETTER,
)
_ANOTHER = Suspect(
    code="another-audience",
    sentence="The {} is {}, which is no name of this portal. It must be {}.",
    mend="Enter this portal's entity ID as the audience (entity ID, identifier) at the identity provider; if it has "
    "an application for each portal, see that the person came from the right one.",
)
_NONE = Suspect(
    code="no-audience",
    sentence="The assertion names no audience. It must name {}.",
    mend="Enter the portal's entity ID as the audience (entity ID, identifier) at the identity provider.",
)
_LOGIN_URL = Suspect(
    code="login-url-as-issuer",
    sentence="The {} is {}, the identity provider's login address, and the portal expects its entity ID, {}.",
    mend="Let the identity provider send its entity ID as the issuer, or enter the issuer in the portal.",
)
_LOGIN_URL_STORED = Suspect(
    code="login-url-for-issuer",
    sentence="The {} is {}, and the portal has the identity provider's login address, {}, as its entity ID.",
    mend="Enter the entity ID of the identity provider in the portal, not its login address.",
)
_CERTIFICATE = Suspect(
    code="certificate-for-issuer",
    sentence="The {} is {}, the name in the signing certificate. The portal expects the entity ID {}.",
    mend="Let the identity provider send its entity ID as the issuer, or enter the issuer in the portal.",
)
_TENANT = Suspect(
    code="another-tenant",
    sentence="The {} is {}, and the portal expects {}: the host is the same, so this is another tenant, or another "
    "application, of the same identity provider.",
    mend="Compare the entity ID at the identity provider with the portal's setting, and see which tenant it is of.",
)
_ISSUER_HOST = Suspect(
    code="issuer-on-another-host",
    sentence="The {} is {}, and the portal expects {}: the path is the same on another host, so the identity "
    "provider has moved, or this is another one.",
    mend="Enter the identity provider's present entity ID in the portal, once its administrator has confirmed it.",
)
MISTAKES = (
    *(_SCHEME, _SLASH, _CASE, _BLANKS, _PORT, _SWAPPED, _HOST, _PATH, _ANOTHER, _NONE),
    *(_LOGIN_URL, _LOGIN_URL_STORED, _CERTIFICATE, _TENANT, _ISSUER_HOST),
)


_CONDITIONS = saml("Conditions")
_DATA = "/".join(saml(name) for name in ("Subject", "SubjectConfirmation", "SubjectConfirmationData"))


def _without_scheme(address: str) -> str:
    return address.partition("://")[2] or address


_WITH_PORT = re.compile(r"\A(?:(http://[^/]*):80|(https://[^/]*):443)(?=/|\Z)")


def _without_port(address: str) -> str:
    return _WITH_PORT.sub(r"\1\2", address)


_DIFFERENCES: Sequence[tuple[Suspect, Callable[[str], str]]] = (
    (_BLANKS, str.strip),
    (_PORT, _without_port),
    (_SLASH, lambda address: address.removesuffix("/")),
    (_SCHEME, _without_scheme),
    (_CASE, str.lower),
)
"""In what an address differs, and what makes two equal that differ in nothing else."""


def _differing(came: str, wanted: str) -> Suspect | None:
    """Return in what the one differs from the other, or in which two ways, or None."""
    for count in (1, 2):
        for chosen in combinations(_DIFFERENCES, count):
            one, other = came, wanted
            for _, level in chosen:
                one, other = level(one), level(other)
            if one == other:
                return _joined([suspect for suspect, _ in chosen])
    return None


def _joined(suspects: Sequence[Suspect]) -> Suspect:
    first, *others = suspects
    sentence = first.sentence
    for other in others:
        sentence = f"{sentence.removesuffix('.')}, and{other.sentence.rpartition(':')[2]}"
    return attrs.evolve(first, code="+".join(each.code for each in suspects), sentence=sentence)


@attrs.frozen
class _Came:
    """An address that came in place of the one that was wanted. ``what`` names its place in the message."""

    what: str
    value: str
    wanted: str


def _portals_own(received: Received) -> Iterator[Suspect]:
    """One suspect for each cause: Recipient and Destination are one field at the identity provider."""
    explained: dict[tuple[str, str], tuple[Suspect, list[_Came]]] = {}
    for came in _unfitting(received):
        suspect = _explained(came, received)
        if suspect is not None:
            # The other host is one cause wherever it stands; what else is wrong, is so in one field.
            cause = urlsplit(came.value).netloc if suspect is _HOST else came.value
            explained.setdefault((suspect.code, cause), (suspect, []))[1].append(came)
    for suspect, (first, *others) in explained.values():
        likewise = " and the ".join(came.what for came in others)
        words = f"{first.what} (and likewise the {likewise})" if others else first.what
        yield suspect.about(words, shown(first.value), first.wanted)
    if received.assertion_if_any is not None and received.inside(_CONDITIONS) and not _audiences(received):
        yield _NONE.about(received.settings.entity_id)


def _unfitting(received: Received) -> Iterator[_Came]:
    entity_id, acs_url = received.settings.entity_id, received.settings.acs_url
    if received.assertion_if_any is not None:
        audiences = _audiences(received)
        if audiences and audiences[0] and entity_id not in audiences:
            yield _Came("audience", audiences[0], entity_id)
        recipients = [found.get("Recipient", "") for found in received.inside(_DATA)[:5]]
        if recipients and acs_url not in recipients:
            yield _Came("recipient", recipients[0], acs_url)
    destination = received.response.get("Destination")
    if destination and destination != acs_url:
        yield _Came("destination", destination, acs_url)


def _audiences(received: Received) -> list[str]:
    """Return the audiences of the first restriction that does not name this portal, else those of all."""
    restrictions = received.inside(f"{_CONDITIONS}/{saml('AudienceRestriction')}")[:5]
    named = [[text_of(found) for found in restriction.findall(saml("Audience"))[:20]] for restriction in restrictions]
    other = next((names for names in named if names and received.settings.entity_id not in names), None)
    return [name for names in named for name in names] if other is None else other


def _explained(came: _Came, received: Received) -> Suspect | None:
    differing = _differing(came.value, came.wanted)
    if differing is not None:
        return differing
    if came.value in (received.settings.entity_id, received.settings.base_url, received.settings.acs_url):
        return _SWAPPED
    related = _related(came.value, came.wanted)
    if related == "path":
        return _HOST
    if related == "host" and came.what != "audience":
        return _PATH
    return _ANOTHER if came.what == "audience" else None


def _related(came: str, wanted: str) -> str:
    """Return which part of two addresses is the same, ``host`` or ``path``, or empty."""
    one, other = _split(came), _split(wanted)
    if one is None or other is None:
        return ""
    if one.netloc == other.netloc:
        return "host" if one.path != other.path else ""
    return "path" if (one.path, one.query) == (other.path, other.query) else ""


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.netloc else None


def _issuer(received: Received) -> Iterator[Suspect]:
    wanted = received.provider.entity_id
    elements = [element for element in (received.assertion_if_any, received.envelope) if element is not None]
    issuers = [found for element in elements if (found := element.find(saml("Issuer"))) is not None]
    came = next((text for issuer in issuers if (text := text_of(issuer)) != wanted), "")
    if not came:
        return
    suspect = _differing(came, wanted)
    if suspect is not None:
        suspect = attrs.evolve(suspect, mend=_IN_THE_PORTAL)
    elif came == received.saml.login_url:
        suspect = _LOGIN_URL
    elif wanted == received.saml.login_url:
        suspect = _LOGIN_URL_STORED
    elif any(_is_name_of(certificate, came) for certificate in _certificates(received)):
        suspect = _CERTIFICATE
    else:
        suspect = {"host": _TENANT, "path": _ISSUER_HOST}.get(_related(came, wanted))
    if suspect is not None:
        yield suspect.about("issuer", shown(came), wanted)


def _certificates(received: Received) -> list[x509.Certificate]:
    return [found for signature in received.signatures_if_any for found in signature.certificates[:2]]


def _is_name_of(certificate: x509.Certificate, text: str) -> bool:
    """Return whether the text is the subject of the certificate, in either order, or its common name."""
    subject = certificate.subject
    names = [attribute.value for attribute in subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    parts = [part.rfc4514_string() for part in subject.rdns]
    plain = text.strip().replace(", ", ",")
    return plain in names or plain in (",".join(parts), ",".join(reversed(parts)))


EXPLAINERS: tuple[Explainer, ...] = (
    (
        frozenset({"saml.conditions.audience", "saml.confirmation.recipient", "saml.response.destination"}),
        _portals_own,
    ),
    (frozenset({"saml.assertion.issuer"}), _issuer),
)
