"""The explanation of a login: every rule, where it is broken, in which characters, and what to do."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal_stub.explain import explain
from portal_stub.explain.differences import compared
from portal_stub.explain.link import _ABOUT as IN_THE_LINK
from portal_stub.explain.link import ELSEWHERE as NOT_IN_THE_LINK
from portal_stub.explain.places import _SPECIAL, ELSEWHERE, PLACES
from portal_stub.explain.screens import SCREENS
from portal_stub.remote_login.checks import CHECKS as LINK_CHECKS
from portal_stub.saml.checks import CHECKS
from portal_stub.saml.logout.checks import CHECKS as LOGOUT_CHECKS
from portal_stub.suspect import Suspect
from rulebook.rules import RULES
from tests.portal_core.explaining import ATTRIBUTES, SECRET, broken, explained, explained_link, marked, places, text
from tests.portal_core.responses import (
    CONDITIONS,
    DATA,
    NAME_ID,
    NOW,
    PORTAL,
    Edit,
    Signing,
    add,
    at,
    both,
    diagnose,
    drop,
    find,
    post,
    put,
    response,
    settings,
    write,
)


def test_every_rule_is_told_and_the_first_violation_stops_nothing() -> None:
    edit = both(put(DATA, Recipient="http://elsewhere"), write(f"{CONDITIONS}//saml:Audience", "urn:other"))
    found = explained(response(before=edit))
    assert {judged.rule for judged in found.rules} == set(CHECKS)
    assert [judged.rule for judged in found.problems] == ["saml.conditions.audience", "saml.confirmation.recipient"]
    assert [judged.number for judged in found.problems] == [1, 2]
    assert found.headline == "Refused: the assertion was meant for another portal, and 1 more rule is not kept."
    for judged in found.rules:
        known = RULES[judged.rule]
        assert (judged.level, judged.clause, judged.statement) == (known.level, known.clause, known.statement)
        assert bool(judged.mend) is bool(judged.number)
        assert judged.number or not judged.where


def test_every_rule_with_a_check_has_its_place_or_says_that_it_has_none() -> None:
    in_documents = {*PLACES, *_SPECIAL, *ELSEWHERE}
    assert {*CHECKS, *LOGOUT_CHECKS} <= in_documents
    assert set(LINK_CHECKS) - {"remote-login.query.utf-8", "remote-login.query.once"} <= {
        *IN_THE_LINK,
        *NOT_IN_THE_LINK,
    }
    assert {*in_documents, *IN_THE_LINK, *NOT_IN_THE_LINK, *SCREENS} <= RULES.keys()


def test_a_granted_login_says_so_with_its_warnings() -> None:
    assert explained(response()).headline == "Granted: this is jane@example.com, and every rule is kept."
    found = explained(response(before=put(CONDITIONS, NotOnOrAfter=None)))
    assert found.headline == "Granted: this is jane@example.com, and every rule is kept, with 1 warning."
    assert [judged.outcome for judged in found.problems] == ["warning"]
    assert found.suspects == ()


def test_what_could_not_be_checked_is_a_problem_as_well() -> None:
    sent = response()
    findings = tuple(
        attrs.evolve(found, outcome="not-checked", reason="it failed") if found.rule == "saml.message.id" else found
        for found in diagnose(sent).findings
    )
    found = explain(post(sent), findings, settings(), NOW, granted=False, person=None, method="saml")
    assert found.headline == "Refused: 1 rule could not be checked, and nothing is granted unchecked."
    assert broken(found, "saml.message.id").reason == "it failed"


def test_an_attempt_that_another_version_kept_is_explained() -> None:
    findings = (attrs.evolve(diagnose(response()).findings[0], rule="saml.of.old", outcome="violated"),)
    found = explain(post(response()), findings, settings(), NOW, granted=False, person=None, method="saml")
    assert found.headline == "Refused: the rule saml.of.old is not kept."
    assert broken(found, "saml.of.old").mend


# Places.


@pytest.mark.parametrize(
    ("rule", "edit", "where", "shown"),
    [
        ("saml.confirmation.recipient", put(DATA, Recipient="b"),
         "attribute Recipient of SubjectConfirmationData", 'Recipient="b"'),
        ("saml.confirmation.recipient", put(DATA, Recipient=None),
         "SubjectConfirmationData has no Recipient", "<saml:SubjectConfirmationData"),
        ("saml.conditions.audience", write(f"{CONDITIONS}//saml:Audience", "urn:x"), "text of Audience", "urn:x"),
        ("saml.conditions.audience", drop(f"{CONDITIONS}/saml:AudienceRestriction"),
         "Conditions has no AudienceRestriction", "<saml:Conditions"),
        ("saml.conditions.present", drop(CONDITIONS), "Assertion has no Conditions", "<saml:Assertion"),
        ("saml.subject.name-id", drop(NAME_ID), "Subject has no NameID", "<saml:Subject"),
        ("saml.subject.address", write(NAME_ID, "jane"), "text of NameID", "jane"),
        ("saml.subject.name-id", write(NAME_ID, ""), "text of NameID", "(empty)"),
        ("saml.time.format", put(CONDITIONS, NotBefore="today"),
         "attribute NotBefore of Conditions", 'NotBefore="today"'),
        ("saml.response.destination", put(".", Destination="b"),
         "attribute Destination of Response", 'Destination="b"'),
        ("saml.status.success", put("samlp:Status/samlp:StatusCode", Value="urn:no"),
         "attribute Value of StatusCode", 'Value="urn:no"'),
        ("saml.message.version", put(".", Version="1.1"), "attribute Version of Response", 'Version="1.1"'),
    ],
)  # fmt: skip
def test_the_broken_place_is_marked_and_linked(rule: str, edit: Edit, where: str, shown: str) -> None:
    found = explained(response(before=edit))
    judged = broken(found, rule)
    assert [each.words for each in judged.where] == [where]
    number = judged.where[0].place
    places_of = {piece.place: piece for line in found.message.lines for piece in line if piece.place}
    assert places_of[number].text == shown
    assert judged.number in places_of[number].problems


def test_a_place_where_two_rules_are_broken_names_both() -> None:
    other = Signing(key="rogue")
    found = explained(response("both", signing=other))
    (rule,) = [judged for judged in found.problems if judged.rule == "saml.signature.fingerprint"]
    assert len(rule.where) == 2
    late = explained(response(before=put(CONDITIONS, NotOnOrAfter=at(timedelta(minutes=-5)))))
    numbers = [judged.number for judged in late.problems]
    assert places(late)[f'NotOnOrAfter="{at(timedelta(minutes=-5))}"'] == numbers == [1, 2]


def test_of_several_places_those_count_that_are_wrong() -> None:
    more = "<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>"
    found = explained(response(before=add(CONDITIONS, more)))
    assert list(places(found)) == ["urn:other"]


def test_a_comment_is_a_place() -> None:
    found = explained(response(after=lambda root: find(root, NAME_ID).append(etree.Comment("x"))))
    assert "<!--x-->" in places(found)


@pytest.mark.parametrize("rule", ["saml.attributes.once", "saml.attributes.text"])
def test_odd_attributes_are_places(rule: str) -> None:
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
    twice = f'<saml:Attribute Name="FirstName"><saml:AttributeValue {nil}/></saml:Attribute>'
    found = explained(response(before=add(ATTRIBUTES, twice)))
    assert broken(found, rule).where[0].place


# Differences.


@pytest.mark.parametrize(
    ("expected", "got", "in_expected", "in_got", "words"),
    [
        ("http://a/saml", "'http://a/saml/'", [], ["/"], ["“/” is too much at the end."]),
        ("https://a/saml", "'http://a/saml'", ["s"], [], ["“s” is missing after “http”."]),
        ("http://a/saml", "'http://A/saml'", ["a"], ["A"], ["Letter case: “A” came in place of “a”."]),
        ("http://a.example:80", "'http://b.example:80'", ["a"], ["b"], ["“b” came in place of “a”."]),
        ("jane@example.com", "'jane@example.com '", [], [" "], ["a blank is too much at the end."]),
        ("http://a/saml", "'https://a/saml/' in the Response", [], ["s", "/"],
         ["“s” is too much after “http”.", "“/” is too much at the end."]),
        ("urn:a", "'something else'", [], [], []),
        ("one assertion", "two assertions", [], [], []),
        ("urn:a", "'urn:a'", [], [], []),
        ("", "", [], [], []),
    ],
)  # fmt: skip
def test_differing_characters_are_marked_and_told(
    expected: str, got: str, in_expected: list[str], in_got: list[str], words: list[str]
) -> None:
    found = compared(expected, got)
    assert (text(found.expected), text(found.got)) == (expected, got)
    assert (marked(found.expected), marked(found.got)) == (in_expected, in_got)
    assert list(found.words) == words


@given(st.text(max_size=60), st.text(max_size=60))
def test_marking_changes_no_text(expected: str, got: str) -> None:
    found = compared(f"'{expected}'", f"'{got}' there")
    assert (text(found.expected), text(found.got)) == (f"'{expected}'", f"'{got}' there")


# Mends.


def test_a_mend_names_the_field_of_the_screen_and_the_value_to_type() -> None:
    (mend,) = broken(explained(response(before=put(DATA, Recipient="http://b"))), "saml.confirmation.recipient").mend
    assert "ACS URL, Reply URL" in mend
    assert mend.endswith(f"to exactly {PORTAL}/login/saml.")
    for mends in SCREENS.values():
        assert mends


def test_what_a_check_knows_closer_comes_first() -> None:
    swapped = settings(fingerprint_algorithm="sha256")
    mends = broken(explained(response(), swapped), "saml.signature.fingerprint").mend
    assert "set the algorithm to sha1" in mends[0]


# Suspects.


def test_suspects_are_asked_for_what_was_refused_and_their_errors_cost_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def suspects(*given: object) -> tuple[Suspect, ...]:
        asked.append(given)
        return (Suspect(code="a.b", sentence=f"It holds {SECRET}.", mend="Mend it."),)

    monkeypatch.setattr("portal_stub.saml.detective.suspects", suspects)
    monkeypatch.setattr("portal_stub.remote_login.detective.suspects", suspects)
    assert explained(response()).suspects == ()

    def hide(words: str) -> str:
        return words.replace(SECRET, "***")

    refused = explained(response(before=write(NAME_ID, "x")), hide=hide)
    assert [each.sentence for each in refused.suspects] == ["It holds ***."]
    assert explained_link("name=x", hide=hide).suspects == refused.suspects
    assert [len(given) for given in asked] == [4, 3]

    def fail(*_: object) -> tuple[Suspect, ...]:
        raise RuntimeError

    monkeypatch.setattr("portal_stub.saml.detective.suspects", fail)
    assert explained(response(before=write(NAME_ID, "x"))).suspects == ()
    assert "the detective failed" in caplog.text
