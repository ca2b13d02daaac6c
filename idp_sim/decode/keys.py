"""Certificates, signatures and encryption in words. What a signature names is told; whether it verifies is not."""

import base64
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from lxml import etree

from idp_sim.decode.facts import Facts, Section, attribute, distance, present, short, shown, stamp, tag, whole
from idp_sim.saml.names import DS, XENC, XENC11

_ENCRYPTED = ("EncryptedAssertion", "EncryptedID", "EncryptedAttribute", "NewEncryptedID")


def signatures(root: etree._Element, now: datetime) -> tuple[Section, ...]:
    """Return a section for every signature, wherever it stands."""
    by_id: dict[str, list[str]] = {}
    for element in root.iter("*"):
        if "ID" in element.attrib:
            by_id.setdefault(f"#{element.get('ID')}", []).append(tag(element))
    return tuple(_signature(found, by_id, now) for found in root.iter(f"{{{DS}}}Signature"))


def _signature(signature: etree._Element, by_id: Mapping[str, Sequence[str]], now: datetime) -> Section:
    parent = signature.getparent()
    inside = "the whole document" if parent is None else tag(parent)
    facts: list[tuple[str, str | None]] = [
        ("algorithm", _algorithm(signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod"))),
        ("SignedInfo by", _algorithm(signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}CanonicalizationMethod"))),
    ]
    for reference in signature.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference"):
        facts += [
            ("signs", _what(reference.get("URI"), by_id)),
            ("  digest", _algorithm(reference.find(f"{{{DS}}}DigestMethod"))),
            *(
                ("  transform", _algorithm(each))
                for each in reference.iterfind(f"{{{DS}}}Transforms/{{{DS}}}Transform")
            ),
        ]
    key_info = signature.find(f"{{{DS}}}KeyInfo")
    told = () if key_info is None else key_facts(key_info, now)
    return Section(f"Signature inside {inside}", (*present(*facts), *(told or (("certificate", "none is sent"),))))


def _what(uri: str | None, by_id: Mapping[str, Sequence[str]]) -> str:
    if uri is None:
        return "a Reference without URI"
    if not uri:
        return "the whole document (URI '')"
    named = by_id.get(uri, ())
    if len(named) == 1:
        return f"{shown(uri)}, which is {named[0]}"
    return f"{shown(uri)}, which {len(named) or 'no'} elements of this message have for ID"


def _algorithm(element: etree._Element | None) -> str | None:
    return None if element is None else short(element.get("Algorithm", ""))


def key_facts(key_info: etree._Element, now: datetime) -> Facts:
    """Return what a KeyInfo tells of keys: certificates, key names."""
    certificates = [
        fact for found in key_info.iter(f"{{{DS}}}X509Certificate") for fact in certificate(whole(found), now)
    ]
    names = [("key name", shown(whole(found))) for found in key_info.iter(f"{{{DS}}}KeyName")]
    values = [("key", "a bare public key (KeyValue)") for _ in key_info.iterfind(f"{{{DS}}}KeyValue")]
    return (*certificates, *names, *values)


def certificate(written: str, now: datetime) -> Facts:
    """Return what a certificate in base64 says of itself, its fingerprints and for how long it is valid."""
    try:
        der = base64.b64decode("".join(written.split()), validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the library thinks of odd certificates is no matter here
            return _certificate(x509.load_der_x509_certificate(der), now)
    except (ValueError, UnsupportedAlgorithm, TypeError, OverflowError) as error:
        return (("certificate", f"one that cannot be read: {shown(str(error), 120)}"),)


def _certificate(found: x509.Certificate, now: datetime) -> Facts:
    start, end = found.not_valid_before_utc, found.not_valid_after_utc
    subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    return (
        ("certificate", shown(subject) or "(without a subject)"),
        ("  issued by", "itself" if subject == issuer else shown(issuer) or "(without a name)"),
        ("  valid from", f"{stamp(start)}, {distance(start, now)}"),
        ("  valid until", f"{stamp(end)}, {distance(end, now)}" + (": expired" if end < now else "")),
        ("  key", _key(found)),
        ("  SHA-1", found.fingerprint(hashes.SHA1()).hex(":")),  # noqa: S303 - it is a name, not a signature
        ("  SHA-256", found.fingerprint(hashes.SHA256()).hex(":")),
    )


def _key(found: x509.Certificate) -> str:
    try:
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "one that cannot be read"
    match key:
        case rsa.RSAPublicKey():
            return f"RSA, {key.key_size} bits"
        case dsa.DSAPublicKey():
            return f"DSA, {key.key_size} bits"
        case ec.EllipticCurvePublicKey():
            return f"elliptic curve {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey").lstrip("_")


def encrypted(root: etree._Element, now: datetime) -> tuple[Section, ...]:
    """Return a section for everything that is encrypted: how, and for whom."""
    return tuple(_sealed(found, now) for found in root.iter("*") if etree.QName(found).localname in _ENCRYPTED)


def _sealed(element: etree._Element, now: datetime) -> Section:
    facts: list[tuple[str, str | None]] = [
        ("content by", _algorithm(element.find(f"{{{XENC}}}EncryptedData/{{{XENC}}}EncryptionMethod")))
    ]
    keys = list(element.iter(f"{{{XENC}}}EncryptedKey"))
    for key in keys:
        method = key.find(f"{{{XENC}}}EncryptionMethod")
        info = key.find(f"{{{DS}}}KeyInfo")
        facts += [
            ("key wrapped by", _algorithm(method)),
            ("  digest", None if method is None else _algorithm(method.find(f"{{{DS}}}DigestMethod"))),
            ("  mask generation", None if method is None else _algorithm(method.find(f"{{{XENC11}}}MGF"))),
            ("  for", attribute(key, "Recipient")),
            *(() if info is None else key_facts(info, now)),
        ]
    if not any(key.get("Recipient") or key.find(f"{{{DS}}}KeyInfo") is not None for key in keys):
        facts.append(("for", "it does not say for whom"))
    return Section(f"Encrypted: {tag(element)}", present(*facts))
