"""Verifying a signed query (saml-bindings 3.4.4.1)."""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from types import MappingProxyType

import attrs
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal_stub.config import SamlSettings
from portal_stub.saml.fingerprint import FingerprintProblem, read_certificates
from portal_stub.saml.logout.arrival import Arrival

_RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-"
_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_DIGESTS: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        f"{_RSA}sha256": hashes.SHA256(),
        f"{_RSA}sha384": hashes.SHA384(),
        f"{_RSA}sha512": hashes.SHA512(),
        _SHA1: hashes.SHA1(),  # noqa: S303 - only where the settings allow it
    }
)
_MOST = 16
"""Combinations of doubled parameters that a portal tries which forgot to refuse them."""


def certificates_known(saml: SamlSettings) -> tuple[x509.Certificate, ...]:
    """Return the identity provider's whole certificates, as far as the settings hold them."""
    for text in (saml.certificate, saml.fingerprint):
        if "-----BEGIN" in text:
            try:
                return read_certificates(text)
            except FingerprintProblem:
                return ()
    return ()


def algorithms_allowed(saml: SamlSettings) -> frozenset[str]:
    """Return the values of SigAlg that are accepted (portal-contract S5)."""
    return frozenset(_DIGESTS) - ({_SHA1} if not saml.allow_sha1 else set())


@attrs.frozen
class SignedQuery:
    """One reading of a signed query: the octets over which the signature must be, its algorithm and its value."""

    octets: bytes
    algorithm: str
    value: bytes | None

    def verifies(self, certificates: Sequence[x509.Certificate]) -> bool:
        """Return whether it was signed, by this algorithm, with the key of one of the certificates."""
        return any(self._verifies(certificate, self.algorithm) for certificate in certificates)

    def verifies_somehow(self, certificates: Sequence[x509.Certificate]) -> bool:
        """Return whether it verifies for a portal that forgot to ask for the algorithm.

        Such a portal tries what fits, and takes the text of the certificate, which everybody knows, for an HMAC's key.
        """
        return any(
            self._verifies(certificate, algorithm) for certificate in certificates for algorithm in _DIGESTS
        ) or any(
            self.value is not None and hmac.compare_digest(hmac.digest(text, self.octets, "sha256"), self.value)
            for certificate in certificates
            for text in _public_texts(certificate)
        )

    def _verifies(self, certificate: x509.Certificate, algorithm: str) -> bool:
        key, digest = certificate.public_key(), _DIGESTS.get(algorithm)
        if not isinstance(key, rsa.RSAPublicKey) or digest is None or self.value is None:
            return False
        try:
            key.verify(self.value, self.octets, padding.PKCS1v15(), digest)
        except InvalidSignature:
            return False
        return True


def readings(arrival: Arrival, name: str) -> Iterator[SignedQuery]:
    """Yield the query's readings with the message from the parameter ``name``; a sound query has exactly one.

    The octets are those received, never encoded anew: message, RelayState if there is one, SigAlg.
    """
    relay_states = [f"&RelayState={value}" for value in arrival.values("RelayState")] or [""]
    algorithms = arrival.values("SigAlg") or (None,)
    for message, relay_state, algorithm, value in islice(
        product(arrival.values(name), relay_states, algorithms, arrival.values("Signature")), _MOST
    ):
        sig_alg = "" if algorithm is None else f"&SigAlg={algorithm}"
        yield SignedQuery(
            octets=f"{name}={message}{relay_state}{sig_alg}".encode("latin-1"),
            algorithm=arrival.decoded(algorithm or ""),
            value=_decoded(arrival.decoded(value)),
        )


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _public_texts(certificate: x509.Certificate) -> Iterator[bytes]:
    pem = certificate.public_bytes(Encoding.PEM)
    yield from (pem, pem.strip(), base64.b64encode(certificate.public_bytes(Encoding.DER)))
    yield certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
