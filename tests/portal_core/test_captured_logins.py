"""The logins in a capture: which are found, when they were sent, what they may answer."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from portal_stub.captured.exchange import fields
from portal_stub.config import SamlSettings, Settings
from portal_stub.offline import diagnose_capture
from portal_stub.saml.message import Post
from portal_stub.saml.request import post_form, redirect_url
from tests.portal_core import captures
from tests.portal_core.captured_logins import SHAPES, SIMPLE, SIMPLE_TOML, asked, found, link, listed, posted, violated
from tests.portal_core.captures import IDP, PORTAL, Step, as_text, chrome, firefox, tracer
from tests.portal_core.responses import NOW, REQUEST, response
from tests.portal_core.test_portal_commands import run

# What is found, in every shape.


@pytest.mark.parametrize("shape", SHAPES)
def test_a_posted_response_is_read_as_it_was_sent(shape: str) -> None:
    xml = response()
    capture = found(SHAPES[shape]([*asked(), posted(xml), captures.home(NOW)]))
    (login,) = capture.logins
    assert login.message == Post(saml_response=base64.b64encode(xml).decode(), relay_state="/tickets/1?a=b&c=d")
    assert (login.method, login.url, login.at) == ("POST", f"{PORTAL}/login/saml", NOW)
    assert login.requests == frozenset({REQUEST})
    assert (capture.unread, capture.seen) == ((), 5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_remote_login_is_read_to_the_letter_wherever_it_was_sent(shape: str) -> None:
    steps = [
        Step("GET", f"{PORTAL}/login/sso?{link()}", status=303, location=f"{PORTAL}/", at=NOW),
        Step("GET", f"https://other.example//login/sso?{link()}#top", at=NOW),
        Step("GET", f"{PORTAL}/login/sso/?name=x", at=NOW),
        Step("GET", f"https://other.example/avatar?email=x&hash={'0' * 32}", at=NOW),
        Step("POST", f"{PORTAL}/login/sso", tuple(link_fields()), 303, f"{PORTAL}/", at=NOW),
    ]
    messages = [login.message for login in found(SHAPES[shape](steps), SIMPLE).logins]
    assert messages == [link().encode(), link().encode(), b"name=x", link().encode()]
    rules = violated(SHAPES[shape](steps), SIMPLE)
    assert rules[:2] == [[], []]
    assert "remote-login.hash.present" in rules[2]
    assert rules[3] == ["remote-login.query.link"]


def link_fields() -> list[tuple[str, str]]:
    return list(fields(link()))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_response_by_redirect_is_a_login_and_a_logout_is_none(shape: str) -> None:
    squeezed = redirect_url(Settings(saml=SamlSettings(login_url=IDP)), "_r", NOW).partition("SAMLRequest=")[2]
    logout = b'<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_l"/>'
    steps = [
        Step("GET", f"{PORTAL}/login/saml?SAMLResponse={squeezed}&RelayState=x", at=NOW),
        posted(logout),
    ]
    capture = found(SHAPES[shape](steps))
    assert [login.message.binding for login in capture.logins if isinstance(login.message, Post)] == ["redirect"]
    assert violated(SHAPES[shape](steps)) == [["saml.message.post-binding"]]


def test_the_moment_of_a_har_file_is_that_of_each_entry_in_any_zone() -> None:
    late = posted(response(), at=NOW + timedelta(hours=2))
    for shape in (chrome, firefox):
        capture = shape([late, *asked(), posted(response())])
        assert [login.at for login in found(capture).logins] == [NOW, NOW + timedelta(hours=2)], "in order of time"
        assert "saml.conditions.not-on-or-after" in violated(capture)[1]


def test_the_moment_of_a_tracer_export_is_the_servers_or_the_exports() -> None:
    capture = tracer([posted(response())])
    (login,) = found(capture).logins
    assert login.clock == "the clock of the server that answered (its header Date)"
    capture["requests"][0]["responseHeaders"] = []
    (login,) = found(capture).logins
    assert (login.at, login.clock) == (NOW + timedelta(minutes=20), "the moment of the export")
    assert "saml.conditions.not-on-or-after" in violated(capture)[0]


@pytest.mark.parametrize("started", ["", "yesterday", "2026-03-01T12:00:00", 7, None, "0001-01-01T00:00:00+23:59"])
def test_without_a_moment_the_present_one_is_used_and_said(started: Any, tmp_path: Path) -> None:
    capture = captures.published()["chrome-remote-login.har"]
    capture["log"]["entries"][0]["startedDateTime"] = started
    path = tmp_path / "x.har"
    path.write_text(as_text(capture))
    result = run("check", str(path), "--settings", SIMPLE_TOML)
    assert "captured at a time that is not told, judged as of 20" in result.stdout
    assert "remote-login.timestamp.not-" in result.stdout
    assert result.exit_code == 1
    assert listed(str(path), "--settings", SIMPLE_TOML)[0]["captured"]["at"] is None


# What a login may answer, and what comes twice.


def test_a_response_answers_a_request_that_was_captured_before_it() -> None:
    login, other = posted(response()), posted(response(), at=NOW + timedelta(seconds=1))
    assert violated(chrome([*asked(), login])) == [[]]
    assert violated(chrome([*asked("_another"), login])) == [["saml.response.in-response-to"]]
    assert violated(tracer([login, *asked()])) == [[]], "the capture began too late to know"
    both_rules = ["saml.assertion.once", "saml.response.in-response-to"]
    assert violated(chrome([*asked(), login, other])) == [[], both_rules]
    assert violated(chrome([login, other])) == [[], ["saml.assertion.once"]]


def test_a_request_that_was_posted_counts_as_well() -> None:
    action, form = captures_post_form()
    assert violated(firefox([Step("POST", action, form, at=NOW), posted(response())])) == [[]]
    assert violated(firefox([Step("POST", action, (("SAMLRequest", "x"),), at=NOW), posted(response())])) == [[]]
    wrong = captures_post_form("_another")[1]
    assert violated(firefox([Step("POST", action, wrong, at=NOW), posted(response())])) == [
        ["saml.response.in-response-to"]
    ]


def captures_post_form(request: str = REQUEST) -> tuple[str, tuple[tuple[str, str], ...]]:
    return post_form(Settings(saml=SamlSettings(login_url=f"{IDP}/saml/sso")), request, NOW)


def test_a_request_to_log_out_is_none_that_a_login_answers() -> None:
    logout = b'<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_l"/>'
    sent = Step("POST", f"{IDP}/saml/logout", (("SAMLRequest", base64.b64encode(logout).decode()),), at=NOW)
    (login,) = found(chrome([sent, posted(response())])).logins
    assert login.requests is None


def test_a_refused_login_uses_nothing_up() -> None:
    # The first one came too early; the same form posted again within its time is the first that is granted.
    early = posted(response(), at=NOW - timedelta(minutes=5))
    assert violated(tracer([*asked(), early, posted(response())])) == [
        ["saml.conditions.not-before", "saml.response.issue-instant"],
        [],
    ]


def test_what_is_redirected_on_as_it_is_counts_where_it_arrives() -> None:
    login = posted(response())
    plain = attrs.evolve(login, url="http://portal.example/login/saml", status=307, location=login.url)
    for shape in SHAPES.values():
        assert [each.url for each in found(shape([*asked(), plain, login])).logins] == [login.url]
        # Sent again by hand it is a second login, whatever the first one's answer was.
        assert len(found(shape([attrs.evolve(plain, status=303), login])).logins) == 2
        slash = Step("GET", f"{PORTAL}/login/sso?{link()}", status=308, location=f"/login/sso/?{link()}", at=NOW)
        arrived = Step("GET", f"{PORTAL}/login/sso/?{link()}", status=303, location=f"{PORTAL}/", at=NOW)
        assert [each.url for each in found(shape([slash, arrived]), SIMPLE).logins] == [f"{PORTAL}/login/sso/"]


def test_the_mistake_behind_a_captured_login_is_named_as_of_its_capture() -> None:
    late = NOW + timedelta(minutes=20)
    milliseconds = int(NOW.timestamp()) * 1000
    steps = [
        Step("GET", f"{PORTAL}/login/sso?{link()}", at=NOW),
        Step("GET", f"{PORTAL}/login/sso?{link(milliseconds)}", at=late),
        Step("GET", f"{PORTAL}/login/sso?{link(int(late.timestamp()) + 7200)}", at=late),
    ]
    judged = diagnose_capture(found(chrome(steps), SIMPLE), SIMPLE, NOW + timedelta(days=900))
    assert [[suspect.code for suspect in each.suspects] for each in judged] == [[], ["milliseconds"], ["local-time"]]


def test_a_link_that_is_accepted_once_is_refused_the_second_time() -> None:
    once = attrs.evolve(SIMPLE, simple=attrs.evolve(SIMPLE.simple, links_once=True))
    again = Step("GET", f"{PORTAL}/login/sso?{link()}", at=NOW)
    assert violated(chrome([again, again]), once) == [[], ["remote-login.link.once"]]
    assert violated(chrome([again, again]), SIMPLE) == [[], []]
