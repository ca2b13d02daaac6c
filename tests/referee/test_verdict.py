"""The table of verdicts, cell by cell."""

from typing import Any

import pytest

from conformance.verdict import Observation, judge

RULE = "saml.conditions.audience"
PROPERTY = "saml.signature.only-signed-is-read"
SOUND = Observation(result="as-signed", person="Jane <jane@example.com>")
TABLE = {
    "must-accept": {"refused": "fail", "as-signed": "pass"},
    "must-refuse": {"refused": "pass", "as-signed": "fail"},
    "never-as-forged": {"refused": "pass", "as-signed": "pass"},
    "advisory": {"refused": "advisory", "as-signed": "advisory"},
}
FOR_ALL = {"as-forged": "fail", "as-other": "fail", "crash": "crash"}


def seen(result: Any, rules: tuple[str, ...] = (RULE,), **rest: Any) -> Observation:
    if result != "refused":
        return Observation(result=result, person="somebody", **rest)
    return Observation(**{"result": result, "message": "No.", "rules": rules, "rules_from": "page", **rest})


@pytest.mark.parametrize("outcome", TABLE)
@pytest.mark.parametrize("result", ["refused", "as-signed", "as-forged", "as-other", "crash"])
def test_table(outcome: Any, result: str) -> None:
    verdict = judge(outcome, (RULE,), seen(result), SOUND)
    assert verdict.word == {**TABLE[outcome], **FOR_ALL}[result]
    assert verdict.word == "pass" or verdict.reason


@pytest.mark.parametrize("outcome", TABLE)
@pytest.mark.parametrize("result", ["refused", "as-signed", "as-forged", "as-other", "crash"])
def test_any_row_beside_a_refused_control_is_inconclusive(outcome: Any, result: str) -> None:
    assert judge(outcome, (RULE,), seen(result), seen("refused")).word == "inconclusive"


@pytest.mark.parametrize(
    ("outcome", "control", "word"),
    [
        ("must-accept", "accepted", "pass"),
        ("must-accept", "as-signed", "fail"),
        ("must-accept", "refused", "inconclusive"),
        ("must-refuse", "accepted", "fail"),
        ("must-refuse", "as-signed", "fail"),
        ("never-as-forged", "accepted", "inconclusive"),
        ("never-as-forged", "as-signed", "inconclusive"),
        ("advisory", "accepted", "advisory"),
    ],
)
def test_who_is_accepted_without_being_shown_is_not_taken_for_anybody(outcome: Any, control: str, word: str) -> None:
    verdict = judge(outcome, (RULE,), Observation(result="accepted"), seen(control))
    assert verdict.word == word
    assert verdict.proof == ("control" if word == "pass" else None)
    assert judge(outcome, (RULE,), seen("refused"), seen("accepted")).word == TABLE[outcome]["refused"]


def test_what_kept_the_control_from_its_end_is_told() -> None:
    control = Observation(result="refused", unmet="The login page led elsewhere.")
    assert "The login page led elsewhere." in judge("must-accept", (), seen("refused"), control).reason


@pytest.mark.parametrize("outcome", TABLE)
@pytest.mark.parametrize("control", ["as-other", "as-forged", "crash"])
def test_beside_a_control_that_went_wrong_only_what_is_plain_is_judged(outcome: Any, control: str) -> None:
    assert judge(outcome, (RULE,), seen("crash"), seen(control)).word == "crash"
    assert judge(outcome, (RULE,), seen("as-other"), seen(control)).word == "fail"
    assert judge(outcome, (RULE,), seen("refused"), seen(control)).word == "inconclusive"
    assert judge(outcome, (RULE,), seen("as-signed"), seen(control)).word == "inconclusive"


@pytest.mark.parametrize(
    ("rules", "source", "word", "proof"),
    [
        ((RULE,), "page", "pass", "declared"),
        ((RULE, "saml.time.format"), "page", "wrong-reason", None),
        (("saml.time.format",), "page", "wrong-reason", None),
        ((), "page", "wrong-reason", None),
        ((RULE,), "message", "pass", "message"),
        ((RULE, "saml.time.format"), "message", "pass", "message"),
        (("saml.time.format",), "message", "wrong-reason", None),
        ((), "nothing", "pass", "control"),
    ],
)
def test_the_reason_of_a_refusal(rules: tuple[str, ...], source: Any, word: str, proof: str | None) -> None:
    verdict = judge("must-refuse", (RULE,), seen("refused", rules, rules_from=source), SOUND)
    assert (verdict.word, verdict.proof) == (word, proof)


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        (("saml.signature.one-assertion",), "pass"),
        (("saml.signature.one-assertion", "saml.signature.whole-text"), "pass"),
        (("saml.signature.one-assertion", "saml.time.format"), "wrong-reason"),
        ((), "wrong-reason"),
    ],
)
def test_a_property_is_kept_by_its_guards(rules: tuple[str, ...], word: str) -> None:
    assert judge("never-as-forged", (PROPERTY,), seen("refused", rules), SOUND).word == word


@pytest.mark.parametrize(
    ("rules", "source", "word"),
    [
        (("saml.signature.one-assertion",), "message", "pass"),
        (("saml.encryption.opaque",), "message", "pass"),
        (("saml.time.format",), "message", "wrong-reason"),
        (("saml.encryption.opaque",), "page", "pass"),
        (("saml.signature.one-assertion",), "page", "wrong-reason"),
    ],
)
def test_a_portal_that_declares_no_rules_keeps_a_veiled_property_by_its_guards(
    rules: tuple[str, ...], source: Any, word: str
) -> None:
    refused = seen("refused", rules, rules_from=source)
    assert judge("never-as-forged", (PROPERTY,), refused, SOUND, ("saml.encryption.opaque",)).word == word


def test_a_refusal_without_a_message_is_no_refusal_for_the_stated_reason() -> None:
    verdict = judge("must-refuse", (RULE,), Observation(result="refused"), SOUND)
    assert verdict.word == "wrong-reason"


@pytest.mark.parametrize("outcome", TABLE)
def test_off_the_portal_is_a_failure_whatever_was_demanded(outcome: Any) -> None:
    assert judge(outcome, (RULE,), seen("as-signed", off_site="http://elsewhere.localhost/"), SOUND).word == "fail"


def test_an_unmet_expectation_of_a_journey_is_a_failure() -> None:
    verdict = judge("must-accept", (), seen("as-signed", unmet="The role is wrong."), SOUND)
    assert (verdict.word, verdict.reason) == ("fail", "The role is wrong.")
