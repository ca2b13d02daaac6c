import base64
import hashlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import idp_sim.scenarios
from idp_sim.app import create_app
from idp_sim.catalogue import load
from idp_sim.config import Simulator
from idp_sim.keyring import Keyring
from idp_sim.portals_file import load_portals
from idp_sim.web.menu import OUTCOME_WORDS
from idp_sim.web.visit import toml_text
from tests.idp_web.idp_bench import HELPDESK, Bench, Page, for_redirect, host, portal, request_xml

BENCH = Bench()
PATHS = (
    "/",
    "/catalogue",
    "/catalogue/saml.sound.plain",
    "/saml/start?portal=helpdesk",
    f"/remote-login?host_url={host(HELPDESK)}",
    "/remote-login?host_url=evil.example",
    "/saml/sso",
    "/saml/metadata",
    "/saml/logout",
    "/nothing",
    "/sign-in",
)


def asked_by(issuer: str, **attributes: str) -> Page:
    return BENCH.open("/saml/sso", query_string={"SAMLRequest": for_redirect(request_xml(issuer, **attributes))})


def test_a_portal_that_is_not_configured_is_shown_with_the_lines_to_add(tmp_path: Path) -> None:
    page = asked_by("https://new.example/x", AssertionConsumerServiceURL="https://new.example/acs")
    assert page.status == 400
    assert "https://new.example/x" in page.one("//*[@id='problem']").text_content()
    file = tmp_path / "portals.toml"
    file.write_text(str(page.one("//pre").text_content()), "utf-8")
    (added,) = load_portals(file)
    assert (added.entity_id, added.acs_url) == ("https://new.example/x", "https://new.example/acs")


def test_a_host_that_is_not_configured_is_shown_with_the_lines_to_add(tmp_path: Path) -> None:
    file = tmp_path / "portals.toml"
    file.write_text(str(BENCH.open("/remote-login?host_url=new.example:81").one("//pre").text_content()), "utf-8")
    (added,) = load_portals(file)
    assert "new.example:81" in added.host_urls


def test_the_name_of_an_unknown_portal_cannot_become_markup() -> None:
    page = asked_by("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert page.status == 400
    assert not page.all("//script")
    assert "<script>alert(1)</script>" in page.words


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_written_as_toml(text: str) -> None:
    line = toml_text(text)
    assert "\n" not in line
    assert tomllib.loads(f"x = {line}") == {"x": text}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("portal", "helpdesc", "Did you mean 'helpdesk'?"),
        ("portal", "", "served here: helpdesk"),
        ("person", "jane.do@example.com", "Did you mean 'jane.doe@example.com'?"),
        ("person", "", "holds an address"),
        ("scenario", "saml.sound.plian", "Did you mean 'saml.sound.plain'?"),
        ("scenario", "", "holds an id"),
        ("base", "asertion", "Did you mean 'assertion'?"),
        ("base", "", "Choose one of assertion, response, both"),
    ],
)
def test_an_unknown_choice_is_named_with_the_nearest_right_one(field: str, value: str, words: str) -> None:
    page = BENCH.sign_in(BENCH.open("/saml/start?portal=helpdesk"), **{field: value})
    assert page.status == 400
    assert words in page.words
    assert not page.all("//form")


@pytest.mark.parametrize("path", ["/saml/start", "/saml/start?portal=", "/saml/start?portal=helpdesc"])
def test_a_start_without_a_known_portal_names_those_that_are_served(path: str) -> None:
    page = BENCH.open(path)
    assert page.status == 400
    assert "helpdesk" in page.words


def test_a_scenario_page_shows_the_rule_that_is_broken() -> None:
    for scenario in load(idp_sim.scenarios):
        page = BENCH.open(f"/catalogue/{scenario.id}")
        assert page.status == 200
        shown = page.words
        assert " ".join(scenario.description.split()) in shown
        assert OUTCOME_WORDS[scenario.outcome] in shown
        for rule in scenario.breaks:
            assert all(" ".join(text.split()) in shown for text in (rule.id, rule.clause, rule.statement, rule.mend))


def test_a_case_id_leads_to_its_scenario() -> None:
    assert BENCH.open("/catalogue/saml.sound.plain@both").one("//h1").text_content() == "saml.sound.plain"


def test_an_unknown_scenario_page_names_the_nearest() -> None:
    page = BENCH.open("/catalogue/saml.sound.plian")
    assert page.status == 404
    assert "saml.sound.plain" in page.words


def test_the_catalogue_and_the_sign_in_pages_show_every_scenario() -> None:
    scenarios = load(idp_sim.scenarios)
    catalogue = BENCH.open("/catalogue")
    assert {link.text_content() for link in catalogue.all("//main//li/a")} == {known.id for known in scenarios}
    for protocol, path in (("saml", PATHS[3]), ("remote-login", PATHS[4])):
        page = BENCH.open(str(BENCH.open(path).one("//*[@id='scenarios']").get("data-from")))
        shown = {str(radio.get("value")): radio for radio in page.all("//input[@name='listed']")}
        assert set(shown) == {known.id for known in scenarios if known.protocol == protocol}
        for known in scenarios:
            if known.protocol == protocol:
                label = " ".join(str(shown[known.id].getparent().text_content()).split())  # type: ignore[union-attr]
                assert known.id in label
                assert " ".join(known.title.split()) in label
                assert OUTCOME_WORDS[known.outcome] in label
                assert ("begins here" in label) == (known.start == "idp")
                assert ("needs a portal" in label) == bool(known.given)


def test_the_home_page_leads_to_both_ways_to_begin() -> None:
    links = [str(link.get("href")) for link in BENCH.open("/").all("//main//a[@class='button']")]
    assert [BENCH.open(link).status for link in links] == [200, 200]


def test_a_simulator_without_portals_says_so() -> None:
    client = create_app(Simulator(portals=(), keyring=Keyring.ephemeral())).test_client()
    assert "No portal is configured" in Page(client.get("/")).words
    assert "none" in Page(client.get("/saml/start?portal=x")).words


def test_a_name_in_another_direction_keeps_its_own() -> None:
    page = BENCH.open(PATHS[3])
    assert all(name.tag == "bdi" for name in page.all("//*[@class='name']"))


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_the_security_headers(path: str) -> None:
    headers = BENCH.open(path).response.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("X-Frame-Options") == ["DENY"]
    assert headers.getlist("Cache-Control") == ["no-store"]
    (policy,) = headers.getlist("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action" not in policy


def test_every_script_and_style_is_one_that_the_policy_names() -> None:
    pages = [BENCH.open(path) for path in PATHS if path != "/saml/metadata"]
    pages.append(BENCH.sign_in(BENCH.open(PATHS[3])))
    for page in pages:
        policy = page.response.headers["Content-Security-Policy"]
        for element in page.all("//script | //style"):
            assert not element.get("src")
            digest = base64.b64encode(hashlib.sha256(str(element.text).encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        assert not page.all("//@*[starts-with(name(), 'on')] | //*[@style]")
        assert page.all("//script") or not page.all("//form")


def test_names_of_portals_are_escaped() -> None:
    bench = Bench(portal(name="<i>x</i>"))
    for page in (bench.open("/"), bench.open("/saml/start?portal=<i>x</i>")):
        assert page.status == 200
        assert not page.all("//i")


def test_too_much_is_refused() -> None:
    page = BENCH.open("/sign-in", method="POST", data={"portal": "x" * (2 << 20)})
    assert page.status == 413


def test_a_wrong_method_says_which_are_right() -> None:
    response = BENCH.open("/sign-in").response
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
