"""The signature of a portal's request: in the query (saml-bindings 3.4.4.1), or in the message (saml-core 5.4).

It is verified with the certificates that the portal's metadata gives, or that are configured; what the message itself
carries is never trusted. The query's signature is over the octets as they came: decoding and encoding them anew could
give others.
"""

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import unquote_plus

import attrs
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from idp_sim.saml.names import NAMESPACES

_HASHES = {
    SignatureMethod.RSA_SHA256.value: hashes.SHA256(),
    SignatureMethod.RSA_SHA384.value: hashes.SHA384(),
    SignatureMethod.RSA_SHA512.value: hashes.SHA512(),
}
_METHODS = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512})
_MESSAGES = ("SAMLRequest", "SAMLResponse")
_SIGNED_NAMES = ("RelayState", "SigAlg")


class WrongSignature(ValueError):
    """A signature that does not verify: what was expected, what came, how to mend it."""

    def __init__(self, expected: str, got: str, mend: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got, self.mend = expected, got, mend


@attrs.frozen
class QuerySignature:
    """A signature that came in the query. ``octets`` are what it must cover; the others are percent-decoded."""

    octets: bytes
    algorithm: str
    value: str

    def verify(self, certificates: Sequence[x509.Certificate]) -> None:
        """Verify with one of the certificates. Raises WrongSignature."""
        digest = _HASHES.get(self.algorithm)
        if digest is None:
            raise WrongSignature(
                f"SigAlg {SignatureMethod.RSA_SHA256.value} or a stronger one of RSA",
                repr(self.algorithm),
                "Let the portal sign its requests with rsa-sha256.",
            )
        try:
            value = base64.b64decode("".join(self.value.split()), validate=True)
        except (binascii.Error, ValueError):
            raise WrongSignature(
                "a Signature in base64", repr(self.value[:80]), "In a query, '+' must be written as %2B."
            ) from None
        for key in _rsa_keys(certificates):
            try:
                return key.verify(value, self.octets, padding.PKCS1v15(), digest)
            except InvalidSignature:
                continue
        raise WrongSignature(
            "a signature over the octets of the query, made with the portal's key",
            "one that does not verify over " + self.octets[:160].decode("ascii", "backslashreplace") + "...",
            "Sign message, RelayState (only when it is sent) and SigAlg in this order, percent-encoded exactly as they "
            "are sent. If the portal's key was changed, read its metadata anew.",
        )


@attrs.frozen
class MessageSignature:
    """A signature inside the message."""

    message: bytes

    def verify(self, certificates: Sequence[x509.Certificate]) -> None:
        """Verify with one of the certificates, and that it covers the whole message. Raises WrongSignature."""
        root = etree.fromstring(self.message, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        uris = [found.get("URI") for found in root.findall("ds:Signature/ds:SignedInfo/ds:Reference", NAMESPACES)]
        if uris != [f"#{root.get('ID')}"]:
            raise WrongSignature(
                f"one Reference, to '#{root.get('ID')}'",
                ", ".join(map(repr, uris)) or "none",
                "Sign the whole request, by its ID.",
            )
        problems = [_problem(self.message, certificate) for certificate in certificates]
        if all(problems):
            raise WrongSignature(
                "a signature over the request, made with the portal's key",
                problems[0],
                "Sign last, and change nothing afterwards. If the portal's key was changed, read its metadata anew.",
            )


Signature = QuerySignature | MessageSignature


def in_query(query: bytes) -> QuerySignature | None:
    """Return the signature in the query of a request, or None where the query has none.

    Raises WrongSignature for a parameter that came twice: which of the two is signed would be a guess.
    """
    parts: dict[str, list[bytes]] = {}
    for part in query.split(b"&"):
        written, _, _ = part.partition(b"=")
        parts.setdefault(unquote_plus(written.decode("ascii", "replace")), []).append(part)
    for name in (*_MESSAGES, *_SIGNED_NAMES, "Signature"):
        if len(parts.get(name, [])) > 1:
            raise WrongSignature(
                f"the parameter {name} once", f"it {len(parts[name])} times", "Build the query from scratch."
            )
    if "Signature" not in parts and "SigAlg" not in parts:
        return None
    octets = b"&".join(parts[name][0] for name in (*_MESSAGES, *_SIGNED_NAMES) if name in parts)
    return QuerySignature(octets, _value(parts, "SigAlg"), _value(parts, "Signature"))


def in_message(message: bytes) -> MessageSignature | None:
    """Return the signature of a request that was posted, or None where it has none. ``message`` is XML that parses."""
    root = etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    return None if root.find("ds:Signature", NAMESPACES) is None else MessageSignature(message)


def _value(parts: dict[str, list[bytes]], name: str) -> str:
    _, _, value = parts.get(name, [b""])[0].partition(b"=")
    return unquote_plus(value.decode("ascii", "replace"))


def _rsa_keys(certificates: Sequence[x509.Certificate]) -> list[rsa.RSAPublicKey]:
    keys = (certificate.public_key() for certificate in certificates)
    return [key for key in keys if isinstance(key, rsa.RSAPublicKey)]


def _problem(message: bytes, certificate: x509.Certificate) -> str:
    """Return why the message's signature does not verify with the certificate, or the empty string."""
    config = SignatureConfiguration(
        location="./",
        signature_methods=_METHODS,
        verification_time=certificate.not_valid_before_utc,  # the key is what was configured, whatever its dates
        ignore_ambiguous_key_info=True,
        default_reference_c14n_method=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    try:
        XMLVerifier().verify(message, x509_cert=certificate, id_attribute="ID", expect_config=config)
    except (SignXMLException, etree.LxmlError, ValueError, TypeError) as error:
        return str(error) or type(error).__name__
    return ""
