"""``portal-stub checks`` and ``check``, and the table of settings."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from portal_stub.cli import main
from portal_stub.saml.fingerprint import fingerprint_of
from portal_stub.settings_table import markdown
from tests.portal_core.responses import CONDITIONS, ISSUER, REQUEST, certificate, put, response

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "fixtures/schemas/diagnosis.schema.json").read_text(encoding="utf-8"))
AT = "2026-03-01T12:00:00Z"
LINK = (
    "http://portal.localhost:5002/login/sso?name=Jane+Doe&email=jane%40example.com&timestamp=1400000000"
    "&hash=abdc164d0a0b5e7968b2c1c52876c07a"
)


@pytest.fixture
def saml_toml(tmp_path: Path) -> str:
    path = tmp_path / "saml.toml"
    fingerprint = fingerprint_of(certificate("trusted"), "sha1")
    path.write_text(
        f'[sso]\nenabled = true\nmethod = "saml"\n[saml]\nidp_entity_id = "{ISSUER}"\nfingerprint = "{fingerprint}"\n'
    )
    return str(path)


@pytest.fixture
def simple_toml(tmp_path: Path) -> str:
    path = tmp_path / "simple.toml"
    path.write_text('[sso]\nenabled = true\n[simple]\nsecret = "0123456789abcdef0123456789abcdef"\n')
    return str(path)


def run(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, words, input=stdin, catch_exceptions=False)


def diagnosis(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    Draft202012Validator(SCHEMA).validate(told)
    return told


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_checks_lists_each_rule_once() -> None:
    listed = json.loads(run("checks", "--json").stdout)
    assert {frozenset(each) for each in listed} == {frozenset({"rule", "level", "clause", "statement"})}
    ids = [each["rule"] for each in listed]
    assert len(ids) == len(set(ids))
    assert {"portal.sso.enabled", "saml.conditions.audience", "remote-login.hash.matches"} <= set(ids)
    assert "saml.conditions.audience" in run("checks").stdout


def forms(folder: Path) -> dict[str, tuple[str, bytes | None]]:
    xml = response()
    encoded = base64.b64encode(xml)
    (folder / "message.xml").write_bytes(b"\xef\xbb\xbf" + xml)
    (folder / "message.b64").write_bytes(encoded + b"\n")
    return {
        "xml": (xml.decode(), None),
        "base64": (encoded.decode(), None),
        "file of xml": (str(folder / "message.xml"), None),
        "file of base64": (str(folder / "message.b64"), None),
        "standard input": ("-", xml),
        "form's body": ("-", b"RelayState=%2Ftickets&" + urlencode({"SAMLResponse": encoded}).encode()),
    }


@pytest.mark.parametrize("form", ["xml", "base64", "file of xml", "file of base64", "standard input", "form's body"])
def test_a_response_is_judged_in_every_form(form: str, saml_toml: str, tmp_path: Path) -> None:
    text, stdin = forms(tmp_path)[form]
    result = run("check", text, "--settings", saml_toml, "--at", AT, "--json", stdin=stdin)
    told = diagnosis(result)
    assert (told["granted"], told["person"], told["violations"]) == (True, "jane@example.com", [])
    assert result.exit_code == 0
    offline = [found["rule"] for found in told["findings"] if found["reason"] == "offline"]
    assert sorted(offline) == ["saml.assertion.once", "saml.response.in-response-to"]


def test_a_request_can_be_given(saml_toml: str) -> None:
    xml = response().decode()
    for request, code in ((REQUEST, 0), ("_other", 1)):
        result = run("check", xml, "--settings", saml_toml, "--at", AT, "--in-response-to", request, "--json")
        assert result.exit_code == code
        assert diagnosis(result)["violations"] == (["saml.response.in-response-to"] if code else [])


def test_a_refused_response_exits_1_and_says_why(saml_toml: str) -> None:
    late = response(before=put(CONDITIONS, NotBefore=None, NotOnOrAfter="2026-03-01T11:00:00Z")).decode()
    result = run("check", late, "--settings", saml_toml, "--at", AT)
    assert result.exit_code == 1
    assert result.stdout.startswith("refused: 1 rule is violated\nwhat happened  The assertion says NotOnOrAfter ")
    assert "it was never valid.\n               to mend it: Set how long" in result.stdout
    assert "\nviolated       saml.conditions.not-on-or-after\n" in result.stdout
    assert "1 hour ago" in result.stdout
    assert diagnosis(run("check", late, "--settings", saml_toml, "--at", AT, "--json"))["person"] is None


@pytest.mark.parametrize("content", [b"", b"*", b"<a>", b"\xff\xfe\x00", b"hello"])
def test_a_file_is_taken_as_it_is_however_broken(content: bytes, saml_toml: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    result = run("check", str(path), "--settings", saml_toml, "--json")
    assert result.exit_code == 1
    assert len(diagnosis(result)["violations"]) == 1


def test_a_link_is_judged_at_the_given_moment(simple_toml: str, tmp_path: Path) -> None:
    granted = run("check", LINK, "--settings", simple_toml, "--at", "1400000100", "--json")
    assert diagnosis(granted)["person"] == "jane@example.com"
    path = tmp_path / "case.url"
    path.write_text(LINK + "\n")
    assert run("check", str(path), "--settings", simple_toml, "--at", "2014-05-13T16:55:00Z").exit_code == 0
    late = run("check", LINK, "--settings", simple_toml, "--at", "1400009999", "--json")
    assert diagnosis(late)["violations"] == ["remote-login.timestamp.not-too-old"]
    assert late.exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.b64",), "There is no file 'nothing.b64', and it is neither a link, nor a form's body, "),
        (("\x00",), "neither a link"),
        (("http://[x",), "neither a link"),
        (("<a/>", "--at", "noon"), "expected a time such as"),
        (("<a/>", "--at", "9" * 30), "expected a time such as"),
        (("<a/>", "--settings", "/nowhere/portal.toml"), "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_plain_message_and_exit_2(words: tuple[str, ...], said: str, saml_toml: str) -> None:
    result = run("check", "--settings", saml_toml, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_is_not_a_message(saml_toml: str, tmp_path: Path) -> None:
    result = run("check", str(tmp_path), "--settings", saml_toml)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_an_unknown_weakness_is_told_before_anything_is_served() -> None:
    result = run("serve", "--without", "saml.conditions.audienc")
    assert result.exit_code == 2
    assert "Did you mean 'saml.conditions.audience'?" in result.stderr


def test_the_table_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m portal_stub.settings_table > docs/settings.md"
    assert "| `allowed_drift_seconds` | `60` |" in written
    assert "| `enabled` | false |" in written
    assert "| `secret` | empty |" in written
