"""Messages in which two parsers see two things: document types, namespaces, IDs, encodings, several roots."""

import re
from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin, Status
from idp_sim.saml.names import SAML, SAMLP
from idp_sim.saml.response import response
from idp_sim.scenarios.saml.forging import UNKNOWN, assertion_of, forged_copy, signature_of
from idp_sim.scenarios.saml.wire import with_xml, xml_of
from idp_sim.stages import Form, Signed

PROPERTY = "saml.signature.only-signed-is-read"
NO_DTD = "saml.message.no-dtd"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
XML = "http://www.w3.org/XML/1998/namespace"


def _forged_response(login: SamlLogin) -> bytes:
    """Return an unsigned response that names the forged person."""
    forged = login.but(
        person=login.forged, forged=login.forged, seed=f"{login.seed}/forged", name_id=login.forged.email
    )
    return etree.tostring(response(forged))


@breaks(NO_DTD, variants={"genuine-first": True, "forged-first": False}, cves=("CVE-2025-25291",))
def two_documents_in_one(form: Form, genuine_first: bool) -> Form:
    """A document type ends in two places, so that one parser sees the genuine response and one a forged: {variant}.

    Who heeds the quotes sees the first response, and a processing instruction after it. Who ends the document type
    at the first > sees a comment, and the second response after it.
    """
    documents = (xml_of(form), _forged_response(form.login))
    first, second = documents if genuine_first else reversed(documents)
    return with_xml(
        form, lambda _: b"<!DOCTYPE Response SYSTEM 'x\"><!--'>" + first + b"<?hide -->" + second + b"<?hide ?>"
    )


@breaks(NO_DTD, cves=("CVE-2025-23369",))
def id_by_entity(form: Form) -> Form:
    """A forged assertion before the signed one has its ID by an entity, so that not every parser knows it for an ID."""
    root = etree.fromstring(xml_of(form))
    genuine = assertion_of(root)
    own = genuine.get("ID", "")
    forged = forged_copy(genuine, form.login)
    forged.set("ID", "entity")
    genuine.addprevious(forged)
    message = etree.tostring(root).replace(b'ID="entity"', b'ID="&own;"')
    return with_xml(form, lambda _: f'<!DOCTYPE Response [<!ENTITY own "{own}">]>'.encode() + message)


ROOTS = {"signed-first": True, "signed-last": False}


@breaks("saml.message.xml", variants=ROOTS, cves=("CVE-2022-39299", "CVE-2022-39300", "CVE-2022-39353"))
def two_roots(form: Form, signed_first: bool) -> Form:
    """Two documents in one: a signed refusal without assertion, and an unsigned forged response: {variant}."""
    login = form.login.but(seed=f"{form.login.seed}/refused", base="response", status=Status(code=RESPONDER))
    documents = (etree.tostring(form.issue(login)), _forged_response(form.login))
    return with_xml(form, lambda _: b"".join(documents if signed_first else reversed(documents)))


LOOKALIKES = {"none": "", "unknown": UNKNOWN, "saml-1.1": "urn:oasis:names:tc:SAML:1.0:assertion", "protocol": SAMLP}


@breaks(PROPERTY, bases=("assertion",), variants=LOOKALIKES, cves=("CVE-2025-25292", "CVE-2025-66567"))
def assertion_of_another_namespace(signed: Signed, namespace: str) -> None:
    """Before the signed assertion stands a forged one that is in another namespace, or in none: {variant}."""
    genuine = assertion_of(signed.response)
    written = etree.tostring(forged_copy(genuine, signed.login)).decode()
    # The prefix stays and what it is bound to changes; without a namespace there can be no prefix.
    rebound = written.replace(f'"{SAML}"', f'"{namespace}"') if namespace else re.sub("(</?)saml:", r"\1", written)
    genuine.addprevious(etree.fromstring(rebound))


ID_NAMES = {
    "prefixed": f"{{{UNKNOWN}}}ID",
    "samlp": f"{{{SAMLP}}}ID",
    "xml-id": f"{{{XML}}}id",
    "mixed-case": "Id",
    "lower-case": "id",
}


@breaks(PROPERTY, bases=("assertion",), variants=ID_NAMES)
def id_under_another_name(signed: Signed, name: str) -> None:
    """A forged assertion before the signed one has the signed one's ID under another attribute name: {variant}."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    forged.set(name, genuine.get("ID", ""))
    genuine.addprevious(forged)


@breaks(PROPERTY, bases=("assertion",), variants=ID_NAMES)
def id_under_two_names(signed: Signed, name: str) -> None:
    """A forged assertion has the signature, and the signed ID under another name, and comes first: {variant}."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    forged.set(name, genuine.get("ID", ""))
    forged.insert(1, signature_of(genuine))
    genuine.addprevious(forged)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "utf-16-labelled-utf-8": lambda xml: f'<?xml version="1.0" encoding="UTF-8"?>{xml.decode()}'.encode("utf-16"),
    "utf-7": lambda xml: b'<?xml version="1.0" encoding="UTF-7"?>' + _in_utf_7(xml),
    "nul-in-text": lambda xml: xml.replace(b"@", b"\x00@"),
    "nul-at-the-end": lambda xml: xml + b"\x00",
}


def _in_utf_7(xml: bytes) -> bytes:
    """Write the letters that UTF-7 may write otherwise otherwise, so that no reader of ASCII sees an @ or a plus."""
    return b"".join(b"+AEA-" if letter == "@" else letter.encode("utf-7") for letter in xml.decode())


@breaks("saml.message.xml", variants=ENCODINGS)
def encoding_disagrees(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """The bytes are not in the encoding that is declared, or in one that nobody should read: {variant}."""
    return with_xml(form, change)


NOTE = ("a note", "of the identity provider")


@sound(variants={"tab": "one\ttwo", "line-feed": "one\ntwo", "carriage-return": "one\rtwo"})
def control_in_attribute_value(login: SamlLogin, name: str) -> SamlLogin:
    """The name of an attribute has a control character, by reference, and is signed with it: {variant}."""
    return login.but(attributes=(*login.attributes, (name, "noted")))


def _noted(login: SamlLogin) -> SamlLogin:
    return login.but(attributes=(*login.attributes, NOTE))


BLANKS = {"tab": b"\t", "line-feed": b"\n", "carriage-return": b"\r"}


@sound(who=_noted, variants=BLANKS)
def blank_written_otherwise(form: Form, blank: bytes) -> Form:
    """A blank in an attribute value is another blank on the way, which every parser reads as a blank: {variant}."""
    return with_xml(form, lambda xml: xml.replace(b'Name="a note"', b'Name="a' + blank + b'note"'))


CONTROLS = {"tab": b"&#9;", "line-feed": b"&#10;", "carriage-return": b"&#13;"}


@breaks("saml.signature.digest", who=_noted, variants=CONTROLS)
def blank_replaced(form: Form, reference: bytes) -> Form:
    """A blank in an attribute value is replaced by a reference to a control character, which is another: {variant}."""
    return with_xml(form, lambda xml: xml.replace(b'Name="a note"', b'Name="a' + reference + b'note"'))
