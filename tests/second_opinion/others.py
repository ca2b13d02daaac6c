"""Independent judges of a sign-in: python3-saml (strict), xmlsec on what is encrypted and signed, the OASIS schema."""

import base64
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import onelogin.saml2  # type: ignore[import-untyped]
import pytest
import time_machine
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants  # type: ignore[import-untyped]
from onelogin.saml2.response import OneLogin_Saml2_Response  # type: ignore[import-untyped]
from onelogin.saml2.settings import OneLogin_Saml2_Settings  # type: ignore[import-untyped]
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML  # type: ignore[import-untyped]

from conformance.in_process import NOW, PORTAL, REQUEST, SIMULATOR, Delivered, keyring
from conformance.sites import encryption_certificate, portal_keys
from idp_sim.saml.names import NAMESPACES
from idp_sim.stages import Form

ACCEPTED = ""


@functools.cache
def compiled(name: str) -> etree.XMLSchema:
    """One of the OASIS schemas, which python3-saml carries."""
    return etree.XMLSchema(etree.parse(Path(onelogin.saml2.__file__).parent / "schemas" / name))


def validate_xml(xml: Any, schema: str, _debug: bool = False) -> Any:
    """Do what python3-saml's own does, which compiles the schema anew for each message."""
    tree = OneLogin_Saml2_XML.to_etree(xml)
    return tree if compiled(schema).validate(tree) else "invalid_xml"


def trusted(one: Delivered) -> tuple[str, ...]:
    """The certificates that the portal trusts of its identity provider, in PEM."""
    return tuple(map(_pem, str(one.case.scenario.given.get("trusts", "signing")).split()))


def second(one: Delivered) -> tuple[str, ...]:
    """The certificate of a second identity provider, where the portal trusts one; python3-saml knows only one."""
    return tuple(map(_pem, str(one.case.scenario.given.get("trusts_second", "")).split()))


def _pem(name: str) -> str:
    return keyring().certificate(name).public_bytes(Encoding.PEM).decode()


@functools.cache
def portal_key() -> str:
    """The portal's own key, for what is encrypted."""
    return portal_keys().encryption.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def message_of(one: Delivered) -> str:
    """The SAMLResponse of the form; none where it is sent otherwise. Raises LookupError where there is none."""
    assert isinstance(one.sent, Form)
    if one.sent.method != "post":
        raise LookupError("not posted")
    return dict(one.sent.fields)["SAMLResponse"]


def python3_saml(one: Delivered, patch: pytest.MonkeyPatch) -> str:
    """Return why python3-saml refuses the message, or the empty string."""
    saml = one.settings.saml
    given = {
        "strict": True,
        "sp": {
            "entityId": one.settings.entity_id,
            "assertionConsumerService": {"url": f"{PORTAL}/login/saml"},
            "x509cert": encryption_certificate(),
            "privateKey": portal_key(),
        },
        "idp": {
            "entityId": saml.idp_entity_id,
            "singleSignOnService": {"url": f"{SIMULATOR}/saml/sso"},
            "x509certMulti": {"signing": list(trusted(one))},
        },
        "security": {
            "rejectDeprecatedAlgorithm": not saml.allow_sha1,
            "wantAssertionsSigned": saml.want_signed in ("assertion", "both"),
            "wantMessagesSigned": saml.want_signed in ("response", "both"),
            "wantAssertionsEncrypted": saml.require_encryption,
            "wantAttributeStatement": False,
            "requestedAuthnContext": [saml.requested_authn_context] if saml.requested_authn_context else False,
            "failOnAuthnContextMismatch": bool(saml.requested_authn_context),
        },
    }
    patch.setattr(OneLogin_Saml2_XML, "validate_xml", staticmethod(validate_xml))
    patch.setattr(OneLogin_Saml2_Constants, "ALLOWED_CLOCK_DRIFT", saml.allowed_drift_seconds)
    request = {"http_host": urlsplit(PORTAL).netloc, "script_name": "/login/saml"}
    asked = REQUEST if one.case.scenario.start == "portal" else None
    try:
        with time_machine.travel(NOW, tick=False):
            response = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(given), message_of(one))
            response.is_valid(request, asked, raise_exceptions=True)
            response.get_nameid()
    except Exception as error:  # whatever it raises, it does not accept
        return _first_line(error)
    return ACCEPTED


@attrs.frozen
class Read:
    """A message as it arrives, and with its encrypted assertions opened."""

    arrived: etree._Element
    opened: etree._Element

    def signatures(self) -> Iterator[etree._Element]:
        """Yield every signature in the document over which it was made."""
        for document, path in ((self.arrived, "//ds:Signature"), (self.opened, "/*/saml:Assertion//ds:Signature")):
            xmlsec.tree.add_ids(document, ["ID"])
            found = document.xpath(path, namespaces=NAMESPACES)
            assert isinstance(found, list)
            yield from (signature for signature in found if isinstance(signature, etree._Element))


def read(one: Delivered) -> Read:
    """Read the message with libxml2, and open with xmlsec what is encrypted. Raises whatever they raise."""
    octets = base64.b64decode(message_of(one))
    opened = etree.fromstring(octets)
    encrypted = list(opened.iter(f"{{{NAMESPACES['saml']}}}EncryptedAssertion"))
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(portal_key(), xmlsec.constants.KeyDataFormatPem))
    xmlsec.tree.add_ids(opened, ["ID", "Id"])
    for around in encrypted:
        (data,) = around.iter(f"{{{NAMESPACES['xenc']}}}EncryptedData")
        plain = xmlsec.EncryptionContext(manager).decrypt(data)
        outside = around.getparent()
        assert outside is not None
        # What does not say that it is an element is left to the caller.
        outside.replace(around, etree.fromstring(plain) if isinstance(plain, bytes) else plain)
    # Parsed anew: xmlsec keeps what it knows of IDs in the document.
    return Read(etree.fromstring(octets), etree.fromstring(etree.tostring(opened)))


def signatures(message: Read, certificates: tuple[str, ...]) -> str:
    """Return what xmlsec finds wrong: no signature, or one that none of the trusted certificates verifies."""
    found = list(message.signatures())
    if not found:
        return "There is no signature."
    return (
        ACCEPTED
        if all(any(verifies(each, pem) for pem in certificates) for each in found)
        else "A signature is not right."
    )


def verifies(signature: etree._Element, pem: str) -> bool:
    """Whether xmlsec verifies the signature with this certificate. The IDs of its document must be known."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def opinions(one: Delivered, patch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Return why each judge refuses, or the empty string where it accepts; what cannot be read has no more judges."""
    said = {"python3-saml": python3_saml(one, patch), "reader": ACCEPTED}
    try:
        message = read(one)
    except Exception as error:  # whatever they raise, it is not read
        return {**said, "reader": _first_line(error)}
    schema = compiled("saml-schema-protocol-2.0.xsd")
    valid = schema.validate(message.opened)
    return {
        **said,
        "xmlsec": signatures(message, (*trusted(one), *second(one))),
        "schema": ACCEPTED if valid else str(next(iter(schema.error_log)).message),
    }


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0]
