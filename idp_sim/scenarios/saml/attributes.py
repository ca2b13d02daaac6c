"""The attributes: several of one name, friendly names, and texts that somebody might run instead of showing them."""

import copy
from collections.abc import Callable

import attrs
from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.scenarios.saml.forging import forge
from idp_sim.stages import Draft

TARGETED_ID = "urn:oid:1.3.6.1.4.1.5923.1.1.1.10"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _statement(draft: Draft) -> etree._Element:
    return draft.response.findall(".//saml:AttributeStatement", NAMESPACES)[0]


def _add_value(draft: Draft, name: str) -> etree._Element:
    attribute = etree.SubElement(_statement(draft), f"{{{SAML}}}Attribute", Name=name)
    return etree.SubElement(attribute, f"{{{SAML}}}AttributeValue")


def _in_one_statement(draft: Draft) -> None:
    statement = _statement(draft)
    for attribute in copy.deepcopy(statement):
        forge(attribute, draft.login)
        statement.append(attribute)


def _in_two_statements(draft: Draft) -> None:
    statement = _statement(draft)
    second = copy.deepcopy(statement)
    forge(second, draft.login)
    statement.addnext(second)


REPEATED: dict[str, Callable[[Draft], None]] = {
    "one-statement": _in_one_statement,
    "two-statements": _in_two_statements,
}


@breaks("saml.attributes.once", variants=REPEATED)
def repeated(draft: Draft, add: Callable[[Draft], None]) -> None:
    """The person's names come once more, at the end, and are the forged person's there: {variant}."""
    add(draft)


@sound
def several_values(draft: Draft) -> None:
    """The person's names have a second value each, the forged person's: the first one counts."""
    for value in draft.response.findall(".//saml:AttributeValue", NAMESPACES):
        second = copy.deepcopy(value)
        value.addnext(second)
        forge(second, draft.login)


@sound
def friendly_name_only(draft: Draft) -> Draft:
    """The known names of attributes come as FriendlyName only, with the forged person's names: they name nobody."""
    statement = _statement(draft)
    forge(statement, draft.login)
    for number, attribute in enumerate(statement):
        attribute.set("FriendlyName", attribute.get("Name", ""))
        attribute.set("Name", f"urn:elsewhere:attribute:{number}")
    return attrs.evolve(draft, login=draft.login.but(attributes=()))


TEXTS = {
    "markup": "<b>Jane</b><script>document.title='x'</script>",
    "quotes": "\"'><img src=x onerror=alert(1)>",
    "references": "Jane &lt;b&gt; &amp;amp; &#65;",
    "formula": '=HYPERLINK("http://elsewhere.localhost","Jane")',
    "template": "{{7*7}} ${7*7} <%= 7*7 %>",
    "query": "Jane'; DROP TABLE contacts; --",
    "line-breaks": "Jane\nMary\tAnn",
    "300-characters": "J" * 300,
}


@sound(variants=TEXTS)
def text(login: SamlLogin, first_name: str) -> SamlLogin:
    """The person's first name is a text that must be shown as it is, and never be run or cut: {variant}."""
    return login.but(person=attrs.evolve(login.person, first=first_name))


@breaks("saml.attributes.text")
def nil(draft: Draft) -> None:
    """The value of the phone is nil."""
    _add_value(draft, "phone").set(XSI_NIL, "true")


@breaks("saml.attributes.text")
def nested_name_id(draft: Draft) -> None:
    """The value of an attribute is a NameID, as that of eduPersonTargetedID is, and names the forged person."""
    value = _add_value(draft, TARGETED_ID)
    etree.SubElement(value, f"{{{SAML}}}NameID").text = draft.login.forged.email
