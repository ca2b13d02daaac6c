"""How the message is built: the IDs of its parts, and the order of their children.

Whole schema validation would say once more, in words of its own, what the rules about times, issuers, subjects and
signatures say by name. What is left for it is looked at here: children that no schema knows, children out of order, and
those whose absence no other rule tells. A document whose signatures or assertions stand elsewhere is theirs to refuse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.received import ASSERTION, RESPONSE, Received
from portal_stub.saml.xml import ds, saml, samlp

_NCNAME = re.compile(r"[^\W\d][\w.\-]*")

_STATEMENTS = ("Statement", "AuthnStatement", "AuthzDecisionStatement", "AttributeStatement")
_ORDER: Mapping[str, Sequence[Sequence[str]]] = {
    RESPONSE: (
        (saml("Issuer"),),
        (samlp("Extensions"),),
        (samlp("Status"),),
        (ASSERTION, saml("EncryptedAssertion")),
    ),
    samlp("Status"): ((samlp("StatusCode"),), (samlp("StatusMessage"),), (samlp("StatusDetail"),)),
    ASSERTION: (
        (saml("Issuer"),),
        (saml("Subject"),),
        (saml("Conditions"),),
        (saml("Advice"),),
        tuple(saml(name) for name in _STATEMENTS),
    ),
    saml("Subject"): (tuple(saml(name) for name in ("BaseID", "NameID", "EncryptedID", "SubjectConfirmation")),),
    saml("AuthnStatement"): ((saml("SubjectLocality"),), (saml("AuthnContext"),)),
    saml("AttributeStatement"): ((saml("Attribute"), saml("EncryptedAttribute")),),
}
"""Which children an element may have, in this order (saml-core 2.3.3, 2.4.1, 2.7.2, 2.7.3, 3.2.2). A Signature is the
affair of the rules about signatures, and how many children of a kind there are is that of the rules about them."""

_PLACES: Mapping[str, Mapping[str, int]] = {
    parent: {tag: place for place, tags in enumerate(order) for tag in tags} for parent, order in _ORDER.items()
}
"""The place of each child in that order."""

_SIGNATURE = ds("Signature")

_NEEDED: Mapping[str, Sequence[str]] = {
    saml("AuthnStatement"): (saml("AuthnContext"),),
    saml("AttributeStatement"): (saml("Attribute"), saml("EncryptedAttribute")),
}
"""One of these must be there."""


@CHECKS.enforces("saml.message.id")
def ids(received: Received) -> Found:
    """By it a part is signed, remembered and referred to."""
    for element in _parts(received):
        own = element.get("ID")
        if own is None or not _NCNAME.fullmatch(own):
            name = etree.QName(element).localname
            return violated("an ID such as _3f7a", f"the {name} has {'none' if own is None else shown(own)}")
    return ok()


@CHECKS.enforces("saml.message.structure")
def structure(received: Received) -> Found:
    """What a schema does not allow, some reader has taken for what it does allow."""
    for part in _parts(received):
        for element in (part, *part.iterchildren(*_ORDER)):
            problem = _problem(element)
            if problem:
                return violated(
                    "children as the schema of SAML has them", f"{etree.QName(element).localname} {problem}"
                )
    return ok()


def _parts(received: Received) -> Iterator[etree._Element]:
    """Yield the Response and its assertion. Raises NotApplicable where another rule says that they are elsewhere."""
    found = received.assertions
    if received.named_assertion > 1 or any(not received.is_direct(assertion) for assertion in found):
        raise NotApplicable("there is another than one assertion in its place")
    if any(signature.misplaced for signature in received.signatures_if_any):
        raise NotApplicable("a signature is not where it belongs")
    yield from (element for element in (received.envelope, *found) if element is not None)


def _problem(element: etree._Element) -> str:
    tag = str(element.tag)
    places = _PLACES.get(tag)
    if places is None:
        return ""
    reached, needed = 0, _NEEDED.get(tag, ())
    for child in element.iterchildren("*"):
        if child.tag == _SIGNATURE:
            continue
        place = places.get(str(child.tag))
        if place is None:
            return f"holds {shown(str(child.tag))}"
        if place < reached:
            return f"holds {etree.QName(child).localname} after what must follow it"
        reached = place
        if child.tag in needed:
            needed = ()
    return f"holds no {etree.QName(needed[0]).localname}" if needed else ""
