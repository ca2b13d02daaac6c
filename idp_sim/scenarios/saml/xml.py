"""The XML of the Response: declarations, entities, inclusions, encodings, size, and what its elements hold."""

from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES
from idp_sim.saml.names import NAMESPACES, SAMLP
from idp_sim.scenarios.saml.wire import with_xml
from idp_sim.stages import Draft, Form, Signed

XXE = ("CVE-2016-10127", "CVE-2024-52596", "CVE-2021-27736", "CVE-2024-52806")
XINCLUDE = "http://www.w3.org/2001/XInclude"


def _declaring(subset: str) -> Callable[[bytes], bytes]:
    return lambda xml: f"<!DOCTYPE samlp:Response {subset}>".encode() + xml


def _said_by_status(text: str) -> Callable[[bytes], bytes]:
    """Let the status, which is not signed, say ``text``."""
    message = f"<samlp:StatusMessage>{text}</samlp:StatusMessage></samlp:Status>".encode()
    return lambda xml: xml.replace(b"</samlp:Status>", message)


@breaks("saml.message.no-dtd", cves=("CVE-2017-9672", "CVE-2016-10149"))
def entity_internal(form: Form) -> Form:
    """The NameID is an entity that a document type declaration declares: it stands for the address that was signed."""
    email = form.login.person.email.encode()
    declare = _declaring(f'[<!ENTITY who "{form.login.person.email}">]')
    return with_xml(form, lambda xml: declare(xml.replace(b">" + email + b"<", b">&who;<")))


@breaks("saml.message.no-dtd", cves=XXE)
def entity_external(form: Form) -> Form:
    """The status message is an external entity: its address is the canary's, and must not be fetched."""
    declare, say = _declaring(f'[<!ENTITY outside SYSTEM "{form.login.canary}">]'), _said_by_status("&outside;")
    return with_xml(form, lambda xml: declare(say(xml)))


@breaks("saml.message.no-dtd", cves=XXE)
def entity_parameter(form: Form) -> Form:
    """The document type declaration reads a parameter entity from the canary, which must not be fetched."""
    return with_xml(form, _declaring(f'[<!ENTITY % outside SYSTEM "{form.login.canary}">%outside;]'))


@breaks("saml.message.no-dtd", cves=XXE)
def dtd_external(form: Form) -> Form:
    """The document type declaration is the canary's, and must not be fetched."""
    return with_xml(form, _declaring(f'SYSTEM "{form.login.canary}"'))


@breaks("saml.message.no-dtd", within_seconds=8)
def entity_expansion(form: Form) -> Form:
    """Three levels of entities, each ten times the one below: the status message grows to a thousand copies."""
    levels = (
        f'<!ENTITY level{level} "{f"&level{level - 1};" * 10}">' if level else '<!ENTITY level0 "again ">'
        for level in range(4)
    )
    declare, say = _declaring(f"[{''.join(levels)}]"), _said_by_status("&level3;")
    return with_xml(form, lambda xml: declare(say(xml)))


@breaks("saml.message.structure", variants={"text": "text", "xml": "xml"}, cves=XXE)
def xinclude(draft: Draft, parse: str) -> None:
    """An XInclude element in the response, to be read as {variant}, names the canary, which must not be fetched."""
    included = etree.SubElement(draft.response, f"{{{XINCLUDE}}}include", nsmap={"xi": XINCLUDE})
    included.set("href", draft.login.canary)
    included.set("parse", parse)


@breaks(
    "saml.signature.whole-text",
    outcome="advisory",
    variants={"before-root": b"<samlp:Response", "in-tree": b"<samlp:Status>"},
)
def stylesheet(form: Form, before: bytes) -> Form:
    """A processing instruction names the canary as a style sheet, which must not be fetched: {variant}."""
    instruction = f'<?xml-stylesheet type="text/xsl" href="{form.login.canary}"?>'.encode()
    return with_xml(form, lambda xml: xml.replace(before, instruction + before, 1))


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "utf-8-with-mark": lambda xml: b"\xef\xbb\xbf" + xml,
    "utf-16": lambda xml: xml.decode().encode("utf-16"),
    "windows-1252": lambda xml: (
        b'<?xml version="1.0" encoding="windows-1252"?>' + xml.decode().encode("windows-1252", "xmlcharrefreplace")
    ),
}


@breaks("saml.message.xml", outcome="advisory", variants=ENCODINGS)
def encoding(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """The message is written in another encoding, as XML allows; the signature covers it all the same: {variant}."""
    return with_xml(form, change)


PADDING = 1_100_000
"""Bytes: more than a reader of messages needs, and less than what servers take in a form."""


def _long_attribute(padding: etree._Element) -> None:
    padding.set("padding", "A" * PADDING)


def _many_attributes(padding: etree._Element) -> None:
    # Written as text and parsed: setting so many, one after another, takes a quarter of a minute.
    attributes = " ".join(f'padding-{number:06}=""' for number in range(PADDING // 18))
    padding.append(etree.fromstring(f"<x {attributes}/>"))


def _many_elements(padding: etree._Element) -> None:
    for _ in range(PADDING // 4):
        etree.SubElement(padding, "{urn:x}a")


SIZES = {"one-attribute": _long_attribute, "many-attributes": _many_attributes, "many-elements": _many_elements}


@breaks("saml.message.limits", variants=SIZES, within_seconds=8, cves=("CVE-2025-54572",))
def too_large(signed: Signed, grow: Callable[[etree._Element], None]) -> None:
    """The message is larger than a megabyte, nearly all of it padding that no signature covers: {variant}."""
    grow(_extension(signed.response))


@breaks("saml.message.limits", variants={"300": 300, "2000": 2000}, within_seconds=8)
def deep_nesting(signed: Signed, depth: int) -> None:
    """Elements that no signature covers stand inside each other, {variant} levels deep."""
    element = _extension(signed.response)
    for _ in range(depth):
        element = etree.SubElement(element, "{urn:x}a")


def _extension(response: etree._Element) -> etree._Element:
    """Return a new element in the extensions of the Response, where anything may stand."""
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    for status in response.findall("samlp:Status", NAMESPACES):
        status.addprevious(extensions)
    return etree.SubElement(extensions, "{urn:x}padding", nsmap={None: "urn:x"})


UNKNOWN = {
    "response": ".",
    "assertion": "saml:Assertion",
    "subject": "saml:Assertion/saml:Subject",
    "status": "samlp:Status",
}


@breaks("saml.message.structure", bases=BASES, variants=UNKNOWN, cves=("CVE-2021-21238",))
def unknown_child(draft: Draft, place: str) -> None:
    """An element that no schema of SAML knows stands at the end of the {variant}."""
    for element in draft.response.findall(place, NAMESPACES):
        etree.SubElement(element, "{urn:x}unknown", nsmap={"x": "urn:x"})


ORDERS = {
    "status-first": ("samlp:Status", "saml:Issuer"),
    "conditions-before-subject": ("saml:Assertion/saml:Conditions", "saml:Assertion/saml:Subject"),
    "statement-before-conditions": ("saml:Assertion/saml:AuthnStatement", "saml:Assertion/saml:Conditions"),
}


@breaks("saml.message.structure", bases=BASES, variants=ORDERS, cves=("CVE-2021-21238",))
def wrong_order(draft: Draft, swapped: tuple[str, str]) -> None:
    """Two elements stand in the wrong order: {variant}."""
    later, sooner = (draft.response.findall(path, NAMESPACES)[0] for path in swapped)
    sooner.addprevious(later)


MANDATORY = {
    "authn-context": "saml:Assertion/saml:AuthnStatement/saml:AuthnContext",
    "attributes": "saml:Assertion/saml:AttributeStatement/saml:Attribute",
}


@breaks("saml.message.structure", bases=BASES, variants=MANDATORY)
def mandatory_missing(draft: Draft, path: str) -> None:
    """A statement lacks the child that every such statement has: {variant}."""
    for element in draft.response.findall(path, NAMESPACES):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
