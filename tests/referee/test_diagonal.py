"""Law 3 for the whole catalogue: each broken sign-in violates exactly the rule it names, and each weakness is found."""

import pytest

from conformance.in_process import Delivered, delivered
from portal_stub.remote_login.checks import CHECKS as LINK_CHECKS
from portal_stub.saml.checks import CHECKS as RESPONSE_CHECKS
from portal_stub.weakness import Weaknesses, naive_readers
from rulebook import RULES
from rulebook.rules import guards_of

STATEFUL = {"saml.assertion.once"}
"""Rules that only a journey can break; ``test_journeys.py`` holds them."""
ENFORCED = sorted((set(LINK_CHECKS) | set(RESPONSE_CHECKS)) - STATEFUL)


def every(case: Delivered) -> str:
    return case.case.id


@pytest.mark.parametrize("one", delivered(), ids=every)
def test_the_stub_passes(one: Delivered) -> None:
    verdict = one.verdict()
    assert verdict.word in ("pass", "advisory"), verdict.reason


@pytest.mark.parametrize("one", [one for one in delivered() if one.case.outcome == "must-refuse"], ids=every)
def test_a_broken_sign_in_violates_exactly_what_it_says(one: Delivered) -> None:
    diagnosis = one.diagnose()
    assert not diagnosis.granted
    assert diagnosis.violations == one.case.expected
    assert diagnosis.identity is None or diagnosis.person is None


@pytest.mark.parametrize("one", [one for one in delivered() if one.case.outcome == "never-as-forged"], ids=every)
def test_a_forgery_violates_some_guards_of_its_property(one: Delivered) -> None:
    violations = set(one.diagnose().violations)
    assert violations
    assert violations <= guards_of(one.case.expected[0])


@pytest.mark.parametrize("rule_id", ENFORCED)
def test_a_weakness_is_found_by_exactly_the_scenarios_of_its_rule(rule_id: str) -> None:
    found = {one.case.id for one in delivered() if one.verdict(Weaknesses.named(without=[rule_id])).word not in QUIET}
    told = {one.case.id for one in delivered() if rule_id in one.case.expected and one.case.outcome != "advisory"}
    if RULES[rule_id].guard_of:
        assert found <= told  # A guard left out alone may change nothing: others stand beside it.
    else:
        assert found == told
        assert told, "no scenario breaks this rule"


QUIET = ("pass", "advisory")


@pytest.mark.parametrize("reader", sorted(naive_readers()))
def test_a_naive_reader_is_fooled_by_something_and_by_nothing_but_what_it_says(reader: str) -> None:
    naive = Weaknesses.named(naive=[reader])
    found = [one for one in delivered() if one.verdict(naive).word not in QUIET]
    looser = naive_readers()[reader].loosens
    assert found
    assert not [
        one.case.id
        for one in found
        if one.observe(naive).result not in ("as-forged", "as-other") and not looser.intersection(one.case.expected)
    ]


def test_every_forgery_fools_some_naive_reader() -> None:
    fooled = {
        one.case.id
        for reader in naive_readers()
        for one in delivered()
        if one.observe(Weaknesses.named(naive=[reader])).result == "as-forged"
    }
    assert fooled == {one.case.id for one in delivered() if one.case.outcome == "never-as-forged"}
