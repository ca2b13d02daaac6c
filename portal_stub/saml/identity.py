"""Who an assertion says the person is (portal-contract S12, S13)."""

from collections.abc import Callable, Sequence

from lxml import etree

from portal_stub.address import mailbox
from portal_stub.diagnosis import Identity
from portal_stub.saml.xml import saml

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

FIRST_NAME = ("FirstName", "givenname", "User.FirstName", "username", f"{_CLAIMS}/givenname")
LAST_NAME = ("LastName", "surname", "User.LastName", f"{_CLAIMS}/surname")
PHONE = ("phone",)
COMPANY = ("company", "organization")

ReadText = Callable[[etree._Element], str]


def name_ids(assertion: etree._Element) -> Sequence[etree._Element]:
    """Return the NameIDs of the subject; a sound assertion has one."""
    return assertion.findall(f"{saml('Subject')}/{saml('NameID')}")


def identity_in(assertion: etree._Element, read: ReadText) -> Identity | None:
    """Return the identity, or None where the NameID is missing or blank. ``read`` gives the text of an element."""
    found = name_ids(assertion)
    email = read(found[0]) if found else ""
    if not email.strip():
        return None
    attributes = _attributes(assertion, read)
    first, last = _first_hit(attributes, FIRST_NAME), _first_hit(attributes, LAST_NAME)
    return Identity(
        email=email,
        name=f"{first} {last}".strip() or mailbox(email),
        phone=_first_hit(attributes, PHONE) or None,
        company=_first_hit(attributes, COMPANY) or None,
    )


def _attributes(assertion: etree._Element, read: ReadText) -> dict[str, str]:
    """Return the first value of each attribute, without blanks around it; of two with one name, the first."""
    values: dict[str, str] = {}
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        value = attribute.find(saml("AttributeValue"))
        values.setdefault(attribute.get("Name", ""), "" if value is None else read(value).strip())
    return values


def _first_hit(attributes: dict[str, str], names: Sequence[str]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")
