"""An independent library, xmlsec, on encryption: it opens what the simulator encrypted, and the portal what it did."""

import base64
import functools
from typing import Any

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

import idp_sim.scenarios
from conformance.in_process import NOW, PORTAL, REQUEST, SIMULATOR, keyring
from conformance.sites import encryption_certificate, portal_keys, sound_settings
from idp_sim.catalogue import load
from idp_sim.config import Portal
from idp_sim.login import BASES, SamlLogin
from idp_sim.mint import Case, cases_of
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.saml.names import DS, NAMESPACES, XENC
from idp_sim.stages import Form
from portal_stub.saml.judge import judge
from portal_stub.saml.message import Memory, Post

SOUND = [case for case in cases_of(load(idp_sim.scenarios)) if case.scenario.encrypted and not case.scenario.breaks]
C = xmlsec.constants


@functools.cache
def portal_key() -> Any:
    pem = portal_keys().encryption.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return xmlsec.Key.from_memory(pem, C.KeyDataFormatPem)


def message(base: Any, scenario: Any = None) -> etree._Element:
    portal = Portal("portal", PORTAL, encryption_certificate=encryption_certificate())
    login = SamlLogin(person=directory()[1], portal=portal, at=NOW, seed="1", base=base, in_response_to=REQUEST)
    form = perform(login, keyring(), scenario)
    assert isinstance(form, Form)
    return etree.fromstring(base64.b64decode(dict(form.fields)["SAMLResponse"]))


def opened(response: etree._Element) -> etree._Element:
    """The Response with all that is encrypted opened by xmlsec, in the place where it stood."""
    manager = xmlsec.KeysManager()
    manager.add_key(portal_key())
    xmlsec.tree.add_ids(response, ["ID", "Id"])
    while (data := response.find(".//xenc:EncryptedData", NAMESPACES)) is not None:
        around = data.getparent()
        assert around is not None
        plain = xmlsec.EncryptionContext(manager).decrypt(data)
        if isinstance(plain, bytes):  # What does not say that it is an element is left to the caller.
            plain = etree.fromstring(plain)
        outside = around.getparent()
        assert outside is not None
        outside.replace(around, plain)
    return response


def verifies(signature: etree._Element) -> bool:
    xmlsec.tree.add_ids(signature.getroottree().getroot(), ["ID"])
    context = xmlsec.SignatureContext()
    pem = keyring().certificate("signing").public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, C.KeyDataFormatCertPem)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def named(case: Case) -> str:
    return case.id


@pytest.mark.parametrize("case", SOUND, ids=named)
def test_it_opens_and_verifies_what_the_simulator_encrypted(case: Case) -> None:
    response = message(case.base, case.scenario)
    around = response.find("ds:Signature", NAMESPACES)
    assert (around is not None) == (case.base in ("response", "both"))
    assert around is None or verifies(around)
    # Parsed anew: what stands in the document is what was encrypted, and nothing that a builder left behind.
    plain = etree.fromstring(etree.tostring(opened(response)))
    assert plain.find(".//xenc:EncryptedData", NAMESPACES) is None
    name_id = plain.findtext("saml:Assertion/saml:Subject/saml:NameID", namespaces=NAMESPACES)
    assert name_id == directory()[1].email
    if case.base != "response" and plain.find("saml:Assertion/ds:Signature", NAMESPACES) is not None:
        whole = message(case.base, case.scenario).find("saml:EncryptedAssertion", NAMESPACES) is not None
        signature = plain.find("saml:Assertion/ds:Signature", NAMESPACES)
        assert signature is not None
        assert verifies(signature) == whole, "a signature over encrypted parts is made over their cipher text"


METHODS = {
    "aes128-cbc": (C.TransformAes128Cbc, C.KeyDataAes, 128),
    "aes192-cbc": (C.TransformAes192Cbc, C.KeyDataAes, 192),
    "aes256-cbc": (C.TransformAes256Cbc, C.KeyDataAes, 256),
    "aes128-gcm": (C.TransformAes128Gcm, C.KeyDataAes, 128),
    "aes192-gcm": (C.TransformAes192Gcm, C.KeyDataAes, 192),
    "aes256-gcm": (C.TransformAes256Gcm, C.KeyDataAes, 256),
}


def encrypted_by_xmlsec(response: etree._Element, method: str, transport: Any) -> bytes:
    transform, kind, bits = METHODS[method]
    assertion = response.find("saml:Assertion", NAMESPACES)
    assert assertion is not None
    data = xmlsec.template.encrypted_data_create(response, transform, type=f"{XENC}Element", ns="xenc")
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, transport)
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    around = etree.SubElement(response, f"{{{NAMESPACES['saml']}}}EncryptedAssertion")
    response.replace(assertion, around)
    around.append(assertion)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(encryption_certificate().encode(), C.KeyDataFormatCertPem))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(kind, bits, C.KeyDataTypeSession)
    context.encrypt_xml(data, assertion)
    return etree.tostring(response)


@pytest.mark.parametrize("transport", [C.TransformRsaOaep, C.TransformRsaPkcs1], ids=["oaep", "rsa-1_5"])
@pytest.mark.parametrize("method", METHODS)
def test_the_portal_opens_what_it_encrypted(method: str, transport: Any) -> None:
    xml = encrypted_by_xmlsec(message("assertion"), method, transport)
    given = {"saml.allow_rsa15": transport is C.TransformRsaPkcs1}
    settings = sound_settings(given, PORTAL, SIMULATOR, keyring()).read()
    post = Post(saml_response=base64.b64encode(xml).decode())
    memory = Memory(open_requests={REQUEST}, seen_assertions=set())
    diagnosis = judge(post, settings, NOW, memory, own_key=lambda: portal_keys().encryption.key)
    assert diagnosis.violations == ()
    assert diagnosis.person == directory()[1].email


def test_every_base_is_there() -> None:
    assert {case.base for case in SOUND} == set(BASES)
    assert f"{DS}sha1" in etree.tostring(message("assertion", SOUND[0].scenario)).decode()
