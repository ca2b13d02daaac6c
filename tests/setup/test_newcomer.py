"""What the first screen promises to somebody who comes new."""

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp_sim.catalogue import load
from idp_sim.config import Portal
from idp_sim.login import SamlLogin
from idp_sim.people import Person

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINE = "python3 -m venv .venv && .venv/bin/pip install -q nox uv && .venv/bin/nox -s {}"
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PERSON = Person(first="Jane", last="Doe", email="jane@example.org", phone="", company="")
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


@pytest.mark.parametrize("session", ["conformance", "tests"])
def test_the_first_screen_has_the_line(session: str) -> None:
    first_screen = README.splitlines()[:40]
    assert LINE.format(session) in first_screen


def test_the_build_calls_the_line_of_the_readme() -> None:
    assert LINE.format("tests") in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_every_file_that_the_readme_links_is_there() -> None:
    linked = re.findall(r"\]\(([^):]+)\)", README)
    assert len(linked) > 5
    assert [link for link in linked if not (ROOT / link).exists()] == []


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package of scenarios that holds nothing but the README's example."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    folder = tmp_path / "newcomer_scenarios" / "saml"
    folder.mkdir(parents=True)
    for path, content in (
        (folder.parent / "__init__.py", ""),
        (folder / "__init__.py", ""),
        (folder / "lateness.py", code),
    ):
        path.write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "newcomer_scenarios"
    for name in [name for name in sys.modules if name.startswith("newcomer_scenarios")]:
        del sys.modules[name]


def test_the_example_is_a_scenario_as_it_stands(package: str) -> None:
    (scenario,) = load(importlib.import_module(package))
    assert scenario.id in README
    assert scenario.outcome == "must-refuse"
    login = SamlLogin(person=PERSON, portal=Portal("portal", "http://portal.localhost"))
    assert scenario.apply(login).not_on_or_after < login.at
    assert scenario.title == "The conditions of the assertion ended an hour ago."


def test_three_files_of_requirements_are_pinned() -> None:
    assert [path.name for path in REQUIREMENTS] == ["bench.txt", "conformance.txt", "tests.txt"]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_pinned_and_hashed_and_name_no_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if entry.strip()]
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|^\s*(-i|--index|--extra-index|--find-links|-e|-r)\b", text, re.MULTILINE)


def test_the_tests_run_with_the_versions_that_users_run() -> None:
    bench, users, tests = (dict(PINNED.findall(path.read_text(encoding="utf-8"))) for path in REQUIREMENTS)
    assert users.items() <= tests.items() <= bench.items()


def test_every_declared_dependency_is_pinned() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)
    groups = declared["dependency-groups"]
    wanted = [
        *declared["project"]["dependencies"],
        *declared["project"]["optional-dependencies"]["conformance"],
        *groups["build"],
        *groups["test"],
    ]
    pinned = dict(PINNED.findall((ROOT / "requirements/tests.txt").read_text(encoding="utf-8")))
    names = {re.split(r"[^a-z0-9-]", requirement)[0] for requirement in wanted}
    assert names - pinned.keys() == set()


def test_the_second_opinion_shares_its_xml_library() -> None:
    # With another libxml2 than lxml's, xmlsec refuses to be imported after it.
    etree = importlib.import_module("lxml.etree")
    xmlsec = importlib.import_module("xmlsec")
    assert xmlsec.get_libxml_version() == etree.LIBXML_VERSION
