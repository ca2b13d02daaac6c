"""Every published class of broken sign-ins is in the catalogue, or ``docs/not-tested.md`` says why it is not."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.case import all_cases
from conformance.selection import matches

FOLDER = Path(__file__).parent / "classes"
NOT_TESTED = Path(__file__).parents[2] / "docs" / "not-tested.md"
IDS = [case.id for case in all_cases()]


def covered() -> Iterator[tuple[str, str]]:
    """Yield each class with each glob of cases that cover it."""
    for path in sorted(FOLDER.glob("*.toml")):
        for name, globs in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for glob in globs:
                yield name, glob


def all_classes() -> list[str]:
    """Return the ids of all classes: they are listed once, apart from what covers them."""
    return (FOLDER / "all.txt").read_text(encoding="utf-8").split()


def left_out() -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", NOT_TESTED.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", all_classes())
def test_the_class_is_covered_or_left_out_for_a_reason(name: str) -> None:
    assert (name in dict(covered())) != (name in left_out())


@pytest.mark.parametrize(("name", "glob"), list(covered()))
def test_what_covers_a_class_exists(name: str, glob: str) -> None:
    assert name in all_classes()
    assert any(matches(glob, case_id) for case_id in IDS)


def test_fewer_than_five_classes_are_left_out() -> None:
    assert left_out() <= set(all_classes())
    assert len(left_out()) < 5
