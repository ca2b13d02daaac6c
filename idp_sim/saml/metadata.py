"""Metadata (saml-metadata 2.4): the simulator's own, and reading a portal's."""

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp_sim.login import EMAIL_ADDRESS, UNSPECIFIED
from idp_sim.saml.names import DS, MD, NAMESPACES, POST, REDIRECT, SAMLP
from idp_sim.saml.xml import BadXml, parse


class UnreadableMetadata(ValueError):
    """Metadata that cannot be used; the text says what was expected and what came."""


@attrs.frozen(kw_only=True)
class PortalMetadata:
    """What a portal's metadata says of it. Certificates are PEM; ``request_certificate`` may hold several, one each."""

    entity_id: str
    acs_url: str
    slo_redirect_url: str | None = None
    slo_post_url: str | None = None
    encryption_certificate: str | None = None
    request_certificate: str | None = None
    requests_signed: bool = False


def idp_metadata(
    entity_id: str, sso_url: str, certificates: Sequence[x509.Certificate], slo_url: str | None = None
) -> bytes:
    """Return the identity provider's metadata as XML: where it takes requests and logouts, and what it signs with."""
    root = etree.Element(f"{{{MD}}}EntityDescriptor", {"entityID": entity_id}, nsmap={"md": MD, "ds": DS})
    descriptor = _sub(root, MD, "IDPSSODescriptor", protocolSupportEnumeration=SAMLP, WantAuthnRequestsSigned="false")
    for certificate in certificates:
        key_info = _sub(_sub(descriptor, MD, "KeyDescriptor", use="signing"), DS, "KeyInfo")
        der = certificate.public_bytes(Encoding.DER)
        _sub(_sub(key_info, DS, "X509Data"), DS, "X509Certificate").text = base64.b64encode(der).decode()
    for binding in (REDIRECT, POST) if slo_url else ():
        _sub(descriptor, MD, "SingleLogoutService", Binding=binding, Location=slo_url or "")
    for name_id_format in (EMAIL_ADDRESS, UNSPECIFIED):
        _sub(descriptor, MD, "NameIDFormat").text = name_id_format
    for binding in (REDIRECT, POST):
        _sub(descriptor, MD, "SingleSignOnService", Binding=binding, Location=sso_url)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _sub(parent: etree._Element, namespace: str, name: str, **attribs: str) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, f"{{{namespace}}}{name}", attribs)
    return element


def read_portal_metadata(xml: bytes) -> PortalMetadata:
    """Read a portal's metadata.

    The consumer service is the default one of HTTP-POST, else the first. Raises UnreadableMetadata.
    """
    try:
        root = parse(xml)
    except BadXml as error:
        raise UnreadableMetadata(str(error)) from None
    if root.tag != f"{{{MD}}}EntityDescriptor":
        raise UnreadableMetadata(f"expected an md:EntityDescriptor, got {root.tag!r}.")
    entity_id = root.get("entityID")
    if not entity_id:
        raise UnreadableMetadata("the EntityDescriptor has no entityID.")
    descriptor = root.find("md:SPSSODescriptor", NAMESPACES)
    if descriptor is None:
        raise UnreadableMetadata("it has no SPSSODescriptor: it is not the metadata of a portal.")
    encryption, signing = _certificates(descriptor, "encryption"), _certificates(descriptor, "signing")
    return PortalMetadata(
        entity_id=entity_id,
        acs_url=_acs_url(descriptor),
        slo_redirect_url=_slo_url(descriptor, REDIRECT),
        slo_post_url=_slo_url(descriptor, POST),
        encryption_certificate=encryption[0] if encryption else None,
        request_certificate="".join(signing) or None,
        requests_signed=descriptor.get("AuthnRequestsSigned") in ("true", "1"),
    )


def _acs_url(descriptor: etree._Element) -> str:
    services = [
        service
        for service in descriptor.findall("md:AssertionConsumerService", NAMESPACES)
        if service.get("Binding") == POST and service.get("Location")
    ]
    defaults = [service for service in services if service.get("isDefault") in ("true", "1")]
    if not services:
        raise UnreadableMetadata("it names no AssertionConsumerService with the binding HTTP-POST.")
    return _address((defaults or services)[0].get("Location", ""))


def _slo_url(descriptor: etree._Element, binding: str) -> str | None:
    for service in descriptor.findall("md:SingleLogoutService", NAMESPACES):
        if service.get("Binding") == binding and service.get("Location"):
            return _address(service.get("Location", ""))
    return None


def _address(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise UnreadableMetadata(f"expected an http or https address as Location, got {url!r}.")
    return url


def _certificates(descriptor: etree._Element, use: str) -> list[str]:
    found = []
    for key in descriptor.findall("md:KeyDescriptor", NAMESPACES):
        certificate = key.find("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES)
        # A key without a use serves both purposes (saml-metadata 2.4.1.1).
        if key.get("use", use) == use and certificate is not None:
            try:
                der = base64.b64decode("".join((certificate.text or "").split()), validate=True)
                found.append(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode())
            except (binascii.Error, ValueError):
                raise UnreadableMetadata(f"its {use} certificate is not a certificate in base64.") from None
    return found
