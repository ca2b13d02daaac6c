"""The subject: one NameID, which is an email address (portal-contract S12)."""

from lxml import etree

from portal_stub.address import address_problem, folded, shown
from portal_stub.checks import Found, NotApplicable, ok, violated, warning
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.identity import NAME_ID
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml

EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


@CHECKS.enforces("saml.subject.name-id")
def name_id(received: Received) -> Found:
    """One, not blank, and nothing but text in it."""
    found = received.inside(NAME_ID)
    if not found and received.assertion.find(f"{saml('Subject')}/{saml('EncryptedID')}") is not None:
        raise NotApplicable("it is encrypted and was not opened")
    if len(found) != 1:
        return violated("one NameID", f"{len(found)}" if found else "none")
    if list(found[0].iterchildren("*")):
        return violated("a NameID with text", "elements inside it")
    return ok() if received.text(found[0]).strip() else violated("a NameID with text", "it is blank")


@CHECKS.enforces("saml.subject.address")
def address(received: Received) -> Found:
    """By the syntax of addresses; nothing is looked up."""
    text = received.text(_name_id(received))
    if not text.strip():
        raise NotApplicable("the NameID is blank")
    problem = address_problem(text)
    return violated("an email address as NameID", f"{shown(text)}: {problem}") if problem else ok(text)


@CHECKS.enforces("saml.subject.format")
def name_id_format(received: Received) -> Found:
    """No format means unspecified (saml-core 2.2.2)."""
    found = _name_id(received).get("Format", UNSPECIFIED)
    return ok(found) if found in (EMAIL_ADDRESS, UNSPECIFIED) else violated(EMAIL_ADDRESS, shown(found))


@CHECKS.enforces("saml.subject.exact")
def exact(received: Received) -> Found:
    """It is read as it is in any case; what looks like another address is told, since people cannot tell the two."""
    found = received.text(_name_id(received))
    if folded(found) == found.casefold():
        return ok()
    return warning(f"an address as plain as {shown(folded(found))}", shown(found))


@CHECKS.enforces("saml.subject.qualifier")
def qualifier(received: Received) -> Found:
    """A name that another portal was given may be another person's here (saml-core 2.2.2)."""
    found, expected = _name_id(received).get("SPNameQualifier"), received.settings.entity_id
    if found is None:
        raise NotApplicable("the NameID has no SPNameQualifier")
    return ok(found) if received.is_same(expected, found) else violated(expected, shown(found))


def _name_id(received: Received) -> etree._Element:
    found = received.inside(NAME_ID)
    if not found:
        raise NotApplicable("there is no NameID")
    return found[0]
