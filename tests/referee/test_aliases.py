"""Old ids lead to the cases that there are, and whoever uses one is told so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.case import all_cases
from conformance.selection import select
from idp_sim.aliases import aliases, today
from idp_sim.cli import main
from idp_sim.keyring import Keyring
from tests.referee.commands import conformance

IDS = {case.id for case in all_cases()}
OLD, NEW = "saml.sound.prefixes[saml2]@both", "saml.sound.prefixes[saml2]"


@pytest.mark.parametrize("old", aliases())
def test_an_alias_shadows_no_case_and_leads_to_one(old: str) -> None:
    assert old not in IDS | {case.scenario.id for case in all_cases()}
    assert today(old) in IDS


def test_what_is_no_alias_keeps_its_id() -> None:
    assert aliases()
    assert {today(case_id) for case_id in IDS} == IDS


def test_a_select_understands_an_old_id_and_says_so() -> None:
    done = conformance("list", OLD, "--json")
    assert done.returncode == 0
    assert [entry["id"] for entry in json.loads(done.stdout)] == [NEW]
    assert done.stderr == f"'{OLD}' is called '{NEW}' today.\n"


def test_an_old_id_can_be_taken_away() -> None:
    cases, remarks = select(all_cases(), ["saml.sound.prefixes*", f"not:{OLD}"])
    assert remarks == [f"'{OLD}' is called '{NEW}' today."]
    assert NEW not in {case.id for case in cases}
    assert cases


def test_a_glob_is_not_mistaken_for_an_old_id() -> None:
    cases, remarks = select(all_cases(), ["saml.sound.prefixes*"])
    assert NEW in {case.id for case in cases}
    assert remarks == []


@pytest.mark.parametrize("command", ["show", "mint"])
def test_the_simulator_understands_an_old_id_and_says_so(command: str, tmp_path: Path) -> None:
    portals = tmp_path / "portals.toml"
    portals.write_text('[[portal]]\nname = "acme"\nbase_url = "http://portal.localhost:5002"\n')
    Keyring.open(tmp_path)
    plain = ["--portals", str(portals), "--at", "2026-03-14T15:09:26Z", "--seed", "1", "--instance", str(tmp_path)]
    options = plain if command == "mint" else []
    today_s, old_s = (CliRunner().invoke(main, [command, word, *options]) for word in (NEW, OLD))
    assert (today_s.exit_code, old_s.exit_code) == (0, 0)
    assert old_s.stdout == today_s.stdout
    assert today_s.stderr == ""
    assert old_s.stderr == f"'{OLD}' is called '{NEW}' today.\n"
