"""A sample of the weaknesses through a real browser, and the two journeys that only a browser can make."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Playwright, sync_playwright

from conformance.browser import find_or_fetch
from conformance.canary import Canary
from conformance.case import Case, all_cases
from conformance.drivers import NotOnPage, Query, SiteFailed, VisitorFactory
from conformance.drivers.chromium import ChromiumVisitors
from conformance.journey import People
from conformance.referee import Referee
from conformance.sites import PEOPLE_EACH, Server, listen
from conformance.targets.target import StubGrounds, find
from conformance.verdict import Observation, Verdict, judge
from idp_sim.people import directory
from portal_stub import app as portal_app
from portal_stub.web import guard, login
from portal_stub.web.visit import BROWSER_COOKIE, drop_session
from tests.referee.commands import run, verdicts

CASES = {case.id: case for case in all_cases()}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def visitors(playwright: Playwright) -> Iterator[VisitorFactory]:
    with contextlib.closing(ChromiumVisitors(playwright, find_or_fetch(), patience=10, reuse=True)) as browsers:
        yield browsers


@pytest.fixture(scope="module")
def impatient(playwright: Playwright) -> Iterator[VisitorFactory]:
    with contextlib.closing(ChromiumVisitors(playwright, find_or_fetch(), patience=1)) as browsers:
        yield browsers


def verdict(case: Case, visitors: VisitorFactory, target: str = "stub") -> Verdict:
    found = find(target)
    assert found.weaknesses is not None
    with contextlib.ExitStack() as stack:
        people = People(*directory()[:PEOPLE_EACH])
        referee = Referee(
            found,
            StubGrounds(found.weaknesses, stack, stack.enter_context(Canary()).url),
            visitors,
            people,
            browser=True,
        )
        accepted = Observation(result="as-signed")
        return judge(case.outcome, case.expected, referee.perform(case).seen, accepted, case.declared)


@pytest.mark.parametrize(
    ("weakness", "case"),
    [
        ("without=saml.signature.digest", "saml.signature.altered@assertion"),
        ("without=saml.conditions.audience", "saml.audience.other[host]"),
        ("without=remote-login.hash.matches", "remote-login.hash.email-altered"),
        ("without=remote-login.timestamp.not-too-old", "remote-login.timestamps.too-old"),
        ("without=portal.redirect.own-host", "remote-login.redirects.off-site[absolute]"),
        ("naive=first-assertion", "saml.signature-wrapping.forged-before"),
    ],
)
def test_a_weakness_is_found_through_the_browser(weakness: str, case: str, visitors: VisitorFactory) -> None:
    assert verdict(CASES[case], visitors).word == "pass"
    assert verdict(CASES[case], visitors, f"stub:{weakness}").word == "fail"


@pytest.mark.parametrize(
    "button",
    [
        "<button id=b hidden>",
        "<button id=b disabled>",
        "<button id=b style=visibility:hidden>",
        "<fieldset disabled><button id=b>",
        "<div inert><button id=b>",
        "<p>",
    ],
)
def test_what_nobody_could_press_is_not_pressed(button: str, impatient: VisitorFactory) -> None:
    visitor = impatient()
    visitor.open(f"data:text/html,<form>{button}</form>")
    with pytest.raises(NotOnPage, match="button '#b'"):
        visitor.press("#b")
    visitor.leave()


def test_a_button_that_is_not_ready_yet_is_waited_for(visitors: VisitorFactory) -> None:
    visitor = visitors()
    late = "<script>setTimeout(() => b.disabled = false, 200)</script>"
    with Canary() as site:
        visitor.open(
            f"data:text/html,<form action={site.url}/><button id=b name=pressed disabled>go</button></form>{late}"
        )
        visitor.press("#b")
    assert visitor.url == f"{site.url}/?pressed="
    visitor.leave()


@pytest.fixture
def sending_by_a_file() -> Iterator[str]:
    """Address of a page whose form a script sends, a moment later; the script is a file of its own."""
    site = Flask(__name__)
    form = '<form action="/there" method="post"><input type="hidden" name="SAMLResponse" value="PA=="></form>'
    sending = "setTimeout(() => document.forms[0].submit(), 200)"
    site.add_url_rule("/", "page", lambda: f"{form}<script src='send.js'></script>")
    site.add_url_rule("/send.js", "script", lambda: Response(sending, mimetype="text/javascript"))
    site.add_url_rule("/there", "there", lambda: "<p>There</p>", methods=["POST"])
    bound = listen()
    with contextlib.closing(Server(site, bound)):
        yield f"http://site.localhost:{bound.getsockname()[1]}/"


def test_a_form_that_a_file_of_scripts_sends_is_waited_for(visitors: VisitorFactory, sending_by_a_file: str) -> None:
    visitor = visitors()
    visitor.open(sending_by_a_file)
    assert visitor.html().count("<p>There</p>") == 1
    assert visitor.url == f"{sending_by_a_file}there"
    visitor.leave()


@pytest.fixture
def remembering() -> Iterator[str]:
    """Address of a site that shows the cookie with which a visitor comes, and sets it."""
    site = Flask(__name__)

    @site.get("/")
    def page() -> Response:
        response = Response(f"<p>{request.cookies.get('known', 'stranger')}", mimetype="text/html")
        response.set_cookie("known", "guest")
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    bound = listen()
    with contextlib.closing(Server(site, bound)):
        yield f"http://site.localhost:{bound.getsockname()[1]}/"


SHOWN = {"visitor": Query("p")}


def test_a_window_that_is_used_again_has_forgotten_who_used_it(visitors: VisitorFactory, remembering: str) -> None:
    for first, then in (("?a", "?b"), ("?b", "?a"), ("?a", "?b")):
        visitor = visitors()
        assert visitor.url == "about:blank"
        visitor.open(f"{remembering}{first}")
        assert visitor.read(SHOWN).texts["visitor"] == "stranger"
        visitor.open(f"{remembering}{then}")
        assert visitor.read(SHOWN).texts["visitor"] == "guest"
        visitor.leave()
        assert len(visitor.moves) == 2
    last = visitors()
    last.open(remembering)
    last.back()
    assert last.url == remembering, "Back leads to where the visitor before has been"
    last.leave()


def test_a_window_with_a_second_tab_is_not_used_again(visitors: VisitorFactory, remembering: str) -> None:
    visitor = visitors()
    visitor.open(remembering)
    tab = visitor.second_tab()
    tab.open(f"{remembering}?again")
    assert tab.read(SHOWN).texts["visitor"] == "guest"
    visitor.leave()
    with pytest.raises(SiteFailed, match="closed"):
        tab.open(remembering)


def test_a_run_against_a_weak_stub_fails_and_shows_a_picture(tmp_path: Path) -> None:
    case = "remote-login.hash.wrong"
    done, result = run(tmp_path, case, "--portal", "stub:without=remote-login.hash.matches")
    assert done.returncode == 1
    assert verdicts(result) == {case: "fail"}
    assert (tmp_path / "cases" / f"{case}.png").read_bytes().startswith(b"\x89PNG")


def without_same_site(response: Response, browser: str) -> None:
    response.set_cookie(BROWSER_COOKIE, browser, secure=True, httponly=True, path="/")


def test_only_a_slow_person_finds_a_cookie_without_same_site(
    visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "keep_browser", without_same_site)
    assert verdict(CASES["saml.sound.plain@assertion"], visitors).word == "pass"
    assert verdict(CASES["saml.browser.slow-sign-in"], visitors).word == "fail"


def test_a_session_that_is_gone_after_back_is_found(visitors: VisitorFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    add_headers = guard.add_headers

    def forget_who_comes_back(response: Response) -> Response:
        if request.headers.get("Sec-Fetch-Site") == "none":
            drop_session(response)
        return add_headers(response)

    monkeypatch.setattr(guard, "add_headers", forget_who_comes_back)
    monkeypatch.setattr(portal_app, "_pages", portal_app._pages.__wrapped__)  # those of other portals are made already
    assert verdict(CASES["saml.sound.plain@assertion"], visitors).word == "pass"
    assert verdict(CASES["saml.browser.back-button"], visitors).word == "fail"
