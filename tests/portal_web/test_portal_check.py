"""Admin > Check: logins of this browser are judged and shown, and nobody is signed in."""

import pytest
from werkzeug.test import TestResponse

from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import ADMIN, AGENT, CUSTOMER, IDP, SECRET, Bench, Browser, pem


def administrator(bench: Bench) -> Browser:
    browser = bench.browser()
    browser.log_in(ADMIN)
    return browser


def begin(browser: Browser, kind: str, **fields: str) -> TestResponse:
    return browser.post(f"/admin/check/{kind}", data={"csrf": browser.csrf(), **fields})


def begin_remote_login(browser: Browser) -> None:
    fields = {"simple.remote_login_url": f"{IDP}/remote-login", "simple.secret": SECRET, "simple.profile": "hmac-md5"}
    assert begin(browser, "simple", **fields).status_code == 303


def begin_saml(browser: Browser) -> None:
    given = {"saml.login_url": f"{IDP}/saml/sso", "saml.idp_entity_id": f"{IDP}/saml/metadata", "certificate": pem()}
    assert begin(browser, "saml", **given).status_code == 303


@pytest.mark.parametrize("path", ["/admin/check"])
@pytest.mark.parametrize("account", [AGENT, CUSTOMER, None])
def test_only_administrators_check(remote: Bench, path: str, account: object) -> None:
    browser = remote.browser()
    if account is AGENT or account is CUSTOMER:
        browser.log_in(AGENT if account is AGENT else CUSTOMER)
    assert browser.get(path).status_code in (302, 303, 403)


def test_a_sound_login_is_shown_and_signs_nobody_in(remote: Bench) -> None:
    browser = administrator(remote)
    begin_remote_login(browser)
    shown = browser.follow(browser.get(remote.link()))
    assert shown.status_code == 200
    assert "jane@example.com" in shown.text
    assert browser.shown("person-email") == ADMIN.email


def test_a_refused_login_is_shown_with_what_was_done(remote: Bench) -> None:
    browser = administrator(remote)
    begin_remote_login(browser)
    shown = browser.follow(browser.get(remote.link().replace("timestamp=", "amp%3Btimestamp=")))
    assert "Your link has &amp;amp; where &amp; belongs" in shown.text
    assert browser.shown("person-email") == ADMIN.email


def test_a_saml_login_that_begins_at_the_identity_provider_is_shown(saml: Bench) -> None:
    browser = administrator(saml)
    begin_saml(browser)
    answer = browser.post("/login/saml", data={"SAMLResponse": saml.response()})
    shown = browser.follow(answer)
    assert shown.status_code == 200
    assert "jane@example.com" in shown.text
    assert browser.shown("person-email") == ADMIN.email
    again = browser.follow(browser.post("/login/saml", data={"SAMLResponse": saml.response()}))
    assert "saml.assertion.once" in again.text


def test_another_browser_signs_in_as_ever(remote: Bench) -> None:
    begin_remote_login(administrator(remote))
    other = remote.browser()
    other.get(remote.link())
    assert other.shown("person-email") == "jane@example.com"


def test_after_the_end_of_the_check_people_are_signed_in_again(remote: Bench) -> None:
    browser = administrator(remote)
    begin_remote_login(browser)
    browser.post("/admin/check/end", data={"csrf": browser.csrf()})
    browser.get(remote.link())
    assert browser.shown("person-email") == "jane@example.com"


@pytest.mark.parametrize("kind", ["saml", "simple", "end"])
def test_a_check_begins_and_ends_with_a_form_of_the_portal_alone(remote: Bench, kind: str) -> None:
    browser = administrator(remote)
    assert browser.post(f"/admin/check/{kind}", data={}).status_code in (400, 403)


@pytest.mark.parametrize("field", ["metadata_url", "saml.login_url", "certificate"])
def test_what_cannot_be_used_is_said_beside_the_field(saml: Bench, field: str) -> None:
    browser = administrator(saml)
    answer = begin(browser, "saml", **{field: "file:///etc/hostname"})
    assert answer.status_code == 422
    assert "xpected" in answer.text or "http" in answer.text


def test_what_is_saved_holds_no_secret(remote: Bench) -> None:
    browser = administrator(remote)
    begin_remote_login(browser)
    attempt = browser.get(remote.link(name=SECRET)).location or ""
    page = browser.get(f"{attempt}/diagnosis.html")
    plain = browser.get(f"{attempt}/diagnosis.json")
    for saved in (page, plain):
        assert saved.status_code == 200
        assert SECRET not in saved.text
    assert plain.get_json()["granted"] is True


@pytest.mark.parametrize("message", ["", "PHg+", "PHg=", "%%%", "<x/>", "PHg/PjwvPg==", "A" * 300_000])
def test_whatever_is_posted_has_its_page(make_bench: MakeBench, message: str) -> None:
    bench = make_bench("saml")
    browser = administrator(bench)
    begin_saml(browser)
    answer = browser.follow(browser.post("/login/saml", data={"SAMLResponse": message}))
    assert answer.status_code == 200
    for form in ("html", "json"):
        assert browser.get(f"/admin/attempts/1/diagnosis.{form}").status_code == 200
