"""Every SAML sign-in before independent judges: the sound are accepted, the broken refused for what is broken (law 12).

``opinions.toml`` says what counts as refusing for a rule, and where nobody refuses what the portal refuses, or
python3-saml refuses what is sound.
"""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance.in_process import Delivered, delivered
from conformance.selection import matches
from tests.second_opinion.others import ACCEPTED, opinions

TABLES = tomllib.loads(Path(__file__).with_name("opinions.toml").read_text(encoding="utf-8"))
CLAIMS: Mapping[str, list[str]] = TABLES["claims"]
RESPONSES = [one for one in delivered() if one.case.scenario.protocol == "saml"]
SOUND = [one for one in RESPONSES if one.case.outcome == "must-accept"]
BROKEN = [one for one in RESPONSES if one.case.outcome == "must-refuse" and one.case.scenario.stage != "settings"]


def named(one: Delivered) -> str:
    return one.case.id


@functools.cache
def heard(case_id: str) -> Mapping[str, str]:
    """What the judges say of a case, asked once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        return opinions(next(one for one in RESPONSES if one.case.id == case_id), patch)


def listed(table: str, one: Delivered) -> bool:
    return any(matches(glob, one.case.id) for glob in TABLES[table])


def counting(one: Delivered) -> Iterator[tuple[str, str]]:
    """Yield each claim, with its rule, by which a judge refuses the case for a rule that it breaks."""
    said = heard(one.case.id)
    for broken in one.case.scenario.breaks:
        for claim in CLAIMS.get(broken.id, []):
            judge, _, glob = claim.partition(": ")
            if said.get(judge, ACCEPTED) != ACCEPTED and matches(glob or "*", said[judge]):
                yield broken.id, claim


def breaking(rule_id: str) -> list[Delivered]:
    return [one for one in BROKEN if any(broken.id == rule_id for broken in one.case.scenario.breaks)]


@pytest.mark.parametrize("one", SOUND, ids=named)
def test_a_sound_sign_in_is_accepted(one: Delivered) -> None:
    said = dict(heard(one.case.id))
    assert (said.pop("python3-saml") != ACCEPTED) == listed("stricter", one)
    if listed("stricter", one):
        assert set(said.values()) == {ACCEPTED}, said


@pytest.mark.parametrize("one", BROKEN, ids=named)
def test_a_broken_sign_in_is_refused_for_what_is_broken(one: Delivered) -> None:
    assert bool(list(counting(one))) != listed("accepted", one), dict(heard(one.case.id))


def test_every_line_says_something_of_a_case() -> None:
    claimed = [(rule, claim) for rule, claims in CLAIMS.items() for claim in claims]
    # One case for each is enough to ask: a worker of its own would have to hear them all again.
    assert [each for each in claimed if not any(each in counting(one) for one in breaking(each[0]))] == []
    for table, cases in (("accepted", BROKEN), ("stricter", SOUND)):
        idle = [glob for glob in TABLES[table] if not any(matches(glob, one.case.id) for one in cases)]
        assert idle == []
    assert all(reason for table in ("accepted", "stricter") for reason in TABLES[table].values())
