"""Whatever is sent to whatever address: a clear answer, never a failure of the portal's own (S16)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import ADMIN, BASE, CUSTOMER, Bench, Browser, rules_of, settings, text_of

PATHS = (
    "/",
    "/login",
    "/support/login",
    "/login/normal",
    "/login/sso",
    "/login/sso/",
    "/login/saml",
    "/login/saml/metadata",
    "/logout",
    "/support/tickets",
    "/admin/security",
    "/admin/security/secret",
    "/admin/attempts",
    "/admin/attempts/1",
    "/admin/attempts/1/diagnosis.html",
    "/admin/attempts/1/diagnosis.json",
    "/admin/check",
    "/admin/check/saml",
    "/admin/check/simple",
    "/admin/check/end",
    "/static/portal.css",
    "/nowhere",
)
FIELDS = st.sampled_from(
    [
        "SAMLResponse",
        "RelayState",
        "email",
        "password",
        "csrf",
        "saml.fingerprint",
        "method",
        "attempt",
        "before",
        "metadata",
        "certificate",
    ]
)
TEXTS = st.text(max_size=40) | st.sampled_from(["", "PGE+", "\0", "\ud800", "%00", "http://[", "9" * 40])
FORMS = st.dictionaries(FIELDS | TEXTS, TEXTS, max_size=4)


@pytest.fixture(scope="module", params=["simple", "saml"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    made = Bench(settings(request.param), f"sqlite:///{folder}/portal.db")
    made.app.testing = False
    yield made
    made.close()


@pytest.fixture(scope="module")
def admin(bench: Bench) -> Browser:
    browser = bench.browser()
    browser.log_in(ADMIN)
    return browser


def encoded(fields: dict[str, str]) -> bytes:
    from urllib.parse import quote_from_bytes

    return b"&".join(
        quote_from_bytes(name.encode("utf-8", "surrogatepass")).encode()
        + b"="
        + quote_from_bytes(value.encode("utf-8", "surrogatepass")).encode()
        for name, value in fields.items()
    )


@trying(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]),
    query=FORMS.map(encoded) | st.binary(max_size=60),
    body=FORMS.map(encoded) | st.binary(max_size=200),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/xml", ""]
    ),
    cookie=st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=120),
    known=st.booleans(),
)
def test_nothing_that_is_sent_breaks_the_portal(
    bench: Bench,
    admin: Browser,
    path: str,
    method: str,
    query: bytes,
    body: bytes,
    kind: str,
    cookie: str,
    known: bool,
) -> None:
    browser = admin if known else bench.browser()
    headers = {} if known else {"Cookie": f"portal_session={cookie}; __Host-portal_request={cookie}"}
    answer = browser.client.open(
        path,
        base_url=BASE,
        method=method,
        query_string=query.decode("latin-1"),
        data=body,
        content_type=kind,
        headers=headers,
        buffered=True,
    )
    assert answer.status_code < 500, answer.text


@trying(max_examples=60, deadline=None)
@given(message=TEXTS | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")), relay_state=TEXTS)
def test_any_response_is_refused_on_the_password_form(bench: Bench, message: str, relay_state: str) -> None:
    browser = bench.browser()
    body = encoded({"SAMLResponse": message, "RelayState": relay_state})
    answer = browser.post("/login/saml", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    assert rules_of(browser.follow(answer))


@trying(max_examples=60, deadline=None)
@given(query=st.binary(max_size=80))
def test_any_link_is_refused_on_the_password_form(bench: Bench, query: bytes) -> None:
    browser = bench.browser()
    answer = browser.client.get("/login/sso", base_url=BASE, query_string=query.decode("latin-1"))
    assert answer.status_code == 303
    assert rules_of(browser.follow(answer))


@pytest.mark.parametrize("path", ["/login/saml", "/login/normal", "/admin/security"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_megabytes_are_refused_in_a_sentence(bench: Bench, admin: Browser, path: str, kind: str) -> None:
    page = admin.post(path, data=b"a=" + b"x" * (2 * 1024 * 1024), content_type=kind)
    assert page.status_code == 413
    assert "2 MiB" in page.text
    assert bench.browser().get("/").status_code == 200


def test_a_message_of_a_megabyte_is_a_login_that_failed(bench: Bench) -> None:
    browser = bench.browser()
    answer = browser.post("/login/saml", data={"SAMLResponse": "QUJD" * 375_000})
    assert rules_of(browser.follow(answer))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5002", "portal.localhost", "elsewhere.localhost:5002", "a b"])
def test_another_host_is_told_where_the_portal_is(remote: Bench, host: str) -> None:
    page = remote.browser().get("/", headers={"Host": host})
    assert page.status_code == 400
    assert f"answers as {BASE} only" in page.text


@pytest.mark.parametrize("origin", ["http://idp.localhost:5001", "null", "http://portal.localhost", "https://["])
def test_forms_of_other_sites_are_refused(saml: Bench, origin: str) -> None:
    browser = saml.browser()
    form = {"email": CUSTOMER.email, "password": CUSTOMER.password}
    assert browser.post("/login/normal", data=form, headers={"Origin": origin}).status_code == 403
    assert browser.shown("person-email") is None
    assert browser.post("/login/normal", data=form, headers={"Origin": BASE}).status_code == 303
    answer = browser.post("/login/saml", data={"SAMLResponse": saml.response()}, headers={"Origin": origin})
    assert answer.location == f"{BASE}/"


def test_what_a_person_is_called_is_shown_and_not_run(remote: Bench) -> None:
    browser = remote.browser()
    name = "<script>alert('x')</script>& \""
    browser.get(remote.link(name=name, company="<b id=x>"))
    assert browser.shown("person-name") == name
    assert "<script>" not in browser.get("/").text


def test_a_response_by_redirect_is_told_the_right_binding(saml: Bench) -> None:
    browser = saml.browser()
    page = browser.get("/login/saml?SAMLRequest=x")
    assert page.status_code == 405
    assert page.headers["Allow"]
    assert "HTTP-POST" in page.text
    answer = browser.get("/login/saml?SAMLResponse=x")
    assert rules_of(browser.follow(answer)) == "saml.message.post-binding"


@pytest.mark.parametrize("path", ["/", "/login/normal", "/nowhere", "/login", "/static/portal.css"])
def test_every_answer_carries_the_security_headers(saml: Bench, path: str) -> None:
    headers = saml.browser().get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert ("no-store" in headers["Cache-Control"]) is (path != "/static/portal.css")


def test_a_mistake_of_the_portals_own_is_a_page_too(make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    bench = make_bench("saml")
    monkeypatch.setattr("portal_stub.web.sso.judge_response", fail)
    page = bench.browser().post("/login/saml", data={"SAMLResponse": "x"})
    assert page.status_code == 500
    assert "secret detail" not in page.text
    assert text_of(page, "main")
