"""The doctor before ``conformance run``: what it stops, what it leaves behind, and what it tells of the clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.events import read
from conformance.sites import Server, listen
from tests.doctor.setups import SetUp, codes, doctor, standing
from tests.referee.wrong_portals import WRONG, portal

CASES = ("saml.sound.plain@assertion", "saml.audience.missing")


def _run(profile: Path, report: Path, *options: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["run", *CASES, "--portal", str(profile), "--driver", "http", "--report", str(report), *options])
    return int(str(stopped.value.code))


def test_a_doctor_that_fails_stops_the_run(tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / "events.ndjson").write_text("of an earlier run\n")
    with standing(SetUp(portal={"saml.fingerprint": "second-idp"}), tmp_path, keys) as profile:
        assert _run(profile, report) == 6
        printed = capsys.readouterr()
        assert "[other-certificate]" in printed.err
        assert "No case was performed" in printed.err
        assert "passed" not in printed.out
        assert not list(report.glob("*.*"))
        assert _run(profile, report, "--no-doctor") == 6
    assert {case.verdict for case in read(report).cases} == {"inconclusive"}


def test_only_the_protocols_of_the_selected_cases_are_examined(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with standing(SetUp(profile={"protocols": ["remote-login", "saml"]}), tmp_path, keys) as profile:
        assert _run(profile, tmp_path / "report") == 0
        assert "remote-login" not in capsys.readouterr().err
        _, told = doctor(capsys, profile)
    assert codes(told) == {"other-method"}


@pytest.mark.parametrize("seconds", [0, 5])
def test_the_clock_offset_stands_in_the_header(seconds: int, tmp_path: Path, keys: Path) -> None:
    with standing(SetUp(ahead=timedelta(seconds=seconds)), tmp_path, keys) as profile:
        assert _run(profile, tmp_path / "report") == 0
    offset = read(tmp_path / "report").header.clock_offset
    assert seconds - 2 < offset < seconds + 2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("accepts_everything", "forgery-accepted"),
        ("refuses_everything", "secret-wrong"),
        ("answers_500", "portal-fails"),
        ("answers_200_with_an_error", "secret-wrong"),
        ("hangs", "portal-fails"),
        ("shows_success_without_a_session", "sign-never-appears"),
        ("signs_in_the_same_person", "other-person"),
    ],
)
def test_a_wrong_portal_is_told_for_what_it_is(
    name: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listen() as free:
        simulator = f"http://idp.localhost:{free.getsockname()[1]}"
    bound = listen()
    server = Server(portal(simulator, WRONG[name]), bound)
    profile = tmp_path / "wrong.toml"
    profile.write_text(
        f'name = "{name}"\nbase_url = "http://portal.localhost:{bound.getsockname()[1]}"\npatience_seconds = 2\n'
        'protocols = ["remote-login"]\n[signed_in]\nemail = "#person-email"\n[refused]\nmessage = "#login-error"\n'
        f'[simulator]\nbase_url = "{simulator}"\nsecret = "0123456789abcdef0123456789abcdef"\n',
        encoding="utf-8",
    )
    exit_code, told = doctor(capsys, profile)
    server.close()
    assert codes(told) == {code}, told
    assert exit_code == 6
