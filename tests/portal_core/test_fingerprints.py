"""Fingerprints as people write them."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from portal_stub.config import SamlSettings
from portal_stub.saml.fingerprint import (
    Algorithm,
    Fingerprint,
    FingerprintProblem,
    fingerprint_of,
    normalise,
    pretty,
    read_certificates,
    trust,
)
from tests.portal_core.responses import certificate

SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def pem(name: str = "trusted") -> str:
    return certificate(name).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "text",
    [
        SHA1,
        SHA1.upper(),
        pretty(SHA1),
        pretty(SHA1).lower(),
        f"  {SHA1}\n",
        " ".join(SHA1),
        "-".join((SHA1[:9], SHA1[9:])),
    ],
)
def test_colons_blanks_and_case_do_not_matter(text: str) -> None:
    assert normalise(text) == Fingerprint(value=SHA1)
    assert normalise(text).algorithm == "sha1"


@pytest.mark.parametrize(
    "label", ["SHA1 Fingerprint=", "SHA-1 Fingerprint=", "sha1 fingerprint: ", "SHA256 Fingerprint=", "SHA-256: "]
)
def test_a_label_is_dropped_and_that_is_said(label: str) -> None:
    found = normalise(label + pretty(SHA256))
    assert found.value == SHA256
    assert found.algorithm == "sha256"
    assert "label" in found.note


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_of_a_pasted_certificate_the_fingerprint_is_taken_and_that_is_said(algorithm: Algorithm) -> None:
    found = normalise("Bag Attributes\n" + pem(), algorithm)
    assert found.value == fingerprint_of(certificate("trusted"), algorithm)
    assert "whole certificate" in found.note


@pytest.mark.parametrize("text", ["", "abc", SHA1 + "0", "g" * 40, "<script>", "SHA1 Fingerprint="])
def test_other_texts_are_told_what_was_expected(text: str) -> None:
    with pytest.raises(FingerprintProblem, match="40 hex digits"):
        normalise(text)


@pytest.mark.parametrize("text", ["-----BEGIN CERTIFICATE-----\nAAAA", "-----BEGIN PRIVATE KEY-----\nAAAA"])
def test_half_a_certificate_is_told(text: str) -> None:
    with pytest.raises(FingerprintProblem, match="hold one whole"):
        normalise(text)


def test_a_broken_certificate_is_told() -> None:
    with pytest.raises(FingerprintProblem, match="broken"):
        read_certificates(pem().replace("MII", "XXX"))


def test_a_stored_certificate_stands_in_place_of_the_fingerprint() -> None:
    found = trust(SamlSettings(certificate=pem() + pem("rogue"), fingerprint=SHA1))
    assert found.accepts(certificate("trusted"))
    assert found.accepts(certificate("rogue"))
    assert not found.accepts(certificate("ec"))


def test_nothing_stored_trusts_nobody_and_says_why() -> None:
    for settings in (SamlSettings(), SamlSettings(fingerprint="abc"), SamlSettings(certificate="abc")):
        found = trust(settings)
        assert found.problem
        assert not found.accepts(certificate("trusted"))


def test_a_part_of_the_fingerprint_is_not_enough() -> None:
    short = fingerprint_of(certificate("trusted"), "sha256")[:40]
    assert not trust(SamlSettings(fingerprint=short, fingerprint_algorithm="sha256")).accepts(certificate("trusted"))
