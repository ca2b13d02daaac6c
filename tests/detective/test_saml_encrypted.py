"""Encrypted messages that cannot be opened, or that are opened and refused: named by what the message tells."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub import offline
from portal_stub.keys import Keys
from portal_stub.saml.message import Post
from tests.detective.saml_names import text
from tests.portal_core.responses import certificate
from tests.second_opinion.test_vectors_suffice import NOW, fields_of, settings_of, stored

XENC, DS = "{http://www.w3.org/2001/04/xmlenc#}", "{http://www.w3.org/2000/09/xmldsig#}"


def vector(case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each.values[0] for each in stored() if each.id == case_id)
    return found


def told(case_id: str, *, recipient: str | None = None, pem: bytes | None = None) -> dict[str, str]:
    """The codes and sentences for a case whose content key says something else of whom it is for."""
    of_the_case = vector(case_id)
    root = etree.fromstring(base64.b64decode(dict(fields_of(of_the_case))["SAMLResponse"]))
    for key in root.iter(f"{XENC}EncryptedKey"):
        if recipient is not None:
            key.set("Recipient", recipient)
        else:
            key.attrib.pop("Recipient", None)
        if pem is not None:
            info = etree.Element(f"{DS}KeyInfo")
            data = etree.SubElement(info, f"{DS}X509Data")
            body = b"".join(pem.splitlines()[1:-1]).decode()
            etree.SubElement(data, f"{DS}X509Certificate").text = body
            key.insert(1, info)
    judged = offline.diagnose(Post(saml_response=text(etree.tostring(root))), settings_of(of_the_case), NOW)
    return {suspect.code: suspect.sentence for suspect in judged.suspects}


ANOTHER = "saml.encryption.for-another@assertion"


def test_another_recipient_is_told() -> None:
    assert "the recipient 'urn:other'" in told(ANOTHER, recipient="urn:other")["encrypted-for-another"]


def test_another_certificate_is_told() -> None:
    pem = certificate("rogue").public_bytes(Encoding.PEM)
    assert "another certificate, SHA-1" in told(ANOTHER, pem=pem)["encrypted-for-another"]


def test_a_key_that_tells_nothing_is_ambiguous_and_said_so() -> None:
    sentence = told(ANOTHER)["encrypted-for-another"]
    assert "an older one perhaps; or the content key was altered" in sentence


def test_a_key_that_names_this_portals_certificate_was_altered_and_that_has_no_name() -> None:
    settings = settings_of(vector(ANOTHER))
    own = Keys(given={"encryption": settings.saml.encryption_key}).encryption.certificate
    assert told(ANOTHER, pem=own.public_bytes(Encoding.PEM)) == {}


@pytest.mark.parametrize("case_id", ["saml.encryption.altered[content]@assertion", "saml.encryption.padding-wrong"])
def test_cipher_text_that_was_altered_has_no_name(case_id: str) -> None:
    assert told(case_id, recipient="urn:other") == {}


def test_what_is_opened_is_named_for_what_it_says_away_from_the_site_as_well() -> None:
    assert [*told("saml.encryption.plain-rule[audience.other]")] == ["other-host"]
