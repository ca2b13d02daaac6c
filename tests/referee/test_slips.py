"""An error of the referee itself: told with its case, and no verdict of another case is lost or made up."""

from pathlib import Path

import pytest

from conformance.events import read
from tests.referee.commands import conformance, verdicts

WRONG, MISSING, BACK = "remote-login.hash.wrong", "remote-login.hash.missing", "saml.browser.back-button"
TRUNCATED = {f"remote-login.hash.truncated[{how}]" for how in ("one-digit-short", "half", "one-digit")}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("slips", [(WRONG,), (WRONG, MISSING)])
def test_an_error_in_one_case_is_told_and_leaves_the_others_alone(
    tmp_path: Path, workers: str, slips: tuple[str, ...]
) -> None:
    done = conformance(
        "run", WRONG, MISSING, "remote-login.hash.truncated*", "--driver", "http", "-n", workers,
        "--report", str(tmp_path), "--", "-p", "tests.referee.slips", "--slips-in", " ".join(slips),
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert set(verdicts(read(tmp_path))) == {WRONG, MISSING, *TRUNCATED} - {*slips}
    assert set(verdicts(read(tmp_path)).values()) == {"pass"}
    told = next(line for line in done.stderr.splitlines() if line.startswith("Internal error in"))
    assert {case for case in (WRONG, MISSING) if case in told} == {*slips}
    assert done.stderr.count("Slip: the referee slipped") == len(slips)
    assert "slipping_perform" in done.stderr
    assert (tmp_path / "index.html").exists()
    assert not read(tmp_path).complete


def test_an_error_in_the_opening_control_is_one_of_the_first_case(tmp_path: Path) -> None:
    done = conformance(
        "run", "remote-login.hash.truncated*", "--driver", "http",
        "--report", str(tmp_path), "--", "-p", "tests.referee.slips", "--slips-in", "control-1",
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    first = "remote-login.hash.truncated[one-digit-short]"
    assert f"Internal error in {first}\n" in done.stderr
    assert set(verdicts(read(tmp_path))) == TRUNCATED - {first}


def test_without_its_closing_control_no_case_has_a_verdict(tmp_path: Path) -> None:
    done = conformance(
        "run", "remote-login.hash.truncated*", BACK, "--driver", "http",
        "--report", str(tmp_path), "--", "-p", "tests.referee.slips", "--slips-in", "control-2",
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Internal error in the control after remote-login.hash.truncated[one-digit-short]+2\n" in done.stderr
    assert verdicts(read(tmp_path)) == {BACK: "skipped"}


def test_a_worker_that_dies_is_an_error_and_the_others_go_on(tmp_path: Path) -> None:
    done = conformance(
        "run", WRONG, "saml.sound.plain@assertion", "saml.sound.plain@both", "--driver", "http", "-n", "2",
        "--report", str(tmp_path), "--", "-p", "tests.referee.slips", "--slips-in", f"dead:{WRONG}",
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert WRONG in done.stderr
    assert verdicts(read(tmp_path)) == {"saml.sound.plain@assertion": "pass", "saml.sound.plain@both": "pass"}
