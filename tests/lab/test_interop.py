"""The whole lab in one go: who was not judged, or not as known, is told and fails the run."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance.events import Exit
from conformance.lab import harness as lab
from conformance.lab import interop
from tests.reports.sample_run import write_sample

NAMES = ["one", "two"]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exit | str]:
    """How each service provider ends; a test changes it."""
    ends: dict[str, Exit | str] = dict.fromkeys(NAMES, Exit.PASSED)

    def judge(name: str, *how: Any) -> Exit | str:
        if isinstance(ends[name], Exit):
            write_sample(how[-1])
        return ends[name]

    monkeypatch.setattr(lab, "names_of", lambda _kind: NAMES)
    monkeypatch.setattr(interop, "judge", judge)
    return ends


def invoke(tmp_path: Path, *more: Any) -> Result:
    (tmp_path / "docs").mkdir()
    return CliRunner().invoke(interop.main, [*map(str, more), "--report", str(tmp_path / "reports")])


@pytest.mark.usefixtures("ends")
def test_the_matrix_of_all_is_written_and_published(tmp_path: Path) -> None:
    done = invoke(tmp_path, "--publish", tmp_path / "docs")
    assert done.exit_code == 0, done.output
    assert "one: as its baseline says" in done.output
    published = (tmp_path / "docs" / "interop.md").read_text("utf-8")
    assert published == (tmp_path / "reports" / "matrix.md").read_text("utf-8")


@pytest.mark.usefixtures("ends")
def test_identity_providers_have_a_matrix_of_their_own(tmp_path: Path) -> None:
    done = invoke(tmp_path, "--kind", "identity-provider", "--publish", tmp_path / "docs")
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "docs").iterdir())
    assert names == ["interop-identity-providers.html", "interop-identity-providers.md"]


def test_who_is_of_the_other_kind_is_not_judged(tmp_path: Path) -> None:
    said = interop.judge("idp-samlp", "service-provider", "http", 1, tmp_path / "one")
    assert "conformance idp lab:idp-samlp" in str(said)
    said = interop.judge("mellon", "identity-provider", "http", 1, tmp_path / "one")
    assert "conformance run --portal lab:mellon" in str(said)


def test_one_that_cannot_be_set_up_is_told_fails_the_run_and_is_not_published(
    tmp_path: Path, ends: dict[str, Exit | str]
) -> None:
    ends["two"] = "two needs packages of the system: apt-get install two"
    done = invoke(tmp_path, "--publish", tmp_path / "docs")
    assert done.exit_code == 1
    assert "two: not judged. two needs packages of the system: apt-get install two" in done.output
    assert (tmp_path / "reports" / "matrix.md").is_file()
    assert not list((tmp_path / "docs").iterdir())


def test_one_that_does_not_end_as_known_fails_the_run(tmp_path: Path, ends: dict[str, Exit | str]) -> None:
    ends["one"] = Exit.FAILED
    done = invoke(tmp_path)
    assert done.exit_code == 1
    assert "one: not as its baseline says (exit 1)" in done.output


def test_what_cannot_be_judged_says_why(tmp_path: Path) -> None:
    assert "The lab has no 'melon'" in str(interop.judge("melon", "service-provider", "http", 1, tmp_path / "melon"))


@pytest.mark.usefixtures("ends")
def test_a_part_of_the_lab_is_not_published(tmp_path: Path) -> None:
    assert invoke(tmp_path, "one", "--publish", tmp_path / "docs").exit_code == 2
