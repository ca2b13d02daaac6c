"""Where in a SAML message a rule is broken: for each rule the elements and attributes that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from lxml import etree

from portal_stub.diagnosis import Finding
from portal_stub.explain.document import Spot, name_of
from portal_stub.saml.moments import times
from portal_stub.saml.xml import DS, SAML, SAMLP, ds, saml, text_of
from portal_stub.times import parse_utc

_NS = {"saml": SAML, "samlp": SAMLP, "ds": DS}
_MOST_SPOTS = 20
_CONDITIONS = "A/saml:Conditions"
_CONFIRMATION = "A/saml:Subject/saml:SubjectConfirmation"
_DATA = f"{_CONFIRMATION}/saml:SubjectConfirmationData"
_NAME_ID = "A/saml:Subject/saml:NameID"
_AUTHN = "A/saml:AuthnStatement"
_SIGNED_INFO = "S/ds:SignedInfo"
_SIGNED_BY = "S/ds:KeyInfo/ds:X509Data/ds:X509Certificate"

PLACES: Mapping[str, Sequence[str]] = {
    "saml.message.response": ("R",),
    "saml.message.version": ("R@Version", "A@Version"),
    "saml.message.id": ("R@ID", "A@ID"),
    "saml.message.structure": ("R", "A"),
    "saml.status.success": ("R/samlp:Status/samlp:StatusCode@Value", "R/samlp:Status//samlp:StatusCode@Value"),
    "saml.response.destination": ("R@Destination",),
    "saml.response.in-response-to": ("R@InResponseTo",),
    "saml.response.unsolicited": ("R@InResponseTo",),
    "saml.response.issue-instant": ("R@IssueInstant", "A@IssueInstant"),
    "saml.response.issued-recently": ("R@IssueInstant", "A@IssueInstant"),
    "saml.assertion.present": ("R/saml:Assertion",),
    "saml.assertion.issuer": ("A/saml:Issuer=", "R/saml:Issuer="),
    "saml.assertion.once": ("A@ID",),
    "saml.conditions.present": (_CONDITIONS,),
    "saml.conditions.known": (_CONDITIONS,),
    "saml.conditions.one-time-use": (f"{_CONDITIONS}/saml:OneTimeUse", f"{_CONDITIONS}/saml:ProxyRestriction"),
    "saml.conditions.order": (f"{_CONDITIONS}@NotBefore", f"{_CONDITIONS}@NotOnOrAfter"),
    "saml.conditions.bounded": (f"{_CONDITIONS}@NotOnOrAfter",),
    "saml.conditions.not-before": (f"{_CONDITIONS}@NotBefore",),
    "saml.conditions.not-on-or-after": (f"{_CONDITIONS}@NotOnOrAfter",),
    "saml.conditions.audience": (f"{_CONDITIONS}/saml:AudienceRestriction/saml:Audience=",),
    "saml.confirmation.bearer": (f"{_CONFIRMATION}@Method",),
    "saml.confirmation.recipient": (f"{_DATA}@Recipient",),
    "saml.confirmation.not-on-or-after": (f"{_DATA}@NotOnOrAfter",),
    "saml.confirmation.no-not-before": (f"{_DATA}@NotBefore",),
    "saml.confirmation.address": (f"{_DATA}@Address",),
    "saml.confirmation.in-response-to": (f"{_DATA}@InResponseTo", "R@InResponseTo"),
    "saml.session.not-on-or-after": (f"{_AUTHN}@SessionNotOnOrAfter",),
    "saml.statement.authn": (_AUTHN,),
    "saml.statement.authn-instant": (f"{_AUTHN}@AuthnInstant",),
    "saml.statement.authn-context": (f"{_AUTHN}/saml:AuthnContext/saml:AuthnContextClassRef=",),
    "saml.subject.name-id": (f"{_NAME_ID}=",),
    "saml.subject.address": (f"{_NAME_ID}=",),
    "saml.subject.exact": (f"{_NAME_ID}=",),
    "saml.subject.format": (f"{_NAME_ID}@Format",),
    "saml.subject.qualifier": (f"{_NAME_ID}@SPNameQualifier",),
    "saml.encryption.required": ("A",),
    "saml.encryption.structure": ("R//saml:EncryptedAssertion", "R//saml:EncryptedID", "R//saml:EncryptedAttribute"),
    "saml.encryption.algorithm": ("R//{*}EncryptionMethod@Algorithm", "R//saml:EncryptedAssertion", "A"),
    "saml.encryption.decrypts": ("R//saml:EncryptedAssertion", "R//saml:EncryptedID", "R//saml:EncryptedAttribute"),
    "saml.encryption.content": ("R//saml:EncryptedAssertion", "R//saml:EncryptedID", "R//saml:EncryptedAttribute"),
    "saml.encryption.authenticated": ("R//{*}EncryptionMethod@Algorithm", "A"),
    "saml.signature.present": ("R", "A"),
    "saml.signature.wanted-part": ("R", "A"),
    "saml.signature.algorithm": (
        f"{_SIGNED_INFO}/ds:SignatureMethod@Algorithm",
        f"{_SIGNED_INFO}/ds:Reference/ds:DigestMethod@Algorithm",
        f"{_SIGNED_INFO}/ds:CanonicalizationMethod@Algorithm",
    ),
    "saml.signature.key-size": (f"{_SIGNED_BY}=",),
    "saml.signature.certificate-present": (f"{_SIGNED_BY}=",),
    "saml.signature.fingerprint": (f"{_SIGNED_BY}=",),
    "saml.signature.issuer-key": (f"{_SIGNED_BY}=",),
    "saml.signature.key-info": ("S/ds:KeyInfo",),
    "saml.signature.value": ("S/ds:SignatureValue=",),
    "saml.signature.digest": (f"{_SIGNED_INFO}/ds:Reference/ds:DigestValue=",),
    "saml.signature.one-assertion": ("A",),
    "saml.signature.covers-parent": (f"{_SIGNED_INFO}/ds:Reference@URI",),
    "saml.signature.one-signed-info": (_SIGNED_INFO,),
    "saml.signature.no-object": ("S/ds:Object",),
    "saml.signature.transforms": (f"{_SIGNED_INFO}/ds:Reference/ds:Transforms/ds:Transform@Algorithm",),
    "saml.logout.version": ("R@Version",),
    "saml.logout.id": ("R@ID",),
    "saml.logout.message": ("R",),
    "saml.logout.issuer": ("R/saml:Issuer=",),
    "saml.logout.destination": ("R@Destination",),
    "saml.logout.issue-instant": ("R@IssueInstant",),
    "saml.logout.signed": ("R",),
    "saml.logout.not-on-or-after": ("R@NotOnOrAfter",),
    "saml.logout.principal": ("R/saml:NameID=",),
    "saml.logout.named-sessions": ("R/samlp:SessionIndex=",),
    "saml.logout.in-response-to": ("R@InResponseTo",),
    "saml.logout.status": ("R/samlp:Status/samlp:StatusCode@Value",),
}
"""Paths from the root (``R``), from each assertion (``A``) or from each signature (``S``); ``@`` names an attribute,
``=`` means the element's text. What is missing is told at the nearest element that is there, by the first path."""

_FIELD = "the form field SAMLResponse"
_SETTINGS = "the settings of this portal (Admin > Security)"
ELSEWHERE: Mapping[str, str] = {
    "portal.sso.enabled": _SETTINGS,
    "saml.settings.fingerprint": _SETTINGS,
    "portal.redirect.own-host": "the form field RelayState",
    "saml.message.present": _FIELD,
    "saml.message.post-binding": _FIELD,
    "saml.message.once": _FIELD,
    "saml.message.base64": _FIELD,
    "saml.message.limits": "the whole message",
    "saml.message.xml": "the whole message",
    "saml.message.no-dtd": "the beginning of the message",
    "saml.logout.offered": _SETTINGS,
    "saml.logout.key-known": _SETTINGS,
    "saml.logout.parameters": "the parameters of the message",
    "saml.logout.encoding": "the encoding of the message",
    "saml.logout.size": "the whole message",
    "saml.logout.query-signature": "the parameters SigAlg and Signature",
}
"""Rules that are about something else than a place in the document."""


def spots(finding: Finding, root: etree._Element) -> Sequence[Spot]:
    """Return the places in the document where this finding's rule is broken, at most some; none where it has none.

    Of several places that a rule is about, those count that hold what the finding says came, else those that do not
    hold what it expected.
    """
    found = list(islice(_about(finding.rule, root), _MOST_SPOTS))
    named = [spot for spot in found if spot.value and _is_named(spot.value, finding.got)]
    others = [spot for spot in found if spot.value != finding.expected]
    return named or others or found


def missing(rule_id: str, root: etree._Element) -> tuple[Spot, str] | None:
    """Return where in the document something is missing that this rule is about, and in words what."""
    base, rest, part = _taken_apart(next(iter(PLACES.get(rule_id, ())), ""))
    element = next(_bases(base, root), None)
    if element is None or rest.startswith("/"):
        return None
    lost = part.removeprefix("@")
    for step in filter(None, rest.split("/")):
        below = element.find(step, _NS)
        if below is None:
            lost = step.rpartition(":")[2]
            break
        element = below
    return Spot(element), f"{name_of(element)} has no {lost}"


def _is_named(value: str, got: str) -> bool:
    return f"'{value}'" in got or (parse_utc(value) is not None and value in got)


def in_words(spot: Spot) -> str:
    """Return where a spot is."""
    name = name_of(spot.element)
    if spot.part.startswith("@"):
        return f"attribute {etree.QName(spot.part[1:]).localname} of {name}"
    return f"text of {name}" if spot.part else name


def _about(rule_id: str, root: etree._Element) -> Iterator[Spot]:
    special = _SPECIAL.get(rule_id)
    if special is not None:
        yield from dict.fromkeys(special(root))
        return
    seen = set()
    for path in PLACES.get(rule_id, ()):
        base, rest, part = _taken_apart(path)
        for element in _bases(base, root):
            for found in element.iterfind(f"./{rest}", _NS) if rest else (element,):
                spot = Spot(found, part)
                if spot not in seen and (not part.startswith("@") or part[1:] in found.attrib):
                    seen.add(spot)
                    yield spot


def _taken_apart(path: str) -> tuple[str, str, str]:
    path, at, attribute = path.partition("@")
    part = at + attribute or ("text" if path.endswith("=") else "")
    base, _, rest = path.removesuffix("=").partition("/")
    return base, rest, part


def _bases(base: str, root: etree._Element) -> Iterator[etree._Element]:
    tags = {"A": saml("Assertion"), "S": ds("Signature")}
    return islice(root.iter(tags[base]), _MOST_SPOTS) if base in tags else iter((root,))


def _unreadable_times(root: etree._Element) -> Iterator[Spot]:
    for element, attribute, value in times((root, *root.iter(saml("Assertion")))):
        if parse_utc(value) is None:
            yield Spot(element, f"@{attribute}" if attribute in element.attrib else "")


def _asides(root: etree._Element) -> Iterator[Spot]:
    yield from map(Spot, root.iter(etree.Comment, etree.ProcessingInstruction))


def _repeated_attributes(root: etree._Element) -> Iterator[Spot]:
    seen = set()
    for attribute in root.iter(saml("Attribute")):
        name = attribute.get("Name", ""), attribute.get("NameFormat", "")
        if name in seen:
            yield Spot(attribute, "@Name")
        seen.add(name)


def _odd_values(root: etree._Element) -> Iterator[Spot]:
    for value in root.iter(saml("AttributeValue")):
        if len(value) or not text_of(value):
            yield Spot(value)


_SPECIAL = {
    "saml.time.format": _unreadable_times,
    "saml.signature.whole-text": _asides,
    "saml.attributes.once": _repeated_attributes,
    "saml.attributes.text": _odd_values,
}
