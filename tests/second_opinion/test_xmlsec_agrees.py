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
from conformance.selection import matches
from idp_sim.catalogue import load
from idp_sim.config import Portal
from idp_sim.keyring import Keyring
from idp_sim.login import SamlLogin
from idp_sim.mint import Case, cases_of
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.saml.names import DS, NAMESPACES
from idp_sim.scenarios.saml.signature_algorithms import KEY_TEXTS
from idp_sim.stages import Form

CASES = [case for case in cases_of(load(idp_sim.scenarios)) if case.base is not None and not case.scenario.encrypted]
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


INSIDE = "what stands inside the signature is taken out with it by the enveloped-signature transform"
FORGED_FIRST = "of two elements with one ID it takes the first, which is forged"

ODD = {
    "saml.signature-algorithms.hmac-*": "an HMAC: not made with the key at all",
    "saml.signature-algorithms.no-method*": "no method that there is",
    "saml.references.none*": "it wants a Reference",
    "saml.references.odd-name[missing]@assertion": "a Reference without URI is the application's affair",
    "saml.references.odd-name[missing]@both": "a Reference without URI is the application's affair",
    "saml.references.odd-name[hash-only]*": "it names nothing",
    "saml.references.odd-name[blank]*": "it names nothing",
    "saml.references.external@*": "nobody answers at the address",
    "saml.references.whole-document-wrapped*": "the signed document is not the one that arrives",
    "saml.transforms.not-enveloped*": "it digests the signature as well, when it is not told to leave it out",
    "saml.transforms.base64-decoded*": "its base64 transform takes no other letters",
    "saml.transforms.forged-in-copy-of-signature*": "the copy of the signature is digested",
    "saml.canonicalisation.comment-signed*": "a Reference by ID alone leaves comments out (xmldsig-core 4.3.3.3)",
    "saml.signature-shape.two-signatures*": "one is of another key, the other of another login",
    "saml.digests.comment-in-digest-value@*": "the digest, without the comment, is that of other content",
    "saml.digests.*signed-info*": "a Signature has one SignedInfo (xmldsig-core 4.1)",
    "saml.signature-wrapping.genuine-in-signature": INSIDE,
    "saml.signature-wrapping.genuine-in-object*": INSIDE,
    "saml.signature-wrapping.response-in-signature*": INSIDE,
    "saml.signature-wrapping.response-in-object*": INSIDE,
    "saml.signature-wrapping.same-id-genuine-hidden[wrapper-after]": FORGED_FIRST,
    "saml.signature-wrapping.same-id-genuine-hidden[object]": FORGED_FIRST,
    "saml.signature-wrapping.same-id-forged-hidden[extensions]": FORGED_FIRST,
    "saml.signature-wrapping.same-id-forged-hidden[status-detail]": FORGED_FIRST,
    "saml.signature-wrapping.same-id-forged-hidden[wrapper-before]": FORGED_FIRST,
    "saml.parser-differentials.id-under-*[prefixed]": FORGED_FIRST,
    "saml.parser-differentials.id-under-*[samlp]": FORGED_FIRST,
    "saml.parser-differentials.id-under-*[xml-id]": FORGED_FIRST,
    "saml.text.instruction-absorbs@*": "it digests processing instructions as what they are",
}
"""Signatures by hand that a strict verifier cannot find right, each with the reason."""


def odd(case: Case) -> bool:
    return any(matches(glob, case.id) for glob in ODD)


@pytest.mark.parametrize("case", [case for case in CASES if odd(case)], ids=named)
def test_what_is_said_to_be_odd_is_not_verified(case: Case) -> None:
    assert not all(verifies(signature, key_of(case)) for signature in signatures(case))


@pytest.mark.parametrize(
    "case", [case for case in CASES if matches("saml.signature-algorithms.hmac-sha*", case.id)], ids=named
)
def test_an_hmac_is_right_for_the_text_that_it_says(case: Case) -> None:
    secret = KEY_TEXTS[str(case.scenario.variant)](Keyring.ephemeral().certificate("signing"))
    for signature in signatures(case):
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, secret)
        context.verify(signature)


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
    [
        case
        for case in CASES
        if case.scenario.breaks and case.scenario.breaks[0].id not in NOT_SIGNED_PROPERLY and not odd(case)
    ],
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
    "case",
    [case for case in CASES if case.scenario.breaks and case.scenario.breaks[0].property and not odd(case)],
    ids=named,
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
