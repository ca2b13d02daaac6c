"""Every probe is seen to fail: identity providers that are wrong in one way, each found by exactly its probes."""

from pathlib import Path

import pytest

from conformance.events import Exit
from conformance.idp.probes import all_probes
from tests.idp_probes.bench import against, check, events, standing

BESIDE_THE_FIRST = {
    "idp.sign-in.post",
    "idp.sign-in.idp-initiated",
    "idp.sign-in.again[another-browser]",
    "idp.sign-in.again[the-same-browser]",
    "idp.sign-in.person[accents]",
    "idp.sign-in.person[plus]",
}
LOGOUTS = {"idp.logout.answered", "idp.logout.ends-session"}

# What the identity provider does wrong: the probes that fail, and how a reason begins.
FAULTS = {
    "answers anywhere": (
        {"idp.request.unregistered-acs[another-host]", "idp.request.unregistered-acs[another-path]"},
        "Expected no message at http",
    ),
    "answers on the host": ({"idp.request.unregistered-acs[another-path]"}, "Expected no message at http://portal."),
    "answers anybody": ({"idp.request.unknown-issuer"}, "Expected no login upon a request of https://portal-that"),
    "ignores Destination": ({"idp.request.other-destination"}, "Expected no login upon a request whose Destination"),
    "ignores signatures": (
        {"idp.request.signed-by-a-stranger[redirect]", "idp.request.signed-by-a-stranger[post]"},
        "Expected no login upon a request whose signature is not the portal's",
    ),
    "refuses signed requests": (
        {"idp.request.signed[redirect]", "idp.request.signed[post]"},
        "Expected a login; got No login came to the portal.",
    ),
    "ignores ForceAuthn": (
        {"idp.request.force-authn"},
        "Expected the login form once more; got a login without being asked anything.",
    ),
    "back-dates a forced login": ({"idp.request.force-authn"}, "Expected the AuthnInstant of this authentication"),
    "shows a page for IsPassive": ({"idp.request.is-passive[no-session]"}, "Expected to be sent back without a page"),
    "refuses passive sessions with a page": (
        {"idp.request.is-passive[session]"},
        "Expected to be sent back without a page",
    ),
    "gives any Format": (
        {f"idp.request.name-id-format[{name}]" for name in ("persistent", "transient", "unknown")},
        "Expected a NameID of the Format urn:",
    ),
    "refuses to choose a Format": (
        {"idp.request.name-id-format[unspecified]", "idp.request.name-id-format[none]"},
        "Expected a login; got The answer was the status Requester / InvalidNameIDPolicy",
    ),
    "writes unspecified": ({"idp.request.name-id-format[email-address]"}, "Expected a NameID of the Format urn:"),
    "answers other Formats by a plain error": (
        {f"idp.request.name-id-format[{name}]" for name in ("persistent", "transient", "unknown")},
        "Expected a NameID of the Format urn:",
    ),
    "loses RelayState": (
        {f"idp.request.relay-state[{name}]" for name in ("awkward", "markup", "longest")},
        "Expected the RelayState '",
    ),
    "cuts RelayState": ({"idp.request.relay-state[longest]"}, "Expected the RelayState '0123"),
    "escapes RelayState twice": (
        {"idp.request.relay-state[awkward]", "idp.request.relay-state[markup]"},
        "Expected the",
    ),
    "reuses IDs of a session": (
        {"idp.sign-in.again[the-same-browser]"},
        "Expected a new ID of the Response; got '",
    ),
    "reuses the ID of assertions of a session": (
        {"idp.sign-in.again[the-same-browser]"},
        "Expected a new ID of the assertion; got '",
    ),
    "issues backwards": (
        {"idp.sign-in.again[another-browser]", "idp.sign-in.again[the-same-browser]"},
        "Expected a second Response that is issued later",
    ),
    "takes any password": ({"idp.sign-in.wrong-password"}, "Expected no login; got Signed in as lara.lab@example.com."),
    "answers a request that was not made": (
        {"idp.sign-in.idp-initiated", "idp.message.saml.response.in-response-to"},
        "Expected a",
    ),
    "takes nothing by POST": ({"idp.sign-in.post", "idp.request.signed[post]"}, "Expected a login"),
    "drops accents": ({"idp.sign-in.person[accents]", "idp.sign-in.person[plus]"}, "Expected the name 'Zoë Müller'"),
    "keeps the session": ({"idp.logout.ends-session"}, "Expected the login form; got a login without being asked"),
    "does not answer logouts": ({"idp.logout.answered"}, "Expected a LogoutResponse; got"),
    "answers logouts unsoundly": (
        {"idp.logout.answered"},
        "Expected a LogoutResponse that the portal accepts; got saml.logout.in-response-to: expected",
    ),
}

# Who answers no signed request at all has not refused a stranger's for its signature.
PROVES_NOTHING = {
    "refuses signed requests": {
        "idp.request.signed-by-a-stranger[redirect]",
        "idp.request.signed-by-a-stranger[post]",
    },
    "takes nothing by POST": {"idp.request.signed-by-a-stranger[post]"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_probes_alone(fault: str, tmp_path: Path) -> None:
    found_by, begins = FAULTS[fault]
    selects = ("not:idp.message.*",) if not any("message" in one for one in found_by) else ()
    with standing(tmp_path, fault) as stand:
        ended, result = check(stand, tmp_path, *selects)
    unclear = PROVES_NOTHING.get(fault, set())
    assert against(result) == found_by | unclear
    assert against(result, ["inconclusive"]) == unclear
    assert ended == Exit.FAILED
    for probe in found_by:
        event = events(result)[probe]
        assert event.verdict == "fail"
        assert str(event.reason).startswith(begins), event.reason


# What is wrong with every message is told by the first sign-in and by its rules; the others tell that they went alike.
MESSAGES = {
    "writes another audience": {"saml.conditions.audience"},
    "lives an hour ahead": {"saml.response.issue-instant", "saml.conditions.not-before"},
    "signs with another key": {"saml.signature.fingerprint"},
    "is for another recipient": {"saml.confirmation.recipient"},
}


@pytest.mark.parametrize("fault", MESSAGES)
def test_what_is_wrong_with_every_message_is_told_rule_by_rule(fault: str, tmp_path: Path) -> None:
    with standing(tmp_path, fault) as stand:
        ended, result = check(stand, tmp_path)
    rules = {f"idp.message.{rule}" for rule in MESSAGES[fault]}
    assert against(result, ["fail"]) == {"idp.sign-in.redirect", *rules}
    assert against(result, ["inconclusive"]) == BESIDE_THE_FIRST | LOGOUTS
    assert ended == Exit.FAILED
    for rule in rules:
        told = events(result)[rule]
        assert told.rule == rule.removeprefix("idp.message.")
        assert ", in the sign-in by redirect" in str(told.reason)


def test_a_rule_that_one_binding_alone_breaks_names_that_sign_in(tmp_path: Path) -> None:
    with standing(tmp_path, "is for another recipient by POST") as stand:
        _, result = check(stand, tmp_path, "idp.sign-in.*", "idp.message.saml.confirmation.*")
    assert against(result) == {"idp.sign-in.post", "idp.message.saml.confirmation.recipient"}
    assert ", in the sign-in by post" in str(events(result)["idp.message.saml.confirmation.recipient"].reason)


def test_a_login_of_somebody_else_is_told_whatever_the_rules_say(tmp_path: Path) -> None:
    with standing(tmp_path, "signs in somebody else") as stand:
        _, result = check(stand, tmp_path, "idp.sign-in.*", "not:*.person*")
    first = events(result)["idp.sign-in.redirect"]
    assert first.verdict == "fail"
    assert first.observed.result == "as-other"
    assert "Expected a login of lara.lab@example.com; got a login of somebody.else@example.com" in str(first.reason)


def test_ids_that_come_again_are_found_by_the_portal_as_well(tmp_path: Path) -> None:
    with standing(tmp_path, "reuses IDs") as stand:
        _, result = check(stand, tmp_path, "idp.sign-in.*", "idp.message.*")
    assert "idp.message.saml.assertion.once" in against(result, ["fail"])
    assert "idp.sign-in.again[another-browser]" in against(result, ["fail"])


REMOTE = {
    "ignores host_url": ({"idp.remote-login.unknown-host-url"}, "fail", "Expected no login at stranger.localhost"),
    "back-dates": ({"idp.remote-login.clock"}, "advisory", "Expected the present moment; got one that is 10 minutes"),
    "sends everybody home": ({"idp.remote-login.target"}, "advisory", "Expected the page /support/tickets; got /."),
    "drops accents": (
        {"idp.sign-in.person[accents]", "idp.sign-in.person[plus]"},
        "fail",
        "Expected the name 'Zoë Müller'; got 'Zo Mller'.",
    ),
    "keeps the session": ({"idp.logout.ends-session"}, "fail", "Expected the login form"),
    "takes any password": ({"idp.sign-in.wrong-password"}, "fail", "Expected no login; got Signed in as"),
}


@pytest.mark.parametrize("fault", REMOTE)
def test_a_wrong_remote_login_page_is_found_by_its_probes_alone(fault: str, tmp_path: Path) -> None:
    found_by, verdict, begins = REMOTE[fault]
    with standing(tmp_path, fault, protocol="remote-login") as stand:
        _, result = check(stand, tmp_path)
    assert against(result, ["fail", "inconclusive", "crash", "advisory"]) == found_by
    for probe in found_by:
        assert events(result)[probe].verdict == verdict
        assert str(events(result)[probe].reason).startswith(begins), events(result)[probe].reason


def test_a_mistake_in_the_hash_is_named(tmp_path: Path) -> None:
    with standing(tmp_path, "hashes without the time", protocol="remote-login") as stand:
        _, result = check(stand, tmp_path)
    told = events(result)["idp.message.remote-login.hash.matches"]
    assert told.verdict == "fail"
    assert "MD5" in str(told.reason)
    assert "timestamp" in str(told.reason)
    assert events(result)["idp.remote-login.sign-in"].verdict == "fail"


@pytest.mark.parametrize("protocol", ["saml", "remote-login"])
def test_what_is_sound_passes(protocol: str, tmp_path: Path) -> None:
    with standing(tmp_path, protocol=protocol) as stand:
        ended, result = check(stand, tmp_path)
    assert ended == Exit.PASSED
    assert against(result, ["fail", "inconclusive", "crash", "wrong-reason"]) == set()
    assert against(result, ["advisory"]) == ({"idp.request.old"} if protocol == "saml" else set())
    own = {probe.id for probe in all_probes() if protocol in probe.protocols and "message" not in probe.id}
    assert against(result, ["pass", "advisory"]) >= own


def test_an_identity_provider_that_takes_no_old_request_passes_that_as_well(tmp_path: Path) -> None:
    with standing(tmp_path, "takes no old request") as stand:
        _, result = check(stand, tmp_path, "idp.request.old")
    assert events(result)["idp.request.old"].verdict == "pass"


def test_who_announces_that_requests_are_signed_gets_them_signed_and_is_held_to_it(tmp_path: Path) -> None:
    unsigned = {"idp.request.unsigned[redirect]", "idp.request.unsigned[post]"}
    with standing(tmp_path, "wants signed requests") as stand:
        _, result = check(stand, tmp_path, "idp.request.*")
        assert against(result) == set()
        assert against(result, ["pass"]) >= unsigned
        stand.idp.faults = ("wants signed requests", "takes unsigned requests")
        _, result = check(stand, tmp_path, "idp.request.*")
        assert against(result) == set()
        assert against(result, ["advisory"]) == unsigned | {"idp.request.old"}
        stand.idp.faults = ("wants signed requests", "takes nothing by POST")
        _, result = check(stand, tmp_path, "idp.request.unsigned*")
        assert against(result, ["inconclusive"]) == {"idp.request.unsigned[post]"}
        assert against(result, ["pass"]) == {"idp.request.unsigned[redirect]"}


def test_one_that_fails_has_crashed_and_is_not_taken_for_one_that_refuses(tmp_path: Path) -> None:
    with standing(tmp_path, "falls over") as stand:
        ended, result = check(stand, tmp_path, "idp.request.*")
    assert against(result) == {"idp.request.unknown-issuer"}
    crashed = events(result)["idp.request.unknown-issuer"]
    assert (crashed.verdict, crashed.observed.result) == ("crash", "crash")
    assert "answered 500" in str(crashed.reason)
    assert ended == Exit.FAILED


def test_what_is_not_offered_is_skipped_with_its_reason(tmp_path: Path) -> None:
    with standing(tmp_path, "offers no logout") as stand:
        _, result = check(stand, tmp_path, "idp.logout.*", "idp.sign-in.redirect")
    for probe in LOGOUTS:
        assert events(result)[probe].verdict == "skipped"
        assert events(result)[probe].reason == "the metadata offers no single logout."


def test_every_probe_is_seen_to_fail_somewhere() -> None:
    seen = set[str]().union(*(found for found, _ in FAULTS.values()), *(found for found, _, _ in REMOTE.values()))
    elsewhere = {
        "idp.sign-in.redirect",  # by whatever is wrong with every message
        "idp.remote-login.sign-in",
        "idp.request.old",  # advisory at whoever answers it, which the protocol leaves open
        "idp.request.unsigned[redirect]",  # below, at whoever announces that requests must be signed
        "idp.request.unsigned[post]",
    }
    assert {probe.id for probe in all_probes() if "idp.message." not in probe.id} - seen == elsewhere
