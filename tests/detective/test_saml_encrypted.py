"""Encrypted messages that cannot be opened, or that are opened and refused: named by what the message tells."""

import base64
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub import offline
from portal_stub.keys import Keys
from portal_stub.saml.detective import suspects
from portal_stub.saml.message import Post
from tests.detective.saml_names import issued, text
from tests.portal_core.responses import certificate
from tests.second_opinion.test_vectors_suffice import NOW, fields_of, settings_of, stored

XENC, DS = "{http://www.w3.org/2001/04/xmlenc#}", "{http://www.w3.org/2000/09/xmldsig#}"


def vector(case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each.values[0] for each in stored() if each.id == case_id)
    return found


def posted(case_id: str, *, recipient: str | None = None, pem: bytes | None = None) -> Post:
    """The message of a case, whose content key says something else of whom it is for."""
    root = etree.fromstring(base64.b64decode(dict(fields_of(vector(case_id)))["SAMLResponse"]))
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
    return Post(saml_response=text(etree.tostring(root)))


def told(case_id: str, **content_key: Any) -> dict[str, str]:
    """The codes and sentences for a case whose content key says something else of whom it is for."""
    judged = offline.diagnose(posted(case_id, **content_key), settings_of(vector(case_id)), NOW)
    return {suspect.code: suspect.sentence for suspect in judged.suspects}


ANOTHER = "saml.encryption.for-another@assertion"


def test_another_recipient_is_told() -> None:
    assert "the recipient 'urn:other'" in told(ANOTHER, recipient="urn:other")["encrypted-for-another"]


def test_another_certificate_is_told() -> None:
    pem = certificate("rogue").public_bytes(Encoding.PEM)
    sentence = told(ANOTHER, pem=pem)["encrypted-for-another"]
    assert "another certificate, SHA-1" in sentence
    assert sentence.endswith(", 'CN=test only rogue'.")


def test_a_portal_without_a_key_is_told_nothing_of_another() -> None:
    assert suspects(posted(ANOTHER, recipient="urn:other"), settings_of(vector(ANOTHER)), NOW) == ()


def test_a_certificate_without_a_subject_is_told_as_one() -> None:
    sentence = told(ANOTHER, pem=issued("", "rogue", "", "rogue").public_bytes(Encoding.PEM))["encrypted-for-another"]
    assert sentence.endswith(", 'without a name'.")


def test_a_key_that_tells_nothing_is_ambiguous_and_said_so() -> None:
    for recipient in (None, settings_of(vector(ANOTHER)).entity_id):
        sentence = told(ANOTHER, recipient=recipient)["encrypted-for-another"]
        assert "an older one perhaps; or the content key was altered" in sentence


def test_a_key_that_names_this_portals_certificate_was_altered_and_that_has_no_name() -> None:
    settings = settings_of(vector(ANOTHER))
    own = Keys(given={"encryption": settings.saml.encryption_key}).encryption.certificate
    assert told(ANOTHER, pem=own.public_bytes(Encoding.PEM)) == {}


@pytest.mark.parametrize("case_id", ["saml.encryption.altered[content]@assertion", "saml.encryption.padding-wrong"])
def test_cipher_text_that_was_altered_has_no_name(case_id: str) -> None:
    assert told(case_id, recipient="urn:other") == {}


@pytest.mark.parametrize("base", ["assertion", "response", "both"])
def test_the_signer_of_an_encrypted_message_is_told(base: str) -> None:
    case_id = f"saml.encryption.assertion@{base}"
    settings = settings_of(vector(case_id))
    settings = attrs.evolve(settings, saml=attrs.evolve(settings.saml, certificate="", fingerprint="ab" * 20))
    judged = offline.diagnose(Post(saml_response=dict(fields_of(vector(case_id)))["SAMLResponse"]), settings, NOW)
    assert [suspect.code for suspect in judged.suspects] == ["another-certificate"]


def test_what_is_opened_is_named_for_what_it_says_away_from_the_site_as_well() -> None:
    assert [*told("saml.encryption.plain-rule[audience.other]")] == ["other-host"]
