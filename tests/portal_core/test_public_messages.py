"""What the person is told, in both wordings, and what is never told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from portal_stub.config import SamlSettings, Settings, SimpleSettings
from portal_stub.diagnosis import Diagnosis, Finding
from portal_stub.messages import SENTENCES, public_message, public_rules
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.checks import CHECKS
from portal_stub.saml.message import Post
from portal_stub.saml.veil import RULE
from rulebook import rule
from tests.portal_core.responses import (
    NOW,
    STATUS_CODE,
    Signing,
    add,
    both,
    certificate,
    diagnose,
    drop,
    put,
    response,
    settings,
)

FAILED = "Login was unsuccessful!"


def told(diagnosis: Diagnosis, **saml: Any) -> str:
    return public_message(diagnosis, Settings(saml=SamlSettings(**saml)))


def test_every_rule_that_refuses_has_a_sentence() -> None:
    assert set(SENTENCES) == {rule_id for rule_id in CHECKS if rule(rule_id).level == "MUST"} | {RULE}


def test_the_help_page_says_these() -> None:
    rogue = Signing(key="rogue")
    swapped = Signing(key="rogue", certificates=(certificate("trusted"),))
    assert told(diagnose(response(), settings(fingerprint=""))) == f"{FAILED} No fingerprint or certificate on settings"
    assert told(diagnose(Post(saml_response=""))) == f"{FAILED} Blank response"
    assert told(diagnose(response(signing=rogue))) == f"{FAILED} Fingerprint mismatch"
    assert told(diagnose(response(signing=swapped))) == f"{FAILED} Invalid Signature on SAML Response"


def test_times_are_told_with_their_difference_in_both_wordings() -> None:
    early = diagnose(response(), now=NOW - timedelta(minutes=2), given=settings())
    only_early = attrs.evolve(
        early, findings=tuple(found for found in early.findings if found.rule != "saml.response.issue-instant")
    )
    both_times = "it is now 2026-03-01T11:58:00Z, NotBefore is 2026-03-01T11:59:30Z, 1 minute 30 seconds from now"
    assert told(only_early) == f"{FAILED} Current time is earlier than NotBefore condition: {both_times}"
    older = f"{FAILED} Current time is earlier than response: {both_times}"
    assert told(only_early, time_wording="response") == older

    late = diagnose(response(), now=NOW + timedelta(minutes=6))
    both_times = "it is now 2026-03-01T12:06:00Z, NotOnOrAfter is 2026-03-01T12:05:00Z, 1 minute ago"
    assert told(late) == f"{FAILED} Current time is on or after NotOnOrAfter condition: {both_times}"
    assert told(late, time_wording="response") == f"{FAILED} Current time is much later than response: {both_times}"


def test_a_refused_status_is_told_as_it_came_but_short() -> None:
    refused = put(STATUS_CODE, Value="urn:oasis:names:tc:SAML:2.0:status:Responder")
    second = add(STATUS_CODE, "<samlp:StatusCode Value='urn:oasis:names:tc:SAML:2.0:status:AuthnFailed'/>")
    message = add(
        "samlp:Status", "<samlp:StatusMessage>Not <![CDATA[<b>assigned</b>]]>\n\n to you</samlp:StatusMessage>"
    )
    diagnosis = diagnose(response(before=both(refused, second, message, drop("saml:Assertion")), base="response"))
    assert told(diagnosis) == (
        f"{FAILED} The identity provider refused the login: Responder, AuthnFailed: Not <b>assigned</b> to you"
    )
    long = add("samlp:Status", f"<samlp:StatusMessage>{'x' * 5000}</samlp:StatusMessage>")
    assert len(told(diagnose(response(before=both(refused, long))))) < 300


def test_without_a_violation_the_message_is_plain() -> None:
    failed = Diagnosis(findings=(Finding(rule="saml.assertion.once", outcome="not-checked", reason="x"),))
    assert told(failed) == FAILED
    assert public_rules(failed) == ()


def test_the_public_rules_are_sorted() -> None:
    late = diagnose(response(), now=NOW + timedelta(minutes=6))
    assert public_rules(late) == ("saml.conditions.not-on-or-after", "saml.confirmation.not-on-or-after")


@pytest.mark.parametrize(
    ("violated", "invalid", "expired"),
    [
        (("remote-login.timestamp.not-too-old",), "Invalid Time Stamp", "Session expired. Please login again"),
        (("remote-login.timestamp.format",), "Invalid Time Stamp", "Session expired. Please login again"),
        (("remote-login.hash.matches",), FAILED, FAILED),
        (("remote-login.hash.matches", "remote-login.timestamp.not-too-old"), FAILED, FAILED),
        (("portal.sso.enabled",), FAILED, FAILED),
    ],
)
def test_remote_logins_have_two_eras(violated: tuple[str, ...], invalid: str, expired: str) -> None:
    told_of = (Finding(rule=rule_id, outcome="violated") for rule_id in violated)
    diagnosis = Diagnosis(findings=(Finding(rule="remote-login.name.present", outcome="ok"), *told_of))
    assert public_message(diagnosis, Settings()) == invalid
    later = Settings(simple=SimpleSettings(time_wording="expired"))
    assert public_message(diagnosis, later) == expired


def test_a_refused_link_tells_no_secret_and_no_hash() -> None:
    given = Settings(simple=SimpleSettings(secret="the-secret"))
    diagnosis = judge_link(b"name=a&email=a@example.com&hash=00&timestamp=1", given, datetime(2026, 1, 1, tzinfo=UTC))
    assert public_message(diagnosis, given) == FAILED
    assert all(rule(rule_id) for rule_id in public_rules(diagnosis))
