import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp_sim.keyring import Keyring
from idp_sim.saml.metadata import PortalMetadata, UnreadableMetadata, idp_metadata, read_portal_metadata
from idp_sim.saml.names import NAMESPACES, POST, REDIRECT
from tests.idp_core.logins import oasis_schema

CERTIFICATE = Keyring.ephemeral().certificate("rogue")
DER = base64.b64encode(CERTIFICATE.public_bytes(Encoding.DER)).decode()


def key(use: str) -> str:
    return (
        f'<md:KeyDescriptor{use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>\n{DER[:70]}\n{DER[70:]}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def portal(inside: str, attributes: str = 'entityID="http://p"') -> bytes:
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" {attributes}>'
        f'<md:SPSSODescriptor protocolSupportEnumeration="x">{inside}</md:SPSSODescriptor></md:EntityDescriptor>'
    ).encode()


def acs(location: str, more: str = "", binding: str = POST) -> str:
    return f'<md:AssertionConsumerService Binding="{binding}" Location="{location}" index="0"{more}/>'


def test_our_metadata_is_schema_valid_and_says_where_and_with_what() -> None:
    keyring = Keyring.ephemeral()
    xml = idp_metadata("http://idp", "http://idp/sso", [keyring.certificate("signing"), keyring.certificate("ec")])
    root = etree.fromstring(xml)
    oasis_schema("saml-schema-metadata-2.0").assertValid(root)
    services = root.findall(".//md:SingleSignOnService", NAMESPACES)
    assert [(service.get("Binding"), service.get("Location")) for service in services] == [
        (REDIRECT, "http://idp/sso"),
        (POST, "http://idp/sso"),
    ]
    certificates = [
        x509.load_der_x509_certificate(base64.b64decode(element.text or ""))
        for element in root.findall(".//ds:X509Certificate", NAMESPACES)
    ]
    assert certificates == [keyring.certificate("signing"), keyring.certificate("ec")]


def test_all_of_a_portal_is_read() -> None:
    logout = "".join(
        f'<md:SingleLogoutService Binding="{binding}" Location="http://p/slo/{name}"/>'
        for name, binding in (("post", POST), ("redirect", REDIRECT))
    )
    xml = portal(key(' use="signing"') + key(' use="encryption"') + logout + acs("http://p/acs"))
    found = read_portal_metadata(xml)
    assert (found.entity_id, found.acs_url) == ("http://p", "http://p/acs")
    assert (found.slo_redirect_url, found.slo_post_url) == ("http://p/slo/redirect", "http://p/slo/post")
    for pem in (found.encryption_certificate, found.request_certificate):
        assert pem is not None
        assert x509.load_pem_x509_certificate(pem.encode()) == CERTIFICATE
    assert not found.requests_signed


def test_a_portal_may_have_two_signing_keys_and_say_that_it_signs() -> None:
    xml = portal(2 * key(' use="signing"') + acs("http://p/a"))
    found = read_portal_metadata(xml.replace(b"<md:SPSSODescriptor", b'<md:SPSSODescriptor AuthnRequestsSigned="true"'))
    assert found.requests_signed
    assert found.request_certificate is not None
    assert x509.load_pem_x509_certificates(found.request_certificate.encode()) == [CERTIFICATE, CERTIFICATE]


def test_what_is_not_there_is_none() -> None:
    assert read_portal_metadata(portal(acs("http://p/a"))) == PortalMetadata(entity_id="http://p", acs_url="http://p/a")


def test_a_key_without_use_encrypts_too() -> None:
    found = read_portal_metadata(portal(key("") + acs("http://p/a")))
    assert found.encryption_certificate == found.request_certificate is not None


def test_the_default_consumer_service_of_post_is_taken() -> None:
    services = (
        acs("http://p/1") + acs("http://p/2", ' isDefault="true"') + acs("http://p/3", ' isDefault="true"', REDIRECT)
    )
    assert read_portal_metadata(portal(services)).acs_url == "http://p/2"


BAD = {
    "not-xml": (b"<", "not well-formed"),
    "dtd": (b"<!DOCTYPE a>" + portal(acs("http://p/a")), "DOCTYPE"),
    "other-root": (b"<a/>", "expected an md:EntityDescriptor"),
    "no-entity-id": (portal(acs("http://p/a"), ""), "no entityID"),
    "idp": (idp_metadata("http://i", "http://i", []), "not the metadata of a portal"),
    "no-acs": (portal(acs("http://p/a", binding=REDIRECT)), "HTTP-POST"),
    "script-acs": (portal(acs("javascript:alert(1)")), "http or https"),
    "certificate": (portal(key("").replace(DER[:70], "!!") + acs("http://p/a")), "not a certificate"),
    "no-certificate": (
        portal(key("").replace(DER[:70], "").replace(DER[70:], "") + acs("http://p/a")),
        "not a certificate",
    ),
}


@pytest.mark.parametrize(("xml", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_one_plain_sentence(xml: bytes, said: str) -> None:
    with pytest.raises(UnreadableMetadata, match=said):
        read_portal_metadata(xml)


def test_a_key_serves_the_use_it_names_and_no_other() -> None:
    found = read_portal_metadata(portal(key(' use="signing"') + acs("http://p/a")))
    assert found.encryption_certificate is None
    assert found.request_certificate is not None
