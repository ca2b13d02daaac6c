"""Encrypting parts of a Response for the portal (saml-core 6, xmlenc-core1).

The content key and the initialisation vector follow from the login's seed, so that equal logins give equal cipher
text; only the padding of RSA is random.
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import cast

import attrs
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from idp_sim.keyring import Keyring
from idp_sim.login import Encryption, SamlLogin
from idp_sim.saml.names import DS, NAMESPACES, SAML, XENC, XENC11

ELEMENT = f"{XENC}Element"
ENCRYPTED_KEY = f"{XENC}EncryptedKey"

ANOTHER_PORTAL = "https://another-portal.example"
"""Entity ID of a portal that is not this one."""

_DATA = {
    "aes128-cbc": (f"{XENC}aes128-cbc", 16),
    "aes192-cbc": (f"{XENC}aes192-cbc", 24),
    "aes256-cbc": (f"{XENC}aes256-cbc", 32),
    "aes128-gcm": (f"{XENC11}aes128-gcm", 16),
    "aes192-gcm": (f"{XENC11}aes192-gcm", 24),
    "aes256-gcm": (f"{XENC11}aes256-gcm", 32),
    "tripledes-cbc": (f"{XENC}tripledes-cbc", 24),
}
"""Identifier of each data algorithm, and the length of its key in bytes (xmlenc-core1 5.2)."""

_KEY = {"rsa-oaep-mgf1p": f"{XENC}rsa-oaep-mgf1p", "rsa-oaep": f"{XENC11}rsa-oaep", "rsa-1_5": f"{XENC}rsa-1_5"}
_DIGEST = {"sha1": f"{DS}sha1", "sha256": f"{XENC}sha256"}
_HASH: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303 - OAEP's own


class NoCertificate(ValueError):
    """The portal has no certificate to encrypt for; the text says what to do."""


def encrypt_parts(response: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    """Put an EncryptedID or EncryptedAttributes in the place of what the login encrypts, and return the Response.

    Encrypted before the assertion is signed, so that the signature covers the cipher text (saml-core 6.2).
    """
    chosen = login.encryption
    if chosen is not None and chosen.what == "name-id":
        name_ids = response.findall("saml:Assertion/saml:Subject/saml:NameID", NAMESPACES)
        _replace(name_ids, "EncryptedID", login, chosen, keyring)
    if chosen is not None and chosen.what == "attributes":
        path = "saml:Assertion/saml:AttributeStatement/saml:Attribute"
        _replace(response.findall(path, NAMESPACES), "EncryptedAttribute", login, chosen, keyring)
    return response


def encrypt_assertions(response: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    """Put an EncryptedAssertion in the place of each assertion, where the login says so, and return the Response."""
    chosen = login.encryption
    if chosen is not None and chosen.what == "assertion":
        _replace(response.findall("saml:Assertion", NAMESPACES), "EncryptedAssertion", login, chosen, keyring)
    return response


def _replace(
    elements: Iterable[etree._Element], name: str, login: SamlLogin, chosen: Encryption, keyring: Keyring
) -> None:
    for number, element in enumerate(elements):
        parent = element.getparent()
        if parent is not None:
            recipients = tuple(_recipient(found, login, keyring) for found in chosen.recipients)
            parent.replace(element, encrypted(plain_text(element), name, login, chosen, recipients, number))


def plain_text(element: etree._Element) -> bytes:
    """Return the element as it is encrypted: in exclusive canonical form, so that it stands by itself."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=True)


@attrs.frozen
class Recipient:
    """Whom a content key is encrypted for: the entity's ID, and its certificate."""

    entity_id: str
    certificate: x509.Certificate


def portal_of(login: SamlLogin) -> Recipient:
    """Return the portal of the login as the recipient of what is encrypted. Raises NoCertificate."""
    pem = login.portal.encryption_certificate
    if not pem:
        raise NoCertificate(
            f"Portal '{login.portal.name}' has no encryption certificate. Give its metadata, or "
            "encryption_certificate, in portals.toml."
        )
    return Recipient(login.portal.entity_id, x509.load_pem_x509_certificate(pem.encode()))


def _recipient(name: str, login: SamlLogin, keyring: Keyring) -> Recipient:
    return Recipient(ANOTHER_PORTAL, keyring.certificate(name)) if name else portal_of(login)


def encrypted(
    plain: bytes,
    name: str,
    login: SamlLogin,
    chosen: Encryption,
    recipients: tuple[Recipient, ...],
    number: int = 0,
) -> etree._Element:
    """Return the element ``name`` (EncryptedAssertion ...) that holds these bytes, encrypted as ``chosen``."""
    algorithm, length = _DATA[chosen.data]
    secret = _derived(login, f"content key {number}", length)
    element: etree._Element = etree.Element(f"{{{SAML}}}{name}", nsmap={login.prefixes[1]: SAML})
    data = etree.SubElement(element, f"{{{XENC}}}EncryptedData", nsmap={"xenc": XENC, "ds": DS})
    data.set("Id", login.make_id(f"encrypted data {number} {name}"))
    data.set("Type", ELEMENT)
    etree.SubElement(data, f"{{{XENC}}}EncryptionMethod", Algorithm=algorithm)
    info = etree.SubElement(data, f"{{{DS}}}KeyInfo")
    for index, recipient in enumerate(recipients):
        key = _encrypted_key(secret, recipient, chosen)
        key.set("Id", login.make_id(f"encrypted key {number} {name} {index}"))
        if chosen.key_place == "inside":
            info.append(key)
        else:
            etree.SubElement(info, f"{{{DS}}}RetrievalMethod", Type=ENCRYPTED_KEY, URI=f"#{key.get('Id')}")
            references = etree.SubElement(key, f"{{{XENC}}}ReferenceList")
            etree.SubElement(references, f"{{{XENC}}}DataReference", URI=f"#{data.get('Id')}")
            element.append(key)
    _cipher_data(data, _cipher_text(plain, secret, chosen, login, number))
    return element


def _encrypted_key(secret: bytes, recipient: Recipient, chosen: Encryption) -> etree._Element:
    key: etree._Element = etree.Element(
        f"{{{XENC}}}EncryptedKey", nsmap={"xenc": XENC, "ds": DS}, Recipient=recipient.entity_id
    )
    method = etree.SubElement(key, f"{{{XENC}}}EncryptionMethod", Algorithm=_KEY[chosen.key_transport])
    if chosen.key_transport != "rsa-1_5":
        etree.SubElement(method, f"{{{DS}}}DigestMethod", Algorithm=_DIGEST[chosen.oaep_digest])
    if chosen.key_transport == "rsa-oaep":
        mgf = f"{XENC11}mgf1{chosen.mgf_digest}"
        etree.SubElement(method, f"{{{XENC11}}}MGF", nsmap={"xenc11": XENC11}, Algorithm=mgf)
    public = cast(rsa.RSAPublicKey, recipient.certificate.public_key())
    _cipher_data(key, public.encrypt(secret, _padding(chosen)))
    return key


def _padding(chosen: Encryption) -> padding.AsymmetricPadding:
    if chosen.key_transport == "rsa-1_5":
        return padding.PKCS1v15()
    # rsa-oaep-mgf1p always has MGF1 with SHA-1 (xmlenc-core1 5.5.2).
    mgf = chosen.mgf_digest if chosen.key_transport == "rsa-oaep" else "sha1"
    return padding.OAEP(mgf=padding.MGF1(_HASH[mgf]), algorithm=_HASH[chosen.oaep_digest], label=None)


def _cipher_text(plain: bytes, secret: bytes, chosen: Encryption, login: SamlLogin, number: int) -> bytes:
    if chosen.data.endswith("-gcm"):
        nonce = _derived(login, f"nonce {number}", 12)
        return nonce + AESGCM(secret).encrypt(nonce, plain, None)
    cipher = TripleDES(secret) if chosen.data == "tripledes-cbc" else AES(secret)
    block = cipher.block_size // 8
    vector = _derived(login, f"vector {number}", block)
    # Only the last byte of the padding says something: how long it is (xmlenc-core1 5.2).
    filling = block - len(plain) % block
    padded = plain + _derived(login, f"filling {number}", filling - 1) + bytes([filling])
    encryptor = Cipher(cipher, CBC(vector)).encryptor()
    return vector + encryptor.update(padded) + encryptor.finalize()


def _cipher_data(parent: etree._Element, octets: bytes) -> None:
    data = etree.SubElement(parent, f"{{{XENC}}}CipherData")
    etree.SubElement(data, f"{{{XENC}}}CipherValue").text = base64.b64encode(octets).decode()


def _derived(login: SamlLogin, purpose: str, length: int) -> bytes:
    return hashlib.shake_256(f"{login.seed}/{purpose}".encode()).digest(length)
