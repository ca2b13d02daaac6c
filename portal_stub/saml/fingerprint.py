"""Fingerprints of certificates: reading what a person typed or pasted, and saying whom the portal trusts (P3, S6)."""

import base64
import binascii
import functools
import hmac
import re
from collections.abc import Callable
from typing import Literal

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from portal_stub.address import shown
from portal_stub.config import FurtherIdp, SamlSettings

Algorithm = Literal["sha1", "sha256"]

_DIGITS: dict[Algorithm, int] = {"sha1": 40, "sha256": 64}
_NAMES: dict[Algorithm, str] = {"sha1": "SHA-1", "sha256": "SHA-256"}
_LABEL = re.compile(r"^\s*sha-?(?:1|256)(?:\s+fingerprint)?\s*[=:]\s*", re.IGNORECASE)
_LONGEST_KEPT = 8192
"""Characters of a certificate. What a stranger makes longer is read anew each time, and not kept."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class FingerprintProblem(Exception):
    """The text is neither a fingerprint nor a certificate; the message says what was expected and what came."""


@attrs.frozen(kw_only=True)
class Fingerprint:
    """A fingerprint as the portal stores it: lower-case hex digits. ``note`` says what was done to the text."""

    value: str
    note: str = ""

    @property
    def algorithm(self) -> Algorithm:
        """The digest that has this many digits."""
        return "sha1" if len(self.value) == _DIGITS["sha1"] else "sha256"


@attrs.frozen(kw_only=True)
class Trust:
    """The certificates that the portal trusts, by their fingerprints; ``problem`` says why there are none.

    ``stored`` is the fingerprint in the words in which it was stored, or None where whole certificates were.
    """

    fingerprints: tuple[str, ...] = ()
    algorithm: Algorithm = "sha1"
    problem: str = ""
    stored: str | None = None

    def accepts(self, certificate: x509.Certificate, naively: Callable[[str, str], bool] | None = None) -> bool:
        """Return whether the certificate has a trusted fingerprint, or what a naive comparison takes for it."""
        own = fingerprint_of(certificate, self.algorithm)
        if naively is not None and self.stored is not None:
            return naively(own, self.stored)
        return any(hmac.compare_digest(own, trusted) for trusted in self.fingerprints)


@functools.lru_cache(maxsize=64)
def fingerprint_of(certificate: x509.Certificate, algorithm: Algorithm) -> str:
    """Return the fingerprint of the certificate: lower-case hex digits."""
    digest = hashes.SHA1() if algorithm == "sha1" else hashes.SHA256()  # noqa: S303 - the fingerprint's own digest (P3)
    return certificate.fingerprint(digest).hex()


def pretty(fingerprint: str) -> str:
    """Return the fingerprint as people compare it: upper case, with colons."""
    upper = fingerprint.upper()
    return ":".join(upper[start : start + 2] for start in range(0, len(upper), 2))


def named(fingerprint: str, algorithm: Algorithm) -> str:
    """Return the fingerprint with the name of its digest, for people."""
    return f"{_NAMES[algorithm]} {pretty(fingerprint)}"


def normalise(text: str, algorithm: Algorithm = "sha1") -> Fingerprint:
    """Return the fingerprint that a person typed or pasted (S6).

    Colons, blanks and letter case do not matter, a label such as ``SHA1 Fingerprint=`` is dropped, and of a whole
    certificate in PEM the fingerprint is taken with ``algorithm``. Raises FingerprintProblem for any other text.
    """
    if "-----BEGIN" in text:
        first = read_certificates(text)[0]
        note = f"This is a whole certificate; its {_NAMES[algorithm]} fingerprint was taken."
        return Fingerprint(value=fingerprint_of(first, algorithm), note=note)
    label = _LABEL.match(text)
    note = "The label before the fingerprint was dropped." if label else ""
    digits = re.sub(r"[\s:\-]", "", text[label.end() if label else 0 :]).lower()
    if not re.fullmatch(r"[0-9a-f]+", digits) or len(digits) not in _DIGITS.values():
        raise FingerprintProblem(
            f"A fingerprint has {_DIGITS['sha1']} hex digits (SHA-1) or {_DIGITS['sha256']} (SHA-256), "
            f"with or without colons. This is something else: {shown(text.strip(), 80)}."
        )
    return Fingerprint(value=digits, note=note)


def read_certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates in PEM text, at least one. Raises FingerprintProblem for broken or missing ones."""
    certificates = []
    for block in _PEM.findall(pem):
        certificate = read_base64_certificate(block)
        if certificate is None:
            raise FingerprintProblem("The certificate is broken between its BEGIN and END lines. Paste it whole.")
        certificates.append(certificate)
    if not certificates:
        raise FingerprintProblem(
            "A certificate in PEM begins with -----BEGIN CERTIFICATE----- and ends with -----END CERTIFICATE-----. "
            "This text does not hold one whole."
        )
    return tuple(certificates)


def read_base64_certificate(text: str) -> x509.Certificate | None:
    """Return the certificate whose DER is ``text`` in base64 (blanks ignored), or None when it cannot be read."""
    return _certificate(text) if len(text) <= _LONGEST_KEPT else _certificate.__wrapped__(text)


@functools.lru_cache(maxsize=64)  # an identity provider sends the same one with every message
def _certificate(text: str) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, x509.InvalidVersion):
        return None


def trust(settings: SamlSettings | FurtherIdp) -> Trust:
    """Return whom the portal trusts by these settings: the certificate where one is stored, else the fingerprint."""
    algorithm, stored = settings.fingerprint_algorithm, settings.fingerprint
    try:
        if settings.certificate.strip():
            certificates = read_certificates(settings.certificate)
            found = tuple(fingerprint_of(certificate, algorithm) for certificate in certificates)
            return Trust(fingerprints=found, algorithm=algorithm)
        if stored.strip():
            return Trust(fingerprints=(normalise(stored, algorithm).value,), algorithm=algorithm, stored=stored)
    except FingerprintProblem as problem:
        return Trust(algorithm=algorithm, problem=str(problem), stored=stored)
    return Trust(algorithm=algorithm, problem="no fingerprint and no certificate is stored", stored=stored)
