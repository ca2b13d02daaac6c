"""The diagnosis of an attempt, on its page and in the files that are saved of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from tests.portal_web.conftest import MakeBench
from tests.portal_web.portal_bench import ADMIN, AGENT, CUSTOMER, SECRET, Bench, Browser, settings, text_of

SCHEMA = json.loads((Path(__file__).parents[2] / "fixtures/schemas/explanation.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def administrator(bench: Bench) -> Browser:
    browser = bench.browser()
    browser.log_in(ADMIN)
    return browser


def saved(admin: Browser, number: int = 1) -> tuple[dict[str, Any], str]:
    """Return the files of an attempt: JSON, held against its schema, and HTML."""
    found = admin.get(f"/admin/attempts/{number}/diagnosis.json")
    page = admin.get(f"/admin/attempts/{number}/diagnosis.html")
    for file, suffix in ((found, "json"), (page, "html")):
        assert file.status_code == 200
        assert file.headers["Content-Disposition"] == f'attachment; filename="login-{number}.{suffix}"'
    plain: dict[str, Any] = json.loads(found.text)
    VALIDATOR.validate(plain)
    return plain, page.text


@pytest.fixture
def admin(saml: Bench) -> Browser:
    return administrator(saml)


def test_only_administrators_save_a_diagnosis(saml: Bench) -> None:
    saml.browser().post("/login/saml", data={"SAMLResponse": saml.response()})
    for suffix in ("html", "json"):
        path, browser = f"/admin/attempts/1/diagnosis.{suffix}", saml.browser()
        assert browser.get(path).location == "/login/normal"
        browser.log_in(AGENT)
        assert browser.get(path).status_code == 403
        assert administrator(saml).get(path.replace("1", "99")).status_code == 404


def test_the_files_tell_what_the_page_tells(saml: Bench, admin: Browser) -> None:
    for _ in range(2):
        saml.browser().post("/login/saml", data={"SAMLResponse": saml.response()})
    for number, granted in ((1, True), (2, False)):
        page = admin.get(f"/admin/attempts/{number}")
        plain, file = saved(admin, number)
        assert plain["granted"] is granted
        assert plain["headline"] == text_of(page, "headline")
        assert plain["headline"] in file
        assert plain["violations"] == ([] if granted else ["saml.assertion.once"])
        assert "granted" in plain["headline"].casefold() or not granted
        assert "Jane" in plain["message"]["readable"]
        assert plain["message"]["as_received"] == saml.response()


def test_the_schema_refuses_what_is_no_diagnosis(saml: Bench, admin: Browser) -> None:
    saml.browser().post("/login/saml", data={"SAMLResponse": "x"})
    plain, _ = saved(admin)
    broken = next(judged for judged in plain["rules"] if judged["outcome"] == "violated")
    for spoilt in ({**plain, "more": 1}, {**plain, "headline": "Fine."}, {**plain, "rules": [{**broken, "mend": []}]}):
        assert not VALIDATOR.is_valid(spoilt)


def test_the_saved_page_needs_nothing_and_runs_nothing(saml: Bench, admin: Browser) -> None:
    saml.browser().post("/login/saml", data={"SAMLResponse": saml.response(), "RelayState": "<script>x</script>"})
    document = etree.HTML(saved(admin)[1])
    assert document.xpath("//script | //link | //img | //iframe | //form") == []
    assert {address[0] for address in document.xpath("//@href")} <= {"#"}
    assert "default-src 'none'" in document.xpath("//meta[@http-equiv]/@content")[0]
    (style,) = document.xpath("//style/text()")
    assert ".problem" in style
    assert "url(" not in style


def test_every_link_in_a_diagnosis_leads_somewhere(saml: Bench, admin: Browser) -> None:
    saml.clock.now = saml.clock.now.replace(hour=3)
    old = saml.response()
    saml.clock.now = saml.clock.now.replace(hour=5)
    saml.browser().post("/login/saml", data={"SAMLResponse": old})
    document = etree.HTML(saved(admin)[1])
    inner = document.xpath("//main//@href")
    assert len(inner) >= 4
    assert {address[1:] for address in inner} <= set(document.xpath("//@id"))
    assert len(document.xpath("//@id")) == len(set(document.xpath("//@id")))


@pytest.mark.parametrize(
    ("email", "known"),
    [
        ("jane@example.com", "Nobody has this address yet"),
        (CUSTOMER.email.upper(), "that of the customer Carl Customer"),
        (AGENT.email, "that of the agent Alan Agent"),
    ],
)
def test_the_account_is_looked_up(saml: Bench, admin: Browser, email: str, known: str) -> None:
    # Refused, since a login that is granted makes the contact at once.
    saml.browser().post("/login/saml", data={"SAMLResponse": ["x", saml.response(email)]})
    saml.browser().get(f"/login/sso?email={email}&name=x")
    assert known in admin.get("/admin/attempts/2").text
    assert known in saved(admin, 2)[0]["account"]["known"]


# Secrets.


@pytest.mark.parametrize(
    "query",
    [
        f"name={SECRET}&hash={SECRET}",
        f"name={SECRET[:-1]}%66",
        f"name=a&redirect_to=/{SECRET}",
        f"{SECRET}={SECRET}",
    ],
)
def test_the_shared_secret_stands_on_no_page_and_in_no_file(remote: Bench, query: str) -> None:
    remote.browser().get(f"/login/sso?{query}")
    admin = administrator(remote)
    plain, file = saved(admin)
    for text in (admin.get("/admin/attempts/1").text, file, json.dumps(plain)):
        assert SECRET not in text
        assert f"{SECRET[:-1]}%66" not in text


def test_the_shared_secret_in_a_response_stands_in_no_file(saml: Bench, admin: Browser) -> None:
    for number, email in enumerate((SECRET, f"jane@{SECRET}.example"), 1):
        sent = saml.response(email)
        saml.browser().post("/login/saml", data={"SAMLResponse": sent, "RelayState": SECRET})
        plain, file = saved(admin, number)
        for text in (file, json.dumps(plain), admin.get(f"/admin/attempts/{number}").text):
            assert SECRET not in text
            assert sent not in text
        assert plain["message"]["as_received"] is None


@pytest.mark.parametrize("wrong", [False, True])
def test_the_digits_of_a_hash_stand_in_no_file(remote: Bench, wrong: bool) -> None:
    """A wrong one may open by itself what it does not open here: in upper case, in another profile."""
    link = remote.link()
    digits = link[-32:]
    if wrong:
        link = link.replace(digits, digits.upper())
    remote.browser().get(link)
    admin = administrator(remote)
    plain, file = saved(admin)
    assert (text_of(admin.get("/admin/attempts/1"), "headline") or "").startswith("Refused" if wrong else "Granted")
    for text in (file, json.dumps(plain)):
        assert digits not in text.casefold()
    assert (digits.upper() in admin.get("/admin/attempts/1").text) is wrong


def test_a_short_hash_masks_no_letters(remote: Bench) -> None:
    remote.browser().get("/login/sso?name=aaa&hash=a")
    assert saved(administrator(remote))[0]["attributes"][0]["value"] == "aaa"


# Whatever comes.


@pytest.fixture(scope="module", params=["simple", "saml"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder: Path = tmp_path_factory.mktemp("diagnosis")
    bench = Bench(settings(request.param), f"sqlite:///{folder}/portal.db")
    yield administrator(bench)
    bench.close()


FIELDS = st.binary(max_size=200).map(lambda data: data.decode("latin-1")) | st.text(max_size=80)


@trying(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=FIELDS, relay_state=st.none() | FIELDS, how=st.sampled_from(["post", "get", "link", "logout"]))
def test_whatever_came_has_its_page_and_its_files(
    hostile: Browser, message: str, relay_state: str | None, how: str
) -> None:
    fields = {"SAMLResponse": message} | ({} if relay_state is None else {"RelayState": relay_state})
    if how == "post":
        hostile.post("/login/saml", data=fields)
    elif how == "link":
        hostile.get("/login/sso", query_string=quote(message, safe="&=+%"))
    else:
        hostile.get("/login/saml" if how == "get" else "/login/saml/logout", query_string=fields)
    numbers = re.findall(r'href="/admin/attempts/(\d+)"', hostile.get("/admin/attempts").text)
    if numbers:
        assert hostile.get(f"/admin/attempts/{numbers[0]}").status_code == 200
        saved(hostile, int(numbers[0]))


@pytest.mark.parametrize("message", ["A" * 300_000, "<" * 300_000, "PGE+" * 75_000])
def test_a_message_that_was_cut_has_its_page(make_bench: MakeBench, message: str) -> None:
    bench = make_bench("saml")
    bench.browser().post("/login/saml", data={"SAMLResponse": message})
    admin = administrator(bench)
    assert admin.get("/admin/attempts/1").status_code == 200
    assert saved(admin)[0]["granted"] is False
