"""What KeyInfo says of the key, beside the certificate that is trusted (xmldsig-core 4.4, saml-core 5.4.5)."""

import base64
import binascii
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from lxml import etree

from portal_stub.saml.xml import ds, text_of

DSIG11 = "http://www.w3.org/2009/xmldsig11#"
_LONGEST_CHAIN = 8
POINTERS = (ds("RetrievalMethod"), f"{{{DSIG11}}}KeyInfoReference")


def key_values(signature: etree._Element) -> Sequence[object | None]:
    """Return the public keys that stand in KeyInfo by themselves; ``None`` for one that cannot be read."""
    read: list[object | None] = []
    for key_info in signature.iterchildren(ds("KeyInfo")):
        for element in key_info.iterchildren(ds("KeyValue"), f"{{{DSIG11}}}DEREncodedKeyValue"):
            try:
                read.append(_key(element))
            except (ValueError, TypeError, LookupError, binascii.Error, UnsupportedAlgorithm):
                read.append(None)
    return read


def contradiction(
    signature: etree._Element, certificates: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]
) -> str:
    """Return what in KeyInfo is not of the trusted certificates' key, or empty.

    ``certificates`` are those that it carries. A certificate that issued a trusted one, or the issuer of that, may
    come along: all must belong to a chain that ends in the key (xmldsig-core 4.4.4).
    """
    keys = [certificate.public_key() for certificate in trusted]
    for pointer in signature.iterfind(f"{ds('KeyInfo')}/*"):
        if pointer.tag in POINTERS:
            return f"a {etree.QName(pointer).localname}, which is not followed"
    if any(key not in keys for key in key_values(signature)):
        return "a key beside the certificate that is not the certificate's"
    return "a certificate that is not of the trusted one's chain" if _unrelated(certificates, trusted) else ""


def _unrelated(certificates: Iterable[x509.Certificate], trusted: Sequence[x509.Certificate]) -> bool:
    keys = [certificate.public_key() for certificate in trusted]
    related = [*trusted]
    rest = [found for found in certificates if found.public_key() not in keys]
    if len(rest) > _LONGEST_CHAIN:
        return True
    while rest:
        issuer = next((found for found in rest if any(issued(found, known) for known in related)), None)
        if issuer is None:
            return True
        rest.remove(issuer)
        related.append(issuer)
    return False


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Return whether ``issuer`` is by name and by key the issuer of ``certificate``; dates do not matter."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _key(element: etree._Element) -> object:
    if element.tag != ds("KeyValue"):
        return load_der_public_key(_octets(element))
    modulus, exponent = (element.find(f"{ds('RSAKeyValue')}/{ds(name)}") for name in ("Modulus", "Exponent"))
    if modulus is not None and exponent is not None:
        numbers = (int.from_bytes(_octets(number), "big") for number in (exponent, modulus))
        return rsa.RSAPublicNumbers(*numbers).public_key()
    curve, point = (element.find(f"{{{DSIG11}}}ECKeyValue/{{{DSIG11}}}{name}") for name in ("NamedCurve", "PublicKey"))
    if curve is None or point is None:
        raise ValueError("a key of another kind")
    oid = x509.ObjectIdentifier(curve.get("URI", "").removeprefix("urn:oid:"))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.get_curve_for_oid(oid)(), _octets(point))


def _octets(element: etree._Element) -> bytes:
    return base64.b64decode(text_of(element))
