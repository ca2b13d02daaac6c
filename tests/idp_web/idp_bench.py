"""A simulator with a frozen clock, and what its pages say."""

import base64
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree, html
from werkzeug.test import TestResponse

from idp_sim.app import create_app
from idp_sim.config import Portal, Profile, RemoteLoginPortal, Simulator
from idp_sim.keyring import Keyring

NOW = datetime(2016, 4, 1, 12, 0, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
HELPDESK = "http://portal.localhost:5002"
SIMULATOR = "http://idp.localhost:5001"
SAML = {"p": "urn:oasis:names:tc:SAML:2.0:protocol", "a": "urn:oasis:names:tc:SAML:2.0:assertion"}


def portal(profile: Profile = "hmac-md5", **changes: Any) -> Portal:
    taking = RemoteLoginPortal(secret=SECRET, profile=profile)
    pem = Keyring.ephemeral().certificate("signing").public_bytes(Encoding.PEM).decode()
    known = {"name": "helpdesk", "base_url": HELPDESK, "remote_login": taking, "encryption_certificate": pem}
    return Portal(**{**known, **changes})


def simulator(*portals: Portal) -> Simulator:
    return Simulator(portals=portals or (portal(),), keyring=Keyring.ephemeral(), base_url=SIMULATOR)


class Bench:
    """Opens pages of a simulator."""

    def __init__(self, *portals: Portal) -> None:
        self.config = simulator(*portals)
        self.client = create_app(self.config, lambda: NOW).test_client()

    def open(self, path: str, **options: Any) -> "Page":
        return Page(self.client.open(path, base_url=SIMULATOR, **options))

    def sign_in(self, page: "Page", **changes: str) -> "Page":
        """Send the sign-in form of ``page`` as a browser does, with some fields filled in otherwise."""
        form = page.one("//form[@id='sign-in-form']")
        assert (form.get("method"), form.get("action")) == ("post", "/sign-in")
        return self.open("/sign-in", method="POST", data={**page.fields("sign-in-form"), **changes})


class Page:
    """What came back."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.get_data(as_text=True)

    @property
    def tree(self) -> html.HtmlElement:
        return html.document_fromstring(self.text)

    @property
    def words(self) -> str:
        return " ".join(self.tree.text_content().split())

    def all(self, path: str) -> list[html.HtmlElement]:
        found = self.tree.xpath(path)
        assert isinstance(found, list)
        return [element for element in found if isinstance(element, html.HtmlElement)]

    def one(self, path: str) -> html.HtmlElement:
        (element,) = self.all(path)
        return element

    def fields(self, form: str) -> dict[str, str]:
        """Return what the form sends when its button is pressed at once."""
        sent = {}
        for field in self.all(f"//form[@id='{form}']//input[@name]"):
            if field.get("type") != "radio" or field.get("checked") is not None:
                assert field.get("name") not in sent
                sent[str(field.get("name"))] = field.get("value", "")
        return sent

    def answer(self) -> etree._Element:
        """Return the SAML Response that this page posts to the portal."""
        assert self.status == 200
        return etree.fromstring(base64.b64decode(self.fields("saml-form")["SAMLResponse"]))


def request_xml(issuer: str = HELPDESK, request_id: str = "_1", **attributes: str) -> bytes:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return (
        f'<p:AuthnRequest xmlns:p="{SAML["p"]}" xmlns:a="{SAML["a"]}" ID={quoteattr(request_id)} Version="2.0" '
        f'IssueInstant="2016-04-01T12:00:00Z"{written}><a:Issuer>{issuer}</a:Issuer></p:AuthnRequest>'
    ).encode()


def for_redirect(xml: bytes) -> str:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(xml) + packer.flush()).decode()


def for_post(xml: bytes) -> str:
    return base64.b64encode(xml).decode()


def location(page: Page) -> str:
    assert page.status == 302
    return page.response.headers["Location"]


def host(url: str) -> str:
    return urlsplit(url).netloc
