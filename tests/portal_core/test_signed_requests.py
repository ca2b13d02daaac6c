"""What the portal signs, verified without the portal's own code: the query's octets, and the Signature by xmlsec."""

import base64
import zlib
from urllib.parse import parse_qs, parse_qsl, unquote

import pytest
import xmlsec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub.config import SamlSettings, Settings
from portal_stub.keys import Keys
from portal_stub.saml.metadata import metadata
from portal_stub.saml.request import authn_request, post_form, redirect_url
from tests.portal_core.responses import NOW
from tests.portal_core.test_request_and_metadata import assert_valid

SETTINGS = Settings(saml=SamlSettings(login_url="http://idp.localhost:5001/saml/sso", sign_requests=True))
SIGNER = Keys().signing
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def verify_query(query: str) -> None:
    """As saml-bindings 3.4.4.1 says it, over the octets as they came."""
    signed, _, signature = query.partition("&Signature=")
    public = SIGNER.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(unquote(signature)), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("relay_state", "names"),
    [(None, ["SAMLRequest", "SigAlg"]), ("a b&c/é", ["SAMLRequest", "RelayState", "SigAlg"])],
)
def test_the_signature_of_a_query_covers_it_as_it_is_sent(relay_state: str | None, names: list[str]) -> None:
    query = redirect_url(SETTINGS, "_id", NOW, relay_state, SIGNER).partition("?")[2]
    assert [name for name, _ in parse_qsl(query)] == [*names, "Signature"]
    assert parse_qs(query)["SigAlg"] == ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    verify_query(query)
    with pytest.raises(InvalidSignature):
        verify_query(query.replace("SAMLRequest=", "SAMLRequest=A"))
    xml = zlib.decompress(base64.b64decode(parse_qs(query)["SAMLRequest"][0]), -15)
    assert xml == authn_request(SETTINGS, "_id", NOW)  # "Any signature on the SAML protocol message MUST be removed"


def test_a_posted_request_is_signed_inside() -> None:
    _, fields = post_form(SETTINGS, "_id", NOW, "state", SIGNER)
    xml = base64.b64decode(dict(fields)["SAMLRequest"])
    assert_valid(xml, "saml-schema-protocol-2.0.xsd")
    root = etree.fromstring(xml)
    assert [etree.QName(child).localname for child in root] == ["Issuer", "Signature", "NameIDPolicy"]
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    pem = SIGNER.certificate.public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(root[1])
    root.set("AssertionConsumerServiceURL", "http://elsewhere")
    with pytest.raises(xmlsec.Error):
        context.verify(root[1])


def test_the_metadata_names_the_certificate_that_signs() -> None:
    xml = metadata(SETTINGS, SIGNER.certificate)
    assert_valid(xml, "saml-schema-metadata-2.0.xsd")
    root = etree.fromstring(xml)
    key = root.find(".//{*}KeyDescriptor")
    assert key is not None
    assert key.get("use") == "signing"
    der = base64.b64decode(key.findtext(f".//{DS}X509Certificate", ""))
    assert der == SIGNER.certificate.public_bytes(Encoding.DER)
    assert root[0].get("AuthnRequestsSigned") == "true"
