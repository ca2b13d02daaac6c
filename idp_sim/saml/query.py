"""The query of HTTP-Redirect: deflated, encoded, signed (saml-bindings 3.4.4.1)."""

import base64
import hmac
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote_plus

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp_sim.keyring import Keyring
from idp_sim.logout import Logout

_DIGESTS: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {"rsa-sha256": hashes.SHA256(), "rsa-sha512": hashes.SHA512(), "rsa-sha1": hashes.SHA1()}  # noqa: S303 - portals must refuse it
)


def deflated(xml: bytes) -> str:
    """Return the XML as a parameter carries it: raw DEFLATE, base64, percent-encoded."""
    squeeze = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return encoded(squeeze.compress(xml) + squeeze.flush())


def encoded(data: bytes) -> str:
    """Return the data in base64, percent-encoded."""
    return quote_plus(base64.b64encode(data))


def signature(octets: bytes, logout: Logout, keyring: Keyring) -> str:
    """Return the value of the parameter Signature over these octets, percent-encoded."""
    if logout.signature_algorithm == "hmac-sha256":
        secret = CERTIFICATE_TEXTS[logout.hmac_text](keyring.certificate(logout.signing_key))
        return encoded(hmac.digest(secret, octets, "sha256"))
    key = keyring.key(logout.signing_key)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"queries are signed with RSA keys, and '{logout.signing_key}' is none")
    return encoded(key.sign(octets, padding.PKCS1v15(), _DIGESTS[logout.signature_algorithm]))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


CERTIFICATE_TEXTS: Mapping[str, Callable[[x509.Certificate], bytes]] = MappingProxyType(
    {
        "pem": _pem,
        "pem-stripped": lambda certificate: _pem(certificate).strip(),
        "base64": lambda certificate: base64.b64encode(certificate.public_bytes(Encoding.DER)),
        "public-key": lambda certificate: certificate.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ),
    }
)
"""The public texts that a careless portal takes for the key of an HMAC: which one decides whether it is fooled."""
