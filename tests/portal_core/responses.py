"""Sound signed Responses for the tests, and one deviation at a time. The simulator has no part in them."""

import base64
import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import algorithms
from signxml.signer import XMLSigner

from portal_stub.config import SamlSettings, Settings, SsoSettings
from portal_stub.diagnosis import Diagnosis
from portal_stub.saml.fingerprint import fingerprint_of
from portal_stub.saml.judge import judge
from portal_stub.saml.message import Memory, Post
from portal_stub.weakness import SOUND, Weaknesses

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
REQUEST = "_request"
ISSUER = "http://idp.localhost/metadata"
PORTAL = "http://portal.localhost:5002"
NS = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}

Base = Literal["assertion", "response", "both"]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Edit = Callable[[etree._Element], None]

TEMPLATE = f"""<samlp:Response xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" ID="_r" Version="2.0"
 IssueInstant="2026-03-01T12:00:00Z" Destination="{PORTAL}/login/saml" InResponseTo="{REQUEST}"
><saml:Issuer>{ISSUER}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"
/></samlp:Status><saml:Assertion ID="_a" Version="2.0" IssueInstant="2026-03-01T12:00:00Z"
><saml:Issuer>{ISSUER}</saml:Issuer><saml:Subject><saml:NameID
 Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">jane@example.com</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2026-03-01T12:05:00Z"
 Recipient="{PORTAL}/login/saml" InResponseTo="{REQUEST}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions
 NotBefore="2026-03-01T11:59:30Z" NotOnOrAfter="2026-03-01T12:05:00Z"><saml:AudienceRestriction
><saml:Audience>{PORTAL}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement
 AuthnInstant="2026-03-01T12:00:00Z" SessionNotOnOrAfter="2026-03-01T20:00:00Z"
><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef
></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="FirstName"
><saml:AttributeValue>Jane</saml:AttributeValue></saml:Attribute><saml:Attribute Name="LastName"
><saml:AttributeValue>Doe</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""

ASSERTION = "saml:Assertion"
SUBJECT = f"{ASSERTION}/saml:Subject"
NAME_ID = f"{SUBJECT}/saml:NameID"
CONFIRMATION = f"{SUBJECT}/saml:SubjectConfirmation"
DATA = f"{CONFIRMATION}/saml:SubjectConfirmationData"
CONDITIONS = f"{ASSERTION}/saml:Conditions"
AUTHN = f"{ASSERTION}/saml:AuthnStatement"
STATUS_CODE = "samlp:Status/samlp:StatusCode"


@functools.cache
def key(name: str) -> Key:
    """A key that lives as long as the test run: ``trusted``, ``rogue``, ``short`` (1024 bits), or ``ec``."""
    if name == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 1024 if name == "short" else 2048)


@functools.cache
def certificate(name: str, start: int = 2020, end: int = 2040) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test only {name}")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key(name).public_key())
        .serial_number(7)
        .not_valid_before(datetime(start, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(end, 1, 1, tzinfo=UTC))
        .sign(key(name), hashes.SHA256())
    )


def settings(trusts: str = "trusted", **saml: Any) -> Settings:
    given = {"idp_entity_id": ISSUER, "fingerprint": fingerprint_of(certificate(trusts), "sha1"), **saml}
    return Settings(sso=SsoSettings(enabled=True, method="saml"), saml=SamlSettings(**given))


class _Signer(XMLSigner):
    """Signs with SHA-1 as well, which the library refuses by itself."""

    def check_deprecated_methods(self) -> None:
        pass


@attrs.frozen(kw_only=True)
class Signing:
    """How a message is signed."""

    key: str = "trusted"
    certificates: tuple[x509.Certificate, ...] | None = None
    method: str = "rsa-sha256"
    digest: str = "sha256"

    def sign(self, element: etree._Element) -> None:
        """Replace the place holder, right after Issuer, by the signature over ``element``."""
        holder = etree.Element(f"{{{NS['ds']}}}Signature", {"Id": "placeholder"}, nsmap={"ds": NS["ds"]})
        element.insert(1, holder)
        signer = _Signer(
            signature_algorithm=self.method,
            digest_algorithm=self.digest,
            c14n_algorithm=algorithms.CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        chain = list((certificate(self.key),) if self.certificates is None else self.certificates)
        own_id = "#" + element.get("ID", "")
        cert = chain or [certificate(self.key)]
        signed = signer.sign(element, key=key(self.key), cert=cert, reference_uri=own_id, id_attribute="ID")
        signature = signed.find("ds:Signature", NS)
        assert signature is not None
        if not chain:
            drop("ds:KeyInfo")(signature)
        element.replace(holder, signature)


SOUNDLY = Signing()


def response(
    base: Base = "assertion", before: Edit | None = None, after: Edit | None = None, signing: Signing = SOUNDLY
) -> bytes:
    """The XML of a Response: edited by ``before``, signed, edited by ``after``."""
    root = etree.fromstring(TEMPLATE)
    if before is not None:
        before(root)
    if base in ("assertion", "both") and (assertion := root.find(ASSERTION, NS)) is not None:
        signing.sign(assertion)
    if base in ("response", "both"):
        signing.sign(root)
    # The signer leaves its own view of name spaces behind; what is edited next is what a stranger would parse.
    root = etree.fromstring(etree.tostring(root))
    if after is not None:
        after(root)
    return etree.tostring(root)


def post(xml: bytes, relay_state: str | None = None) -> Post:
    return Post(saml_response=base64.b64encode(xml).decode("ascii"), relay_state=relay_state)


def memory(seen: frozenset[str] = frozenset()) -> Memory:
    return Memory(open_requests={REQUEST}, seen_assertions=seen)


def diagnose(
    message: Post | bytes,
    given: Settings | None = None,
    *,
    now: datetime = NOW,
    weaknesses: Weaknesses = SOUND,
    remembered: Memory | None = None,
) -> Diagnosis:
    posted = post(message) if isinstance(message, bytes) else message
    return judge(posted, given or settings(), now, remembered or memory(), weaknesses)


def at(offset: timedelta) -> str:
    return (NOW + offset).strftime("%Y-%m-%dT%H:%M:%SZ")


# Edits of the XML, to be given as ``before`` or ``after``.


def find(root: etree._Element, path: str) -> etree._Element:
    found = root if path == "." else root.find(path, NS)
    assert found is not None, path
    return found


def put(path: str, **attributes: str | None) -> Edit:
    def edit(root: etree._Element) -> None:
        element = find(root, path)
        for name, value in attributes.items():
            if value is None:
                del element.attrib[name]
            else:
                element.set(name, value)

    return edit


def write(path: str, text: str) -> Edit:
    def edit(root: etree._Element) -> None:
        find(root, path).text = text

    return edit


def drop(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = find(root, path)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(root: etree._Element) -> None:
        for each in edits:
            each(root)

    return edit


def add(path: str, xml: str, index: int = -1) -> Edit:
    """Insert the element ``xml`` into the one at ``path``: at the end, or at ``index``."""

    def edit(root: etree._Element) -> None:
        declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
        new = etree.fromstring(f"<x {declared}>{xml}</x>")[0]
        parent = find(root, path)
        parent.insert(len(parent) if index < 0 else index, new)

    return edit
