"""A portal on a bench: its own database, a clock that stands still, and messages that it accepts."""

import base64
import hmac
import re
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner
from werkzeug.test import TestResponse

from portal_stub.app import create_app
from portal_stub.config import Account, SamlSettings, Settings, SimpleSettings, SsoSettings
from portal_stub.weakness import SOUND, Weaknesses

BASE = "http://portal.localhost:5002"
IDP = "http://idp.localhost:5001"
IDP_ENTITY_ID = f"{IDP}/saml/metadata"
SECRET = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

ADMIN = Account(email="admin@portal.example", name="Ada Admin", password="of-ada", role="agent", admin=True)
AGENT = Account(email="agent@portal.example", name="Alan Agent", password="of-alan", role="agent")
CUSTOMER = Account(email="customer@portal.example", name="Carl Customer", password="of-carl")

_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"


@attrs.define
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@cache
def signing_pair() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test only")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=1))
        .not_valid_after(START + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def pem() -> str:
    return signing_pair()[1].public_bytes(Encoding.PEM).decode()


def fingerprint() -> str:
    return signing_pair()[1].fingerprint(hashes.SHA1()).hex(":")


def settings(method: Any = "simple", **changes: Any) -> Settings:
    """Return settings of a portal that accepts what this module makes."""
    sound = Settings(
        base_url=BASE,
        sso=SsoSettings(enabled=True, method=method),
        simple=SimpleSettings(
            secret=SECRET, remote_login_url=f"{IDP}/remote-login", remote_logout_url=f"{IDP}/remote-logout"
        ),
        saml=SamlSettings(
            idp_entity_id=IDP_ENTITY_ID,
            login_url=f"{IDP}/saml/sso",
            logout_url=f"{IDP}/saml/logout",
            fingerprint=fingerprint(),
        ),
        account=(ADMIN, AGENT, CUSTOMER),
    )
    for name, value in changes.items():
        table, _, key = name.partition("__")
        new = attrs.evolve(getattr(sound, table), **{key: value}) if key else value
        sound = attrs.evolve(sound, **{table: new})
    return sound


class Browser:
    """A browser at the portal, as far as cookies and forms go."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=BASE, buffered=True, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, base_url=BASE, buffered=True, **options)

    def follow(self, response: TestResponse) -> TestResponse:
        """Open the page to which this answer sends the browser."""
        assert response.location is not None, f"{response.status_code} sends nowhere"
        return self.get(response.location.removeprefix(BASE))

    def log_in(self, account: Account) -> TestResponse:
        return self.post("/login/normal", data={"email": account.email, "password": account.password})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found, "nobody is signed in"
        return found[1]

    def shown(self, element_id: str) -> str | None:
        """Return the text of an element of the home page; ``None`` where it is missing."""
        return text_of(self.get("/"), element_id)

    def login_request(self) -> tuple[str, str]:
        """Begin a SAML login at the portal. Returns the request's ID and the relay state."""
        query = parse_qs(urlsplit(self.get("/login").location or "").query)
        request = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
        return str(request.get("ID")), query["RelayState"][0]


@attrs.define
class Bench:
    """A portal, its clock, and messages for it."""

    settings: Settings
    database: str
    clock: Clock = attrs.field(factory=Clock)
    weaknesses: Weaknesses = SOUND
    app: Flask = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.app = create_app(self.settings, self.database, self.weaknesses, self.clock)

    def close(self) -> None:
        self.app.extensions["portal"].database.close()

    def restart(self) -> None:
        self.close()
        self.start()

    def browser(self) -> Browser:
        return Browser(self.app)

    def link(self, name: str = "Jane Doe", email: str = "jane@example.com", **more: str) -> str:
        """Return the link of a sound remote login."""
        timestamp = str(int(self.clock.now.timestamp()))
        digest = hmac.new(SECRET.encode(), (name + email + timestamp).encode(), "md5").hexdigest()
        return "/login/sso?" + urlencode({"name": name, "email": email, "timestamp": timestamp, "hash": digest} | more)

    def response(self, email: str = "jane@example.com", request: str | None = None, **options: Any) -> str:
        """Return a sound Response, base64, with a signed assertion."""
        return make_response(self.clock.now, email, request, **options)


def make_response(
    now: datetime,
    email: str,
    request: str | None,
    assertion_id: str = "_a1",
    names: tuple[str, str] = ("Jane", "Doe"),
    session_until: datetime | None = None,
) -> str:
    def moment(when: datetime) -> str:
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    answers = f'InResponseTo="{request}"' if request else ""
    soon, instant = moment(now + timedelta(minutes=5)), moment(now)
    session = f'SessionNotOnOrAfter="{moment(session_until)}"' if session_until else ""
    assertion = etree.fromstring(
        f"""<saml:Assertion xmlns:saml="{_SAML}" ID="{assertion_id}" Version="2.0" IssueInstant="{instant}"
        ><saml:Issuer>{IDP_ENTITY_ID}</saml:Issuer
        ><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/><saml:Subject
        ><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{email}</saml:NameID
        ><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
        Recipient="{BASE}/login/saml" NotOnOrAfter="{soon}" {answers}/></saml:SubjectConfirmation></saml:Subject
        ><saml:Conditions NotBefore="{instant}" NotOnOrAfter="{soon}"><saml:AudienceRestriction
        ><saml:Audience>{BASE}</saml:Audience></saml:AudienceRestriction></saml:Conditions
        ><saml:AuthnStatement AuthnInstant="{instant}" {session}><saml:AuthnContext><saml:AuthnContextClassRef
        >urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext
        ></saml:AuthnStatement><saml:AttributeStatement>
        <saml:Attribute Name="FirstName"><saml:AttributeValue>{names[0]}</saml:AttributeValue></saml:Attribute>
        <saml:Attribute Name="LastName"><saml:AttributeValue>{names[1]}</saml:AttributeValue></saml:Attribute>
        </saml:AttributeStatement></saml:Assertion>"""
    )
    key, certificate = signing_pair()
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed = signer.sign(assertion, key=key, cert=[certificate], reference_uri=f"#{assertion_id}", id_attribute="ID")
    response = etree.fromstring(
        f"""<samlp:Response xmlns:samlp="{_SAMLP}" xmlns:saml="{_SAML}" ID="_r{assertion_id}" Version="2.0"
        IssueInstant="{instant}" Destination="{BASE}/login/saml" {answers}><saml:Issuer>{IDP_ENTITY_ID}</saml:Issuer
        ><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status
        ></samlp:Response>"""
    )
    response.append(signed)
    return base64.b64encode(etree.tostring(response)).decode()


def text_of(response: TestResponse, element_id: str) -> str | None:
    """Return the text of the element with this id, or ``None`` where it is missing."""
    found = etree.HTML(response.text).xpath("//*[@id=$wanted]", wanted=element_id)
    assert len(found) <= 1, f"{element_id} is there {len(found)} times"
    return "".join(found[0].itertext()).strip() if found else None


def rules_of(response: TestResponse) -> str | None:
    """Return the rules that the refusal page declares, or ``None`` where it shows no error."""
    found = etree.HTML(response.text).xpath("//*[@id='login-error']/@data-rules")
    return str(found[0]) if found else None
