"""With which key a signature is verified: the readers that trust what comes along in the message."""

import base64
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from portal_stub.saml.key_info import key_values
from portal_stub.saml.naive.xmldsig import around, assertion_in, fits_everywhere, method_of, signatures, value_fits
from portal_stub.saml.received import Received
from portal_stub.saml.xml import ds, text_of
from portal_stub.weakness import naive

_KEY = {
    "saml.signature.certificate-present",
    "saml.signature.fingerprint",
    "saml.signature.key-info",
    "saml.signature.value",
}
_ALGORITHM = {"saml.signature.algorithm"}


def _certificates(received: Received) -> Iterator[x509.Certificate]:
    return (certificate for signature in received.signatures for certificate in signature.certificates)


@naive("assertion", forgets=_KEY | _ALGORITHM, loosens=_KEY | _ALGORITHM)
def keyinfo_is_trust(received: Received) -> etree._Element | None:
    """Verifies with whatever key the message brings along: a certificate, a public key or a secret (CVE-2021-21239)."""
    for signature in received.signatures:
        secrets = signature.element.iterfind(f"{ds('KeyInfo')}/{ds('KeyValue')}/{{*}}HMACKeyValue")
        keys = [
            *(certificate.public_key() for certificate in signature.certificates),
            *key_values(signature.element),
            *(base64.b64decode(text_of(secret)) for secret in secrets),
        ]
        if any(value_fits(signature.element, key) for key in keys) and fits_everywhere(signature.element, around):
            return assertion_in(signature.parent)
    return None


@naive(
    "assertion",
    forgets=_KEY | {"saml.signature.covers-parent"},
    loosens=_KEY | {"saml.signature.covers-parent"},
)
def any_certificate_trusted(received: Received) -> etree._Element | None:
    """Finds the trusted certificate anywhere in the message, and verifies with any key that stands in it."""
    if not any(received.trust.accepts(certificate) for certificate in _certificates(received)):
        return None
    for signature in received.signatures:
        keys = [*(found.public_key() for found in signature.certificates), *key_values(signature.element)]
        if any(value_fits(signature.element, key) for key in keys) and fits_everywhere(signature.element, around):
            return assertion_in(signature.parent)
    return None


def _texts(certificate: x509.Certificate) -> Iterator[bytes]:
    key = certificate.public_key()
    for der, pem in (
        (certificate.public_bytes(Encoding.DER), certificate.public_bytes(Encoding.PEM)),
        (
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ),
    ):
        lines = b"\n".join(pem.splitlines()[1:-1])
        yield from (pem, pem.strip(), lines, base64.b64encode(der), der)


@naive("assertion", forgets=_ALGORITHM)
def hmac_with_public_key(received: Received) -> etree._Element | None:
    """Takes the trusted certificate's text, or its key's, for the secret of an HMAC; and compares the bits told to."""
    trusted = [certificate for certificate in _certificates(received) if received.trust.accepts(certificate)]
    for signature in signatures(received):
        texts = [text for certificate in trusted for text in _texts(certificate)]
        if any(value_fits(signature, text) for text in texts) and fits_everywhere(signature, around):
            return assertion_in(signature.getparent())
    return None


_KNOWN = ("rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512")


@naive("assertion", forgets=_ALGORITHM, loosens=_ALGORITHM)
def unknown_method_passes(received: Received) -> etree._Element | None:
    """Verifies the signature value by the method that is named, and not at all where it does not know the method."""
    for signature in signatures(received):
        if method_of(signature).rpartition("#")[2] not in _KNOWN and fits_everywhere(signature, around):
            return assertion_in(signature.getparent())
    return None
