"""The mechanism of checks: one finding a rule, nothing granted by failing."""

import logging

import attrs
import pytest

from portal_stub.checks import LEFT_OUT, Checks, Found, NotApplicable, ok, violated, warning
from portal_stub.diagnosis import Diagnosis, Finding, Identity
from portal_stub.weakness import UnknownWeakness, Weaknesses
from rulebook import UnknownRule, rule
from rulebook.rules import guards_of

RULE = "saml.conditions.audience"
SOMEBODY = Identity(email="jane@example.com", name="Jane")


def run(found: Found | Exception, waived: frozenset[str] = frozenset()) -> Finding:
    checks: Checks[int] = Checks()

    @checks.enforces(RULE)
    def check(_: int) -> Found:
        if isinstance(found, Exception):
            raise found
        return found

    (finding,) = checks.run(1, waived)
    return finding


def test_each_check_gives_one_finding_for_its_rule() -> None:
    assert run(ok("x")) == Finding(rule=RULE, outcome="ok", got="x")
    assert run(violated("a", "b", "c")) == Finding(rule=RULE, outcome="violated", expected="a", got="b", hint="c")
    assert run(violated("a", "b")).hint == rule(RULE).mend
    assert run(warning("a", "b", "c")).outcome == "warning"
    assert run(NotApplicable("why")) == Finding(rule=RULE, outcome="not-applicable", reason="why")


def test_a_rule_left_out_is_not_run() -> None:
    assert run(ValueError("never"), frozenset({RULE})) == Finding(rule=RULE, outcome="not-applicable", reason=LEFT_OUT)


def test_a_check_that_fails_is_logged_and_never_grants(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        finding = run(ZeroDivisionError("oops"))
    assert finding.outcome == "not-checked"
    assert "ZeroDivisionError" in finding.reason
    assert RULE in caplog.text
    fine = Finding(rule="saml.statement.authn", outcome="ok")
    assert Diagnosis(findings=(fine,), identity=SOMEBODY).granted
    assert not Diagnosis(findings=(fine, finding), identity=SOMEBODY).granted


def test_a_diagnosis_fails_closed() -> None:
    fine = Finding(rule=RULE, outcome="ok")
    assert not Diagnosis(findings=(), identity=SOMEBODY).granted
    assert not Diagnosis(findings=(fine,)).granted
    assert not Diagnosis(findings=(attrs.evolve(fine, outcome="not-applicable"),), identity=SOMEBODY).granted
    assert not Diagnosis(findings=(attrs.evolve(fine, outcome="violated"),), identity=SOMEBODY).granted
    assert Diagnosis(findings=(attrs.evolve(fine, outcome="warning"),), identity=SOMEBODY).granted


def test_an_unknown_rule_a_property_and_a_second_check_fail_where_they_are_written() -> None:
    checks: Checks[int] = Checks()
    with pytest.raises(UnknownRule, match=r"saml\.conditions\.audience"):
        checks.enforces("saml.conditions.audienc")
    with pytest.raises(ValueError, match="property"):
        checks.enforces("saml.signature.only-signed-is-read")
    checks.enforces(RULE)(lambda _: ok())
    with pytest.raises(ValueError, match="two checks"):
        checks.enforces(RULE)


def test_weaknesses_are_named_or_told_to_be_unknown() -> None:
    weaknesses = Weaknesses.named(["saml.signature.only-signed-is-read"], ["first-assertion"])
    assert weaknesses.without == {"saml.signature.only-signed-is-read"} | guards_of(
        "saml.signature.only-signed-is-read"
    )
    with pytest.raises(UnknownWeakness, match=r"saml\.conditions\.audience"):
        Weaknesses.named(["saml.conditions.audienc"])
    with pytest.raises(UnknownWeakness, match="first-assertion"):
        Weaknesses.named([], ["first-assertions"])
