"""KeyInfo may say more of the key that verified, and nothing of another one (xmldsig-core 4.4)."""

import base64
import itertools
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tests.portal_core.responses import Key, Signing, add, certificate, diagnose, key, response, settings

DSIG11 = "http://www.w3.org/2009/xmldsig11#"


def _issued(name: str, by: str) -> x509.Certificate:
    def named(common_name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test only {common_name}")])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key(name).public_key())
        .serial_number(9)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(key(by), hashes.SHA256())
    )


def _violations(*certificates: x509.Certificate) -> tuple[str, ...]:
    trusting = settings(certificate=_issued("trusted", "middle").public_bytes(Encoding.PEM).decode())
    return diagnose(response(signing=Signing(certificates=certificates)), trusting).violations


def test_the_certificates_of_its_issuers_may_come_along_in_any_order() -> None:
    chain = (_issued("trusted", "middle"), _issued("middle", "top"), certificate("top"))
    assert _violations(*chain) == ()
    assert _violations(*chain[::-1]) == ()


def test_a_certificate_outside_the_chain_may_not() -> None:
    leaf, middle = _issued("trusted", "middle"), _issued("middle", "top")
    assert _violations(leaf, certificate("top")) == ("saml.signature.key-info",)
    assert _violations(leaf, middle, certificate("rogue")) == ("saml.signature.key-info",)


def test_one_that_only_bears_the_name_of_the_issuer_may_not() -> None:
    assert _violations(_issued("trusted", "middle"), _issued("middle", "top")) == ()
    pretender = (
        x509.CertificateBuilder()
        .subject_name(_issued("middle", "top").subject)
        .issuer_name(certificate("rogue").subject)
        .public_key(key("rogue").public_key())
        .serial_number(10)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(key("rogue"), hashes.SHA256())
    )
    assert _violations(_issued("trusted", "middle"), pretender) == ("saml.signature.key-info",)


def test_a_long_line_of_certificates_is_not_followed() -> None:
    names = ["trusted", "middle", *(f"link {number}" for number in range(10))]
    chain = [_issued(name, by) for name, by in itertools.pairwise(names)]
    assert _violations(*chain) == ("saml.signature.key-info",)


def _number(value: int) -> str:
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()


def _value(of: Key) -> str:
    public = of.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        inside = (
            f"<ds:RSAKeyValue><ds:Modulus>{_number(numbers.n)}</ds:Modulus>"
            f"<ds:Exponent>{_number(numbers.e)}</ds:Exponent></ds:RSAKeyValue>"
        )
    else:
        point = base64.b64encode(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()
        inside = (
            f"<x:ECKeyValue xmlns:x='{DSIG11}'><x:NamedCurve URI='urn:oid:1.2.840.10045.3.1.7'/>"
            f"<x:PublicKey>{point}</x:PublicKey></x:ECKeyValue>"
        )
    return f"<ds:KeyValue>{inside}</ds:KeyValue>"


def _encoded(of: Key) -> str:
    der = of.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"<x:DEREncodedKeyValue xmlns:x='{DSIG11}'>{base64.b64encode(der).decode()}</x:DEREncodedKeyValue>"


@pytest.mark.parametrize("write", [_value, _encoded])
@pytest.mark.parametrize("name", ["trusted", "ec"])
def test_the_key_itself_may_come_along(name: str, write: object) -> None:
    assert callable(write)
    signing = Signing(key=name, method="ecdsa-sha256" if name == "ec" else "rsa-sha256")
    message = response(signing=signing, after=add(".//ds:KeyInfo", write(key(name))))
    assert diagnose(message, settings(trusts=name)).violations == ()


NOT_BASE64 = _value(key("rogue")).replace("<ds:Modulus>", "<ds:Modulus>!")
UNKNOWN_CURVE = _value(key("ec")).replace("10045.3.1.7", "99999.1")


@pytest.mark.parametrize(
    "odd",
    [
        _value(key("rogue")),
        _encoded(key("rogue")),
        _value(ec.generate_private_key(ec.SECP256R1())),
        "<ds:KeyValue><x:Unknown xmlns:x='urn:example:key'/></ds:KeyValue>",
        NOT_BASE64,
        UNKNOWN_CURVE,
        f"<x:DEREncodedKeyValue xmlns:x='{DSIG11}'>AAAA</x:DEREncodedKeyValue>",
        "<ds:RetrievalMethod URI='http://127.0.0.1:9/key'/>",
        f"<x:KeyInfoReference xmlns:x='{DSIG11}' URI='#other'/>",
    ],
)
def test_another_key_or_one_that_cannot_be_read_is_refused(odd: str) -> None:
    diagnosis = diagnose(response(after=add(".//ds:KeyInfo", odd)))
    assert diagnosis.violations == ("saml.signature.key-info",)
    assert [finding.rule for finding in diagnosis.findings if finding.outcome == "not-checked"] == []
