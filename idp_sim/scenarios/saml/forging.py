"""Helpers for scenarios that put the forged identity into a message."""

import copy

from lxml import etree

from idp_sim.login import SamlLogin, named
from idp_sim.saml.names import NAMESPACES


def assertion_of(response: etree._Element) -> etree._Element:
    """Return the assertion of a response that has one."""
    return response.findall("saml:Assertion", NAMESPACES)[0]


def naming_the_forged(login: SamlLogin) -> SamlLogin:
    """Return the login of someone who makes the whole message, and names the forged person in it."""
    return login.but(name_id=login.forged.email, attributes=named(login.forged, "FirstName", "LastName"))


def forge(part: etree._Element, login: SamlLogin) -> None:
    """Write the forged person into every NameID and attribute below ``part`` that names the genuine one."""
    genuine, forged = login.person, login.forged
    forged_texts = {
        genuine.email: forged.email, genuine.first: forged.first, genuine.last: forged.last,
        genuine.phone: forged.phone, genuine.company: forged.company,
    }  # fmt: skip
    for element in part.iter("{*}NameID", "{*}AttributeValue"):
        element.text = forged_texts.get(element.text or "", element.text)


def forged_copy(assertion: etree._Element, login: SamlLogin) -> etree._Element:
    """Return an unsigned copy of the assertion, with an ID of its own, that names the forged person."""
    forged = copy.deepcopy(assertion)
    for signature in forged.findall("ds:Signature", NAMESPACES):
        forged.remove(signature)
    forged.set("ID", login.make_id("forged assertion"))
    forge(forged, login)
    return forged


def remove_signature(part: etree._Element) -> etree._Element:
    """Take the signature out of the part that it stands in, and return it."""
    signature = part.findall("ds:Signature", NAMESPACES)[0]
    part.remove(signature)
    return signature
