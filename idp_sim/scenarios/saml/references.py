"""What a signature refers to: one Reference, by the ID of the element around the signature (saml-core 5.4.2)."""

import copy

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.keyring import Keyring
from idp_sim.login import BASES, Base, SamlLogin
from idp_sim.saml.names import NAMESPACES, SAMLP
from idp_sim.saml.raw_signature import RawSignature, Reference, canonical
from idp_sim.scenarios.saml.forging import assertion_of, forge
from idp_sim.stages import Draft

RULE = "saml.signature.covers-parent"
ONE_PART: tuple[Base, ...] = ("assertion", "response")
"""A signature over more than its own part is broken by a second signature that is written later."""


def _document(part: etree._Element) -> bytes:
    return canonical(part.getroottree().getroot())


def _signed_with(login: SamlLogin, *references: Reference) -> SamlLogin:
    return login.but(raw_signature=RawSignature(references=references))


@breaks(RULE, bases=BASES)
def none(login: SamlLogin) -> SamlLogin:
    """SignedInfo has no Reference: the signature is right, and is of nothing. The message names the forged person."""
    return _signed_with(login.but(name_id=login.forged.email))


OF_DOCUMENT = Reference(uri="", octets=_document)
TWO = {
    "same-twice": (Reference(), Reference()),
    "whole-document-first": (OF_DOCUMENT, Reference()),
    "whole-document-last": (Reference(), OF_DOCUMENT),
}


@breaks(RULE, bases=ONE_PART, variants=TWO)
def two(login: SamlLogin, references: tuple[Reference, ...]) -> SamlLogin:
    """SignedInfo has two References, and both are right: {variant}."""
    return _signed_with(login, *references)


@breaks(RULE, outcome="advisory", bases=ONE_PART)
def whole_document(login: SamlLogin) -> SamlLogin:
    """The URI of the Reference is empty: it names the whole document, and the signature covers it."""
    return _signed_with(login, OF_DOCUMENT)


@breaks("saml.signature.only-signed-is-read", bases=ONE_PART)
def whole_document_wrapped(login: SamlLogin) -> SamlLogin:
    """A response whose signature names the whole document, by an empty URI, stands inside a forged response.

    It is not the document any more. Who takes the response around the signature for the whole finds nothing altered.
    """

    def wrap(part: etree._Element, _: Keyring) -> None:
        root = part.getroottree().getroot()
        genuine = copy.deepcopy(root)
        for signature in root.findall(".//ds:Signature", NAMESPACES):
            signature.getparent().remove(signature)  # type: ignore[union-attr]
        forge(root, login)
        root.set("ID", login.make_id("forged response"))
        assertion_of(root).set("ID", login.make_id("forged assertion"))
        extensions = root.makeelement(f"{{{SAMLP}}}Extensions")
        extensions.append(genuine)
        root.insert(1, extensions)

    return login.but(raw_signature=RawSignature(references=(OF_DOCUMENT,), afterwards=wrap))


ODD_NAMES = {
    "missing": Reference(uri=None),
    "hash-only": Reference(uri="#"),
    "blank": Reference(uri=" "),
    "xpointer-id": Reference(uri="#xpointer(id('{id}'))"),
}


@breaks(RULE, bases=BASES, variants=ODD_NAMES)
def odd_name(login: SamlLogin, reference: Reference) -> SamlLogin:
    """The Reference does not name the part by '#' and its ID: {variant}. The digest is that of the part."""
    return _signed_with(login, reference)


@breaks(RULE, bases=ONE_PART)
def xpointer_root(login: SamlLogin) -> SamlLogin:
    """The Reference names the whole document by #xpointer(/)."""
    return _signed_with(login, attrs.evolve(OF_DOCUMENT, uri="#xpointer(/)"))


@breaks(RULE, bases=("assertion",))
def response_named(login: SamlLogin) -> SamlLogin:
    """The signature in the assertion names the response around it, which is not signed otherwise."""
    return _signed_with(login, Reference(uri=f"#{login.response_id}", octets=_document))


@breaks(RULE, bases=("response",))
def assertion_named(login: SamlLogin) -> SamlLogin:
    """The signature of the response names the assertion, beside which it stands."""
    reference = Reference(uri=f"#{login.assertion_id}", octets=lambda response: canonical(assertion_of(response)))
    return _signed_with(login, reference)


@breaks(RULE, bases=ONE_PART)
def something_else_named(draft: Draft) -> Draft:
    """The message is forged, and its genuine signature names an element of no account in the extensions."""
    login = draft.login
    notice = etree.fromstring(f'<Notice xmlns="urn:example:notice" ID="{login.make_id("notice")}">Signed.</Notice>')
    extensions = draft.response.makeelement(f"{{{SAMLP}}}Extensions")
    extensions.append(notice)
    draft.response.insert(1, extensions)
    forge(draft.response, login)
    reference = Reference(uri=f"#{notice.get('ID')}", octets=lambda _: canonical(notice))
    return attrs.evolve(draft, login=_signed_with(login, reference))


CANARY_SAYS = b"touched"
EMPTY_FILE = "file:///dev/null"


@breaks(RULE, bases=BASES)
def external(login: SamlLogin) -> SamlLogin:
    """The message is forged, and its signature is of a page on another server, which the portal must not fetch."""
    reference = Reference(uri=f"{login.canary}/page", transforms=(), octets=lambda _: CANARY_SAYS)
    return _signed_with(login.but(name_id=login.forged.email), reference)


@breaks(RULE, bases=BASES)
def external_file(login: SamlLogin) -> SamlLogin:
    """The message is forged, and its signature is of a file of the portal's machine, which it must not open."""
    reference = Reference(uri=EMPTY_FILE, transforms=(), octets=lambda _: b"")
    return _signed_with(login.but(name_id=login.forged.email), reference)
