"""Opening what was encrypted for the portal (saml-core 6, xmlenc-core1 4).

What goes wrong is told to the administrator alone (portal-contract S7), and a content key that cannot be unwrapped is
replaced by a random one, so that its failure takes the time of any other (xmlenc-core1 6).
"""

import base64
import binascii
import os
from collections.abc import Callable, Sequence
from typing import Literal
from xml.sax.saxutils import quoteattr

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from portal_stub.address import shown
from portal_stub.saml.xml import DS, XmlProblem, ds, has_doctype, parse, saml, text_of

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
CONTENTS = {
    saml("EncryptedAssertion"): saml("Assertion"),
    saml("EncryptedID"): saml("NameID"),
    saml("EncryptedAttribute"): saml("Attribute"),
}
"""What must stand inside each encrypted element (saml-core 2.3.4, 2.2.4, 2.7.3.2)."""

GCM = {f"{XENC11}aes128-gcm": 16, f"{XENC11}aes192-gcm": 24, f"{XENC11}aes256-gcm": 32}
CBC_MODES = {f"{XENC}aes128-cbc": 16, f"{XENC}aes192-cbc": 24, f"{XENC}aes256-cbc": 32}
_TRIPLE_DES = {f"{XENC}tripledes-cbc": 24}
"""Data algorithms, and the length of their keys in bytes (xmlenc-core1 5.2)."""

RSA_OAEP_MGF1P, RSA_OAEP, RSA_15 = f"{XENC}rsa-oaep-mgf1p", f"{XENC11}rsa-oaep", f"{XENC}rsa-1_5"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    f"{DS}sha1": hashes.SHA1(),  # noqa: S303 - as a digest of OAEP it is sound
    f"{XENC}sha256": hashes.SHA256(),
    f"{XENC}sha512": hashes.SHA512(),
    f"{XENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303 - as above
    f"{XENC11}mgf1sha256": hashes.SHA256(),
    f"{XENC11}mgf1sha512": hashes.SHA512(),
}
NOT_FOR_THIS_KEY = "the content key is not encrypted for this portal's key"
"""Why nothing was decrypted where the content key could not be unwrapped."""
_MOST_KEYS = 2
"""Encrypted keys that are tried: each costs as much as a signature."""

Kind = Literal["opened", "structure", "algorithm", "decrypts", "content"]
OwnKey = Callable[[], rsa.RSAPrivateKey]


@attrs.frozen
class Unsealed:
    """What came of one encrypted element. ``element`` is what stood in it; ``data_method`` how it was encrypted."""

    sealed: etree._Element
    kind: Kind
    why: str = ""
    element: etree._Element | None = None
    data_method: str = ""


@attrs.frozen(kw_only=True)
class Policy:
    """What is accepted. ``forgot`` are the kinds of problems that the portal forgot to look for."""

    rsa15: bool = False
    forgot: frozenset[Kind] = frozenset()


class _Problem(Exception):
    """Why an encrypted element is not opened."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@attrs.define
class Opener:
    """Opens encrypted elements with the portal's key, each once however often it is asked for."""

    own_key: OwnKey | None
    entity_id: str
    policy: Policy
    _opened: dict[bytes, Unsealed] = attrs.field(factory=dict)

    def open(self, sealed: etree._Element) -> Unsealed:
        """Return what came of opening the element. Equal ones (by canonical form) are opened once."""
        form = canonical(sealed)
        if form not in self._opened:
            self._opened[form] = self._open(sealed)
        return self._opened[form]

    def _open(self, sealed: etree._Element) -> Unsealed:
        method = ""
        try:
            data = self._data(sealed)
            method = _algorithm(data)
            plain = self._decrypt(sealed, data)
            return Unsealed(sealed, "opened", element=self._content(sealed, plain), data_method=method)
        except _Problem as problem:
            return Unsealed(sealed, problem.kind, str(problem), data_method=method)

    def _data(self, sealed: etree._Element) -> etree._Element:
        found = sealed.findall(_xenc("EncryptedData"))
        if not found:
            raise _Problem("structure", "no EncryptedData")
        forgot = "structure" in self.policy.forgot
        if len(found) > 1 and not forgot:
            raise _Problem("structure", f"{len(found)} EncryptedData")
        if found[0].get("Type", f"{XENC}Element") != f"{XENC}Element" and not forgot:
            raise _Problem("structure", f"an EncryptedData of the type {shown(found[0].get('Type', ''))}")
        return found[0]

    def _decrypt(self, sealed: etree._Element, data: etree._Element) -> bytes:
        """Return the plain text (xmlenc-core1 4.4)."""
        cipher_text = _octets(data)
        method = _algorithm(data)
        length = self._key_length(method)
        keys = self._keys(sealed, data)
        paddings = [self._padding(key) for key in keys]
        if not keys:
            raise _Problem("decrypts", "there is no EncryptedKey")
        if self.own_key is None:
            raise _Problem("decrypts", "the portal's key is not known here (saml.encryption_key)")
        own_key = self.own_key()
        unwrapped = [_unwrap(own_key, _octets(key), used, length) for key, used in zip(keys, paddings, strict=True)]
        secret = next((found for found in unwrapped if found is not None), None)
        try:
            plain = _plain(method, secret or os.urandom(length), cipher_text)
        except ValueError as error:
            plain, why = None, str(error)
        if secret is None:
            raise _Problem("decrypts", NOT_FOR_THIS_KEY)
        if plain is None:
            raise _Problem("decrypts", why)
        return plain

    def _key_length(self, method: str) -> int:
        forgotten = _TRIPLE_DES if "algorithm" in self.policy.forgot else {}
        try:
            return (GCM | CBC_MODES | forgotten)[method]
        except KeyError:
            raise _Problem("algorithm", f"the data algorithm {shown(method)}") from None

    def _keys(self, sealed: etree._Element, data: etree._Element) -> Sequence[etree._Element]:
        """Return the first few encrypted keys, those for this portal first (saml-core 2.3.4: Recipient)."""
        inside = data.findall(f"{ds('KeyInfo')}/{_xenc('EncryptedKey')}")
        named = {found.get("URI", "") for found in data.findall(f"{ds('KeyInfo')}/{ds('RetrievalMethod')}")}
        beside = [key for key in sealed.findall(_xenc("EncryptedKey")) if not named or f"#{key.get('Id')}" in named]
        ranks = {self.entity_id: 0, None: 1}
        return sorted((*inside, *beside), key=lambda key: ranks.get(key.get("Recipient"), 2))[:_MOST_KEYS]

    def _padding(self, key: etree._Element) -> padding.AsymmetricPadding:
        """Return how the key is encrypted (xmlenc-core1 5.5)."""
        method = _algorithm(key)
        if method == RSA_15 and (self.policy.rsa15 or "algorithm" in self.policy.forgot):
            return padding.PKCS1v15()
        if method not in (RSA_OAEP_MGF1P, RSA_OAEP):
            raise _Problem("algorithm", f"the key transport {shown(method)}")
        within = _xenc("EncryptionMethod")
        digest = _named(key, f"{within}/{ds('DigestMethod')}", f"{DS}sha1")
        mgf = f"{XENC11}mgf1sha1"
        if method == RSA_OAEP:
            mgf = _named(key, f"{within}/{{{XENC11}}}MGF", mgf)
        try:
            return padding.OAEP(mgf=padding.MGF1(_HASHES[mgf]), algorithm=_HASHES[digest], label=_label(key))
        except KeyError as unknown:
            raise _Problem("algorithm", f"OAEP with {shown(unknown.args[0])}") from None

    def _content(self, sealed: etree._Element, plain: bytes) -> etree._Element:
        """Return the one element in the plain text, read in the name space context of the encrypted one."""
        if has_doctype(plain):
            raise _Problem("content", "it has a DOCTYPE")
        declared = " ".join(
            f"xmlns{':' * bool(prefix)}{prefix or ''}={quoteattr(uri)}" for prefix, uri in sealed.nsmap.items()
        )
        try:
            around = parse(f"<around {declared}>".encode() + plain + b"</around>")
        except XmlProblem as problem:
            raise _Problem("content", f"it is not XML ({problem})") from None
        found = [child for child in around if isinstance(child.tag, str)]
        if len(around) != 1 or len(found) != 1 or (around.text or "").strip() or (found[0].tail or "").strip():
            raise _Problem("content", "it is not one element")
        found[0].tail = None
        wanted = CONTENTS[str(sealed.tag)]
        if found[0].tag != wanted and "content" not in self.policy.forgot:
            raise _Problem("content", f"it is {shown(str(found[0].tag))}, not {wanted}")
        return found[0]


def canonical(element: etree._Element) -> bytes:
    """Return the element in exclusive canonical form, by which two copies of it are known to be equal."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=True)


def _unwrap(own_key: rsa.RSAPrivateKey, octets: bytes, used: padding.AsymmetricPadding, length: int) -> bytes | None:
    try:
        secret = own_key.decrypt(octets, used)
    except ValueError:
        return None
    return secret if len(secret) == length else None


def _plain(method: str, secret: bytes, octets: bytes) -> bytes:
    """Return what these octets hold (xmlenc-core1 5.2). Raises ValueError, which says why they cannot be decrypted."""
    if method in GCM:
        try:
            return AESGCM(secret).decrypt(octets[:12], octets[12:], None)
        except InvalidTag:
            raise ValueError("the authentication tag is not that of this cipher text") from None
    cipher = TripleDES(secret) if method in _TRIPLE_DES else AES(secret)
    block = cipher.block_size // 8
    if len(octets) % block or len(octets) < 2 * block:
        raise ValueError("the cipher text does not consist of whole blocks")
    decryptor = Cipher(cipher, CBC(octets[:block])).decryptor()
    padded = decryptor.update(octets[block:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= block:
        raise ValueError("the padding is wrong")
    return padded[: -padded[-1]]


def _octets(encrypted: etree._Element) -> bytes:
    value = encrypted.find(f"{_xenc('CipherData')}/{_xenc('CipherValue')}")
    if value is None:
        raise _Problem("structure", "no CipherValue; cipher text that stands elsewhere is not fetched")
    try:
        return base64.b64decode("".join(text_of(value).split()), validate=True)
    except (binascii.Error, ValueError):
        raise _Problem("structure", "a CipherValue that is not base64") from None


def _label(key: etree._Element) -> bytes | None:
    text = key.findtext(f"{_xenc('EncryptionMethod')}/{_xenc('OAEPparams')}")
    try:
        return base64.b64decode(text) if text else None
    except (binascii.Error, ValueError):
        return None


def _algorithm(encrypted: etree._Element) -> str:
    return _named(encrypted, _xenc("EncryptionMethod"), "")


def _named(element: etree._Element, path: str, otherwise: str) -> str:
    found = element.find(path)
    return otherwise if found is None else found.get("Algorithm", "")


def _xenc(name: str) -> str:
    return f"{{{XENC}}}{name}"
