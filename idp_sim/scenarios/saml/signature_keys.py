"""KeyInfo: it is a hint, and the fingerprint is the trust (saml-core 5.4.5, portal-contract S6)."""

import base64
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import SubjectKeyIdentifier

from idp_sim.catalogue import breaks
from idp_sim.keyring import Keyring
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.raw_signature import RawSignature, certificates
from idp_sim.scenarios.saml.forging import naming_the_forged

DSIG11 = "http://www.w3.org/2009/xmldsig11#"

KeyInfo = Callable[[Keyring], str]


def key_value(keyring: Keyring, name: str) -> str:
    """Return ``ds:KeyValue`` with the RSA public key of this name (xmldsig-core 4.4.2.2)."""
    public = keyring.key(name).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise TypeError(f"the key '{name}' is not an RSA key")
    numbers = public.public_numbers()
    modulus, exponent = (
        base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()
        for number in (numbers.n, numbers.e)
    )
    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>{exponent}</ds:Exponent>"
        "</ds:RSAKeyValue></ds:KeyValue>"
    )


def der_key_value(keyring: Keyring, name: str) -> str:
    """Return ``dsig11:DEREncodedKeyValue`` with the public key of this name (xmldsig-core1 4.5.9)."""
    der = keyring.key(name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        f'<dsig11:DEREncodedKeyValue xmlns:dsig11="{DSIG11}">{base64.b64encode(der).decode()}'
        "</dsig11:DEREncodedKeyValue>"
    )


def _rogue(login: SamlLogin, key_info: KeyInfo) -> SamlLogin:
    return naming_the_forged(login).but(signing_key="rogue", raw_signature=RawSignature(key_info=key_info))


def _trusted(keyring: Keyring) -> str:
    return certificates(keyring, "signing")


ALONE: dict[str, KeyInfo] = {
    "key-value": lambda keyring: key_value(keyring, "rogue"),
    "der-key-value": lambda keyring: der_key_value(keyring, "rogue"),
}


@breaks("saml.signature.certificate-present", bases=BASES, variants=ALONE, cves=("CVE-2021-21239", "CVE-2025-48994"))
def foreign_key_alone(login: SamlLogin, key_info: KeyInfo) -> SamlLogin:
    """A forged message is signed by another key, which stands in KeyInfo without any certificate: {variant}."""
    return _rogue(login, key_info)


BESIDE_TRUSTED: dict[str, KeyInfo] = {
    "key-value-first": lambda keyring: key_value(keyring, "rogue") + _trusted(keyring),
    "key-value-last": lambda keyring: _trusted(keyring) + key_value(keyring, "rogue"),
    "der-key-value-first": lambda keyring: der_key_value(keyring, "rogue") + _trusted(keyring),
    "der-key-value-last": lambda keyring: _trusted(keyring) + der_key_value(keyring, "rogue"),
    "certificate-first": lambda keyring: certificates(keyring, "rogue") + _trusted(keyring),
    "certificate-last": lambda keyring: _trusted(keyring) + certificates(keyring, "rogue"),
}


@breaks("saml.signature.value", bases=BASES, variants=BESIDE_TRUSTED, cves=("CVE-2021-21239", "CVE-2025-48994"))
def foreign_key_beside_trusted_certificate(login: SamlLogin, key_info: KeyInfo) -> SamlLogin:
    """A forged message is signed by another key, which stands in KeyInfo beside the trusted certificate: {variant}.

    A portal that compares the fingerprint of the one and verifies with the other signs in anyone.
    """
    return _rogue(login, key_info)


@breaks("saml.signature.key-info", bases=BASES, variants=BESIDE_TRUSTED)
def contradicted(login: SamlLogin, key_info: KeyInfo) -> SamlLogin:
    """The trusted key signed, and KeyInfo holds another key beside its certificate: {variant}."""
    return login.but(raw_signature=RawSignature(key_info=key_info))


def _key_name(keyring: Keyring) -> str:
    return f"<ds:KeyName>{keyring.certificate('signing').subject.rfc4514_string()}</ds:KeyName>"


def _issuer_serial(keyring: Keyring) -> str:
    certificate = keyring.certificate("signing")
    return (
        f"<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>{certificate.issuer.rfc4514_string()}"
        f"</ds:X509IssuerName><ds:X509SerialNumber>{certificate.serial_number}</ds:X509SerialNumber>"
        "</ds:X509IssuerSerial></ds:X509Data>"
    )


def _key_identifier(keyring: Keyring) -> str:
    digest = SubjectKeyIdentifier.from_public_key(keyring.key("signing").public_key()).digest
    return f"<ds:X509Data><ds:X509SKI>{base64.b64encode(digest).decode()}</ds:X509SKI></ds:X509Data>"


def _own_key_value(keyring: Keyring) -> str:
    return key_value(keyring, "signing")


NAMED: dict[str, KeyInfo] = {
    "key-name": _key_name,
    "issuer-serial": _issuer_serial,
    "key-identifier": _key_identifier,
    "key-value": _own_key_value,
}


@breaks("saml.signature.certificate-present", outcome="advisory", bases=BASES, variants=NAMED)
def only_named(login: SamlLogin, key_info: KeyInfo) -> SamlLogin:
    """KeyInfo only names the trusted certificate, and does not carry it: {variant}.

    A portal that stores the whole certificate may accept it; one that stores a fingerprint cannot.
    """
    return login.but(raw_signature=RawSignature(key_info=key_info))


RETRIEVED = {
    "retrieval-method": '<ds:RetrievalMethod URI="{}" Type="http://www.w3.org/2000/09/xmldsig#rawX509Certificate"/>',
    "key-info-reference": f'<dsig11:KeyInfoReference xmlns:dsig11="{DSIG11}" URI="{{}}"/>',
}


@breaks("saml.signature.certificate-present", outcome="advisory", bases=BASES, variants=RETRIEVED)
def retrieved(login: SamlLogin, pointer: str) -> SamlLogin:
    """KeyInfo says where the certificate could be fetched: {variant}. It must not be fetched."""
    return login.but(raw_signature=RawSignature(key_info=lambda _: pointer.format(f"{login.canary}/certificate")))


@breaks("saml.signature.key-info", outcome="advisory", bases=BASES, variants=RETRIEVED)
def retrieved_beside_trusted_certificate(login: SamlLogin, pointer: str) -> SamlLogin:
    """KeyInfo holds the trusted certificate, and says where another could be fetched: {variant}. It must not be."""
    further = pointer.format(f"{login.canary}/certificate")
    return login.but(raw_signature=RawSignature(key_info=lambda keyring: _trusted(keyring) + further))
