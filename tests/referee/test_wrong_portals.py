"""The suite against portals that are wrong on purpose, each through a profile of its own, as a real portal would be."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from wrong_portals import WRONG, portal

from conformance.events import Run, read
from conformance.sites import Server, listen

CASES = ("remote-login.sound.plain", "remote-login.hash.wrong", "remote-login.email.not-an-address")
SOUND, FORGED, _ = CASES

# What the sound login, and what the broken ones come to: (sound, broken, exit code).
RIGHT = {
    "accepts_everything": ("pass", "fail", 1),
    "refuses_everything": ("inconclusive", "inconclusive", 6),
    "answers_500": ("crash", "crash", 1),
    "answers_200_with_an_error": ("inconclusive", "inconclusive", 6),
    "hangs": ("crash", "crash", 1),
    "shows_success_without_a_session": ("inconclusive", "inconclusive", 6),
    "signs_in_the_same_person": ("fail", "fail", 1),
}


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def simulator_port() -> int:
    with listen() as free:
        return int(free.getsockname()[1])


@pytest.fixture(params=WRONG)
def wrong(request: pytest.FixtureRequest, simulator_port: int, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    simulator = f"http://idp.localhost:{simulator_port}"
    bound = listen()
    server = Server(portal(simulator, WRONG[request.param]), bound)
    profile = tmp_path / "wrong.toml"
    profile.write_text(
        f"""
        name = "{request.param}"
        base_url = "http://portal.localhost:{bound.getsockname()[1]}"
        patience_seconds = 2
        [signed_in]
        email = "#person-email"
        [refused]
        message = "#login-error"
        [simulator]
        base_url = "{simulator}"
        secret = "0123456789abcdef0123456789abcdef"
        """,
        encoding="utf-8",
    )
    yield request.param, profile
    server.close()


@pytest.mark.parametrize("driver", ["http", "browser"])
def test_a_wrong_portal_is_told_for_what_it_is(wrong: tuple[str, Path], driver: str, tmp_path: Path) -> None:
    name, profile = wrong
    reports = tmp_path / "reports"
    ran = conformance("run", *CASES, "--portal", str(profile), "--driver", driver, "--report", str(reports))
    sound, broken, code = RIGHT[name]
    run: Run = read(reports)
    verdicts = {case.id: case.verdict for case in run.cases}
    assert verdicts == {case: sound if case == SOUND else broken for case in CASES}, ran.stdout + ran.stderr
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


def test_whoever_accepts_everything_passes_no_broken_case(simulator_port: int, tmp_path: Path) -> None:
    simulator = f"http://idp.localhost:{simulator_port}"
    bound = listen()
    server = Server(portal(simulator, WRONG["accepts_everything"]), bound)
    profile = tmp_path / "wrong.toml"
    profile.write_text(
        f'name = "gullible"\nbase_url = "http://portal.localhost:{bound.getsockname()[1]}"\n'
        f'[signed_in]\nemail = "#person-email"\n[simulator]\nbase_url = "{simulator}"\nsecret = "5f4dcc3b"\n',
        encoding="utf-8",
    )
    reports = tmp_path / "reports"
    conformance("run", "remote-login.*", "--portal", str(profile), "--driver", "http", "--report", str(reports))
    server.close()
    run = read(reports)
    passed = {case.id for case in run.cases if case.outcome == "must-refuse" and case.verdict == "pass"}
    assert passed == set()
    assert {case.verdict for case in run.cases if case.outcome == "must-refuse"} == {"fail", "skipped"}
