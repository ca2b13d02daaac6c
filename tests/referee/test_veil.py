"""What an encrypted message may tell the outside: the catalogue says it, the portal does so, the referee demands it."""

import attrs
import pytest

from conformance.in_process import Delivered, delivered
from conformance.verdict import Observation, judge
from idp_sim.catalogue import VEIL
from portal_stub.messages import public_message, public_rules
from portal_stub.weakness import Weaknesses

REFUSED = [one for one in delivered() if one.case.scenario.encrypted and one.case.outcome != "must-accept"]
VEILED = [one for one in REFUSED if one.case.declared == (VEIL,)]
FORGOT = Weaknesses.named(without=[VEIL])
ACCEPTED = Observation(result="as-signed")


def every(one: Delivered) -> str:
    return one.case.id


@pytest.mark.parametrize("one", REFUSED, ids=every)
def test_the_portal_declares_what_the_case_expects(one: Delivered) -> None:
    diagnosis = one.diagnose()
    if not diagnosis.granted:
        expected = one.case.declared if diagnosis.veiled else diagnosis.violations
        assert diagnosis.veiled == (one.case.declared == (VEIL,))
        assert public_rules(diagnosis) == expected


def test_veiled_refusals_read_alike_and_the_administrator_can_tell_them_apart() -> None:
    diagnoses = [one.diagnose() for one in VEILED]
    assert len({public_message(found, one.settings) for one, found in zip(VEILED, diagnoses, strict=True)}) == 1
    assert len({found.violations for found in diagnoses}) > 10


@pytest.mark.parametrize("one", [one for one in VEILED if one.case.outcome == "must-refuse"], ids=every)
def test_a_portal_that_tells_too_much_is_found(one: Delivered) -> None:
    told = public_rules(one.diagnose(FORGOT))
    assert told == one.case.expected
    for rules, word in (((VEIL,), "pass"), (told, "wrong-reason")):
        seen = attrs.evolve(one.observe(), rules=rules)
        assert judge("must-refuse", one.case.expected, seen, ACCEPTED, one.case.declared).word == word


def test_a_message_maps_to_the_rule_or_to_the_veil() -> None:
    case = VEILED[0].case
    for rule in (VEIL, *case.expected):
        seen = Observation(result="refused", message="no", rules=(rule,), rules_from="message")
        assert judge("must-refuse", case.expected, seen, ACCEPTED, case.declared).word == "pass"
