"""The portal's request and metadata are valid by the OASIS schemas; an identity provider's metadata is read safely."""

import base64
import zlib
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub.config import SamlSettings, Settings
from portal_stub.saml.metadata import MetadataProblem, metadata, read_idp_metadata
from portal_stub.saml.request import authn_request, post_form, redirect_url
from tests.portal_core.responses import NOW, certificate

# python3-saml carries the schemas of OASIS; it has no types, so it is found instead of imported.
SCHEMAS = Path(str(distribution("python3-saml").locate_file("onelogin/saml2/schemas")))
LOGIN_URL = "http://idp.localhost:5001/saml/sso"
SETTINGS = Settings(saml=SamlSettings(login_url=LOGIN_URL))


def assert_valid(xml: bytes, schema: str) -> None:
    etree.XMLSchema(etree.parse(SCHEMAS / schema)).assertValid(etree.fromstring(xml))


def test_the_request_is_valid_and_says_what_the_contract_says() -> None:
    xml = authn_request(SETTINGS, "_id", NOW)
    assert_valid(xml, "saml-schema-protocol-2.0.xsd")
    request = etree.fromstring(xml)
    assert dict(request.attrib) == {
        "ID": "_id",
        "Version": "2.0",
        "IssueInstant": "2026-03-01T12:00:00Z",
        "Destination": LOGIN_URL,
        "AssertionConsumerServiceURL": "http://portal.localhost:5002/login/saml",
    }
    assert request.findtext("{*}Issuer") == "http://portal.localhost:5002"
    policy = request.find("{*}NameIDPolicy")
    assert policy is not None
    assert dict(policy.attrib) == {
        "Format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "AllowCreate": "true",
    }


@pytest.mark.parametrize("address", [LOGIN_URL, f"{LOGIN_URL}?app=1"])
def test_the_redirect_is_deflated_and_joined_to_the_login_url(address: str) -> None:
    given = Settings(saml=SamlSettings(login_url=address))
    url = redirect_url(given, "_id", NOW, "a b&c")
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(address + ("&" if "?" in address else "?") + "SAMLRequest=")
    assert query["RelayState"] == ["a b&c"]
    assert zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15) == authn_request(given, "_id", NOW)
    assert "RelayState" not in redirect_url(given, "_id", NOW)


def test_the_form_is_base64_and_not_deflated() -> None:
    action, fields = post_form(SETTINGS, "_id", NOW, "state")
    assert action == LOGIN_URL
    assert base64.b64decode(dict(fields)["SAMLRequest"]) == authn_request(SETTINGS, "_id", NOW)
    assert dict(fields)["RelayState"] == "state"
    assert dict(post_form(SETTINGS, "_id", NOW)[1]).keys() == {"SAMLRequest"}


@pytest.mark.parametrize("want_signed", ["either", "assertion", "response", "both"])
def test_the_portals_metadata_is_valid(want_signed: str) -> None:
    wanted = {"either": "false", "assertion": "true", "response": "false", "both": "true"}[want_signed]
    given = Settings(saml=SamlSettings(want_signed=want_signed))  # type: ignore[arg-type]
    xml = metadata(given)
    assert_valid(xml, "saml-schema-metadata-2.0.xsd")
    root = etree.fromstring(xml)
    portal, service = root.find("{*}SPSSODescriptor"), root.find(".//{*}AssertionConsumerService")
    assert root.get("entityID") == "http://portal.localhost:5002"
    assert portal is not None
    assert portal.get("WantAssertionsSigned") == wanted
    assert service is not None
    assert service.get("Location") == "http://portal.localhost:5002/login/saml"


def idp_metadata(body: str | None = None, entity: str = 'entityID="urn:idp"') -> bytes:
    der = certificate("trusted").public_bytes(Encoding.DER)
    key = (
        "<md:KeyDescriptor{}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{}</ds:X509Certificate></ds:X509Data>"
        "</ds:KeyInfo></md:KeyDescriptor>"
    )
    binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-"
    services = (
        f'<md:SingleLogoutService Binding="{binding}Redirect" Location="http://idp/out"/>'
        f'<md:SingleSignOnService Binding="{binding}POST" Location="http://idp/post"/>'
        f'<md:SingleSignOnService Binding="{binding}Redirect" Location="http://idp/redirect"/>'
    )
    signing = key.format(' use="signing"', base64.encodebytes(der).decode())
    encryption = key.format(' use="encryption"', "not even a certificate")
    inside = signing + encryption + services if body is None else body
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" {entity} '
        f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><md:IDPSSODescriptor>{inside}</md:IDPSSODescriptor>'
        "</md:EntityDescriptor>"
    ).encode()


def test_an_identity_providers_metadata_is_read() -> None:
    found = read_idp_metadata(idp_metadata())
    assert (found.entity_id, found.login_url, found.slo_url) == ("urn:idp", "http://idp/redirect", "http://idp/out")
    assert [x509.load_pem_x509_certificate(pem.encode()) for pem in found.certificates] == [certificate("trusted")]


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b"", "not XML"),
        (b"<html/>", "Expected one IDPSSODescriptor, got 0"),
        (b"<!DOCTYPE x SYSTEM 'http://idp.localhost/x'><x/>", "DOCTYPE"),
        (idp_metadata(entity=""), "no entityID"),
        (idp_metadata(body=""), "SingleSignOnService"),
        (idp_metadata().replace(b'use="signing"', b'use="encryption"'), "no certificate"),
        (idp_metadata().replace(b"MII", b"XXX"), "cannot be read"),
        (b"<a>" + b" " * (1024 * 1024) + b"</a>", "no more than"),
    ],
)
def test_other_metadata_is_told_in_plain_words(xml: bytes, said: str) -> None:
    with pytest.raises(MetadataProblem, match=said):
        read_idp_metadata(xml)
