"""Every journey of the catalogue is seen to pass at the stub and to fail at a stub that is spoilt where it looks.

What breaks a rule is held against the portal that left out the rule's check; what must be accepted, against a portal
of which one function was replaced by a worse one.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from flask import request
from markupsafe import Markup
from sqlalchemy import delete, update

from conformance.canary import Canary
from conformance.case import Case, all_cases
from conformance.drivers import VisitorFactory
from conformance.drivers.http import HttpVisitors
from conformance.journey import People
from conformance.referee import Referee
from conformance.sites import PEOPLE_EACH
from conformance.targets.target import StubGrounds, find
from conformance.verdict import Observation, Verdict, judge
from idp_sim.people import directory
from idp_sim.web import pages
from portal_stub.accounts import contacts, logouts, memory, overrides, sessions
from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import CONTACTS, OPEN_REQUESTS, SESSIONS
from portal_stub.messages import public_message
from portal_stub.saml.logout import send
from portal_stub.saml.request import redirect_url
from portal_stub.web import login, sso
from portal_stub.web.visit import portal, visit

JOURNEYS = {case.id: case for case in all_cases() if case.scenario.stage == "journey"}
WITHOUT_BROWSER = {name: case for name, case in JOURNEYS.items() if not case.scenario.needs_browser}
BROKEN = {name: case for name, case in WITHOUT_BROWSER.items() if case.outcome == "must-refuse"}
SOUND = {name: case for name, case in WITHOUT_BROWSER.items() if case.outcome == "must-accept"}


@pytest.fixture(scope="module")
def visitors() -> Iterator[VisitorFactory]:
    with contextlib.closing(HttpVisitors(patience=10)) as without_browser:
        yield without_browser


def referee(target: str, visitors: VisitorFactory, stack: contextlib.ExitStack) -> Referee:
    found = find(target)
    assert found.weaknesses is not None
    people = People(*directory()[:PEOPLE_EACH])
    return Referee(
        found,
        StubGrounds(found.weaknesses, stack, stack.enter_context(Canary()).url),
        visitors,
        people,
        browser=False,
    )


def verdict(case: Case, target: str, visitors: VisitorFactory) -> Verdict:
    with contextlib.ExitStack() as stack:
        seen = referee(target, visitors, stack).perform(case).seen
    return judge(case.outcome, case.expected, seen, Observation(result="as-signed"), case.declared)


@pytest.mark.parametrize("case", WITHOUT_BROWSER.values(), ids=WITHOUT_BROWSER)
def test_the_stub_passes(case: Case, visitors: VisitorFactory) -> None:
    found = verdict(case, "stub", visitors)
    assert found.word == ("advisory" if case.outcome == "advisory" else "pass"), found.reason


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_portal_that_forgot_the_rule_is_found(case: Case, visitors: VisitorFactory) -> None:
    without = ",".join(case.expected)
    assert verdict(case, f"stub:without={without}", visitors).word != "pass"


@pytest.mark.parametrize("case_id", ["saml.encryption.assertion@both", "saml.encryption.altered[key]@response"])
def test_what_the_simulator_did_not_send_is_no_refusal_by_the_portal(case_id: str, visitors: VisitorFactory) -> None:
    case = next(known for known in all_cases() if known.id == case_id)
    without_certificate = attrs.evolve(case, scenario=attrs.evolve(case.scenario, given={}))
    found = verdict(without_certificate, "stub", visitors)
    assert found.word == "fail"
    assert "The identity provider did not send it" in found.reason
    assert "certificate" in found.reason


@pytest.mark.parametrize(("target", "word"), [("stub", "pass"), ("stub:without=saml.encryption.opaque", "fail")])
def test_a_portal_that_numbers_its_refusals_tells_none_apart_by_that(
    target: str, word: str, visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count(1)
    numbered = lambda *of: f"{public_message(*of)} Tell us the number {next(numbers)}, please."  # noqa: E731
    monkeypatch.setattr(sso, "public_message", numbered)
    found = verdict(JOURNEYS["saml.encryption.answers-alike"], target, visitors)
    assert found.word == word, found.reason


LOGOUTS_AT_IDP = {
    case.id: case
    for case in all_cases()
    if case.id in ("saml.logout.request[redirect]", "saml.logout-query.unsigned[missing]")
    or case.id.startswith("saml.logout-sessions.")
    if not case.id.startswith("saml.logout-sessions.begun-at-the-portal")
}


@pytest.mark.parametrize("case", LOGOUTS_AT_IDP.values(), ids=LOGOUTS_AT_IDP)
def test_a_logout_needs_no_portal_that_takes_logins_begun_at_the_identity_provider(
    case: Case, visitors: VisitorFactory
) -> None:
    given = {**case.scenario.given, "saml.allow_idp_initiated": False}
    stricter = attrs.evolve(case, scenario=attrs.evolve(case.scenario, given=given))
    found = verdict(stricter, "stub", visitors)
    assert found.word == "pass", found.reason


def test_whoever_should_have_lost_the_session_is_not_taken_for_somebody_signed_in_instead(
    visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logouts, "end_named", lambda *_: 0)
    case = JOURNEYS["saml.logout-sessions.another-person"]
    with contextlib.ExitStack() as stack:
        seen = referee("stub", visitors, stack).perform(case).seen
    assert (seen.result, seen.unmet) == ("as-signed", "The session that the logout request names goes on.")


Spoilt = tuple[Any, str, Any]


def changed(module: Any, name: str, worse: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Spoilt:
    return module, name, worse(getattr(module, name))


def with_contact(**worse_values: str | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def worse(welcome: Callable[..., Any]) -> Callable[..., Any]:
        def spoilt(rows: Any, *rest: Any) -> Any:
            contact = welcome(rows, *rest)
            rows.execute(update(CONTACTS).where(CONTACTS.c.id == contact.id).values(worse_values))
            return contact

        return spoilt

    return worse


def answering(value: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return lambda _: lambda *_, **__: value


def everybody_is_admin(current: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(*arguments: Any) -> Any:
        person = current(*arguments)
        return person and attrs.evolve(person, role="agent", admin=True)

    return spoilt


def one_request_at_a_time(open_request: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(rows: Any, *rest: Any) -> Any:
        rows.execute(delete(OPEN_REQUESTS))
        return open_request(rows, *rest)

    return spoilt


def unsigned(send: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: send(*arguments[:4])


def form_by_redirect(*arguments: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A form for the address of HTTP-Redirect: the request travels in the query, compressed."""
    return redirect_url(*arguments), ()


def and_signs_out(record: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(*arguments: Any) -> Any:
        with portal().database.writing() as rows:
            sessions.end(rows, token=visit().session)
        return record(*arguments)

    return spoilt


def keeps_secret(start: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(rows: Any, contact: Any, *rest: Any) -> Any:
        known = SESSIONS.c.key == digest(visit().session or "")
        kept = rows.execute(update(SESSIONS).where(known).values(contact_id=contact.id))
        return visit().session if kept.rowcount else start(rows, contact, *rest)

    return spoilt


def showing_relay_state(enter: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(*arguments: Any) -> Any:
        answer = enter(*arguments)
        answer.status_code = 200
        answer.set_data(f"<p>You go to '{request.form['RelayState']}'</p>")
        return answer

    return spoilt


def with_markup(render: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(name: str, **texts: Any) -> Any:
        return render(name, **{**texts, "message": Markup(texts.get("message", ""))})

    return spoilt


def with_findings(message: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(diagnosis: Any, settings: Any) -> Any:
        return message(diagnosis, settings) + "".join(finding.got for finding in diagnosis.findings)

    return spoilt


MARKUP_IS_TAKEN = changed(login, "render_template", with_markup)
NOT_SAVED = changed(overrides, "save", answering(None))
SESSION_GOES_ON = (changed(sessions, "end", answering(None)), changed(login, "drop_session", answering(None)))
ENDS_NOTHING = changed(logouts, "end_named", answering(0))
ENDS_ALL = changed(logouts, "end_named", lambda end: lambda rows, name_id, _: end(rows, name_id, ()))
SPOILT: list[tuple[Any, ...]] = [
    ("saml.logout-sessions.another-session", ENDS_ALL),
    ("saml.logout-sessions.another-session", ENDS_NOTHING),
    ("saml.logout-sessions.an-earlier-session", ENDS_ALL),
    ("saml.logout-sessions.an-earlier-session", ENDS_NOTHING),
    ("saml.logout-sessions.another-person", ENDS_NOTHING),
    ("saml.logout-sessions.all-of-a-person", ENDS_NOTHING),
    ("saml.logout-sessions.request-again", ENDS_ALL),
    ("saml.logout-sessions.begun-at-the-portal", changed(login, "offers_single_logout", answering(False))),
    ("saml.logout-sessions.answered-by", (send, "SUCCESS", "urn:oasis:names:tc:SAML:2.0:status:Responder")),
    ("portal.account.unknown-becomes-customer", changed(
        contacts, "welcome", with_contact(role="agent")
    )),
    ("portal.account.agent-stays-agent", changed(
        contacts, "welcome", with_contact(role="customer")
    )),
    ("portal.account.name-is-overwritten", changed(
        contacts, "welcome", with_contact(name="Name Before")
    )),
    ("portal.account.phone-and-company-kept", changed(
        contacts, "welcome", with_contact(phone=None)
    )),
    ("portal.logout.to-logout-url", *SESSION_GOES_ON),
    ("portal.logout.to-logout-url", changed(login, "_logout_url", answering("/"))),
    ("portal.logout.without-logout-url", *SESSION_GOES_ON),
    ("portal.logout.without-logout-url", changed(login, "_logout_url", answering("http://idp.localhost:1/"))),
    ("portal.login-page.page-first-asked-for", changed(sessions, "wanted", answering(None))),
    ("portal.login-page.refusal-leads-to-password-form", changed(sso, "public_message", answering(""))),
    ("portal.login-page.nobody-is-locked-out", changed(contacts, "password_fits", answering(False))),
    ("portal.login-page.customers-stay-out-of-admin", changed(sessions, "current", everybody_is_admin)),
    ("remote-login.guide.set-up", NOT_SAVED),
    ("remote-login.guide.from-md5-to-hmac", NOT_SAVED),
    ("remote-login.guide.host-url", changed(login, "with_host_url", lambda _: lambda url, host: f"{url}?host_url=http://{host}")),
    ("saml.guide.set-up", NOT_SAVED),
    ("saml.signed-requests.by-redirect", changed(login, "redirect_url", unsigned)),
    ("saml.signed-requests.by-post", changed(login, "post_form", unsigned)),
    ("saml.signed-requests.unsigned-by-post", (login, "post_form", form_by_redirect)),
    ("saml.session.kept-when-another-is-refused", changed(sso, "_record", and_signs_out)),
    ("portal.session.changes-at-login", changed(sessions, "end", answering(None)), changed(
        sessions, "start", keeps_secret
    )),
    ("saml.relay-state.shown-as-text", changed(sso, "enter", showing_relay_state)),
    ("saml.error-page.shows-status", changed(sso, "public_message", answering("Login was unsuccessful!"))),
    ("saml.error-page.status-as-text", MARKUP_IS_TAKEN),
    ("saml.error-page.issuer-as-text", MARKUP_IS_TAKEN, changed(sso, "public_message", with_findings)),
    ("saml.browser.two-tabs", changed(memory, "open_request", one_request_at_a_time)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        pytest.param(case, changes, id=case.id)
        for name, *changes in SPOILT
        for case in WITHOUT_BROWSER.values()
        if case.id.partition("[")[0] == name
    ],
)
def test_a_spoilt_portal_is_found(
    case: Case, changes: list[Spoilt], visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for change in changes:
        monkeypatch.setattr(*change)
    assert verdict(case, "stub", visitors).word in ("fail", "crash")


def test_a_session_that_goes_on_in_another_browser_is_no_login_of_another_person(
    visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*ENDS_NOTHING)
    with contextlib.ExitStack() as stack:
        seen = referee("stub", visitors, stack).perform(JOURNEYS["saml.logout-sessions.another-person"]).seen
    assert (seen.result, seen.unmet) == ("as-signed", "The session that the logout request names goes on.")


@pytest.mark.parametrize(("status", "word"), [("Requester", "pass"), ("Success", "wrong-reason")])
def test_a_logout_request_may_be_refused_in_the_answer_alone(
    status: str, word: str, visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*ENDS_NOTHING)
    monkeypatch.setattr(send, "SUCCESS", f"urn:oasis:names:tc:SAML:2.0:status:{status}")
    case = next(known for known in all_cases() if known.id == "saml.logout-request.expired[redirect]")
    assert verdict(case, f"stub:without={case.expected[0]}", visitors).word == word


@pytest.mark.parametrize(
    ("module", "name", "slow"), [(pages, "perform", False), (sso, "_record", True)], ids=["simulator", "portal"]
)
def test_only_the_portals_own_time_counts(
    module: Any, name: str, slow: bool, visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_the_clock, passed = time.perf_counter, [0.0]

    def an_hour_later(*arguments: Any) -> Any:
        passed[0] += 3600
        return at_once(*arguments)

    at_once = getattr(module, name)
    monkeypatch.setattr(time, "perf_counter", lambda: by_the_clock() + passed[0])
    monkeypatch.setattr(module, name, an_hour_later)
    case = next(known for known in all_cases() if known.id == "saml.xml.deep-nesting[300]")
    with contextlib.ExitStack() as stack:
        patient = attrs.evolve(case, scenario=attrs.evolve(case.scenario, within_seconds=1800))
        unmet = referee("stub", visitors, stack).perform(patient).seen.unmet
    assert passed[0]
    assert unmet.startswith("It took 360") if slow else not unmet


def test_every_journey_that_must_be_accepted_is_seen_to_fail() -> None:
    assert {name for name, *_ in SPOILT} >= {case.id.partition("[")[0] for case in SOUND.values()}
