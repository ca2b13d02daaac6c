"""An independent library, xmlsec, on what signxml signed: sound signatures verify, broken ones do not (law 12)."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

import idp_sim.scenarios
from idp_sim.catalogue import load
from idp_sim.config import Portal
from idp_sim.keyring import Keyring
from idp_sim.login import SamlLogin
from idp_sim.mint import Case, cases_of
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.saml.names import DS, NAMESPACES
from idp_sim.stages import Form

CASES = [case for case in cases_of(load(idp_sim.scenarios)) if case.base is not None]
PORTAL = Portal("portal", "http://portal.localhost:5002")
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def named(case: Case) -> str:
    return case.id


def signatures(case: Case) -> Iterator[etree._Element]:
    assert case.base is not None
    login = SamlLogin(person=directory()[1], portal=PORTAL, at=NOW, seed="1", base=case.base, in_response_to="_request")
    form = perform(login, Keyring.ephemeral(), case.scenario)
    assert isinstance(form, Form)
    fields = (*form.fields, *parse_qsl(urlsplit(form.action).query))
    for message in (value for name, value in fields if name == "SAMLResponse"):
        # Parsed anew, so that what is verified is what travels.
        response = etree.fromstring(base64.b64decode(message))
        xmlsec.tree.add_ids(response, ["ID"])
        yield from response.iter(f"{{{DS}}}Signature")


def key_of(case: Case) -> str:
    """The key with which the case is signed."""
    login = SamlLogin(person=directory()[1], portal=PORTAL, base=case.base or "assertion")
    planned = case.scenario.apply(login) if case.scenario.stage == "plan" else login
    return str(planned.signing_key)


def trusted_key(case: Case) -> str:
    """The key that the portal trusts, of several the first."""
    return str(case.scenario.given.get("trusts", "signing")).split()[0]


def verifies(signature: etree._Element, key_name: str) -> bool:
    context = xmlsec.SignatureContext()
    pem = Keyring.ephemeral().certificate(key_name).public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


@pytest.mark.parametrize("case", [case for case in CASES if not case.scenario.breaks], ids=named)
def test_every_signature_of_a_sound_message_verifies(case: Case) -> None:
    found = list(signatures(case))
    assert len(found) == (2 if case.base == "both" else 1)
    assert all(verifies(signature, key_of(case)) for signature in found)


NOT_SIGNED_PROPERLY = {
    "saml.signature.present", "saml.signature.digest", "saml.signature.value", "saml.signature.fingerprint",
    "saml.message.present", "saml.message.base64", "saml.message.xml", "saml.status.success",
    "saml.signature.only-signed-is-read",
    "saml.message.post-binding", "saml.message.no-dtd", "saml.message.limits",
}  # fmt: skip
"""Breaking one of these may leave a signature missing or wrong, or a message that a plain parser does not read; after
all others the message is signed properly."""


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.scenario.breaks and case.scenario.breaks[0].id not in NOT_SIGNED_PROPERLY],
    ids=named,
)
def test_a_message_broken_otherwise_is_signed_properly(case: Case) -> None:
    found = list(signatures(case))
    assert found
    assert all(verifies(signature, key_of(case)) for signature in found)


BAD = ("saml.signature.digest", "saml.signature.value", "saml.signature.fingerprint")


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        # A renewed certificate is another one for the same key: it is refused for its fingerprint alone.
        if case.scenario.breaks and case.scenario.breaks[0].id in BAD and "renewed-certificate" not in case.id
    ],
    ids=named,
)
def test_altered_messages_and_those_of_another_key_do_not_verify(case: Case) -> None:
    found = list(signatures(case))
    assert found
    assert not all(verifies(signature, trusted_key(case)) for signature in found)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.scenario.breaks and case.scenario.breaks[0].id == "saml.signature.fingerprint"],
    ids=named,
)
def test_those_of_another_key_verify_with_that_key(case: Case) -> None:
    assert all(verifies(signature, key_of(case)) for signature in signatures(case))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.scenario.breaks and case.scenario.breaks[0].property], ids=named
)
def test_a_forgery_carries_a_genuine_signature_that_verifies(case: Case) -> None:
    found = list(signatures(case))
    assert found
    assert all(verifies(signature, "signing") for signature in found)


def test_the_genuine_assertion_is_what_the_signature_of_a_forgery_names() -> None:
    case = next(case for case in CASES if case.id == "saml.signature-wrapping.forged-takes-signature")
    (signature,) = signatures(case)
    reference = signature.find("ds:SignedInfo/ds:Reference", NAMESPACES)
    assert reference is not None
    named_by_it = signature.getroottree().xpath("//*[@ID=$id]", id=reference.get("URI", "")[1:])
    assert isinstance(named_by_it, list)
    (signed,) = named_by_it
    assert isinstance(signed, etree._Element)
    assert signed.findtext(".//saml:NameID", namespaces=NAMESPACES) == directory()[1].email
