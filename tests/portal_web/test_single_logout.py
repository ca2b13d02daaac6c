"""Single logout at the portal's pages: what is asked, what is answered, and what the person is shown."""

import base64
import zlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal_stub.accounts.tables import OPEN_LOGOUTS, SAML_SESSIONS
from portal_stub.saml.metadata import metadata
from tests.idp_core.logins import oasis_schema
from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import (
    ADMIN,
    BASE,
    CUSTOMER,
    IDP,
    IDP_ENTITY_ID,
    Bench,
    Browser,
    pem,
    rules_of,
    signing_pair,
    text_of,
)

SLO = f"{IDP}/saml/slo"
SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench("saml", saml__slo_url=SLO, saml__certificate=pem(), saml__fingerprint="")


def message(bench: Bench, name: str, inside: str, **attributes: str) -> bytes:
    instant = bench.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {"ID": "_m1", "Version": "2.0", "IssueInstant": instant, "Destination": f"{BASE}/login/saml/logout"}
    written = " ".join(f'{key}="{value}"' for key, value in {**given, **attributes}.items())
    return (
        f'<p:{name} xmlns:p="{SAMLP}" xmlns:a="{SAML}" {written}>'
        f"<a:Issuer>{IDP_ENTITY_ID}</a:Issuer>{inside}</p:{name}>"
    ).encode()


def query(parameter: str, xml: bytes, relay_state: str | None = None, *, signed: bool = True) -> str:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = base64.b64encode(squeeze.compress(xml) + squeeze.flush()).decode()
    pairs = [(parameter, deflated), *([("RelayState", relay_state)] if relay_state is not None else [])]
    octets = urlencode([*pairs, ("SigAlg", SHA256)])
    value = signing_pair()[0].sign(octets.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{octets}&{urlencode({'Signature': base64.b64encode(value).decode()})}" if signed else urlencode(pairs)


def ask(
    bench: Bench, browser: Browser, name_id: str = "jane@example.com", relay: str | None = None, **how: Any
) -> TestResponse:
    xml = message(bench, "LogoutRequest", f"<a:NameID>{name_id}</a:NameID>")
    return browser.get(f"/login/saml/logout?{query('SAMLRequest', xml, relay, **how)}")


def sign_in(bench: Bench, browser: Browser, email: str = "jane@example.com", assertion_id: str = "_a1") -> None:
    sent = bench.response(email, assertion_id=assertion_id)
    assert browser.post("/login/saml", data={"SAMLResponse": sent}).status_code == 303
    assert browser.shown("person-email") == email


def carried(address: str | None) -> tuple[str, etree._Element, dict[str, list[str]]]:
    parts = urlsplit(address or "")
    fields = parse_qs(parts.query)
    (name,) = {"SAMLRequest", "SAMLResponse"} & fields.keys()
    return (
        parts._replace(query="").geturl(),
        etree.fromstring(zlib.decompress(base64.b64decode(fields[name][0]), -15)),
        fields,
    )


def test_a_request_ends_the_session_and_is_answered(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    sent = ask(bench, browser, relay="a & b")
    assert "portal_session=;" in sent.headers["Set-Cookie"]
    address, answer, fields = carried(sent.location)
    assert (address, answer.tag) == (SLO, f"{{{SAMLP}}}LogoutResponse")
    assert (answer.get("InResponseTo"), answer.get("Destination")) == ("_m1", SLO)
    assert fields["RelayState"] == ["a & b"]
    assert "Signature" in fields
    assert browser.shown("person-email") is None


def test_an_answer_is_posted_where_that_is_set(make_bench: MakeBench) -> None:
    bench = make_bench(
        "saml", saml__slo_url=SLO, saml__slo_binding="post", saml__certificate=pem(), saml__fingerprint=""
    )
    browser = bench.browser()
    sign_in(bench, browser)
    page = ask(bench, browser)
    form = etree.HTML(page.text).find(".//form[@id='saml-request']")
    assert form is not None
    assert form.get("action") == SLO
    assert "form-action http://idp.localhost:5001" in page.headers["Content-Security-Policy"]


def test_a_refused_request_ends_nobodys_session_and_says_why(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    page = browser.follow(ask(bench, browser, signed=False))
    assert rules_of(page) == "saml.logout.signed"
    assert "Logout was unsuccessful! The logout message is not signed" in page.text
    assert "You are still signed in here." in page.text
    assert browser.shown("person-email") == "jane@example.com"


def test_the_sessions_of_others_and_those_of_the_password_form_go_on(bench: Bench) -> None:
    jane, john, carl = (bench.browser() for _ in range(3))
    sign_in(bench, jane)
    sign_in(bench, john, "john@example.com", "_a2")
    carl.log_in(CUSTOMER)
    assert "Set-Cookie" not in ask(bench, jane, CUSTOMER.email).headers
    ask(bench, jane, "JANE@example.com")
    assert [browser.shown("person-email") is None for browser in (jane, john, carl)] == [False, False, False]
    ask(bench, carl)
    assert [browser.shown("person-email") is None for browser in (jane, john, carl)] == [True, False, False]


def log_out(browser: Browser) -> TestResponse:
    return browser.post("/logout", data={"csrf": browser.csrf()})


def test_signing_out_asks_the_identity_provider(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    address, request, fields = carried(log_out(browser).location)
    assert (address, request.tag) == (SLO, f"{{{SAMLP}}}LogoutRequest")
    assert request.findtext(f"{{{SAML}}}NameID") == "jane@example.com"
    assert request.get("NotOnOrAfter") == "2026-05-04T12:05:00Z"
    assert "Signature" in fields
    assert browser.shown("person-email") is None


def test_a_session_that_the_identity_provider_did_not_begin_is_not_asked_about(bench: Bench) -> None:
    browser = bench.browser()
    browser.log_in(CUSTOMER)
    assert log_out(browser).location == f"{IDP}/saml/logout"


def test_without_single_logout_the_plain_address_is_visited(saml: Bench) -> None:
    browser = saml.browser()
    sign_in(saml, browser)
    assert log_out(browser).location == f"{IDP}/saml/logout"


STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


def answered(bench: Bench, browser: Browser, request_id: str, second: str = "", code: str = "Success") -> TestResponse:
    nested = f'<p:StatusCode Value="{STATUS}{second}"/>' if second else ""
    inside = f'<p:Status><p:StatusCode Value="{STATUS}{code}">{nested}</p:StatusCode></p:Status>'
    xml = message(bench, "LogoutResponse", inside, InResponseTo=request_id)
    return browser.get(f"/login/saml/logout?{query('SAMLResponse', xml)}")


@pytest.mark.parametrize(("second", "partly"), [("", False), ("PartialLogout", True)])
def test_an_answer_is_accepted_once_and_in_this_browser(bench: Bench, second: str, partly: bool) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    request_id = str(carried(log_out(browser).location)[1].get("ID"))
    other = bench.browser()
    sign_in(bench, other, "john@example.com", "_a2")
    assert rules_of(other.follow(answered(bench, other, request_id))) == "saml.logout.in-response-to"
    page = browser.follow(answered(bench, browser, request_id, second))
    assert "confirms it" in (text_of(page, "logged-out") or "")
    assert ("Some other site" in page.text) is partly
    assert rules_of(browser.follow(answered(bench, browser, request_id))) == "saml.logout.in-response-to"


def test_a_refusal_is_shown_escaped_and_the_session_is_over(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    request_id = str(carried(log_out(browser).location)[1].get("ID"))
    page = browser.follow(answered(bench, browser, request_id, code="<b>Responder".replace("<", "&lt;")))
    assert rules_of(page) == "saml.logout.status"
    assert "<b>" not in page.text
    assert "You are signed out here." in page.text


def test_an_open_request_ends_after_an_hour(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    request_id = str(carried(log_out(browser).location)[1].get("ID"))
    bench.clock.now += timedelta(hours=1)
    assert rules_of(browser.follow(answered(bench, browser, request_id))) == "saml.logout.in-response-to"
    sign_in(bench, browser, assertion_id="_a2")
    log_out(browser)
    with bench.app.extensions["portal"].database.reading() as rows:
        assert len(rows.execute(select(OPEN_LOGOUTS)).all()) == 1


def test_what_the_portal_knows_of_a_session_goes_with_it(bench: Bench) -> None:
    browser = bench.browser()
    sign_in(bench, browser)
    sign_in(bench, browser, assertion_id="_a2")
    with bench.app.extensions["portal"].database.reading() as rows:
        assert len(rows.execute(select(SAML_SESSIONS)).all()) == 1


def test_logouts_are_kept_for_the_administrator(bench: Bench) -> None:
    browser, admin = bench.browser(), bench.browser()
    sign_in(bench, browser)
    ask(bench, browser, signed=False)
    ask(bench, browser)
    admin.log_in(ADMIN)
    listing = admin.get("/admin/attempts").text
    assert listing.count("SAML logout") == 2
    page = admin.get("/admin/attempts/2").text
    assert "saml.logout.signed" in page
    assert "SAMLRequest=" in page


@pytest.mark.parametrize("path", ["/logout/done", "/logout/done?attempt=x"])
def test_the_page_says_nothing_without_a_logout(bench: Bench, path: str) -> None:
    page = bench.browser().get(path)
    assert page.status_code == 200
    assert "There is nothing to say" in page.text


def test_a_logout_from_another_site_may_be_posted(bench: Bench) -> None:
    answer = bench.browser().post("/login/saml/logout", data={"SAMLRequest": "x"}, headers={"Origin": IDP})
    assert answer.status_code == 303


def test_the_metadata_names_the_service_where_there_is_single_logout(bench: Bench) -> None:
    document = etree.fromstring(metadata(bench.settings))
    oasis_schema("saml-schema-metadata-2.0").assertValid(document)
    services = document.findall(".//{*}SingleLogoutService")
    assert {service.get("Location") for service in services} == {f"{BASE}/login/saml/logout"}
    assert len(services) == 2
    without = attrs.evolve(bench.settings, saml=attrs.evolve(bench.settings.saml, slo_url=""))
    assert b"SingleLogoutService" not in metadata(without)
