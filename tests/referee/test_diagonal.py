"""Law 3 for the whole catalogue: each broken sign-in violates exactly the rule it names."""

import pytest

from conformance.in_process import Delivered, delivered
from rulebook.rules import guards_of


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
def test_a_forgery_violates_some_guards_of_its_property_or_is_read_as_it_was_signed(one: Delivered) -> None:
    violations = set(one.diagnose().violations)
    assert violations or one.observe().result == "as-signed"
    assert violations <= guards_of(one.case.expected[0])
