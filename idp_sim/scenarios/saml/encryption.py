"""Encrypted assertions, name identifiers and attributes."""

import base64
import copy
from collections.abc import Callable
from typing import Any

import attrs
from lxml import etree

import idp_sim.scenarios.saml
from idp_sim.catalogue import ENCRYPTED, Scenario, again, breaks, load, sound
from idp_sim.login import BASES, Base, Encryption, SamlLogin
from idp_sim.saml.encryption import encrypted, plain_text, portal_of
from idp_sim.saml.names import NAMESPACES, SAML, SAMLP, XENC
from idp_sim.scenarios.saml.forging import assertion_of, forged_copy
from idp_sim.stages import Draft, Encrypted, Signed

PROPERTY = "saml.signature.only-signed-is-read"
ONLY_INSIDE: tuple[Base, ...] = ("assertion",)
"""Where only the assertion is signed, nothing is known of the sender before it is decrypted."""


def _with(login: SamlLogin, **changes: Any) -> SamlLogin:
    return login.but(encryption=Encryption(**changes))


@sound(bases=BASES, given=ENCRYPTED)
def assertion(login: SamlLogin) -> SamlLogin:
    """The assertion is encrypted. It is the control of every broken sign-in that is encrypted."""
    return login


@sound(variants={"128": "aes128-gcm", "192": "aes192-gcm"}, given=ENCRYPTED)
def aes_gcm(login: SamlLogin, data: str) -> SamlLogin:
    """The assertion is encrypted with AES-GCM and a key of {variant} bits."""
    return _with(login, data=data)


CBC = {"128": "aes128-cbc", "192": "aes192-cbc", "256": "aes256-cbc"}


@sound(bases=("response", "both"), variants=CBC, given=ENCRYPTED)
def aes_cbc(login: SamlLogin, data: str) -> SamlLogin:
    """The assertion is encrypted with AES-CBC and a key of {variant} bits, and the response around it is signed."""
    return _with(login, data=data)


OAEP = {
    "mgf1p-sha256": ("rsa-oaep-mgf1p", "sha256", "sha1"),
    "sha1-mgf1-sha1": ("rsa-oaep", "sha1", "sha1"),
    "sha1-mgf1-sha256": ("rsa-oaep", "sha1", "sha256"),
    "sha256-mgf1-sha1": ("rsa-oaep", "sha256", "sha1"),
    "sha256-mgf1-sha256": ("rsa-oaep", "sha256", "sha256"),
}


@sound(variants=OAEP, given=ENCRYPTED)
def oaep(login: SamlLogin, chosen: tuple[str, str, str]) -> SamlLogin:
    """The content key is encrypted with RSA-OAEP and these digests: {variant}."""
    transport, digest, mgf = chosen
    return _with(login, key_transport=transport, oaep_digest=digest, mgf_digest=mgf)


@sound(given={**ENCRYPTED, "saml.allow_rsa15": True})
def rsa15_allowed(login: SamlLogin) -> SamlLogin:
    """The content key is encrypted with RSA 1.5, which the portal's settings allow."""
    return _with(login, key_transport="rsa-1_5")


@sound(bases=BASES, given=ENCRYPTED)
def key_beside(login: SamlLogin) -> SamlLogin:
    """The encrypted key stands beside the encrypted data, which refers to it."""
    return _with(login, key_place="beside")


RECIPIENTS = {
    "portal-first": ("inside", ("", "rogue")),
    "portal-last": ("inside", ("rogue", "")),
    "beside-last": ("beside", ("rogue", "")),
}


@sound(variants=RECIPIENTS, given=ENCRYPTED)
def two_recipients(login: SamlLogin, chosen: tuple[str, tuple[str, ...]]) -> SamlLogin:
    """The content key is encrypted twice, for this portal and for another: {variant}."""
    place, recipients = chosen
    return _with(login, key_place=place, recipients=recipients)


@sound(given=ENCRYPTED)
def type_left_out(tree: Encrypted) -> None:
    """The encrypted data does not say that an element is inside, which it should but need not."""
    del _data(tree).attrib["Type"]


@sound(bases=ONLY_INSIDE, given=ENCRYPTED)
def declared_outside(signed: Signed) -> Signed:
    """The encrypted assertion uses a name space prefix that is declared around it, not inside."""
    prefix = signed.login.prefixes[1]
    declared = f' xmlns:{prefix}="{SAML}"'.encode()
    return _sealed(signed, lambda assertion: plain_text(assertion).replace(declared, b"", 1))


@sound(bases=BASES, given=ENCRYPTED)
def name_id(login: SamlLogin) -> SamlLogin:
    """The NameID alone is encrypted (EncryptedID)."""
    return _with(login, what="name-id")


@sound(bases=BASES, given=ENCRYPTED)
def attribute(login: SamlLogin) -> SamlLogin:
    """The attributes alone are encrypted (EncryptedAttribute)."""
    return _with(login, what="attributes")


@breaks("saml.encryption.required", bases=BASES, given={**ENCRYPTED, "saml.require_encryption": True})
def missing(login: SamlLogin) -> SamlLogin:
    """The portal's settings make encryption mandatory, and the assertion is not encrypted."""
    return login.but(encryption=None)


@breaks("saml.encryption.required", given={**ENCRYPTED, "saml.require_encryption": True})
def only_name_id(login: SamlLogin) -> SamlLogin:
    """The portal's settings make encryption mandatory, and only the NameID is encrypted."""
    return _with(login, what="name-id")


@breaks("saml.encryption.decrypts", bases=BASES, given=ENCRYPTED, veiled=ONLY_INSIDE)
def for_another(login: SamlLogin) -> SamlLogin:
    """The assertion is encrypted for another portal."""
    return _with(login, recipients=("rogue",))


PARTS = {"name-id": "name-id", "attribute": "attributes"}


@breaks("saml.encryption.decrypts", bases=BASES, variants=PARTS, given=ENCRYPTED)
def part_for_another(login: SamlLogin, what: str) -> SamlLogin:
    """A part of the assertion is encrypted for another portal: {variant}."""
    return _with(login, what=what, recipients=("rogue",))


def _data(tree: Encrypted) -> etree._Element:
    return tree.response.findall(".//xenc:EncryptedData", NAMESPACES)[0]


def _flip(value: etree._Element, place: int) -> None:
    octets = bytearray(base64.b64decode(value.text or ""))
    octets[place] ^= 0xFF
    value.text = base64.b64encode(octets).decode()


def _content_altered(tree: Encrypted) -> None:
    _flip(_data(tree).findall("xenc:CipherData/xenc:CipherValue", NAMESPACES)[0], -1)


def _content_cut(tree: Encrypted) -> None:
    value = _data(tree).findall("xenc:CipherData/xenc:CipherValue", NAMESPACES)[0]
    value.text = (value.text or "")[:16]


def _key_altered(tree: Encrypted) -> None:
    _flip(_data(tree).findall(".//xenc:EncryptedKey/xenc:CipherData/xenc:CipherValue", NAMESPACES)[0], 7)


def _key_missing(tree: Encrypted) -> None:
    for info in tree.response.findall(".//xenc:EncryptedData/ds:KeyInfo", NAMESPACES):
        info[:] = []


Edit = Callable[[Encrypted], None]
ALTERED: dict[str, Edit] = {
    "content": _content_altered, "content-cut": _content_cut, "key": _key_altered, "key-missing": _key_missing,
}  # fmt: skip


@breaks(
    "saml.encryption.decrypts", bases=("assertion", "response"), variants=ALTERED, given=ENCRYPTED, veiled=ONLY_INSIDE
)
def altered(tree: Encrypted, edit: Edit) -> None:
    """What was encrypted was altered afterwards: {variant}."""
    edit(tree)


@breaks("saml.encryption.decrypts", bases=ONLY_INSIDE, given=ENCRYPTED, veiled=ONLY_INSIDE)
def padding_wrong(signed: Signed) -> Signed:
    """The assertion is encrypted with AES-CBC, and its last bytes say a length of padding that cannot be."""
    sealed = _sealed(signed, plain_text, Encryption(data="aes256-cbc"))
    # Each byte of the block before the last flips the same byte of the last one.
    _flip(sealed.response.findall(".//xenc:EncryptedData/xenc:CipherData/xenc:CipherValue", NAMESPACES)[0], -17)
    return sealed


def _second_data(tree: Encrypted) -> None:
    _data(tree).addnext(copy.deepcopy(_data(tree)))


def _content_type(tree: Encrypted) -> None:
    _data(tree).set("Type", f"{XENC}Content")


def _cipher_reference(tree: Encrypted) -> None:
    cipher = _data(tree).findall("xenc:CipherData", NAMESPACES)[0]
    cipher[:] = [cipher.makeelement(f"{{{XENC}}}CipherReference", {"URI": f"{tree.login.canary}/cipher"})]


def _not_base64(tree: Encrypted) -> None:
    value = _data(tree).findall("xenc:CipherData/xenc:CipherValue", NAMESPACES)[0]
    value.text = f"!{value.text}"


STRUCTURE: dict[str, Edit] = {
    "two-data": _second_data, "type-content": _content_type, "cipher-reference": _cipher_reference,
    "not-base64": _not_base64,
}  # fmt: skip


@breaks(
    "saml.encryption.structure", bases=("assertion", "response"), variants=STRUCTURE, given=ENCRYPTED,
    veiled=ONLY_INSIDE,
)  # fmt: skip
def malformed(tree: Encrypted, edit: Edit) -> None:
    """The encrypted assertion is not one EncryptedData with its own cipher text: {variant}."""
    edit(tree)


@breaks("saml.encryption.algorithm", bases=BASES, given={**ENCRYPTED, "saml.allow_rsa15": False}, veiled=ONLY_INSIDE)
def rsa15(login: SamlLogin) -> SamlLogin:
    """The content key is encrypted with RSA 1.5, which the portal's settings do not allow."""
    return _with(login, key_transport="rsa-1_5")


@breaks("saml.encryption.algorithm", bases=BASES, given=ENCRYPTED, outcome="advisory", veiled=ONLY_INSIDE)
def triple_des(login: SamlLogin) -> SamlLogin:
    """The assertion is encrypted with 3DES, which is worn out and was once mandatory to implement."""
    return _with(login, data="tripledes-cbc")


@breaks(
    "saml.encryption.authenticated", variants=CBC, outcome="advisory",
    given={**ENCRYPTED, "saml.allow_unsigned_cbc": False},
)  # fmt: skip
def cbc_unsigned(login: SamlLogin, data: str) -> SamlLogin:
    """The assertion is encrypted with AES-CBC and {variant} bits, and no signature stands around the cipher text."""
    return _with(login, data=data)


def _sealed(signed: Signed, plain: Callable[[etree._Element], bytes], chosen: Encryption | None = None) -> Signed:
    """Encrypt, in place of the signed assertion, what is made of it; what is plain beside it stays so."""
    genuine = assertion_of(signed.response)
    login = signed.login
    sealed = encrypted(plain(genuine), "EncryptedAssertion", login, chosen or Encryption(), (portal_of(login),))
    signed.response.replace(genuine, sealed)
    return attrs.evolve(signed, login=login.but(encryption=None))


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "response": lambda plain: f'<samlp:Response xmlns:samlp="{SAMLP}">'.encode() + plain + b"</samlp:Response>",
    "two-assertions": lambda plain: plain + plain,
    "text-around": lambda plain: b"Login accepted. " + plain,
    "truncated": lambda plain: plain[:-20],
    "text": lambda _: b"Login accepted.",
    "nothing": lambda _: b"",
    "document-type": lambda plain: b"<!DOCTYPE Assertion>" + plain,
}


@breaks("saml.encryption.content", variants=CONTENTS, bases=ONLY_INSIDE, given=ENCRYPTED, veiled=ONLY_INSIDE)
def not_an_assertion(signed: Signed, change: Callable[[bytes], bytes]) -> Signed:
    """What was encrypted is not one assertion, but: {variant}."""
    return _sealed(signed, lambda assertion: change(plain_text(assertion)))


@breaks("saml.encryption.content", variants={"attribute": "Attribute", "issuer": "Issuer"}, given=ENCRYPTED)
def not_a_name_id(draft: Draft, name: str) -> Draft:
    """What was encrypted as EncryptedID is not a NameID, but another element that names the person: {variant}."""
    for genuine in draft.response.findall(".//saml:NameID", NAMESPACES):
        other = etree.Element(f"{{{SAML}}}{name}", nsmap={"saml": SAML})
        other.text = genuine.text
        parent = genuine.getparent()
        if parent is not None:
            chosen, login = Encryption(what="name-id"), draft.login
            parent.replace(genuine, encrypted(plain_text(other), "EncryptedID", login, chosen, (portal_of(login),)))
    return attrs.evolve(draft, login=draft.login.but(encryption=None))


@breaks("saml.subject.name-id", given=ENCRYPTED)
def name_id_and_plain(draft: Draft) -> Draft:
    """The subject has a NameID and beside it an encrypted one, which names the forged person."""
    chosen, login = Encryption(what="name-id"), draft.login
    for genuine in draft.response.findall(".//saml:NameID", NAMESPACES):
        forged = copy.deepcopy(genuine)
        forged.text = login.forged.email
        genuine.addnext(encrypted(plain_text(forged), "EncryptedID", login, chosen, (portal_of(login),)))
    return attrs.evolve(draft, login=login.but(encryption=None))


@breaks("saml.signature.fingerprint", bases=("both",), given=ENCRYPTED)
def assertion_of_another_key(login: SamlLogin) -> SamlLogin:
    """The encrypted assertion is signed by another key; the response around it is signed by the right one."""
    return login.but(assertion_signing_key="rogue")


def _insert(genuine: etree._Element, forged: etree._Element, place: str) -> None:
    if place == "first":
        genuine.addprevious(forged)
    else:
        genuine.addnext(forged)


PLACES = {"first": "first", "last": "last"}


@breaks(PROPERTY, variants=PLACES, bases=ONLY_INSIDE, given=ENCRYPTED)
def plain_beside_encrypted(signed: Signed, place: str) -> Signed:
    """Beside the encrypted, signed assertion stands a forged one, plain and unsigned: {variant}."""
    forged = forged_copy(assertion_of(signed.response), signed.login)
    sealed = _sealed(signed, plain_text)
    _insert(sealed.response.findall("saml:EncryptedAssertion", NAMESPACES)[0], forged, place)
    return sealed


@breaks(PROPERTY, variants=PLACES, bases=ONLY_INSIDE, given=ENCRYPTED, veiled=ONLY_INSIDE)
def encrypted_beside_plain(signed: Signed, place: str) -> Signed:
    """Beside the plain, signed assertion stands a forged one, encrypted and unsigned: {variant}."""
    genuine = copy.deepcopy(assertion_of(signed.response))
    sealed = _sealed(signed, lambda assertion: plain_text(forged_copy(assertion, signed.login)))
    forged = sealed.response.findall("saml:EncryptedAssertion", NAMESPACES)[0]
    _insert(forged, genuine, "last" if place == "first" else "first")
    return sealed


@breaks(PROPERTY, variants=PLACES, bases=ONLY_INSIDE, given=ENCRYPTED, veiled=ONLY_INSIDE)
def two_encrypted(signed: Signed, place: str) -> None:
    """Two assertions are encrypted: the signed one, and a forged one that is not signed: {variant}."""
    genuine = assertion_of(signed.response)
    _insert(genuine, forged_copy(genuine, signed.login), place)


# Every other rule again, inside an encrypted assertion.

IN_ASSERTION = (
    "audience.other", "issuer.other", "issuer.missing", "recipient.other", "request.other-in-confirmation",
    "statements.conditions-missing", "statements.authn-statement-missing", "statements.confirmation-missing",
    "subject.name-id-blank", "subject.name-id-not-an-address", "subject.other-format",
    "times.not-yet-valid", "times.expired", "times.confirmation-expired", "times.session-over", "times.not-utc",
)  # fmt: skip
IN_SIGNATURE = (
    "signature.unsigned", "signature.removed", "signature.altered", "signature.value-altered", "signature.other-key",
    "signature.other-key-trusted-certificate", "signature.certificate-missing", "signature.sha1",
    "signature.further-transform", "references.two",
)  # fmt: skip
"""One of each rule will do: that it is held at all after decryption is the question here. Of variants, the first."""


def _others(*names: str) -> dict[str, Scenario]:
    found: dict[str, Scenario] = {}
    for other in load(idp_sim.scenarios.saml):
        found.setdefault(other.id.partition("[")[0], other)
    return {name: found[name] for name in names}


@again(variants=_others(*IN_ASSERTION), given=ENCRYPTED)
def plain_rule(subject: Any, other: Scenario) -> Any:
    """The assertion is encrypted, and broken as in saml.{variant}."""
    return other.apply(subject)


@again(variants=_others(*IN_SIGNATURE), given=ENCRYPTED, veiled=ONLY_INSIDE)
def signature_rule(subject: Any, other: Scenario) -> Any:
    """The assertion is encrypted, and its signature broken as in saml.{variant}."""
    return other.apply(subject)
