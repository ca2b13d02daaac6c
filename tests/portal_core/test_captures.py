"""``portal-stub check`` of the published captures, of a form's body, and of what is no capture."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from portal_stub.captured.reading import LARGEST, recognised
from portal_stub.saml.message import Post
from rulebook.strict_toml import FileProblem
from tests.portal_core import captures, responses
from tests.portal_core.captured_logins import SAML_TOML, SIMPLE_TOML, found, link, listed
from tests.portal_core.captures import PORTAL, Step, as_text, chrome
from tests.portal_core.responses import NOW
from tests.portal_core.test_portal_commands import run

# The published captures.


def test_the_published_captures_are_up_to_date() -> None:
    for name, capture in captures.published().items():
        text = (captures.FOLDER / name).read_text(encoding="utf-8")
        assert text == as_text(capture), "run: python -m tests.portal_core.captures"
    kept = {path.name for path in captures.FOLDER.iterdir()} - {path.name for path in captures.FOLDER.glob("*.[tm]*")}
    assert kept == set(captures.published())


@pytest.mark.parametrize(
    ("name", "toml", "violations", "code"),
    [
        ("chrome-posted-twice.har", SAML_TOML, [[], ["saml.assertion.once", "saml.response.in-response-to"]], 1),
        ("firefox-no-audience.har", SAML_TOML, [["saml.conditions.audience"]], 1),
        ("chrome-remote-login.har", SIMPLE_TOML, [[]], 0),
        ("saml-tracer.json", SAML_TOML, [[]], 0),
        ("saml-tracer-masked.json", SAML_TOML, [[]], 0),
    ],
)
def test_each_published_capture_is_judged(name: str, toml: str, violations: list[list[str]], code: int) -> None:
    words = (str(captures.FOLDER / name), "--settings", toml)
    told = listed(*words)
    assert [each["violations"] for each in told] == violations
    assert [each["granted"] for each in told] == [not each for each in violations]
    path = "/login/sso" if toml == SIMPLE_TOML else "/login/saml"
    assert told[0]["captured"] == {"at": "2026-03-14T15:09:26Z", "url": f"http://portal.localhost:5002{path}"}
    result = run("check", *words)
    assert result.exit_code == code
    assert f"== 1 of {len(told)}: " in result.stdout
    assert "captured at 2026-03-14T15:09:26Z by " in result.stdout
    assert result.stdout.count("judged as of 2026-03-14T15:") == len(told)
    assert result.stdout.rstrip().endswith(f"{len(told) - code} granted, {code} refused, 0 not judged")
    assert result.stderr == ""


def test_a_masked_export_says_that_it_is_masked() -> None:
    words = ("--settings", SAML_TOML)
    assert (
        "masked when the capture was exported"
        in run("check", str(captures.FOLDER / "saml-tracer-masked.json"), *words).stdout
    )
    assert "masked" not in run("check", str(captures.FOLDER / "saml-tracer.json"), *words).stdout


def test_the_given_moment_and_request_take_the_place_of_the_captured_ones() -> None:
    words = (str(captures.FOLDER / "saml-tracer.json"), "--settings", SAML_TOML)
    late = run("check", *words, "--at", "2026-03-14T18:00:00Z")
    assert late.exit_code == 1
    assert "judged as of 2026-03-14T18:00:00Z" in late.stdout
    assert "saml.conditions.not-on-or-after" in late.stdout
    assert listed(*words, "--in-response-to", "_other")[0]["violations"] == ["saml.response.in-response-to"]


# A form's body, and input of the wrong kind.


def test_the_body_of_a_form_is_judged(tmp_path: Path) -> None:
    xml = captures.answered("saml.sound.plain@assertion").form[0][1]
    body = f"SAMLResponse={quote(xml, safe='')}&RelayState=%2Ftickets"
    words = ("--settings", SAML_TOML, "--at", "2026-03-14T15:09:26Z")
    path = tmp_path / "body.txt"
    path.write_text(body + "\n")
    for text in (body, str(path)):
        assert run("check", text, *words).exit_code == 0
    result = run("check", f"{body}&SAMLResponse=x", *words, "--json")
    assert json.loads(result.stdout)["violations"] == ["saml.message.once"]
    given = responses.settings()
    assert recognised(b"RelayState=%2F&SAMLResponse=PHI%2B", given) == Post(saml_response="PHI+", relay_state="/")
    assert recognised(link().encode(), given) == link().encode()
    assert recognised(b"abcd==", given) == Post(saml_response="abcd==")
    redirected = recognised(b"http://x/?SAMLResponse=a&RelayState=b", given)
    assert redirected == Post(saml_response="a", relay_state="b", binding="redirect")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "broken or cut off: Expecting property name"),
        (b'{"log": {"entries": [', "broken or cut off"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": "\xff"}', "cannot be read"),
        (b"[1" + b"1" * 5000 + b"]", "cannot be read"),
        (b"[]", "neither a HAR file"),
        (b'{"log": {"entries": 3}}', "neither a HAR file"),
        (b'{"requests": [7]}', "neither a HAR file"),
        (b'{"log": {"entries": []}}', "The HAR file has no login that can be judged among its 0 requests. Sought was"),
        (b'{"requests": []}', "The SAML-tracer export has no login that can be judged among its 0 requests."),
        (b"http://idp.localhost/sso?SAMLRequest=abc", "'idp-sim decode' shows it"),
        (b"SAMLRequest=abc&RelayState=x", "'idp-sim decode' shows it"),
        (b'--x\r\nContent-Disposition: form-data; name="SAMLResponse"\r\n\r\nx\r\n--x--', "which is not read"),
    ],
)
def test_what_holds_no_login_is_one_plain_message_and_exit_2(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    result = run("check", str(path), "--settings", SAML_TOML)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert f"{PORTAL}/login/saml" in result.stderr or "Sought" not in said


def test_more_than_is_read_is_refused_and_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "huge.har"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    result = run("check", str(path), "--settings", SAML_TOML)
    assert (result.exit_code, "256 MiB" in result.stderr) == (2, True)
    many = chrome([Step("GET", f"{PORTAL}/login/sso?name=x", at=NOW)] * 201)
    with pytest.raises(FileProblem, match="201 logins; at most 200"):
        found(many)
