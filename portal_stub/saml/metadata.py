"""Metadata: what the portal says about itself, and what an identity provider says about itself (saml-metadata)."""

import base64

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.saml.decryption import CBC_MODES, GCM, RSA_15, RSA_OAEP, RSA_OAEP_MGF1P
from portal_stub.saml.fingerprint import read_base64_certificate
from portal_stub.saml.xml import DS, METADATA, XmlProblem, ds, has_doctype, parse, text_of

NAME_ID_FORMATS = (
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
)
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


class MetadataProblem(Exception):
    """The bytes are not the metadata of one identity provider; the text says what was expected and what came."""


@attrs.frozen(kw_only=True)
class IdpMetadata:
    """What is taken from an identity provider's metadata. ``certificates`` are those for signing, in PEM."""

    entity_id: str
    login_url: str
    slo_url: str
    certificates: tuple[str, ...]


def metadata(
    settings: Settings, signing: x509.Certificate | None = None, encryption: x509.Certificate | None = None
) -> bytes:
    """Return the portal's own metadata as XML (portal-contract S2, S7).

    ``signing`` is the certificate that it signs with, ``encryption`` the one that others encrypt with for it.
    """
    saml = settings.saml
    entity = etree.Element(_md("EntityDescriptor"), {"entityID": settings.entity_id}, nsmap={"md": METADATA, "ds": DS})
    portal = etree.SubElement(
        entity,
        _md("SPSSODescriptor"),
        {
            "AuthnRequestsSigned": _flag(saml.sign_requests),
            "WantAssertionsSigned": _flag(saml.want_signed in ("assertion", "both")),
            "protocolSupportEnumeration": _PROTOCOL,
        },
    )
    if signing is not None:
        _add_key(portal, "signing", signing)
    if encryption is not None:
        described = _add_key(portal, "encryption", encryption)
        for method in (*GCM, *CBC_MODES, RSA_OAEP_MGF1P, RSA_OAEP, *([RSA_15] if saml.allow_rsa15 else [])):
            etree.SubElement(described, _md("EncryptionMethod"), {"Algorithm": method})
    if saml.slo_url:
        for binding in (_REDIRECT, _POST):
            location = {"Binding": binding, "Location": settings.slo_service_url}
            etree.SubElement(portal, _md("SingleLogoutService"), location)
    for name_id_format in NAME_ID_FORMATS:
        etree.SubElement(portal, _md("NameIDFormat")).text = name_id_format
    etree.SubElement(
        portal,
        _md("AssertionConsumerService"),
        {"Binding": _POST, "Location": settings.acs_url, "index": "0", "isDefault": "true"},
    )
    return etree.tostring(entity, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add_key(portal: etree._Element, use: str, certificate: x509.Certificate) -> etree._Element:
    described: etree._Element = etree.SubElement(portal, _md("KeyDescriptor"), {"use": use})
    info = etree.SubElement(described, ds("KeyInfo"))
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
    etree.SubElement(etree.SubElement(info, ds("X509Data")), ds("X509Certificate")).text = der
    return described


def read_idp_metadata(xml: bytes) -> IdpMetadata:
    """Read the metadata of one identity provider. Nothing is fetched.

    Raises MetadataProblem when it is not XML, describes none or several, or names no login address or certificate.
    """
    try:
        if has_doctype(xml):
            raise MetadataProblem("The metadata has a DOCTYPE, which is not read.")
        root = parse(xml)
    except XmlProblem as problem:
        raise MetadataProblem(f"The metadata is not XML that can be read: {problem}.") from None
    providers = list(root.iter(_md("IDPSSODescriptor")))
    if len(providers) != 1:
        raise MetadataProblem(
            f"Expected one IDPSSODescriptor, got {len(providers)}. The root is {shown(str(root.tag))}."
        )
    return _read(providers[0])


def _read(provider: etree._Element) -> IdpMetadata:
    entity = provider.getparent()
    entity_id = "" if entity is None else entity.get("entityID", "")
    login_url = _location(provider, "SingleSignOnService")
    if not entity_id or not login_url:
        missing = "entityID" if not entity_id else "SingleSignOnService by HTTP-Redirect or HTTP-POST"
        raise MetadataProblem(f"The metadata has no {missing}.")
    certificates = tuple(
        _pem(text_of(found))
        for key in provider.iterfind(_md("KeyDescriptor"))
        if key.get("use", "signing") == "signing"
        for found in key.iterfind(f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}")
    )
    if not certificates:
        raise MetadataProblem("The metadata has no certificate for signing (KeyDescriptor).")
    return IdpMetadata(
        entity_id=entity_id,
        login_url=login_url,
        slo_url=_location(provider, "SingleLogoutService"),
        certificates=certificates,
    )


def _location(provider: etree._Element, service: str) -> str:
    """Return where the service is reached, by HTTP-Redirect rather than HTTP-POST, or the empty string."""
    places = {found.get("Binding"): found.get("Location", "") for found in provider.iterfind(_md(service))}
    return places.get(_REDIRECT) or places.get(_POST) or ""


def _pem(text: str) -> str:
    certificate = read_base64_certificate(text)
    if certificate is None:
        raise MetadataProblem(
            f"A certificate in the metadata cannot be read; it begins with {shown(text.strip(), 20)}."
        )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _md(name: str) -> str:
    return f"{{{METADATA}}}{name}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
