"""Helpers for scenarios that put the forged identity into a message."""

import copy
from collections.abc import Callable

import attrs
from lxml import etree

from idp_sim.login import SamlLogin, named
from idp_sim.saml.names import DS, NAMESPACES, SAMLP

UNKNOWN = "urn:example:unknown"
"""A namespace that no portal knows."""


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


def genuine_copy(response: etree._Element) -> etree._Element:
    """Return a copy of the signed response without the response's own signature."""
    genuine = copy.deepcopy(response)
    remove_signature(genuine)
    return genuine


def forge_response(response: etree._Element, login: SamlLogin) -> None:
    """Make the response a forged one: another ID, and a forged, unsigned assertion. Its own signature stays."""
    genuine = assertion_of(response)
    response.replace(genuine, forged_copy(genuine, login))
    response.set("ID", login.make_id("forged response"))


def remove_signature(part: etree._Element) -> etree._Element:
    """Take the signature out of the part that it stands in, and return it."""
    signature = signature_of(part)
    part.remove(signature)
    return signature


def signature_of(part: etree._Element) -> etree._Element:
    """Return the signature that stands in this part."""
    return part.findall("ds:Signature", NAMESPACES)[0]


Hide = Callable[[etree._Element], etree._Element]
"""Make a place in a response in which something can be hidden, and return it."""


def in_extensions(response: etree._Element) -> etree._Element:
    """Make the Extensions of the response, which stand before its Status (saml-core 3.2.2)."""
    extensions = response.makeelement(f"{{{SAMLP}}}Extensions")
    _status(response).addprevious(extensions)
    return extensions


def in_status_detail(response: etree._Element) -> etree._Element:
    """Make the StatusDetail of the response, which may hold anything (saml-core 3.2.2.4)."""
    return etree.SubElement(_status(response), f"{{{SAMLP}}}StatusDetail")


def in_wrapper_before(response: etree._Element) -> etree._Element:
    """Make an element that nobody knows, before the assertion."""
    wrapper = _wrapper(response)
    assertion_of(response).addprevious(wrapper)
    return wrapper


def in_wrapper_after(response: etree._Element) -> etree._Element:
    """Make an element that nobody knows, after the assertion."""
    wrapper = _wrapper(response)
    assertion_of(response).addnext(wrapper)
    return wrapper


def in_object(signature: etree._Element) -> etree._Element:
    """Make an Object of the signature, which may hold anything (xmldsig-core 4.5)."""
    return etree.SubElement(signature, f"{{{DS}}}Object")


HIDING_PLACES: dict[str, Hide] = {
    "extensions": in_extensions,
    "status-detail": in_status_detail,
    "wrapper-before": in_wrapper_before,
    "wrapper-after": in_wrapper_after,
}


def _status(response: etree._Element) -> etree._Element:
    return response.findall("samlp:Status", NAMESPACES)[0]


def _wrapper(response: etree._Element) -> etree._Element:
    return response.makeelement(f"{{{UNKNOWN}}}Wrapper", nsmap={"x": UNKNOWN})


def ending_otherwise(login: SamlLogin) -> SamlLogin:
    """Return the login of a person whose address begins with the forged one, and goes on."""
    person = attrs.evolve(login.person, email=f"{login.forged.email}.genuine.example")
    return login.but(person=person, forged=login.forged)


def beginning_otherwise(login: SamlLogin) -> SamlLogin:
    """Return the login of a person whose address ends with the forged one."""
    person = attrs.evolve(login.person, email=f"genuine.{login.forged.email}")
    return login.but(person=person, forged=login.forged)


def named_otherwise(login: SamlLogin) -> SamlLogin:
    """Return the login of a person whose first name begins with the forged one, and goes on."""
    person = attrs.evolve(login.person, first=f"{login.forged.first} Genuine", last=login.forged.last)
    return login.but(person=person, forged=login.forged)
