"""Imports run downwards only, and no file grows too long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "rulebook": set[str](),
    "idp_sim": {"rulebook"},
    "portal_stub": {"rulebook"},
    "conformance": {"rulebook", "idp_sim", "portal_stub"},
}
CORE = (
    *("idp_sim/login.py", "idp_sim/stages.py", "idp_sim/perform.py", "idp_sim/saml", "idp_sim/remote_login"),
    *(
        "idp_sim/scenarios",
        "portal_stub/saml",
        "portal_stub/remote_login",
        "portal_stub/diagnosis.py",
        "portal_stub/explain",
    ),
    *("portal_stub/captured", "portal_stub/offline.py", "idp_sim/decode"),
)
NOT_IN_THE_CORE = {"flask", "sqlalchemy", "waitress", "click", "socket", "urllib.request", "time"}
LONGEST = 400


def files(place: str) -> list[Path]:
    found = ROOT / place
    return [found] if found.is_file() else sorted(found.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_downwards(room: str) -> None:
    for path in files(room):
        rooms = {name.partition(".")[0] for name in imports(path)} & MAY_IMPORT.keys()
        assert rooms <= MAY_IMPORT[room] | {room}, path


@pytest.mark.parametrize("place", CORE)
def test_the_core_has_no_web_no_database_and_no_clock(place: str) -> None:
    paths = files(place)
    assert paths
    for path in paths:
        assert not set(imports(path)) & NOT_IN_THE_CORE, path


@pytest.mark.parametrize("room", [*MAY_IMPORT, "tests", "bench"])
def test_files_stay_short(room: str) -> None:
    for path in files(room):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST, path
