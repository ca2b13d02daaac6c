"""``conformance idp``: profiles, exit codes, reports, and sign-ins that come to nothing."""

import json
from pathlib import Path

import jsonschema
import pytest

from conformance.events import Exit, read
from conformance.idp.profile import load
from conformance.idp.profiles_table import markdown
from conformance.sites import SECRET
from portal_stub.accounts.attempts import MASK
from portal_stub.saml.xml import METADATA
from rulebook.strict_toml import FileProblem
from tests.idp_probes.bench import against, check, events, standing
from tests.referee.commands import conformance

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures" / "schemas" / "events.schema.json"
LEAST = 'name = "x"\nmetadata = "m.xml"\nuser = "jane@example.com"\n'


def test_a_check_writes_what_a_run_writes(tmp_path: Path) -> None:
    report = tmp_path / "report"
    with standing(tmp_path, "loses RelayState") as stand:
        done = conformance("idp", str(stand.profile), "idp.request.*", "--driver", "http", "--report", str(report))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fail         idp.request.relay-state[awkward]" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(" s")
    assert {path.name for path in report.iterdir()} >= {"events.ndjson", "junit.xml", "index.html", "summary.md"}
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for line in (report / "events.ndjson").read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema)
    page = (report / "index.html").read_text(encoding="utf-8")
    assert "Send a RelayState of an unusual kind (awkward)" in page
    assert "saml-bindings 3.4.3, 3.5.3" in page
    assert "&lt;samlp:Response" in page


def test_known_failures_are_held_both_ways(tmp_path: Path) -> None:
    baseline, report = tmp_path / "baseline.toml", tmp_path / "report"
    with standing(tmp_path, "loses RelayState") as stand:
        how = (str(stand.profile), "idp.request.relay*", "--driver", "http", "--report", str(report))
        written = conformance("idp", *how, "--baseline", str(baseline), "--write-baseline")
        assert written.returncode == 0, written.stdout + written.stderr
        assert "idp.request.relay-state[awkward]" in baseline.read_text(encoding="utf-8")
        assert conformance("idp", *how, "--baseline", str(baseline)).returncode == 0
        assert conformance("idp", *how).returncode == 1
        stand.idp.faults = ()
        mended = conformance("idp", *how, "--baseline", str(baseline))
    assert mended.returncode == 1
    assert "is a known failure (fail), and passes" in mended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.toml",), 4, "nowhere.toml: cannot be read"),
        (("lab:nothing",), 4, "The lab has no 'nothing'"),
        (("lab:mellon",), 4, "mellon is a service-provider: judge it by 'conformance run --portal lab:mellon'"),
        (("{profile}", "idp.requst.*"), 5, "No case matches 'idp.requst.*'"),
        (("{profile}", "--write-baseline"), 4, "--write-baseline needs --baseline FILE"),
        (("{profile}", "--driver", "http", "--headed"), 4, "--headed and --slow are the browser's"),
        (("{profile}", "--driver", "http"), 4, "m.xml: the metadata cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told(arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    profile = tmp_path / "x.toml"
    profile.write_text(f'{LEAST}portal = {{keys = "keys"}}\n')
    done = conformance("idp", *(part.format(profile=profile) for part in arguments))
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_metadata_of_our_portal_is_printed_and_stays_the_same(tmp_path: Path) -> None:
    profile = tmp_path / "x.toml"
    profile.write_text(f'{LEAST}[portal]\nkeys = "keys"\nbase_url = "http://portal.localhost:5999"\n')
    first, second = (conformance("idp", str(profile), "--portal-metadata") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert METADATA in first.stdout
    assert 'entityID="http://portal.localhost:5999"' in first.stdout
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('nam = "x"\nuser = "a@b.example"', "unknown key 'nam'. Did you mean 'name'?"),
        (f"{LEAST}[portal]\nbase_ulr = 'x'", "unknown key 'portal.base_ulr'. Did you mean 'base_url'?"),
        ('name = "x"\nuser = "jane@example.com"', "give 'metadata', or 'entity_id'"),
        (
            'name = "x"\nmetadata = "m.xml"\nuser = "jane"',
            "'email' of the user 'jane' must say which address comes out",
        ),
        (f'{LEAST}[[person]]\nuser = "zoe"', "'email' of the user 'zoe' must say"),
        (f'{LEAST}password = "env:NO_SUCH_VARIABLE"', "the variable NO_SUCH_VARIABLE, which is not set"),
        (f'{LEAST}certificate = "none.pem"', "neither PEM nor a file that can be read: none.pem"),
        (f'{LEAST}[[step]]\nat = "/x"', "the step at '/x' does nothing"),
        (f'{LEAST}protocol = "remote-login"', "'remote_login.url' is missing"),
        (f'{LEAST}protocol = "remote-login"\n[remote_login]\nurl = "http://x"', "'remote_login.secret' is missing"),
        (f'{LEAST}protocol = "smal"', "Did you mean 'saml'?"),
    ],
)
def test_a_slip_in_a_profile_is_told(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(FileProblem) as told:
        load(path)
    assert said in str(told.value)


def test_passwords_come_from_variables_and_into_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALL_PASSWORD", "not the right one")
    with standing(tmp_path, "shows the password") as stand:
        text = stand.profile.read_text(encoding="utf-8").replace(
            'password = "right"', 'password = "env:SMALL_PASSWORD"'
        )
        stand.profile.write_text(text, encoding="utf-8")
        assert "not the right one" not in repr(load(stand.profile))
        ended, result = check(stand, tmp_path)
    assert ended == Exit.INCONCLUSIVE
    assert against(result, ["pass", "fail"]) == set()
    told = str(events(result)["idp.request.unknown-issuer"].reason)
    assert told.startswith("The sound sign-in before it was not answered.")
    assert "'********' is wrong" in told
    for path in (tmp_path / "report").rglob("*"):
        assert path.is_dir() or b"not the right one" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("fault", "password", "probe", "pictures"),
    [
        ("shows the password", "not right", "idp.sign-in.redirect", 0),
        ("shows a page for IsPassive", "right", "idp.request.is-passive[no-session]", 1),
    ],
)
def test_no_picture_is_taken_of_a_page_that_shows_a_password(
    fault: str, password: str, probe: str, pictures: int, tmp_path: Path
) -> None:
    with standing(tmp_path, fault) as stand:
        text = stand.profile.read_text(encoding="utf-8").replace('password = "right"', f'password = "{password}"')
        stand.profile.write_text(text, encoding="utf-8")
        _, result = check(stand, tmp_path, probe, driver="browser")
    assert len(against(result)) == 1
    assert len(list((tmp_path / "report").rglob("*.png"))) == pictures


def test_the_shared_secret_is_in_no_report(tmp_path: Path) -> None:
    with standing(tmp_path, "shows the secret", protocol="remote-login") as stand:
        _, result = check(stand, tmp_path, "idp.remote-login.unknown-host-url")
    told = str(events(result)["idp.remote-login.unknown-host-url"].observed.message)
    assert "says: Nobody knows stranger.localhost" in told
    assert told.endswith(MASK)
    for path in (tmp_path / "report").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_a_page_that_is_not_recognised_is_told_and_a_step_mends_it(tmp_path: Path) -> None:
    with standing(tmp_path, "asks for consent") as stand:
        ended, result = check(stand, tmp_path, "idp.sign-in.redirect", "idp.request.force-authn")
        assert ended == Exit.INCONCLUSIVE
        told = str(events(result)["idp.sign-in.redirect"].reason)
        assert "There is no login form, and no step of the profile. The page http://idp.localhost" in told
        assert "says: May the portal know who you are?" in told
        mended = f'{stand.profile.read_text(encoding="utf-8")}\n[[step]]\nat = "/login"\nclick = "button"\n'
        stand.profile.write_text(mended, encoding="utf-8")
        ended, result = check(stand, tmp_path, "idp.sign-in.redirect", "idp.request.force-authn")
    assert ended == Exit.PASSED
    assert against(result, ["pass"]) == {"idp.sign-in.redirect", "idp.request.force-authn"}


def test_a_login_on_two_pages_is_gone_through(tmp_path: Path) -> None:
    with standing(tmp_path, pages=2) as stand:
        ended, result = check(stand, tmp_path, "idp.sign-in.*", "idp.request.force-authn")
    assert ended == Exit.PASSED
    assert against(result) == set()


def test_one_that_takes_no_login_any_more_proves_nothing_by_refusing(tmp_path: Path) -> None:
    with standing(tmp_path, "locks the account after a wrong password") as stand:
        ended, result = check(stand, tmp_path, "idp.request.unknown-issuer", "idp.sign-in.*")
    assert against(result) == {"idp.request.unknown-issuer", "idp.sign-in.wrong-password"}
    told = events(result)["idp.request.unknown-issuer"]
    assert told.verdict == "inconclusive"
    assert str(told.reason).startswith("The sound sign-in after it was not answered.")
    assert ended == Exit.INCONCLUSIVE


def test_unsupported_is_skipped_with_its_reason_and_must_match(tmp_path: Path) -> None:
    with standing(tmp_path, extra='\n[unsupported]\n"idp.request.relay-*" = "It has none."\n') as stand:
        _, result = check(stand, tmp_path, "idp.request.relay*", "idp.sign-in.redirect")
    told = events(result)["idp.request.relay-state[awkward]"]
    assert (told.verdict, told.reason) == ("skipped", "It has none.")
    profile = tmp_path / "x.toml"
    profile.write_text(f'{LEAST}[unsupported]\n"idp.requst.*" = "No."\n')
    done = conformance("idp", str(profile))
    assert done.returncode == 4
    assert "'unsupported': no probe matches 'idp.requst.*'." in done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with standing(tmp_path) as stand:
        text = stand.profile.read_text(encoding="utf-8")
        port = stand.idp.base_url.rpartition(":")[2]
        taken = text.replace(load(stand.profile).portal.base_url, f"http://portal.localhost:{port}")
        stand.profile.write_text(taken, encoding="utf-8")
        done = conformance("idp", str(stand.profile), "--driver", "http", "--report", str(tmp_path / "report"))
    assert done.returncode == 4
    assert "Our portal cannot listen on http://portal.localhost" in done.stderr


def test_the_probes_are_listed() -> None:
    done = conformance("list", "--idp", "rule:idp.request.acs", "--json")
    listed = json.loads(done.stdout)
    assert [one["id"] for one in listed] == [
        "idp.request.unregistered-acs[another-host]",
        "idp.request.unregistered-acs[another-path]",
    ]
    assert {one["clause"] for one in listed} == {"saml-profiles 4.1.4.1"}
    assert "idp.logout.answered" in conformance("list", "--idp").stdout


def test_the_browser_signs_in_as_a_person_does(tmp_path: Path) -> None:
    with standing(tmp_path, "ignores ForceAuthn", pages=2) as stand:
        ended, result = check(
            stand,
            tmp_path,
            "idp.sign-in.*",
            "idp.request.force-authn",
            "idp.request.is-passive*",
            "idp.request.relay-state*",
            "idp.request.unregistered-acs*",
            "idp.logout.*",
            driver="browser",
        )
    assert against(result) == {"idp.request.force-authn"}
    assert ended == Exit.FAILED
    assert read(tmp_path / "report").header.driver == "browser"


def test_the_browser_signs_in_at_a_remote_login_page(tmp_path: Path) -> None:
    with standing(tmp_path, "ignores host_url", protocol="remote-login") as stand:
        _, result = check(stand, tmp_path, "not:idp.message.*", driver="browser")
    assert against(result) == {"idp.remote-login.unknown-host-url"}


def test_the_table_of_keys_is_up_to_date() -> None:
    written = (ROOT / "docs" / "identity-provider-profiles.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m conformance.idp.profiles_table > docs/identity-provider-profiles.md"
