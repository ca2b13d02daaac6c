"""Verifying a signature as its own words say, without asking whether they are allowed: what naive readers share.

No portal should ever hold this. It is small, and follows xmldsig-core just far enough to be fooled.
"""

import copy
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from portal_stub.saml.received import ASSERTION, Received
from portal_stub.saml.xml import ds, text_of

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = ds("enveloped-signature").translate({ord(brace): None for brace in "{}"})

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - a naive reader takes what it is told
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "md5": hashes.MD5(),  # noqa: S303
}

Resolve = Callable[[etree._Element, str | None], etree._Element | None]
"""What the URI of a Reference in this signature means."""


def signatures(received: Received) -> Iterator[etree._Element]:
    """Yield every Signature of the message, in document order."""
    return (signature.element for signature in received.signatures)


def algorithm_of(element: etree._Element, path: str) -> str:
    """Return the Algorithm of the element at this path, or nothing."""
    found = element.find(path)
    return "" if found is None else found.get("Algorithm", "")


def method_of(signature: etree._Element) -> str:
    """Return the SignatureMethod."""
    return algorithm_of(signature, f"{ds('SignedInfo')}/{ds('SignatureMethod')}")


def canonical(element: etree._Element, algorithm: str = EXCLUSIVE) -> bytes:
    """Return the canonical form of the element, by this algorithm."""
    comments = algorithm.endswith("#WithComments")
    exclusive = algorithm.startswith(EXCLUSIVE)
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=comments)


def signed_octets(signature: etree._Element) -> bytes:
    """Return the octets of SignedInfo that were signed."""
    signed_info = signature.find(ds("SignedInfo"))
    if signed_info is None:
        raise ValueError("no SignedInfo")
    return canonical(signed_info, algorithm_of(signed_info, ds("CanonicalizationMethod")))


def value_of(signature: etree._Element) -> bytes:
    """Return the octets of SignatureValue."""
    found = signature.find(ds("SignatureValue"))
    return b"" if found is None else b64decode(text_of(found))


def value_fits(signature: etree._Element, key: object, octets: bytes | None = None) -> bool:
    """Return whether the signature value was made with this key, by the method that the signature names."""
    name = method_of(signature).rpartition("#")[2]
    digest = _HASHES.get(name.rpartition("-")[2])
    octets = signed_octets(signature) if octets is None else octets
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None and name.startswith("rsa-"):
            key.verify(value_of(signature), octets, padding.PKCS1v15(), digest)
            return True
    except InvalidSignature:
        return False
    if isinstance(key, bytes) and name.startswith("hmac-"):
        return _hmac_fits(signature, key, name.removeprefix("hmac-"), octets)
    return False


def _hmac_fits(signature: etree._Element, secret: bytes, digest: str, octets: bytes) -> bool:
    length = signature.find(f"{ds('SignedInfo')}/{ds('SignatureMethod')}/{ds('HMACOutputLength')}")
    full = hmac.digest(secret, octets, digest)
    wanted = len(full) * 8 if length is None else int(text_of(length))
    made, came = (int.from_bytes(octet, "big") for octet in (full, value_of(signature).ljust(len(full), b"\0")))
    return made >> (len(full) * 8 - wanted) == came >> (len(full) * 8 - wanted)


def trusted_keys(received: Received, signature: etree._Element) -> Sequence[object]:
    """Return the public keys of the trusted certificates that the signature carries."""
    looked_at = next(found for found in received.signatures if found.element is signature)
    return [certificate.public_key() for certificate in received.believed(looked_at)]


def references(signature: etree._Element) -> Sequence[etree._Element]:
    """Return the References of SignedInfo."""
    return signature.findall(f"{ds('SignedInfo')}/{ds('Reference')}")


def digest_fits(reference: etree._Element, octets: bytes) -> bool:
    """Return whether the digest in the Reference is that of these octets."""
    name = algorithm_of(reference, ds("DigestMethod")).rpartition("#")[2]
    stated = reference.find(ds("DigestValue"))
    return name in _HASHES and stated is not None and hashlib.new(name, octets).digest() == b64decode(text_of(stated))


def without(part: etree._Element, *taken: etree._Element) -> etree._Element:
    """Return a copy of the part without these signatures, which may stand inside it or not."""
    places = [place for place, found in enumerate(part.iter(ds("Signature"))) if found in taken]
    copied = copy.deepcopy(part)
    inside = list(copied.iter(ds("Signature")))
    for place in places:
        parent = inside[place].getparent()
        if parent is not None:
            parent.remove(inside[place])
    return copied


def fits_everywhere(signature: etree._Element, resolve: Resolve) -> bool:
    """Return whether every Reference has the digest of what it names, without the signature itself."""
    named = [(reference, resolve(signature, reference.get("URI"))) for reference in references(signature)]
    return all(
        part is not None and digest_fits(reference, canonical(without(part, signature))) for reference, part in named
    )


def around(signature: etree._Element, _: str | None = None) -> etree._Element | None:
    """Return the element around the signature, whatever the URI is."""
    return signature.getparent()


def assertion_in(part: etree._Element | None) -> etree._Element | None:
    """Return the first assertion in the part, which may be the part itself."""
    return None if part is None else next(part.iter(ASSERTION), None)
