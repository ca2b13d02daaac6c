"""Admin > Security and Admin > Login attempts."""

import re
from typing import Any

import attrs
import pytest
from lxml import etree
from werkzeug.test import TestResponse

from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import (
    ADMIN,
    AGENT,
    BASE,
    CUSTOMER,
    IDP,
    IDP_ENTITY_ID,
    SECRET,
    Bench,
    Browser,
    fingerprint,
    pem,
    rules_of,
    signing_pair,
    text_of,
)

PAGES = ("/admin/security", "/admin/attempts", "/admin/attempts/1", "/admin/check")


def form_of(page: TestResponse) -> dict[str, Any]:
    """Return the fields of the settings form as a browser would send them."""
    form = etree.HTML(page.text).xpath("//form[@id='security-form']")[0]
    fields: dict[str, Any] = {}
    for field in form.xpath(".//input[@name][not(@type='checkbox' or @type='radio') or @checked]"):
        fields[field.get("name")] = field.get("value", "on")
    for area in form.xpath(".//textarea"):
        fields[area.get("name")] = (area.text or "").removeprefix("\n")
    for choice in form.xpath(".//select"):
        fields[choice.get("name")] = choice.xpath("string(.//option[@selected])")
    return fields


def save(browser: Browser, *without: str, **changes: str) -> TestResponse:
    """Change fields of the form (``saml__login_url`` for ``saml.login_url``) and save it."""
    fields = form_of(browser.get("/admin/security"))
    for name, value in changes.items():
        assert name.replace("__", ".") in fields or name == "sso_enabled"
        fields[name.replace("__", ".")] = value
    for name in without:
        del fields[name]
    return browser.post("/admin/security", data=fields)


def said(page: TestResponse, role: str) -> str:
    return " ".join(" ".join(etree.HTML(page.text).xpath("//*[@role=$role]//text()", role=role)).split())


def in_force(bench: Bench) -> dict[str, Any]:
    """Return every setting as the next request finds it."""
    return attrs.asdict(bench.app.extensions["portal"].in_force.settings)


@pytest.fixture
def admin(saml: Bench) -> Browser:
    browser = saml.browser()
    browser.log_in(ADMIN)
    return browser


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("account", [CUSTOMER, AGENT], ids=["customer", "agent"])
def test_only_administrators_see_the_pages(saml: Bench, path: str, account: Any) -> None:
    browser = saml.browser()
    assert browser.get(path).location == "/login/normal"
    browser.log_in(account)
    page = browser.get(path)
    assert page.status_code == 403
    assert SECRET not in page.text
    assert "/admin/" not in page.text


@pytest.mark.parametrize("path", ["/admin/security", "/admin/security/secret"])
def test_only_administrators_send_the_forms_and_with_their_token(saml: Bench, path: str) -> None:
    before = in_force(saml)
    browser = saml.browser()
    assert browser.post(path, data={"method": "simple"}).location == "/login/normal"
    browser.log_in(CUSTOMER)
    assert browser.post(path, data={"method": "simple", "csrf": browser.csrf()}).status_code == 403
    browser.log_in(ADMIN)
    assert browser.post(path, data={"method": "simple", "csrf": "guess"}).status_code == 403
    assert in_force(saml) == before


def test_saving_what_is_shown_changes_nothing(saml: Bench, admin: Browser) -> None:
    before = in_force(saml)
    page = admin.follow(save(admin))
    assert said(page, "status") == "The settings were saved and are in force."
    assert in_force(saml) == before
    assert said(admin.get("/admin/security"), "status") == ""


def test_a_change_takes_effect_at_once_and_survives_a_restart(saml: Bench, admin: Browser) -> None:
    save(admin, method="simple", simple__remote_login_url="http://other.localhost/in")
    for _ in range(2):
        assert saml.browser().get("/login").location.startswith("http://other.localhost/in?host_url=")
        saml.restart()
    admin = saml.browser()
    admin.log_in(ADMIN)
    save(admin, "sso_enabled")
    assert saml.browser().get("/login").location == "/login/normal"


def test_what_another_process_saved_is_what_an_administrator_sees(saml: Bench, admin: Browser) -> None:
    from portal_stub.accounts import overrides

    with saml.app.extensions["portal"].database.writing() as rows:
        overrides.save(rows, saml.settings, overrides.with_value(saml.settings, "sso.enabled", False))
    admin.get("/")
    assert saml.browser().get("/login").location == "/login/normal"


def test_the_file_counts_again_when_the_page_says_the_same(saml: Bench, admin: Browser) -> None:
    from portal_stub.accounts import overrides

    save(admin, method="simple")
    save(admin, method="saml")
    with saml.app.extensions["portal"].database.reading() as rows:
        assert overrides.read(rows) == {}


def test_a_new_secret_opens_and_the_old_one_does_not(make_bench: MakeBench) -> None:
    bench = make_bench("simple")
    admin = bench.browser()
    admin.log_in(ADMIN)
    assert text_of(admin.get("/admin/security"), "shared-secret") == SECRET
    page = admin.follow(admin.post("/admin/security/secret", data={"csrf": admin.csrf()}))
    assert "new shared secret" in said(page, "status")
    fresh = text_of(page, "shared-secret") or ""
    assert re.fullmatch("[0-9a-f]{32}", fresh)
    assert fresh != SECRET
    browser = bench.browser()
    assert rules_of(browser.follow(browser.get(bench.link()))) == "remote-login.hash.matches"


@pytest.mark.parametrize(
    ("pasted", "note"),
    [
        (f"SHA1 Fingerprint={fingerprint().upper()}", "label"),
        (pem(), "whole certificate"),
        (fingerprint().upper().replace(":", " "), ""),
    ],
    ids=["labelled", "certificate", "blanks"],
)
def test_a_fingerprint_is_understood_however_it_is_pasted(make_bench: MakeBench, pasted: str, note: str) -> None:
    bench = make_bench("saml", saml__fingerprint="")
    admin = bench.browser()
    admin.log_in(ADMIN)
    page = admin.follow(save(admin, saml__fingerprint=pasted))
    assert note in said(page, "status")
    assert in_force(bench)["saml"]["fingerprint"] == (fingerprint().replace(":", "") if note else pasted)
    assert bench.browser().post("/login/saml", data={"SAMLResponse": bench.response()}).location == f"{BASE}/"


def test_a_fingerprint_of_the_other_digest_sets_the_digest(saml: Bench, admin: Browser) -> None:
    page = admin.follow(save(admin, saml__fingerprint="ab" * 32))
    assert "the digest was set to sha256" in said(page, "status")
    assert in_force(saml)["saml"]["fingerprint_algorithm"] == "sha256"


def test_a_certificate_that_outweighs_the_fingerprint_is_named(admin: Browser) -> None:
    assert "it is the one that counts" in said(admin.follow(save(admin, saml__certificate=pem())), "status")


def idp_metadata(login_url: str = f"{IDP}/new") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    body = "".join(signing_pair()[1].public_bytes(Encoding.PEM).decode().splitlines()[1:-1])
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:new">
    <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
    <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{body}</X509Certificate></X509Data>
    </KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{login_url}"/>
    </IDPSSODescriptor></EntityDescriptor>"""


def test_pasted_metadata_fills_the_fields(saml: Bench, admin: Browser) -> None:
    page = admin.follow(save(admin, saml__idp_metadata=idp_metadata()))
    assert "taken from the metadata" in said(page, "status")
    found = in_force(saml)["saml"]
    assert (found["idp_entity_id"], found["login_url"], found["slo_url"]) == ("urn:new", f"{IDP}/new", "")
    assert (found["certificate"], found["fingerprint"], found["idp_metadata"]) == (pem(), "", "")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("simple.remote_login_url", "javascript:alert(1)", "begins with http://"),
        ("simple.remote_logout_url", "idp.localhost/out", "begins with http://"),
        ("saml.login_url", "http://a@idp.localhost/", "begins with http://"),
        ("saml.logout_url", "http://idp.localhost:port/", "begins with http://"),
        ("simple.max_age_seconds", "-1", "whole seconds"),
        ("simple.max_future_seconds", "٣", "whole seconds"),
        ("saml.allowed_drift_seconds", "9" * 11, "whole seconds"),
        ("simple.profile", "sha512", "one of md5, hmac-md5, hmac-md5-salted"),
        ("method", "oauth", "one of simple, saml"),
        ("saml.fingerprint", "not hex", "hex digits"),
        ("saml.certificate", "not a certificate", "BEGIN CERTIFICATE"),
        ("saml.idp_metadata", "<a/>", "IDPSSODescriptor"),
        ("saml.idp_metadata", idp_metadata("javascript:alert(1)"), "begin with http://"),
        ("saml.entity_id", "x" * 20_001, "at most 20000"),
    ],
    ids=lambda text: text[:20],
)
def test_a_mistake_is_shown_beside_its_field_and_nothing_is_saved(
    saml: Bench, admin: Browser, field: str, typed: str, sentence: str
) -> None:
    before = in_force(saml)
    page = save(admin, **{field.replace(".", "__"): typed})
    assert page.status_code == 422
    assert "Nothing was saved" in said(page, "alert")
    name = "sso.method" if field == "method" else field
    assert sentence in (text_of(page, f"{name}-wrong") or "")
    if not sentence.startswith("one of"):
        assert form_of(page)[field] == typed
    assert in_force(saml) == before


def test_a_field_that_a_form_leaves_out_stays(saml: Bench, admin: Browser) -> None:
    assert save(admin, "saml.login_url", "simple.profile").status_code == 303
    assert in_force(saml)["saml"]["login_url"] == f"{IDP}/saml/sso"


def test_what_to_type_into_the_identity_provider_is_shown(admin: Browser) -> None:
    page = admin.get("/admin/security")
    shown = [text_of(page, name) for name in ("acs-url", "entity-id", "metadata-url", "link-back", "host-url")]
    assert shown == [
        f"{BASE}/login/saml",
        BASE,
        f"{BASE}/login/saml/metadata",
        f"{BASE}/login/sso",
        "portal.localhost:5002",
    ]
    metadata = admin.get("/login/saml/metadata")
    assert etree.fromstring(metadata.data).get("entityID") == BASE


def test_an_attempt_shows_every_finding_and_what_the_person_was_told(saml: Bench, admin: Browser) -> None:
    browser = saml.browser()
    browser.post("/login/saml", data={"SAMLResponse": saml.response(), "RelayState": "/<b>"})
    browser.follow(browser.post("/login/saml", data={"SAMLResponse": saml.response()}))
    listing = admin.get("/admin/attempts").text
    assert re.findall(r'href="/admin/attempts/(\d+)"', listing) == ["2", "1"]
    refused, granted = admin.get("/admin/attempts/2").text, admin.get("/admin/attempts/1").text
    assert "saml.assertion.once" in refused.partition("finding ok")[0]
    assert "The response was used before" in refused
    assert "saml.conditions.audience" in granted
    assert "jane@example.com" in granted
    assert "portal.redirect.own-host" in granted
    assert f"&lt;saml:Issuer&gt;{IDP_ENTITY_ID}" in granted
    assert saml.response() in granted
    assert "/&lt;b&gt;" in granted


def test_no_secret_stands_in_an_attempt(make_bench: MakeBench) -> None:
    bench = make_bench("simple")
    bench.browser().get(bench.link())
    bench.browser().get(f"/login/sso?name={SECRET}&hash=abcdef0123456789abcdef0123456789")
    admin = bench.browser()
    admin.log_in(ADMIN)
    digits = re.search("hash=([0-9a-f]{32})", bench.link())
    assert digits
    granted, refused = (admin.get(f"/admin/attempts/{number}").text for number in (1, 2))
    assert digits[1] not in granted
    assert f"hash={digits[1][:4]}********" in granted
    assert SECRET not in refused
    assert "name=********&amp;hash=abcdef0123456789abcdef0123456789" in refused


@pytest.mark.parametrize("number", ["0", "99", "9" * 30])
def test_an_attempt_that_does_not_exist_is_not_found(admin: Browser, number: str) -> None:
    assert admin.get(f"/admin/attempts/{number}").status_code == 404


@pytest.mark.parametrize("message", [None, "", "not base64", "PGE+", "PCFET0NUWVBFIGE+PGEvPg=="])
def test_a_broken_message_can_be_looked_at(saml: Bench, admin: Browser, message: str | None) -> None:
    saml.browser().post("/login/saml", data={} if message is None else {"SAMLResponse": message})
    page = admin.get("/admin/attempts/1")
    assert page.status_code == 200
    assert ("No message came" in page.text) is (message is None)


def test_older_attempts_are_on_the_next_page(saml: Bench, admin: Browser) -> None:
    for _ in range(51):
        saml.browser().post("/login/saml")
    first = admin.get("/admin/attempts").text
    older = re.search(r'href="(/admin/attempts\?before=\d+)"', first)
    assert older
    assert re.findall(r'href="/admin/attempts/(\d+)"', admin.get(older[1]).text) == ["1"]
    assert admin.get("/admin/attempts?before=x").text == first
    assert "There are no older ones" in admin.get("/admin/attempts?before=1").text
