"""What was posted, however the tool keeps it, masks it or loses it."""

import base64
import copy
import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from portal_stub.saml.message import Post
from rulebook.strict_toml import FileProblem
from tests.portal_core import captures, responses
from tests.portal_core.captured_logins import (
    SAML_TOML,
    SECRET,
    SHAPES,
    SIMPLE,
    SIMPLE_TOML,
    asked,
    found,
    link,
    listed,
    posted,
    violated,
)
from tests.portal_core.captures import PORTAL, Json, Step, as_text, chrome, firefox, tracer
from tests.portal_core.responses import NOW, response
from tests.portal_core.test_portal_commands import run


def entry(capture: Json) -> Json:
    request: Json = capture["log"]["entries"][-1]["request"]
    return request


@pytest.mark.parametrize("shape", ["chrome", "firefox"])
def test_a_form_is_read_from_its_fields_alone(shape: str) -> None:
    whole = SHAPES[shape]([posted(response())])
    fields_alone = copy.deepcopy(whole)
    del entry(fields_alone)["postData"]["text"]
    assert found(fields_alone).logins == found(whole).logins
    text_alone = copy.deepcopy(whole)
    del entry(text_alone)["postData"]["params"]
    assert found(text_alone).logins == found(whole).logins


def test_headers_in_front_of_a_form_are_no_part_of_it() -> None:
    whole = firefox([posted(response())])
    older = copy.deepcopy(whole)
    body = entry(older)["postData"]["text"]
    entry(older)["postData"]["text"] = (
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    assert found(older).logins == found(whole).logins


@pytest.mark.parametrize(
    ("posted_data", "said"),
    [
        (None, "does not have what was posted"),
        ({"mimeType": "application/x-www-form-urlencoded", "comment": "too long"}, "('too long')"),
        ({"mimeType": "multipart/form-data; boundary=x", "text": "--x"}, "multipart/form-data, which is not read"),
    ],
)
def test_a_login_that_was_not_kept_is_never_passed_over(posted_data: Json | None, said: str, tmp_path: Path) -> None:
    capture = captures.published()["firefox-no-audience.har"]
    lost = capture["log"]["entries"][-2]
    lost["request"]["postData"] = posted_data
    path = tmp_path / "lost.har"
    path.write_text(as_text(capture))
    alone = run("check", str(path), "--settings", SAML_TOML)
    assert alone.exit_code == 2
    assert said in alone.stderr
    # Beside a login that is granted it still keeps the command from saying that all is well.
    sound = captures.published()["chrome-posted-twice.har"]["log"]["entries"][:-1]
    capture["log"]["entries"] = [lost, *sound]
    path.write_text(as_text(capture))
    beside = run("check", str(path), "--settings", SAML_TOML)
    assert beside.exit_code == 1
    assert "1 granted, 0 refused, 1 not judged" in beside.stdout
    assert f"Not judged: POST '{PORTAL}/login/saml' at 2026-03-14T15:09:26Z: " in beside.stderr
    assert said in beside.stderr
    assert [each["granted"] for each in listed(str(path), "--settings", SAML_TOML)] == [True]


def test_a_form_without_a_message_is_a_login_with_a_blank_one() -> None:
    assert violated(chrome([posted(response(), form=())])) == [["saml.message.present"]]
    assert violated(chrome([posted(response(), form=(("RelayState", "x"),))])) == [["saml.message.present"]]


def test_several_messages_in_one_form_are_all_seen() -> None:
    login = posted(response())
    assert violated(chrome([attrs.evolve(login, form=(*login.form, login.form[0]))])) == [["saml.message.once"]]


@pytest.mark.parametrize("profile", ["mask", "remove"])
def test_a_masked_export_is_judged_by_the_copy_that_it_kept(profile: Any) -> None:
    capture = tracer([*asked(), posted(response())], profile)
    (login,) = found(capture).logins
    assert isinstance(login.message, Post)
    assert login.message.relay_state is None
    assert violated(capture) == [[]]
    del capture["requests"][-1]["saml"]
    with pytest.raises(FileProblem, match="masked when the capture was exported"):
        found(capture)


def test_older_exports_keep_bytes_as_characters() -> None:
    accents = response(before=responses.write(f"{responses.ASSERTION}/saml:AttributeStatement/*/*", "Zoë"))
    encoded = base64.b64encode(accents.decode().replace("&#235;", "ë").encode()).decode()
    step = posted(accents, form=(("SAMLResponse", encoded),))
    assert violated(tracer([*asked(), step])) == [[]]
    capture = tracer([*asked(), step], "mask")
    assert violated(capture) == [[]]
    traced = capture["requests"][-1]
    assert "Zoë" in traced["saml"]
    traced["saml"] = traced["saml"].encode().decode("latin-1")
    assert violated(capture) == [[]]


def test_older_exports_have_pairs_for_headers() -> None:
    capture = tracer([posted(response())])
    for traced in capture["requests"]:
        traced["id"] = traced.pop("requestId")
        traced["responseHeaders"] = [[header["name"], header["value"]] for header in traced["responseHeaders"]]
    (login,) = found(capture).logins
    assert login.at == NOW


@pytest.mark.parametrize("mask", ["[SAMLResponse redacted]", "{overwritten}", "********"])
def test_what_a_cleaner_took_out_is_named_and_not_judged(mask: str) -> None:
    capture = chrome([posted(response(), form=(("SAMLResponse", mask),))])
    with pytest.raises(FileProblem, match="a mask in place of SAMLResponse"):
        found(capture)
    hashed = chrome([Step("GET", f"{PORTAL}/login/sso?{link(hash=mask)}", at=NOW)])
    with pytest.raises(FileProblem, match="a mask in place of hash"):
        found(hashed, SIMPLE)


def test_an_artifact_is_named_and_not_judged() -> None:
    with pytest.raises(FileProblem, match="HTTP-Artifact"):
        found(chrome([Step("GET", f"{PORTAL}/login/saml?SAMLart=AAQAAA&RelayState=x", at=NOW)]))


def test_no_secret_stands_in_the_address() -> None:
    step = Step("GET", f"http://jane:pass@portal.example/{SECRET}?{link()}", at=NOW)
    (login,) = found(chrome([step]), SIMPLE).logins
    assert login.url == "http://portal.example/********"


def test_a_plus_sign_in_decoded_fields_stays_one() -> None:
    capture = firefox([posted(response(), form=(("SAMLResponse", "abc+"),))])
    del entry(capture)["postData"]["text"]
    (login,) = found(capture).logins
    assert login.message == Post(saml_response="abc+")


def test_half_a_character_is_no_reason_to_fail(tmp_path: Path) -> None:
    capture = captures.published()["chrome-remote-login.har"]
    half = f"{PORTAL}/\ud800/login/sso?{link()}"
    capture["log"]["entries"] = [captures.chrome([Step("GET", half, at=NOW)])["log"]["entries"][0]]
    path = tmp_path / "half.har"
    path.write_text(json.dumps(capture))
    words = ("--settings", SIMPLE_TOML)
    assert listed(str(path), *words)[0]["captured"]["url"] == f"{PORTAL}/\ufffd/login/sso"
    assert run("check", str(path), *words).exit_code == 0
