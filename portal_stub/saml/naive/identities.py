"""Who the person is: the readers that take a name from where it does not stand."""

from collections.abc import Iterator, Sequence

from lxml import etree

from portal_stub.saml.identity import Named, attributes_of
from portal_stub.saml.xml import saml
from portal_stub.weakness import naive


@naive("name-id", loosens={"saml.attributes.text"})
def last_name_id(assertion: etree._Element) -> Sequence[etree._Element]:
    """Reads the last NameID in the assertion, wherever it stands: in an attribute's value, or in the advice."""
    return list(assertion.iter(saml("NameID")))[-1:]


@naive("attributes", loosens={"saml.attributes.once"})
def last_value(assertion: etree._Element) -> Iterator[Named]:
    """Reads the last of several attributes with one name, and the last of its values: each overwrites the former."""
    for name, values in reversed(list(attributes_of(assertion))):
        yield name, values[::-1]


@naive("attributes")
def friendly_names(assertion: etree._Element) -> Iterator[Named]:
    """Knows attributes by their FriendlyName, which is meant for people's eyes, and by their Name without one."""
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        name = attribute.get("FriendlyName", attribute.get("Name", ""))
        yield name, attribute.findall(saml("AttributeValue"))
