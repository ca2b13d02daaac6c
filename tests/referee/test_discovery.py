"""What is found out beside a lean profile, and what a profile must not do: guess, skip in secret, keep secrets."""

import re
import socket
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
from flask import Flask, redirect
from flask.typing import ResponseReturnValue

from conformance.case import all_cases
from conformance.cli import main
from conformance.drivers.http import HttpVisitors
from conformance.drivers.trust import opened
from conformance.journey import People
from conformance.referee import Referee
from conformance.targets import discovery
from conformance.targets.discovery import Answer, Unreachable, ask, completed, discover, login_page
from conformance.targets.profile import Admin, Pages, Profile, Simulator, load
from conformance.targets.profiles_table import markdown
from conformance.targets.signs import Refused, SignedIn, SignOut
from conformance.targets.steps import Step
from conformance.targets.target import RealGrounds, find, portal_of
from idp_sim.people import directory
from rulebook.strict_toml import FileProblem
from tests.referee.commands import run, verdicts
from tests.referee.strangers import ENTITY_ID, SECRET, SIGNS, STEPS, gullible, serving, stranger, written

METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:example:told">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://sp.example/out"/>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs"
 index="0"/></md:SPSSODescriptor></md:EntityDescriptor>"""
KINDS = (Profile, SignedIn, Refused, SignOut, Step, Pages, Admin, Simulator)
LEAN = '[signed_in]\nemail = "#me"\n'


@pytest.fixture(autouse=True)
def _keys_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_SIM_INSTANCE", str(tmp_path / "instance"))


@pytest.fixture
def saml() -> Iterator[tuple[str, str]]:
    with serving(gullible) as addresses:
        yield addresses


def test_a_saml_portal_is_known_by_the_request_that_its_login_sends(saml: tuple[str, str], tmp_path: Path) -> None:
    profile = find(str(written(tmp_path, *saml, LEAN))).profile
    found = discover(profile)
    assert found.values == {"entity_id": ENTITY_ID, "acs_url": f"{saml[0]}/acs", "protocols": ("saml",)}
    assert set(found.sources.values()) == {"where the login address leads"}
    assert found.missing == ()
    assert found.login is not None
    # Nothing listens there: that the provider's address is known shows that it was read, not asked.
    assert found.login.identity_provider == f"{saml[1]}/saml/sso"
    assert profile.name == saml[0].removeprefix("http://")


def test_what_the_profile_says_wins(saml: tuple[str, str], tmp_path: Path) -> None:
    top = 'entity_id = "urn:mine"\nslo_url = "https://sp.example/mine"\nmetadata = "sp.xml"'
    (tmp_path / "sp.xml").write_text(METADATA, "utf-8")
    portal = portal_of(completed(find(str(written(tmp_path, *saml, LEAN, top))).profile))
    assert (portal.entity_id, portal.acs_url) == ("urn:mine", "https://sp.example/acs")
    assert portal.slo_at("redirect") == portal.slo_at("post") == "https://sp.example/mine"


def test_what_a_portal_allows_of_time_reaches_the_simulator(saml: tuple[str, str], tmp_path: Path) -> None:
    more = f"{LEAN}[simulator]\nmax_age_seconds = 30\nmax_future_seconds = 7\n#"
    path = written(tmp_path, *saml, more, "clock_allowance_seconds = 180")
    path.write_text(path.read_text("utf-8").replace("\n[simulator]\nbase_url", "\nbase_url"), "utf-8")
    portal = portal_of(find(str(path)).profile)
    assert portal.allowed_drift_seconds == 180
    assert portal.remote_login is not None
    assert (portal.remote_login.max_age_seconds, portal.remote_login.max_future_seconds) == (30, 7)


def test_the_simulator_has_the_keys_that_the_portal_was_told_of(
    saml: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDP_SIM_INSTANCE", str(tmp_path / "kept"))
    case, kept = "saml.sound.plain@assertion", []
    for report in ("first", "second"):
        profile = written(tmp_path, *saml, "[signed_in]\ntext = 'You are (\\S+@\\S+)\\.'\n")
        done, result = run(tmp_path / report, case, "--portal", str(profile), "--driver", "http", "--no-doctor")
        assert verdicts(result) == {case: "pass"}, done.stdout + done.stderr
        kept.append((tmp_path / "kept" / "signing.pem").read_bytes())
    assert kept[0] == kept[1]


def test_metadata_tells_each_binding_of_the_logout_and_the_other_is_skipped(
    saml: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sp.xml").write_text(METADATA, "utf-8")
    target = find(str(written(tmp_path, *saml, LEAN, 'metadata = "sp.xml"')))
    target = attrs.evolve(target, profile=completed(target.profile))
    assert target.profile.entity_id == "urn:example:told"
    people = People(*directory()[:4])
    referee = Referee(target, RealGrounds(target.profile, ""), HttpVisitors(1), people, browser=False)
    cases = {case.id: case for case in all_cases()}
    reason = referee.why_not(cases["saml.logout.request[post]"])
    assert reason == "the portal names no address for logouts by HTTP-POST"
    assert referee.why_not(cases["saml.logout.request[redirect]"]) is None


def test_metadata_that_cannot_be_read_is_told(saml: tuple[str, str], tmp_path: Path) -> None:
    profile = find(str(written(tmp_path, *saml, LEAN, 'metadata = "none.xml"'))).profile
    with pytest.raises(FileProblem, match=r"its metadata at .*none\.xml cannot be read"):
        discover(profile)


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_a_login_that_leads_nowhere_is_told_and_nothing_is_guessed(saml: tuple[str, str], path: str) -> None:
    page = login_page(f"{saml[0]}{path}")
    assert (page.protocol, page.request) == (None, None)
    assert "leads to no identity provider by itself" in page.problem


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: "", "leads to no identity provider by itself"),
        (lambda: "<!-- nothing -->", "leads to no identity provider by itself"),
        (lambda: redirect("/login"), "redirects without end"),
        (lambda: redirect("http://idp.localhost:1/saml/sso?SAMLRequest=AAAA"), "its DEFLATE data has no end"),
        (lambda: redirect("http://idp.localhost:1/oauth?client=1"), "with neither a SAML request nor a host_url"),
    ],
)
def test_whatever_a_login_page_answers_is_told(answer: Callable[[], ResponseReturnValue], said: str) -> None:
    def odd(_: str) -> Flask:
        app = Flask("odd")
        app.add_url_rule("/login", view_func=answer)
        return app

    with serving(odd) as sites:
        assert said in login_page(f"{sites[0]}/login").problem


def test_a_login_page_that_leads_to_what_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = Message()
    headers["Location"] = "http://["
    monkeypatch.setattr("conformance.targets.discovery.ask", lambda url, **_: Answer(url, 302, headers, b""))
    assert "leads to what is no address" in login_page("http://portal.localhost/login").problem


def test_a_portal_that_does_not_answer_is_told() -> None:
    with pytest.raises(Unreachable, match=r"portal\.localhost:1 does not answer \(Connection refused\)"):
        ask("http://portal.localhost:1/login")
    assert login_page("http://portal.localhost:1/login").problem.endswith("(Connection refused).")


def test_without_its_secret_remote_logins_are_skipped_and_the_key_is_asked_for(tmp_path: Path) -> None:
    with serving(stranger) as sites:
        profile = written(tmp_path, *sites, STEPS + SIGNS, 'protocols = ["remote-login"]', secret="")
        assert discover(find(str(profile)).profile).missing == ("simulator.secret",)
        done, result = run(tmp_path / "report", "remote-login.hash.wrong", "--portal", str(profile), "--driver", "http")
    assert done.returncode == 5, done.stdout + done.stderr
    assert "simulator.secret" in (result.cases[0].reason or "")


def test_two_workers_judge_a_stranger_and_no_report_holds_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRANGERS_SECRET", SECRET)
    monkeypatch.setenv("STRANGERS_FORMULA", "hmac-md5")
    with serving(stranger) as sites:
        profile = written(
            tmp_path, *sites, STEPS + SIGNS, secret='env:STRANGERS_SECRET"\nprofile = "env:STRANGERS_FORMULA'
        )
        broken, sound, settings = "remote-login.hash.wrong", "remote-login.sound.plain", "remote-login.settings.sso-off"
        done, result = run(
            tmp_path / "report", broken, sound, settings, "--portal", str(profile), "--driver", "http", "-n", "2"
        )
    assert verdicts(result) == {broken: "pass", sound: "pass", settings: "skipped"}, done.stdout + done.stderr
    files = [path for path in (tmp_path / "report").rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ('[signed_in]\nemial = "#me"', "unknown key 'signed_in.emial'. Did you mean"),
        ('[[step]]\nat = "/a"\nclik = "#b"', "unknown key 'step.0.clik'. Did you mean 'click'?"),
        ('[[step]]\nat = "/a"', "the step at '/a' does nothing: give 'click', 'fill' or 'wait'"),
        ('[[step]]\nat = "/a"\nclick = "#b"\ntimes = 0', "needs 'times' of 1 or more, got 0"),
        ('[signed_in]\nemail = "#["', "'email' is no CSS selector"),
        ("[signed_in]\ntext = '('", "'text' is not a regular expression"),
        ("[signed_in]\ntext = '(?P<mail>.)'", "'text' has a group 'mail'; it may be 'email' or 'name'. Did you mean"),
        ("[signed_in]\ntext = '(.)(.)'", "'text' has several groups"),
        ("[signed_in]\nprobe = '/me'", "'signed_in' needs 'email', 'name', 'text' or 'address'"),
        (LEAN + '[unsupported]\n"saml.sonud.*" = "why"', "no case matches 'saml.sonud.*'. Did you mean 'saml.sound."),
        (LEAN + '[simulator]\nsecret = "env:NOT_SET"', "read from the variable NOT_SET, which is not set. Set it"),
        (LEAN + '[simulator]\nprofile = "env:NOT_SET"', "'simulator.profile' is read from the variable NOT_SET"),
        (LEAN + '[simulator]\nprofile = "hmac-md5-slated"', "Did you mean 'hmac-md5-salted'?"),
        (LEAN, "the portal's address is missing. Write 'login' as a whole address"),
        (LEAN + '[messages]\n"bad" = "saml.conditions.audiense"', "Did you mean 'saml.conditions.audience'?"),
    ],
)  # fmt: skip
def test_a_slip_in_a_profile_is_told_with_the_right_word(
    profile: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(profile, encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--portal", str(path), "--report", str(tmp_path / "report")])
    assert stopped.value.code == 4
    assert said in capsys.readouterr().err


def initialised(folder: Path, portal: str, *more: str) -> Path:
    path = folder / "first.toml"
    main(["init", "--portal", portal, "--out", str(path), *more])
    return path


def stopped(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


@pytest.mark.parametrize("path", ["/login", "/", ""])
def test_a_first_profile_of_a_saml_portal_holds_what_its_login_tells(
    saml: tuple[str, str], path: str, tmp_path: Path
) -> None:
    written_by_init = initialised(tmp_path, f"{saml[0]}{path}")
    profile = find(str(written_by_init)).profile
    assert (profile.login, profile.protocols) == (f"{saml[0]}/login", ("saml",))
    assert (profile.entity_id, profile.acs_url) == (ENTITY_ID, f"{saml[0]}/acs")
    assert profile.simulator.base_url == saml[1]
    text = written_by_init.read_text("utf-8")
    assert "found at none of the usual places" in text
    # Whoever takes the mark of a comment from the lines that show a key has keys that can be used.
    shown = re.compile(r"^# (?=\[\[|['\"\w.*]+ = )", re.MULTILINE)
    assert len(shown.findall(text)) > 8
    written_by_init.write_text(shown.sub("", text), "utf-8")
    load(written_by_init)


def test_a_first_profile_of_a_portal_for_remote_logins_asks_for_the_secret(tmp_path: Path) -> None:
    with serving(stranger) as sites:
        profile = load(initialised(tmp_path, f"{sites[0]}/start"))
    assert (profile.protocols, profile.simulator.secret) == (("remote-login",), "env:PORTAL_SECRET")
    assert profile.simulator.base_url == sites[1]


def test_a_first_profile_takes_the_metadata_and_asks_no_other_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_its_usual_place(simulator: str) -> Flask:
        app = gullible(simulator)
        app.add_url_rule("/saml2/metadata", view_func=lambda: METADATA)
        app.add_url_rule("/metadata", "elsewhere", lambda: redirect(f"{simulator}/metadata"))
        return app

    asked: list[str] = []

    def noting(url: str, *how: Any) -> socket.socket:
        asked.append(url)
        return opened(url, *how)

    monkeypatch.setattr(discovery, "opened", noting)
    with serving(at_its_usual_place) as sites:
        profile = load(initialised(tmp_path, f"{sites[0]}/login"))
    assert profile.metadata == f"{sites[0]}/saml2/metadata"
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(sites[0]).netloc}


def test_init_overwrites_nothing_and_tells_what_it_cannot_do(
    saml: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine", "utf-8")
    assert stopped("init", "--portal", f"{saml[0]}/login", "--out", str(path)) == 4
    assert path.read_text("utf-8") == "mine"
    for portal in ("desk.example", "ftp://desk.example", "http://portal.localhost:1/login"):
        assert stopped("init", "--portal", portal, "--out", str(tmp_path / "new.toml")) == 4
    assert stopped("init", "--portal", f"{saml[0]}/login", "--out", str(tmp_path / "no" / "new.toml")) == 4
    said = capsys.readouterr().err
    for words in ("is there already", "'desk.example' is no address", "does not answer", "cannot be written"):
        assert words in said
    assert not (tmp_path / "new.toml").exists()


def test_the_table_of_keys_is_up_to_date() -> None:
    written_table = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    assert written_table == markdown(), "run: python -m conformance.targets.profiles_table > docs/profiles.md"
    for key in ("`click`", "`slo_post_url`", "`text`", "`secret`", "`unsupported`", "`clock_allowance_seconds` | `60`"):
        assert f"| {key} |" in written_table
    every = [field.name for kind in KINDS for field in attrs.fields(kind)]
    assert [name for name in every if f"`{name}`" not in written_table and f"[{name}" not in written_table] == []


def test_a_secret_is_not_shown_with_the_profile(saml: tuple[str, str], tmp_path: Path) -> None:
    assert SECRET not in repr(load(written(tmp_path, *saml, LEAN)))
