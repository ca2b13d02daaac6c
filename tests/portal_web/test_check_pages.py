"""Admin > Check: settings are saved, logins of this browser are judged, and nobody is signed in by them."""

import io
import re
from datetime import timedelta
from typing import Any

import attrs
import pytest
from werkzeug.test import TestResponse

from portal_stub.weakness import Weaknesses
from portal_stub.web.fetching import FetchProblem
from portal_stub.web.visit import SESSION_COOKIE, TRIAL_COOKIE
from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import (
    ADMIN,
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
    text_of,
)
from tests.portal_web.test_portal_admin import idp_metadata, in_force, said

TYPED = {"saml.login_url": f"{IDP}/saml/sso", "saml.idp_entity_id": IDP_ENTITY_ID, "certificate": pem()}

REMOTE_LOGIN = {"simple.remote_login_url": f"{IDP}/in", "simple.secret": SECRET, "simple.profile": "hmac-md5"}


def begin(browser: Browser, kind: str = "saml", **fields: Any) -> TestResponse:
    given = {"saml": TYPED, "simple": REMOTE_LOGIN}[kind]
    return browser.post(f"/admin/check/{kind}", data={**given, **fields, "csrf": browser.csrf()})


def checking(bench: Bench, kind: str = "saml") -> Browser:
    """Return a browser in which an administrator has begun a check."""
    browser = bench.browser()
    browser.log_in(ADMIN)
    assert begin(browser, kind).location == "/admin/check"
    return browser


def arrive(bench: Bench, browser: Browser, **options: Any) -> TestResponse:
    return browser.post("/login/saml", data={"SAMLResponse": bench.response(**options)})


def people(bench: Bench) -> list[tuple[str, str]]:
    from portal_stub.accounts.tables import CONTACTS

    with bench.app.extensions["portal"].database.reading() as rows:
        return [(row.email, row.name) for row in rows.execute(CONTACTS.select())]


def test_the_check_is_for_administrators_who_send_its_own_forms(saml: Bench) -> None:
    before = in_force(saml)
    browser = saml.browser()
    for path in ("/admin/check/saml", "/admin/check/simple", "/admin/check/end"):
        assert browser.post(path, data=TYPED).location == "/login/normal"
    browser.log_in(CUSTOMER)
    assert begin(browser).status_code == 403
    browser.log_in(ADMIN)
    for path in ("/admin/check/saml", "/admin/check/simple", "/admin/check/end"):
        assert browser.post(path, data={**TYPED, "csrf": "guess"}).status_code == 403
    assert in_force(saml) == before
    assert 'href="/admin/check"' in browser.get("/").text


def test_nobody_is_signed_in_by_a_login_that_is_checked(saml: Bench) -> None:
    browser, before = checking(saml), people(saml)
    request, _ = browser.login_request()
    for number, options in enumerate(({"request": request}, {"assertion_id": "_a2", "email": CUSTOMER.email}), 1):
        arrived = arrive(saml, browser, **options)
        assert (arrived.status_code, arrived.location) == (303, f"/admin/attempts/{number}")
        assert "Set-Cookie" not in arrived.headers
        page = browser.follow(arrived)
        assert (text_of(page, "headline") or "").startswith("Granted: this is ")
        assert "nobody was signed in" in (text_of(page, "checked") or "")
        assert browser.shown("person-email") == ADMIN.email
    assert people(saml) == before


def test_it_is_judged_although_the_session_does_not_travel_with_the_form(saml: Bench) -> None:
    browser = checking(saml)
    session = browser.client.get_cookie(SESSION_COOKIE, "portal.localhost")
    assert session
    browser.client.delete_cookie(SESSION_COOKIE, domain="portal.localhost")
    assert arrive(saml, browser).location == "/admin/attempts/1"
    assert browser.shown("person-email") is None
    browser.client.set_cookie(SESSION_COOKIE, session.value, domain="portal.localhost")
    assert browser.shown("person-email") == ADMIN.email


def test_what_a_login_uses_up_is_used_up_in_a_check_as_well(saml: Bench) -> None:
    browser = checking(saml)
    request, _ = browser.login_request()
    arrive(saml, browser, request=request)
    page = browser.follow(arrive(saml, browser, request=request))
    assert violations(page) == ["saml.assertion.once", "saml.response.in-response-to"]


def violations(page: TestResponse) -> list[str]:
    return sorted(re.findall(r'<span class="outcome">violated</span> <code>([^<]+)</code>', page.text))


def test_a_refused_login_is_shown_with_every_rule_that_it_breaks(saml: Bench) -> None:
    browser = checking(saml)
    saml.clock.now += timedelta(minutes=10)
    old = saml.response()
    saml.clock.now += timedelta(minutes=10)
    page = browser.follow(browser.post("/login/saml", data={"SAMLResponse": old}))
    assert violations(page) == ["saml.conditions.not-on-or-after", "saml.confirmation.not-on-or-after"]
    assert "What the person would be told" in page.text
    assert browser.shown("person-email") == ADMIN.email


def test_another_browser_signs_in_as_ever(saml: Bench) -> None:
    checked, other = checking(saml), saml.browser()
    assert arrive(saml, other).location == f"{BASE}/"
    assert other.shown("person-email") == "jane@example.com"
    assert "nobody was signed in" not in checked.get("/admin/attempts/1").text
    assert text_of(checked.get("/admin/check"), "nothing-came")


def end_by_button(_: Bench, browser: Browser) -> None:
    """The button ends it here, not in the browser alone: its secret comes back."""
    secret = browser.client.get_cookie(TRIAL_COOKIE, "portal.localhost")
    assert secret
    assert browser.post("/admin/check/end", data={"csrf": browser.csrf()}).location == "/admin/check"
    assert browser.client.get_cookie(TRIAL_COOKIE, "portal.localhost") is None
    browser.client.set_cookie(TRIAL_COOKIE, secret.value, domain="portal.localhost")


def end_by_time(bench: Bench, _: Browser) -> None:
    bench.clock.now += timedelta(minutes=30)


def end_by_logout(_: Bench, browser: Browser) -> None:
    browser.post("/logout", data={"csrf": browser.csrf()})


def end_by_another(_: Bench, browser: Browser) -> None:
    """The administrator begins anew, and the first secret comes back."""
    first = browser.client.get_cookie(TRIAL_COOKIE, "portal.localhost")
    assert first
    begin(browser)
    browser.client.set_cookie(TRIAL_COOKIE, first.value, domain="portal.localhost")


@pytest.mark.parametrize("ending", [end_by_button, end_by_time, end_by_logout, end_by_another])
def test_after_the_end_of_the_check_logins_sign_in(saml: Bench, ending: Any) -> None:
    browser = checking(saml)
    ending(saml, browser)
    assert arrive(saml, browser).location == f"{BASE}/"
    assert browser.shown("person-email") == "jane@example.com"


def test_a_check_just_before_its_end_signs_nobody_in(saml: Bench) -> None:
    browser = checking(saml)
    saml.clock.now += timedelta(minutes=29, seconds=59)
    assert arrive(saml, browser).location == "/admin/attempts/1"


def test_a_browser_that_keeps_no_cookie_is_told_so(saml: Bench) -> None:
    browser = checking(saml)
    assert text_of(browser.get("/admin/check"), "running")
    browser.client.delete_cookie(TRIAL_COOKIE, domain="portal.localhost")
    page = browser.get("/admin/check")
    assert "did not keep the check's cookie" in (text_of(page, "not-here") or "")
    assert text_of(page, "check-sign-in") is None


def test_the_cookie_comes_with_a_form_of_another_site_and_no_script_reads_it(saml: Bench) -> None:
    browser = saml.browser()
    browser.log_in(ADMIN)
    cookie = next(each for each in begin(browser).headers.getlist("Set-Cookie") if each.startswith(TRIAL_COOKIE))
    assert {"Secure", "HttpOnly", "SameSite=None", "Path=/"} <= set(cookie.split("; "))


def test_a_weakened_portal_checks_by_every_rule(make_bench: MakeBench) -> None:
    bench = make_bench("saml", Weaknesses.named(["saml.conditions.not-on-or-after"], []))
    old, bench.clock.now = bench.response(), bench.clock.now + timedelta(minutes=20)
    page = (browser := checking(bench)).follow(browser.post("/login/saml", data={"SAMLResponse": old}))
    assert "saml.conditions.not-on-or-after" in violations(page)


def test_a_login_that_would_be_lost_is_shown(saml: Bench) -> None:
    assert saml.browser().get("/login/saml").status_code == 405
    browser = checking(saml)
    assert "was not posted" in (text_of(browser.follow(browser.get("/login/saml?SAMLResponse=PGE+")), "headline") or "")
    page = browser.follow(browser.get("/login/saml?SAMLart=AAQ"))
    assert "no message came" in (text_of(page, "headline") or "")
    assert "what came: &#39;SAMLart&#39;" in page.text
    page = browser.follow(browser.post("/login/saml", data={"wresult": "x", "RelayState": "y"}))
    assert "what came: &#39;wresult&#39;" in page.text


def test_what_came_stands_on_the_page_of_the_check(saml: Bench) -> None:
    browser = checking(saml)
    assert text_of(browser.get("/admin/check"), "nothing-came")
    arrive(saml, browser)
    page = browser.get("/admin/check")
    assert re.findall(r'href="/admin/attempts/(\d+)"', page.text) == ["1"]
    assert text_of(page, "nothing-came") is None


@pytest.mark.parametrize(
    "given",
    [
        TYPED,
        {**TYPED, "certificate": fingerprint()},
        {"metadata": (io.BytesIO(idp_metadata(f"{IDP}/saml/sso").replace("urn:new", IDP_ENTITY_ID).encode()), "m.xml")},
    ],
    ids=["certificate", "fingerprint", "file"],
)
def test_the_identity_provider_that_is_given_is_trusted_from_now_on(make_bench: MakeBench, given: Any) -> None:
    bench = make_bench("simple", saml__fingerprint="", saml__login_url="", saml__idp_entity_id="urn:old")
    browser = bench.browser()
    browser.log_in(ADMIN)
    page = browser.follow(browser.post("/admin/check/saml", data={**given, "csrf": browser.csrf()}))
    assert "saved as this portal's settings" in said(page, "status")
    assert said(browser.get("/admin/check"), "status") == ""
    found = in_force(bench)
    assert found["sso"] == {"enabled": True, "method": "saml"}
    assert (found["saml"]["login_url"], found["saml"]["idp_entity_id"]) == (f"{IDP}/saml/sso", IDP_ENTITY_ID)
    assert found["saml"]["allow_idp_initiated"] is True
    assert (text_of(browser.follow(arrive(bench, browser)), "headline") or "").startswith("Granted")


def test_metadata_is_fetched_from_the_address_that_was_typed(saml: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        if "gone" in address:
            raise FetchProblem("Nothing listens there.")
        return idp_metadata().encode()

    monkeypatch.setattr("portal_stub.web.check_form.fetched", fetch)
    browser = saml.browser()
    browser.log_in(ADMIN)
    page = begin(browser, metadata_url=" http://gone.localhost/m ")
    assert (page.status_code, text_of(page, "metadata_url-wrong")) == (422, "Nothing listens there.")
    assert begin(browser, metadata_url=f"{IDP}/metadata").status_code == 303
    assert asked == ["http://gone.localhost/m", f"{IDP}/metadata"]
    assert in_force(saml)["saml"]["idp_entity_id"] == "urn:new"


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        (dict.fromkeys(TYPED, ""), "metadata", "got none of them"),
        ({"certificate": ""}, "certificate", "or its fingerprint"),
        ({"certificate": "AB:CD"}, "certificate", "40 hex digits"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"}, "certificate", "is broken"),
        ({"saml.login_url": ""}, "saml.login_url", "got nothing"),
        ({"saml.login_url": "javascript:alert(1)"}, "saml.login_url", "begins with http://"),
        ({"metadata": (io.BytesIO(b"<a/>"), "m.xml")}, "metadata", "IDPSSODescriptor"),
        ({"metadata": (io.BytesIO(b"\xff\x00"), "m.xml")}, "metadata", "not XML"),
        ({"metadata_url": "file:///etc/passwd"}, "metadata_url", "begins with http://"),
        ({"metadata_url": "http://user:password@idp.localhost/"}, "metadata_url", "begins with http://"),
    ],
)
def test_what_cannot_be_an_identity_provider_is_told_and_nothing_is_saved(
    saml: Bench, fields: dict[str, Any], field: str, sentence: str
) -> None:
    browser = saml.browser()
    browser.log_in(ADMIN)
    before = in_force(saml)
    page = begin(browser, **fields)
    assert page.status_code == 422
    assert sentence in (text_of(page, f"{field}-wrong") or "")
    assert "Nothing was saved" in said(page, "alert")
    assert in_force(saml) == before
    assert arrive(saml, browser).location == f"{BASE}/", "a check goes on"


def test_metadata_is_not_read_without_end(saml: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal_stub.web.check_form.MAX_BYTES", 1000)
    browser = saml.browser()
    browser.log_in(ADMIN)
    page = begin(browser, metadata=(io.BytesIO(b"<" * 1001), "m.xml"))
    assert "at most 1000 bytes" in (text_of(page, "metadata-wrong") or "")


def test_a_remote_login_page_is_checked_in_the_same_way(make_bench: MakeBench) -> None:
    bench = make_bench("saml", simple__secret="another", simple__remote_login_url="")
    browser = bench.browser()
    browser.log_in(ADMIN)
    page = browser.follow(begin(browser, "simple", **{"simple.secret": f" {SECRET}\n", "simple.profile": "hmac-md5"}))
    assert "Blanks around the shared secret were left out" in said(page, "status")
    assert [text_of(page, name) for name in ("link-back", "host-url", "formula", "shared-secret")] == [
        f"{BASE}/login/sso",
        "portal.localhost:5002",
        "HMAC-MD5(secret, name + email + timestamp)",
        SECRET,
    ]
    assert browser.get("/login").location == f"{IDP}/in?host_url=portal.localhost:5002"
    page = browser.follow(browser.get(bench.link()))
    assert text_of(page, "headline") == "Granted: this is jane@example.com, and every rule is kept."
    page = browser.follow(browser.get(bench.link() + "0"))
    assert violations(page) == ["remote-login.hash.matches"]
    assert browser.shown("person-email") == ADMIN.email


def test_what_was_done_is_named(remote: Bench) -> None:
    browser = checking(remote, "simple")
    page = browser.follow(browser.get(remote.link().replace("timestamp=", "amp%3Btimestamp=")))
    assert "Your link has &amp;amp; where &amp; belongs" in page.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"simple.remote_login_url": ""}, "simple.remote_login_url"),
        ({"simple.remote_login_url": "idp.localhost"}, "simple.remote_login_url"),
        ({"simple.secret": " "}, "simple.secret"),
        ({"simple.secret": "x" * 201}, "simple.secret"),
    ],
)
def test_what_cannot_be_a_remote_login_page_is_told(remote: Bench, fields: dict[str, str], field: str) -> None:
    browser = remote.browser()
    browser.log_in(ADMIN)
    before = in_force(remote)
    page = begin(browser, "simple", **fields)
    assert (page.status_code, bool(text_of(page, f"{field}-wrong"))) == (422, True)
    assert in_force(remote) == before


def test_what_to_type_into_the_identity_provider_is_selectable_text(saml: Bench) -> None:
    page = checking(saml).get("/admin/check")
    names = ("acs-url", "entity-id", "metadata-url", "name-id-format", "attribute-1", "attribute-4")
    assert [text_of(page, name) for name in names] == [
        f"{BASE}/login/saml",
        BASE,
        f"{BASE}/login/saml/metadata",
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "FirstName",
        "company",
    ]
    shown = (text_of(page, "encryption-certificate") or "").splitlines()
    assert "".join(shown[1:-1]) in saml.browser().get("/login/saml/metadata").text.replace("\n", "")


def test_ordinary_browsers_are_not_looked_up(saml: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("portal_stub.accounts.trials.current", fail)
    assert arrive(saml, saml.browser()).location == f"{BASE}/"


def test_the_password_form_stays_open_during_a_check(saml: Bench) -> None:
    browser = checking(saml)
    browser.log_in(CUSTOMER)
    assert browser.shown("person-email") == CUSTOMER.email
    assert rules_of(browser.follow(browser.post("/login/saml"))) == "saml.message.present"


def test_a_settings_file_is_the_base_of_what_a_check_saves(saml: Bench) -> None:
    before = in_force(saml)
    checking(saml)
    after = in_force(saml)
    changed = {
        (table, name)
        for table in ("sso", "simple", "saml")
        for name in after[table]
        if after[table][name] != before[table][name]
    }
    assert changed == {("saml", "certificate"), ("saml", "fingerprint")}
    assert attrs.asdict(saml.settings) == before
