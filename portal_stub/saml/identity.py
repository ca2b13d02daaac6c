"""Who an assertion says the person is (portal-contract S12, S13)."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from lxml import etree

from portal_stub.address import mailbox
from portal_stub.diagnosis import Identity
from portal_stub.saml.xml import saml
from portal_stub.weakness import SOUND, Weaknesses

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

FIRST_NAME = ("FirstName", "givenname", "User.FirstName", "username", f"{_CLAIMS}/givenname")
LAST_NAME = ("LastName", "surname", "User.LastName", f"{_CLAIMS}/surname")
PHONE = ("phone",)
COMPANY = ("company", "organization")

NAME_ID = f"{saml('Subject')}/{saml('NameID')}"
"""Where the NameID of the subject is; a sound assertion has one."""

_VALUE = saml("AttributeValue")

ReadText = Callable[[etree._Element], str]
Named = tuple[str, Sequence[etree._Element]]
"""The name of an attribute and the elements of its values."""


def identity_in(assertion: etree._Element, read: ReadText, weaknesses: Weaknesses = SOUND) -> Identity | None:
    """Return the identity, or None where the NameID is missing or blank. ``read`` gives the text of an element."""
    naive_names, naive_attributes = weaknesses.reader("name-id"), weaknesses.reader("attributes")
    found = assertion.findall(NAME_ID) if naive_names is None else naive_names.read(assertion)
    email = read(found[0]) if found else ""
    if not email.strip():
        return None
    named = attributes_of(assertion) if naive_attributes is None else naive_attributes.read(assertion)
    attributes = _first_values(named, read)
    first, last = _first_hit(attributes, FIRST_NAME), _first_hit(attributes, LAST_NAME)
    return Identity(
        email=email,
        name=f"{first} {last}".strip() or mailbox(email),
        phone=_first_hit(attributes, PHONE) or None,
        company=_first_hit(attributes, COMPANY) or None,
    )


def attributes_of(assertion: etree._Element) -> Iterator[Named]:
    """Yield the attributes by their names, which are not their friendly names, each with its values."""
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        yield attribute.get("Name", ""), [*attribute.iterchildren(_VALUE)]


def _first_values(named: Iterable[Named], read: ReadText) -> dict[str, str]:
    """Return the first value of each attribute, without blanks around it; of two with one name, the first."""
    values: dict[str, str] = {}
    for name, found in named:
        values.setdefault(name, read(found[0]).strip() if found else "")
    return values


def _first_hit(attributes: dict[str, str], names: Sequence[str]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")
