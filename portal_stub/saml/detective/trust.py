"""Why the signer is not trusted: another key, a fingerprint of something else, no certificate, another part signed."""

import base64
import hashlib
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import NotApplicable
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.fingerprint import (
    Algorithm,
    FingerprintProblem,
    fingerprint_of,
    named,
    read_base64_certificate,
    read_certificates,
)
from portal_stub.saml.key_info import issued
from portal_stub.saml.received import Received
from portal_stub.saml.signature import Signature, verify
from portal_stub.suspect import Suspect
from portal_stub.times import difference

_OTHER_DIGEST = Suspect(
    code="fingerprint-of-another-digest",
    sentence="The stored fingerprint is the {} of the right certificate, and the portal is set to {}.",
    mend="Choose the digest of the fingerprint under Admin > Security, or enter the other fingerprint.",
)
_OF_TEXT = Suspect(
    code="fingerprint-of-text",
    sentence="The stored fingerprint was taken of the certificate's text ({}), not of the certificate.",
    mend="Take the fingerprint of the certificate: openssl x509 -noout -fingerprint -in certificate.pem",
)
_OF_KEY = Suspect(
    code="fingerprint-of-public-key",
    sentence="The stored fingerprint was taken of the public key ({}), not of the certificate.",
    mend="Take the fingerprint of the certificate: openssl x509 -noout -fingerprint -in certificate.pem",
)
_OF_ISSUER = Suspect(
    code="fingerprint-of-issuer",
    sentence="The stored fingerprint is that of the certificate which issued the signing one: {} is in the message "
    "as well, and its key did not sign. The signing certificate is {}.",
    mend="Store the fingerprint of the signing certificate, the first of the chain.",
)
_MD5 = Suspect(
    code="fingerprint-by-md5",
    sentence="The stored fingerprint is the MD5 of the right certificate.",
    mend="Enter the SHA-1 or SHA-256 fingerprint: openssl x509 -noout -fingerprint -sha256 -in certificate.pem",
)
_INVISIBLE = Suspect(
    code="invisible-sign-in-fingerprint",
    sentence="The stored fingerprint is right, but for signs in it that are none of a fingerprint: {}. Some are "
    "copied from a window unseen.",
    mend="Type the fingerprint, or delete everything in the field before you paste it.",
)
_CUT = Suspect(
    code="fingerprint-cut",
    sentence="The stored text is {} hex digits of the right fingerprint, which has {}: it was not copied whole.",
    mend="Copy the whole fingerprint.",
)
_IN_BASE64 = Suspect(
    code="fingerprint-in-base64",
    sentence="The stored fingerprint is right, but written in base64.",
    mend="Write it in hex digits, as openssl shows it.",
)
_BARE_CERTIFICATE = Suspect(
    code="certificate-without-lines",
    sentence="The right certificate is stored in the fingerprint's place, without its lines BEGIN and END CERTIFICATE.",
    mend="Paste the certificate with these lines, or enter its fingerprint.",
)
_OTHER_KEY = Suspect(
    code="another-certificate",
    sentence="The signature is right, by another key than the stored one: {}. {}",
    mend="If the identity provider's administrator confirms the new fingerprint, store it in the portal.",
)
_NO_CERTIFICATE = Suspect(
    code="no-certificate-sent",
    sentence="The signature carries no certificate, and this portal knows the signer by the fingerprint of one. {}",
    mend="Let the identity provider include its certificate in the signature (KeyInfo).",
)
_OTHER_PART = Suspect(
    code="another-part-signed",
    sentence="The identity provider signs {}, and this portal wants {} signed.",
    mend="Change what is signed at the identity provider, or what the portal wants signed.",
)
MISTAKES = (
    *(_OTHER_DIGEST, _OF_TEXT, _OF_KEY, _OF_ISSUER, _MD5, _INVISIBLE, _CUT, _IN_BASE64, _BARE_CERTIFICATE, _OTHER_KEY),
    *(_NO_CERTIFICATE, _OTHER_PART),
)

_MOST_CERTIFICATES = 4
_NAMES: dict[Algorithm, str] = {"sha1": "SHA-1", "sha256": "SHA-256"}
_LABEL = re.compile(r"^\s*(?:sha-?(?:1|256)|md5)(?:\s+fingerprint)?\s*[=:]")


def _right_by_its_own(received: Received) -> Iterator[tuple[Signature, x509.Certificate]]:
    """Yield each signature that a certificate beside it verifies, with that certificate. That is no trust."""
    for signature in received.signatures_if_any:
        own = tuple(dict.fromkeys(signature.certificates))[:_MOST_CERTIFICATES]
        result = verify(signature, _made_in(received, signature), own, received.algorithms)
        if result.certificate is not None:
            yield signature, result.certificate


def _made_in(received: Received, signature: Signature) -> etree._Element:
    return received.sealed if signature.parent is received.root else received.root


def _untrusted(received: Received) -> Iterator[Suspect]:
    for signature, certificate in _right_by_its_own(received):
        if any(received.owners(beside) for beside in signature.certificates):
            continue
        found = _of_something_else(received.trust.stored or "", certificate, received)
        if found is None and not received.trust.problem:
            found = _another(certificate, received)
        if found is not None:
            yield found
            return


def _of_something_else(stored: str, certificate: x509.Certificate, received: Received) -> Suspect | None:
    """Return what the stored text is of this certificate, or None where it has nothing to do with it."""
    digits = re.sub(r"[^0-9a-f]", "", _LABEL.sub("", stored.lower()))
    right = {name: fingerprint_of(certificate, name) for name in _NAMES}
    for name, own in right.items():
        if digits == own:
            if not received.trust.problem:
                return _OTHER_DIGEST.about(f"{_NAMES[name]} fingerprint", _NAMES[received.trust.algorithm])
            return _INVISIBLE.about(_odd_signs(stored))
        if _base64(stored) == bytes.fromhex(own) or _base64(stored) == own.encode():
            return _IN_BASE64
    if digits == hashlib.md5(certificate.public_bytes(Encoding.DER)).hexdigest():  # noqa: S324 - as stored
        return _MD5
    for words, suspect, octets in _others(certificate):
        if digits in (hashlib.sha1(octets).hexdigest(), hashlib.sha256(octets).hexdigest()):  # noqa: S324 - as stored
            return suspect.about(words)
    for own in right.values():
        if len(digits) >= len(own) // 2 and (own.startswith(digits) or own.endswith(digits)):
            return _CUT.about(str(len(digits)), str(len(own)))
    return _BARE_CERTIFICATE if read_base64_certificate(stored) == certificate else None


def _odd_signs(stored: str) -> str:
    odd = dict.fromkeys(re.sub(r"[0-9A-Fa-f\s:\-]", "", stored))
    return ", ".join(f"U+{ord(sign):04X}" for sign in [*odd][:5])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError:
        return b""


def _others(certificate: x509.Certificate) -> Iterator[tuple[str, Suspect, bytes]]:
    """Yield what a fingerprint is taken of in place of the certificate."""
    der = certificate.public_bytes(Encoding.DER)
    pem = certificate.public_bytes(Encoding.PEM)
    body = b"\n".join(pem.splitlines()[1:-1])
    for words, text in (("PEM", pem), ("the base64 of the PEM", body), ("base64", base64.b64encode(der))):
        for each in (text, text.strip(), text.strip() + b"\n"):
            yield words, _OF_TEXT, each
            yield words, _OF_TEXT, each.replace(b"\n", b"\r\n")
    key = certificate.public_key()
    yield "SubjectPublicKeyInfo", _OF_KEY, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(key, RSAPublicKey):
        modulus = key.public_numbers().n
        yield "its subject key identifier", _OF_KEY, key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        yield "its modulus", _OF_KEY, modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
    elif isinstance(key, EllipticCurvePublicKey):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        yield "its subject key identifier", _OF_KEY, point  # RFC 5280 4.2.1.2


def _another(certificate: x509.Certificate, received: Received) -> Suspect:
    algorithm = received.trust.algorithm
    return _OTHER_KEY.about(
        f"{named(fingerprint_of(certificate, algorithm), algorithm)}, {_told(certificate, received)}",
        _beside_the_stored(certificate, received),
    )


def _told(certificate: x509.Certificate, received: Received) -> str:
    subject = shown(certificate.subject.rfc4514_string() or "without a name")
    ends = certificate.not_valid_after_utc
    return f"{subject}, {'expires' if ends > received.now else 'expired'} {difference(ends, received.now)}"


def _beside_the_stored(certificate: x509.Certificate, received: Received) -> str:
    """Return how the certificate is related to the one that is stored, where a whole one is."""
    try:
        stored = read_certificates(received.saml.certificate or received.saml.fingerprint)[0]
    except FingerprintProblem:
        return "Most likely the identity provider has a new certificate; or this is another identity provider."
    if stored.public_key() == certificate.public_key():
        return "Its key is that of the stored certificate: the certificate was made anew for the same key."
    if stored.subject == certificate.subject or stored.issuer == certificate.issuer:
        which = "subject" if stored.subject == certificate.subject else "issuer"
        return f"The stored one ({_told(stored, received)}) has the same {which}: it was rolled over."
    return f"The stored one is of another ({_told(stored, received)}): this is another identity provider."


def _of_the_issuer(received: Received) -> Iterator[Suspect]:
    """Of a chain the portal trusts a certificate that issued the signing one."""
    for signature, certificate in _right_by_its_own(received):
        for trusted in received.believed(signature)[:_MOST_CERTIFICATES]:
            if trusted != certificate and issued(trusted, certificate):
                algorithm = received.trust.algorithm
                issuer = shown(trusted.subject.rfc4514_string() or "without a name")
                right = named(fingerprint_of(certificate, algorithm), algorithm)
                yield _OF_ISSUER.about(issuer, f"{right}, {_told(certificate, received)}")
                return


def _no_certificate(received: Received) -> Iterator[Suspect]:
    if any(signature.certificates for signature in received.signatures):
        return
    try:
        stored = read_certificates(received.saml.certificate or received.saml.fingerprint)
    except FingerprintProblem:
        yield _NO_CERTIFICATE.about("Whether the signature is right cannot be told without it.")
        return
    for signature in received.signatures:
        result = verify(signature, _made_in(received, signature), stored[:_MOST_CERTIFICATES], received.algorithms)
        if result.certificate is not None:
            yield _NO_CERTIFICATE.about("The signature is right by the stored certificate.")
            return
    yield _NO_CERTIFICATE.about("By the stored certificate the signature is not right either.")


def _other_part(received: Received) -> Iterator[Suspect]:
    signed = {place for signature in received.signatures if (place := signature.place) != "elsewhere"}
    if not signed:
        raise NotApplicable("what is signed is neither the Response nor its assertion")
    names = {"assertion": "the assertion", "response": "the Response"}
    wanted = names.get(received.saml.want_signed, "both")
    yield _OTHER_PART.about(" and ".join(names[place] for place in sorted(signed)), wanted)


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.signature.fingerprint", "saml.settings.fingerprint"}), _untrusted),
    (frozenset({"saml.signature.value"}), _of_the_issuer),
    (frozenset({"saml.signature.certificate-present"}), _no_certificate),
    (frozenset({"saml.signature.wanted-part"}), _other_part),
)
