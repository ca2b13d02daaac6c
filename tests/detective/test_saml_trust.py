"""Keys, certificates and fingerprints that are not those of the signature, each by name."""

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from tests.detective.saml_names import in_words, issued, named
from tests.portal_core.responses import NAME_ID, SOUNDLY, Signing, certificate, key, response, settings, write

OWN = certificate("trusted")
DER, PEM = OWN.public_bytes(Encoding.DER), OWN.public_bytes(Encoding.PEM)
SHA1, SHA256 = hashlib.sha1(DER).hexdigest(), hashlib.sha256(DER).hexdigest()
SPKI = OWN.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
BODY = b"".join(PEM.splitlines()[1:-1])

STORED = {
    "SHA-256 where SHA-1 is set": (SHA256, "fingerprint-of-another-digest"),
    "of the PEM file": (hashlib.sha1(PEM).hexdigest(), "fingerprint-of-text"),
    "of the PEM file with CRLF": (hashlib.sha256(PEM.replace(b"\n", b"\r\n")).hexdigest(), "fingerprint-of-text"),
    "of the base64": (hashlib.sha1(BODY).hexdigest(), "fingerprint-of-text"),
    "of the lines of base64": (
        hashlib.sha1(b"\n".join(PEM.splitlines()[1:-1])).hexdigest(),
        "fingerprint-of-text",
    ),
    "of the public key": (hashlib.sha256(SPKI).hexdigest(), "fingerprint-of-public-key"),
    "the subject key identifier": (
        x509.SubjectKeyIdentifier.from_public_key(OWN.public_key()).digest.hex(":"),
        "fingerprint-of-public-key",
    ),
    "MD5": (hashlib.md5(DER).hexdigest(), "fingerprint-by-md5"),
    "with an invisible sign": (f"\u200e{SHA1}", "invisible-sign-in-fingerprint"),
    "without its end": (SHA1[:-2], "fingerprint-cut"),
    "cut where SHA-1 ends": (SHA256[:40], "fingerprint-cut"),
    "without its beginning": (SHA1[2:], "fingerprint-cut"),
    "half of it": (SHA1[:20], "fingerprint-cut"),
    "with an invisible sign, where SHA-1 is set": (f"\u200e{SHA256}", "invisible-sign-in-fingerprint"),
    "the digits in base64": (base64.b64encode(SHA1.encode()).decode(), "fingerprint-in-base64"),
    "in base64": (base64.b64encode(bytes.fromhex(SHA1)).decode(), "fingerprint-in-base64"),
    "a certificate without its lines": (BODY.decode(), "certificate-without-lines"),
    "of another certificate": (
        hashlib.sha1(certificate("rogue").public_bytes(Encoding.DER)).hexdigest(),
        "another-certificate",
    ),
    "another whole certificate": (certificate("rogue").public_bytes(Encoding.PEM).decode(), "another-certificate"),
}


@pytest.mark.parametrize("what", STORED)
def test_a_wrong_fingerprint_is_named(what: str) -> None:
    stored, code = STORED[what]
    assert named(response(), fingerprint=stored) == [code]


def test_sha_1_where_sha_256_is_set_is_named() -> None:
    told = in_words(response(), fingerprint=SHA1, fingerprint_algorithm="sha256")
    assert "the SHA-1 fingerprint" in told
    assert "set to SHA-256" in told


@pytest.mark.parametrize(
    "stored",
    ["hello", "00", "12:34", SHA1[:18], "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"],
    ids=["word", "byte", "two-bytes", "half", "no-certificate"],
)
def test_a_text_that_has_nothing_to_do_with_the_certificate_has_no_name(stored: str) -> None:
    assert named(response(), fingerprint=stored) == []


@pytest.mark.parametrize(("kind", "signing"), [("trusted", SOUNDLY), ("ec", Signing(key="ec", method="ecdsa-sha256"))])
def test_the_fingerprint_of_a_key_is_named_for_every_kind_of_key(kind: str, signing: Signing) -> None:
    public = key(kind).public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()
    assert named(response(signing=signing), fingerprint=identifier) == ["fingerprint-of-public-key"]
    if isinstance(public, rsa.RSAPublicKey):
        modulus = bytes.fromhex(f"{public.public_numbers().n:x}")
        stored = hashlib.sha1(modulus).hexdigest()
        assert "its modulus" in in_words(response(signing=signing), fingerprint=stored)


def test_no_fingerprint_at_all_is_not_called_another_certificate() -> None:
    assert named(response(), fingerprint="") == []


def test_the_other_certificate_is_shown() -> None:
    told = in_words(response(signing=Signing(key="rogue")))
    assert "'CN=test only rogue', expires" in told
    assert certificate("rogue").fingerprint(hashes.SHA1()).hex(":").upper() in told


def test_a_certificate_without_a_subject_is_shown_as_one() -> None:
    nameless = issued("", "rogue", "", "rogue")
    assert "'without a name', expired" in in_words(response(signing=Signing(key="rogue", certificates=(nameless,))))


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (issued("test only rogue", "trusted", "test only rogue", "trusted"), "same subject: it was rolled over"),
        (issued("somebody else", "trusted", "test only rogue", "trusted"), "same issuer: it was rolled over"),
        (issued("test only old", "rogue", "test only old", "rogue"), "made anew for the same key"),
        (issued("somebody else", "trusted", "somebody else", "trusted"), "this is another identity provider"),
    ],
)
def test_how_the_other_certificate_is_related_to_the_stored_one_is_told(old: x509.Certificate, words: str) -> None:
    told = in_words(response(signing=Signing(key="rogue")), certificate=old.public_bytes(Encoding.PEM).decode())
    assert words in told


def test_a_stored_one_that_has_expired_is_told() -> None:
    old = issued("test only rogue", "trusted", "test only rogue", "trusted").public_bytes(Encoding.PEM).decode()
    told = in_words(response(signing=Signing(key="rogue")), certificate=old)
    assert "The stored one ('CN=test only rogue', expired 424 days 12 hours ago)" in told


def test_the_fingerprint_of_the_issuer_in_the_chain_is_named() -> None:
    leaf = issued("test only leaf", "trusted", "test only rogue", "rogue")
    xml = response(signing=Signing(certificates=(leaf, certificate("rogue"))))
    stored = certificate("rogue").fingerprint(hashes.SHA1()).hex()
    assert named(xml, fingerprint=stored) == ["fingerprint-of-issuer"]
    assert leaf.fingerprint(hashes.SHA1()).hex(":").upper() in in_words(xml, fingerprint=stored)
    assert "'CN=test only rogue' is in the message" in in_words(xml, fingerprint=stored)


def test_an_issuer_without_a_subject_is_shown_as_one() -> None:
    leaf, nameless = issued("test only leaf", "trusted", "", "rogue"), issued("", "rogue", "", "rogue")
    xml = response(signing=Signing(certificates=(leaf, nameless)))
    stored = nameless.fingerprint(hashes.SHA1()).hex()
    assert "'without a name' is in the message" in in_words(xml, fingerprint=stored)


def test_a_trusted_certificate_beside_a_foreign_signature_is_not_called_its_issuer() -> None:
    for beside in ((certificate("rogue"), OWN), (OWN, certificate("rogue"))):
        assert named(response(signing=Signing(key="rogue", certificates=beside))) == []


def signed_anew(xml: bytes, signing: Signing) -> bytes:
    """The Response with a signature of its own around that of the assertion."""
    root = etree.fromstring(xml)
    signing.sign(root)
    return etree.tostring(root)


def test_of_two_signers_the_one_that_is_not_trusted_is_named() -> None:
    inner = response(signing=Signing(key="rogue"))
    assert named(signed_anew(inner, SOUNDLY)) == ["another-certificate"]
    assert "'CN=test only rogue', expires" in in_words(signed_anew(inner, SOUNDLY))


def test_a_trusted_certificate_beside_a_foreign_signature_is_not_called_another_one() -> None:
    beside = Signing(key="rogue", certificates=(certificate("rogue"), OWN))
    forged = response(signing=Signing(key="rogue"), after=write(NAME_ID, "mallory@example.com"))
    assert named(signed_anew(forged, beside)) == []


def test_a_forged_signature_is_not_called_another_certificate() -> None:
    forged = response(signing=Signing(key="rogue"), after=write(NAME_ID, "mallory@example.com"))
    assert named(forged) == []


@pytest.mark.parametrize(
    ("saml", "words"),
    [
        ({}, "cannot be told"),
        ({"certificate": PEM.decode()}, "right by the stored certificate"),
        ({"fingerprint": PEM.decode()}, "right by the stored certificate"),
        ({"certificate": certificate("rogue").public_bytes(Encoding.PEM).decode()}, "not right either"),
    ],
)
def test_a_signature_without_certificate_is_named(saml: dict[str, Any], words: str) -> None:
    xml = response(signing=Signing(certificates=()))
    assert named(xml, **saml) == ["no-certificate-sent"]
    assert words in in_words(xml, **saml)


@pytest.mark.parametrize(
    ("base", "wanted", "words"),
    [
        ("assertion", "response", "signs the assertion, and this portal wants the Response signed"),
        ("response", "assertion", "signs the Response, and this portal wants the assertion signed"),
        ("response", "both", "signs the Response, and this portal wants both signed"),
    ],
)
def test_another_part_that_is_signed_is_named(base: str, wanted: str, words: str) -> None:
    xml = response("assertion" if base == "assertion" else "response")
    assert named(xml, want_signed=wanted) == ["another-part-signed"]
    assert words in in_words(xml, want_signed=wanted)


def test_the_fingerprints_are_taken_of_what_signs_soundly() -> None:
    assert settings().saml.fingerprint == SHA1
    assert SOUNDLY.key == "trusted"
