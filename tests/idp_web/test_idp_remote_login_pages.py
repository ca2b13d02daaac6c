import hashlib
import hmac
from urllib.parse import parse_qs, quote, urlsplit

import pytest

import idp_sim.scenarios
from idp_sim.catalogue import Scenario, load
from idp_sim.config import PROFILES, Profile, RemoteLoginPortal
from idp_sim.login import RemoteLogin
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.stages import Link
from tests.idp_web.idp_bench import HELPDESK, NOW, SECRET, Bench, host, location, portal

SCENARIOS = [scenario for scenario in load(idp_sim.scenarios) if scenario.protocol == "remote-login"]
START = f"/remote-login?host_url={host(HELPDESK)}"


def expected_hash(profile: Profile, name: str, email: str, timestamp: str) -> str:
    """The formulas of portal-contract R4, written here once more."""
    if profile == "md5":
        return hashlib.md5(f"{name}{email}{SECRET}".encode()).hexdigest()
    salt = SECRET if profile == "hmac-md5-salted" else ""
    return hmac.new(SECRET.encode(), f"{name}{salt}{email}{timestamp}".encode(), "md5").hexdigest()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_person_is_sent_back_with_the_hash_of_the_portals_profile(profile: Profile) -> None:
    bench = Bench(portal(profile))
    person = directory()[1]
    page = bench.open(START)
    assert page.status == 200
    url = location(bench.sign_in(page, person=person.email))
    assert url.startswith(f"{HELPDESK}/login/sso?")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
    timestamp = str(int(NOW.timestamp()))
    assert sent.pop("hash") == expected_hash(profile, person.name, person.email, timestamp)
    assert sent.pop("timestamp", None) == (None if profile == "md5" else timestamp)
    assert sent == {"name": person.name, "email": person.email}


def test_the_target_is_sent_as_redirect_to() -> None:
    bench = Bench()
    url = location(bench.sign_in(bench.open(START), target="/support/tickets?a=1&b=é"))
    assert parse_qs(urlsplit(url).query)["redirect_to"] == ["/support/tickets?a=1&b=é"]


def test_an_empty_target_is_not_sent() -> None:
    bench = Bench()
    assert "redirect_to" not in location(bench.sign_in(bench.open(START)))


def test_the_first_person_and_the_sound_scenario_are_chosen_at_first() -> None:
    assert Bench().open(START).fields("sign-in-form") == {
        "portal": "helpdesk",
        "person": directory()[0].email,
        "scenario": "remote-login.sound.plain",
        "target": "",
    }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.id))
def test_the_link_of_every_scenario_is_sent_byte_for_byte(scenario: Scenario) -> None:
    bench = Bench()
    person = directory()[1]
    login = RemoteLogin(person=person, portal=bench.config.portals[0], at=NOW)
    link = perform(login, bench.config.keyring, scenario)
    assert isinstance(link, Link)
    assert location(bench.sign_in(bench.open(START), scenario=scenario.id, person=person.email)) == link.url


def test_each_portal_is_signed_in_to_with_its_own_secret() -> None:
    other = portal(
        name="other",
        base_url="http://other.localhost",
        remote_login=RemoteLoginPortal(secret="another", host_urls=("alias.localhost:99",)),
    )
    bench = Bench(portal(), other)
    urls = [location(bench.sign_in(bench.open(f"/remote-login?host_url={host_url}")))
            for host_url in (host(HELPDESK), "other.localhost", "alias.localhost:99")]  # fmt: skip
    assert [host(url) for url in urls] == [host(HELPDESK), "other.localhost", "other.localhost"]
    hashes = [parse_qs(urlsplit(url).query)["hash"] for url in urls]
    assert hashes[0] != hashes[1] == hashes[2]


@pytest.mark.parametrize(
    "host_url", ["evil.example", f"{HELPDESK}", f"{host(HELPDESK)}.evil.example", "portal.localhost", "<b>é"]
)
def test_an_unknown_host_is_refused_and_shown(host_url: str) -> None:
    page = Bench().open(f"/remote-login?host_url={quote(host_url)}")
    assert page.status == 403
    assert not page.all("//form")
    assert "Location" not in page.response.headers
    assert f"'{host_url}'" in page.words


def test_a_host_that_is_a_whole_address_is_told_so() -> None:
    assert "without scheme" in Bench().open(f"/remote-login?host_url={HELPDESK}").words
    assert "without scheme" not in Bench().open("/remote-login?host_url=evil.example").words


@pytest.mark.parametrize("query", ["", "?host_url=", f"?host_url={host(HELPDESK)}&host_url=evil.example"])
def test_the_host_must_be_named_once(query: str) -> None:
    page = Bench().open(f"/remote-login{query}")
    assert page.status == 400
    assert "exactly once" in page.words


def test_a_portal_without_remote_login_gets_none() -> None:
    bench = Bench(portal(remote_login=None), portal(name="second", base_url="http://second.localhost"))
    assert bench.open(START).status == 403
    page = bench.sign_in(bench.open("/remote-login?host_url=second.localhost"), portal="helpdesk")
    assert page.status == 400
    assert "takes no remote logins" in page.words


def test_the_logout_page_names_the_portal_that_sent_the_person() -> None:
    page = Bench().open(f"/remote-logout?host_url={host(HELPDESK)}")
    assert page.status == 200
    assert "helpdesk" in str(page.one("//*[@id='sent-by']").text_content())
    assert HELPDESK in [link.get("href") for link in page.all("//main//a")]


def test_the_logout_page_does_not_link_to_a_stranger() -> None:
    page = Bench().open("/remote-logout?host_url=evil.example")
    assert page.status == 200
    assert "evil.example" in str(page.one("//*[@id='sent-by']").text_content())
    assert not page.all("//main//a")
