"""Signatures written by hand: SignedInfo as it is given, digested and signed as it says.

For what the library would not sign, or would put right: an HMAC, an odd Reference, a missing transform. But for the
one thing that is odd about it, such a signature is what the library would have written, and it really verifies for
those who follow it.
"""

import base64
import hashlib
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

import attrs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp_sim.keyring import Entry, Keyring
from idp_sim.saml.names import DS, ENVELOPED, EXC_C14N, NAMESPACES, RSA_SHA256, SHA256

Octets = Callable[[etree._Element], bytes]
"""What is digested, of the part that is signed: it still stands without the signature, in its document."""

_DIGESTS = {SHA256: "sha256", "http://www.w3.org/2001/04/xmldsig-more#md5": "md5"}


def canonical(element: etree._Element) -> bytes:
    """Return the exclusive canonical form without comments."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def transform(algorithm: str, content: str = "") -> str:
    """Return a ``ds:Transform`` as XML text."""
    return f'<ds:Transform Algorithm="{algorithm}">{content}</ds:Transform>'


SOUND_TRANSFORMS = (transform(ENVELOPED), transform(EXC_C14N))


@attrs.frozen(kw_only=True)
class Reference:
    """One ``ds:Reference``. In ``uri``, ``{id}`` stands for the ID of the signed part; ``None`` leaves it out."""

    uri: str | None = "#{id}"
    transforms: tuple[str, ...] = SOUND_TRANSFORMS
    digest_method: str = SHA256
    octets: Octets = canonical

    def text(self, part: etree._Element) -> str:
        """Return the Reference as XML text, with the digest of what it names."""
        uri = "" if self.uri is None else f" URI={quoteattr(self.uri.replace('{id}', part.get('ID', '')))}"
        transforms = f"<ds:Transforms>{''.join(self.transforms)}</ds:Transforms>" if self.transforms else ""
        digest = hashlib.new(_DIGESTS[self.digest_method], self.octets(part)).digest()
        return (
            f'<ds:Reference{uri}>{transforms}<ds:DigestMethod Algorithm="{self.digest_method}"/>'
            f"<ds:DigestValue>{_base64(digest)}</ds:DigestValue></ds:Reference>"
        )


def by_key(entry: Entry, octets: bytes) -> bytes:
    """Sign with the private key and SHA-256 (xmldsig-core 6.4)."""
    if not isinstance(entry.key, rsa.RSAPrivateKey):
        raise TypeError("signatures by hand are made with RSA keys")
    return entry.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def certificates(keyring: Keyring, *names: str) -> str:
    """Return ``ds:X509Data`` with the certificates of these keys."""
    written = (keyring.certificate(name).public_bytes(Encoding.DER) for name in names)
    inside = "".join(f"<ds:X509Certificate>{_base64(der)}</ds:X509Certificate>" for der in written)
    return f"<ds:X509Data>{inside}</ds:X509Data>" if inside else ""


@attrs.frozen(kw_only=True)
class RawSignature:
    """How a signature is written: sound by default, each field one thing that may be odd about it.

    ``method`` and ``canonicalisation`` are whole elements as XML text. ``value`` makes the signature value of the
    octets of SignedInfo. ``key_info`` gives the content of KeyInfo; without it, it holds the login's certificates.
    ``afterwards`` is done to the part when it is signed.
    """

    method: str = f'<ds:SignatureMethod Algorithm="{RSA_SHA256}"/>'
    canonicalisation: str = f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"/>'
    references: tuple[Reference, ...] = (Reference(),)
    value: Callable[[Entry, bytes], bytes] = by_key
    signed_octets: Octets = canonical
    key_info: Callable[[Keyring], str] | None = None
    afterwards: Callable[[etree._Element, Keyring], None] | None = None

    def sign(self, part: etree._Element, keyring: Keyring, key: str, certificate_names: tuple[str, ...]) -> None:
        """Write the signature of the key with this name right after the Issuer of the part."""
        inside = certificates(keyring, *certificate_names) if self.key_info is None else self.key_info(keyring)
        signature = etree.fromstring(
            f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{self.canonicalisation}{self.method}'
            f"{''.join(reference.text(part) for reference in self.references)}</ds:SignedInfo><ds:SignatureValue/>"
            f"{f'<ds:KeyInfo>{inside}</ds:KeyInfo>' if inside else ''}</ds:Signature>"
        )
        issuer = part.find("saml:Issuer", NAMESPACES)
        # Inserted before it is signed: an inclusive canonical form holds the name spaces of the elements around.
        part.insert(0 if issuer is None else part.index(issuer) + 1, signature)
        octets = self.signed_octets(signature[0])
        signature[1].text = _base64(self.value(Entry(keyring.key(key), keyring.certificate(key)), octets))
        if self.afterwards is not None:
            self.afterwards(part, keyring)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
