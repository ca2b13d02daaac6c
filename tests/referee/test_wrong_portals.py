"""The suite against portals that are wrong on purpose, each through a profile of its own, as a real portal would be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.sites import Server, listen
from tests.referee.commands import run, verdicts
from tests.referee.wrong_portals import WRONG, portal

CASES = ("remote-login.sound.plain", "remote-login.hash.wrong", "remote-login.fields.email-not-an-address[login-name]")
SOUND = CASES[0]

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


@pytest.fixture
def simulator_port() -> int:
    with listen() as free:
        return int(free.getsockname()[1])


IN_A_BROWSER = ("accepts_everything", "answers_500", "hangs", "shows_success_without_a_session")


@pytest.fixture
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


@pytest.mark.parametrize(
    ("wrong", "driver"),
    [*((name, "http") for name in WRONG), *((name, "browser") for name in IN_A_BROWSER)],
    indirect=["wrong"],
)
def test_a_wrong_portal_is_told_for_what_it_is(wrong: tuple[str, Path], driver: str, tmp_path: Path) -> None:
    name, profile = wrong
    done, result = run(tmp_path / "reports", *CASES, "--portal", str(profile), "--driver", driver, "--no-doctor")
    sound, broken, code = RIGHT[name]
    right = {case: sound if case == SOUND else broken for case in CASES}
    assert verdicts(result) == right, done.stdout + done.stderr
    assert done.returncode == code, done.stdout + done.stderr


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
    chosen = ("remote-login.*", "--portal", str(profile), "--driver", "http", "--no-doctor")
    _, result = run(tmp_path / "reports", *chosen)
    server.close()
    broken = {case.id: case.verdict for case in result.cases if case.outcome == "must-refuse"}
    assert set(broken.values()) == {"fail", "skipped"}, broken
