"""The SAML Response as it travels: form field, binding, encoding, root element, IDs."""

import base64
import copy
import zlib
from collections.abc import Callable
from urllib.parse import urlencode

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import MD, NAMESPACES, SAML, SAMLP
from idp_sim.scenarios.saml.forging import forge, remove_signature
from idp_sim.scenarios.saml.wire import message_of, with_message, with_xml, xml_of
from idp_sim.stages import Draft, Form, Signed


@breaks("saml.message.present", variants={"empty": "", "blanks": "  ", "missing": None})
def blank(form: Form, value: str | None) -> Form:
    """The form field SAMLResponse is blank: {variant}."""
    return with_message(form, value)


OTHER_BINDING: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda xml: xml,
    "deflated": lambda xml: zlib.compress(xml, wbits=-zlib.MAX_WBITS),
}


@breaks("saml.message.post-binding", variants=OTHER_BINDING)
def by_get(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """The response comes by GET, in the query of the address, as requests do: {variant}."""
    return attrs.evolve(with_xml(form, change), method="get")


REPEATED = {
    "forged-last": (True, True),
    "forged-first": (False, True),
    "forged-in-query": (True, False),
    "forged-in-form": (False, False),
}


@breaks("saml.signature.only-signed-is-read", bases=("assertion",), variants=REPEATED)
def repeated(form: Form, places: tuple[bool, bool]) -> Form:
    """The field SAMLResponse comes twice, once sound and once unsigned and forged: {variant}."""
    genuine_first, both_in_form = places
    genuine = message_of(form)
    root = etree.fromstring(xml_of(form))
    for assertion in root.findall("saml:Assertion", NAMESPACES):
        remove_signature(assertion)
    forge(root, form.login)
    forged = base64.b64encode(etree.tostring(root, encoding="UTF-8")).decode()
    first, second = (genuine, forged) if genuine_first else (forged, genuine)
    sent = with_message(form, first)
    if both_in_form:
        return attrs.evolve(sent, fields=(*sent.fields, ("SAMLResponse", second)))
    return attrs.evolve(sent, action=f"{form.action}?{urlencode({'SAMLResponse': second})}")


@breaks("saml.message.base64", variants={"first": 0, "middle": 500})
def not_base64(form: Form, place: int) -> Form:
    """A character that is not in the base64 alphabet stands in the otherwise sound value: {variant}."""
    message = message_of(form)
    return with_message(form, f"{message[:place]}!{message[place:]}")


NOT_BASE64: dict[str, Callable[[bytes], str]] = {
    "padding-missing": lambda xml: base64.b64encode(xml + b" " * ((1 - len(xml)) % 3)).decode().rstrip("="),
    "padding-inside": lambda xml: base64.b64encode(xml[:100]).decode() + base64.b64encode(xml[100:]).decode(),
    "one-letter-more": lambda xml: base64.b64encode(xml + b" " * (-len(xml) % 3)).decode() + "A",
    "percent-encoded": lambda xml: urlencode({"": base64.b64encode(xml + b" " * ((1 - len(xml)) % 3)).decode()})[1:],
    "hex": lambda xml: xml.hex() + " hex",
    "xml-itself": lambda xml: xml.decode(),
}


@breaks("saml.message.base64", variants=NOT_BASE64)
def not_encoded(form: Form, encode: Callable[[bytes], str]) -> Form:
    """The message is encoded otherwise than by base64, or only nearly so: {variant}."""
    return with_message(form, encode(xml_of(form)))


OTHER_BASE64: dict[str, Callable[[bytes], bytes]] = {
    "line-breaks": lambda xml: base64.encodebytes(xml).replace(b"\n", b"\r\n"),
    "url-safe": base64.urlsafe_b64encode,
}


@breaks("saml.message.base64", outcome="advisory", variants=OTHER_BASE64)
def base64_variant(form: Form, encode: Callable[[bytes], bytes]) -> Form:
    """The message is encoded by a variant of base64 that some readers take and others refuse: {variant}."""
    return with_message(form, encode(xml_of(form)).decode())


NOT_XML: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda xml: xml[: len(xml) // 2],
    "text-in-front": lambda xml: b"Response: " + xml,
    "text-only": lambda _: b"Login accepted.",
    "two-roots": lambda xml: xml + xml,
    "nothing": lambda _: b"\x00",
    "html": lambda _: b"<!-- login page --><html><body><p>Sign in<br>first</body></html>",
    "label-utf-16": lambda xml: b'<?xml version="1.0" encoding="UTF-16"?>' + xml,
    "label-unknown": lambda xml: b'<?xml version="1.0" encoding="x-unknown"?>' + xml,
    "escaped": lambda xml: xml.replace(b"<", b"&lt;"),
    "bad-bytes": lambda xml: xml.replace(b"</samlp:Response>", b"\xc3\x28</samlp:Response>"),
}


@breaks("saml.message.xml", variants=NOT_XML)
def not_xml(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """What was encoded is not well-formed XML: {variant}."""
    return with_xml(form, change)


@breaks("saml.message.no-dtd", cves=("CVE-2025-25291",))
def document_type(form: Form) -> Form:
    """A document type declaration, harmless in itself, stands before the response."""
    return with_xml(form, lambda xml: b"<!DOCTYPE Response>" + xml)


ROOTS = {
    "logout-response": f"{{{SAMLP}}}LogoutResponse",
    "artifact-response": f"{{{SAMLP}}}ArtifactResponse",
    "other-namespace": f"{{{SAML}}}Response",
}


@breaks("saml.message.response", variants=ROOTS)
def other_root(draft: Draft, name: str) -> None:
    """The root of the message is not a protocol Response, though all within is sound: {variant}."""
    draft.response.tag = name


OTHER_MESSAGES = {
    "authn-request": f"{{{SAMLP}}}AuthnRequest",
    "logout-response": f"{{{SAMLP}}}LogoutResponse",
    "metadata": f"{{{MD}}}EntityDescriptor",
}


@breaks("saml.message.response", bases=("response",), variants=OTHER_MESSAGES, cves=("CVE-2022-39299",))
def other_message(draft: Draft, name: str) -> Draft:
    """The identity provider has signed the message, and the message is no response at all: {variant}."""
    response = draft.response
    attributes = {key: response.attrib[key] for key in ("ID", "Version", "IssueInstant", "Destination")}
    if name.startswith(f"{{{MD}}}"):
        attributes = {"ID": response.attrib["ID"], "entityID": draft.login.issuer or ""}
    root = etree.Element(name, attributes, nsmap={"samlp": SAMLP, "md": MD})
    root.extend(copy.deepcopy(response.findall("saml:Issuer", NAMESPACES)))
    if name.endswith("LogoutResponse"):
        if draft.login.in_response_to is not None:
            root.set("InResponseTo", draft.login.in_response_to)
        root.extend(copy.deepcopy(response.findall("samlp:Status", NAMESPACES)))
    return attrs.evolve(draft, response=root)


@breaks("saml.message.response", bases=("assertion",))
def bare_assertion(signed: Signed) -> Signed:
    """A sound, signed assertion comes by itself, with no response around it."""
    (assertion,) = signed.response.findall("saml:Assertion", NAMESPACES)
    return attrs.evolve(signed, response=copy.deepcopy(assertion))


ASSERTION = f"{{{SAML}}}Assertion"
VERSIONS = {
    "response-1.1": (".", "1.1"),
    "assertion-1.1": (ASSERTION, "1.1"),
    "response-2.1": (".", "2.1"),
    "response-missing": (".", None),
    "assertion-missing": (ASSERTION, None),
    "assertion-empty": (ASSERTION, ""),
}


@breaks("saml.message.version", variants=VERSIONS)
def version(draft: Draft, change: tuple[str, str | None]) -> None:
    """The Version of the response or the assertion is not 2.0: {variant}."""
    _set(draft, change[0], "Version", change[1])


IDS = {"missing": None, "empty": "", "digit-first": "0{}", "colon": "a:{}", "blank": "_a {}"}


@breaks("saml.message.id", bases=("assertion",), variants=IDS)
def response_id(draft: Draft, pattern: str | None) -> None:
    """The ID of the response, which is not signed itself, is none that XML knows: {variant}."""
    _set(draft, ".", "ID", pattern and pattern.format(draft.login.response_id[1:]))


@breaks("saml.message.id", bases=("response",), variants=IDS)
def assertion_id(draft: Draft, pattern: str | None) -> None:
    """The ID of the assertion, in a signed response, is none that XML knows: {variant}."""
    _set(draft, ASSERTION, "ID", pattern and pattern.format(draft.login.assertion_id[1:]))


@breaks("saml.message.id", bases=BASES)
def id_begins_with_digit(login: SamlLogin) -> SamlLogin:
    """The IDs of response and assertion, which the signature refers to, begin with a digit."""
    return login.but(response_id=f"0{login.response_id[1:]}", assertion_id=f"0{login.assertion_id[1:]}")


@breaks(
    "saml.confirmation.recipient",
    also="saml.conditions.audience",
    why_also="the identity provider names address and entity ID of the portal that it signs for",
)
def for_another_tenant(login: SamlLogin) -> SamlLogin:
    """The response was signed for another customer of the same helpdesk, whose portal trusts the same provider."""
    other = "http://other-tenant.localhost:5002"
    return login.but(recipient=f"{other}/login/saml", audience=other)


def _set(draft: Draft, place: str, name: str, text: str | None) -> None:
    for element in draft.response.findall(place):
        if text is None:
            element.attrib.pop(name, None)
        else:
            element.set(name, text)
