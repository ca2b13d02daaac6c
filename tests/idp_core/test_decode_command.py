"""``idp-sim decode`` as it is typed, and whatever comes."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from idp_sim.cli import main
from idp_sim.decode.decode import NOTHING_VERIFIED, as_plain, decode, in_words
from idp_sim.decode.facts import Unreadable
from idp_sim.decode.unwrap import LARGEST_INPUT
from tests.idp_core.decoding import AT, ENCODED, SCHEMA, XML, deflated, read
from tests.idp_core.logins import FIXTURES, NOW, post, saml_login, scenario, xml_of


def run(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["decode", *words], input=stdin)


# The vectors: each is shown, but those that no reader could read.


def vectors() -> Iterator[tuple[str, str]]:
    for path in sorted((FIXTURES / "vectors").glob("*.*.json")):
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
            sent = [field.get("value", "") for field in vector["message"].get("fields", [])]
            yield vector["id"], (sent[0] if sent else vector["message"].get("url", ""))


def test_every_vector_is_shown_but_those_that_are_no_xml() -> None:
    unreadable, shown = set(), 0
    for vector_id, text in vectors():
        if not text:
            continue
        try:
            decoded = read(text)
        except Unreadable:
            unreadable.add(vector_id.partition("[")[0].partition("@")[0])
            continue
        shown += 1
        assert in_words(decoded).startswith(f"This is {decoded.what}")
    assert shown > 500
    assert unreadable == {
        *(f"saml.logout-query.{name}" for name in ("document-type", "encoded-otherwise", "not-xml")),
        "saml.logout-signature.encoded-otherwise",
        *(f"saml.message.{name}" for name in ("blank", "document-type", "not-base64", "not-encoded", "not-xml")),
        *(f"saml.parser-differentials.{name}" for name in ("encoding-disagrees", "id-by-entity")),
        *(f"saml.parser-differentials.{name}" for name in ("two-documents-in-one", "two-roots")),
        *(f"saml.xml.{name}" for name in ("deep-nesting", "dtd-external", "entity-expansion", "entity-external")),
        *(f"saml.xml.{name}" for name in ("entity-internal", "entity-parameter")),
    }


# The command.


def test_the_command_says_what_it_is_and_that_nothing_was_verified(tmp_path: Path) -> None:
    path = tmp_path / "message.b64"
    path.write_text(ENCODED)
    for words, stdin in (((str(path),), None), (("-",), ENCODED.encode()), ((ENCODED,), None)):
        result = run(*words, "--at", AT, stdin=stdin)
        assert result.exit_code == 0
        assert result.stdout.splitlines()[:2] == ["This is a SAML Response, out of: base64.", NOTHING_VERIFIED]
        assert "\n  <saml:Issuer>http://idp.localhost/saml/metadata</saml:Issuer>\n" in result.stdout
    told = json.loads(run(str(path), "--at", AT, "--json").stdout)
    SCHEMA.validate(told)
    assert (told["verified"], told["now"], told["undone"]) == (False, AT, ["base64"])
    assert etree.fromstring(told["xml"]).get("ID") == etree.fromstring(XML).get("ID")


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    hidden = XML.replace(b"Success", b"Success&#x9b;31m&#x202e;")
    shown = in_words(read(hidden))
    assert "&#x9B;31m&#x202E;" in shown
    assert all(sign.isprintable() or sign == "\n" for sign in shown)


BAD: dict[str, tuple[bytes | str, str]] = {
    "empty": (b"", "there is nothing in it"),
    "no-file": ("nothing.b64", "There is no file of that name"),
    "odd": (b"PHNhb!WxwOg==", "'!' at position 6 is no character of base64"),
    "padding": (b"PHN=hbWx", "'=' at position 4 is no character of base64"),
    "short": (b"abcde", "expected a link, the body of a form, base64, or XML; got abcde"),
    "no-message": (base64.b64encode(b"Login ok"), "8 bytes that are neither XML nor DEFLATE of XML: b'Login ok'"),
    "truncated": (XML[:500], "it looks like XML, but it is not well-formed XML"),
    "doctype": (b"<!DOCTYPE r [<!ENTITY x 'y'>]><r>&x;</r>", "(DOCTYPE), which is not read"),
    "encoding": (b"<?xml version='1.0' encoding='x-unknown'?><r/>", "not well-formed"),
    "other-xml": (b"<r/>", "neither a message nor metadata of SAML 2.0: its root is r"),
    "address": (b"http://x/y", "a link without a query"),
    "query": (b"http://x/y?", "a link with an empty query"),
    "long": (b"A" * (LARGEST_INPUT + 1), "longer than the 32 MiB"),
    "long-inside": (
        base64.b64encode(deflated(b"<r>" + b" " * 17_000_000 + b"</r>")),
        "it is 16777217 bytes long; at most 16777216 are read",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_shown_is_one_plain_message_and_exit_2(name: str, tmp_path: Path) -> None:
    content, said = BAD[name]
    path = tmp_path / "input"
    if isinstance(content, bytes):
        path.write_bytes(content)
    result = run(str(path) if isinstance(content, bytes) else content)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("word", ["\0", "x" * 5000, "http://[", "TMP"])
def test_odd_words_are_no_files(word: str, tmp_path: Path) -> None:
    result = run(word.replace("TMP", str(tmp_path)))
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)


# Whatever comes.


def whatever(content: bytes) -> None:
    try:
        decoded = decode(content, NOW)
    except Unreadable:
        return
    SCHEMA.validate(as_plain(decoded))
    in_words(decoded).encode()


@given(st.binary() | st.text().map(str.encode))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    whatever(content)
    whatever(base64.b64encode(content))
    whatever(b"http://x/?SAMLResponse=" + content)
    whatever(base64.b64encode(deflated(content)))


SEEDS = [XML, xml_of(post(saml_login(), scenario("saml.encryption.assertion")))]


@given(st.sampled_from(SEEDS), st.data())
@settings(deadline=None)
def test_altered_messages(seed: bytes, data: st.DataObject) -> None:
    root = etree.fromstring(seed)
    for _ in range(data.draw(st.integers(1, 5))):
        chosen = data.draw(st.sampled_from(list(root.iter("*"))))
        match data.draw(st.sampled_from(["drop", "text", "attribute", "comment"])):
            case "drop" if chosen is not root:
                parent: Any = chosen.getparent()
                parent.remove(chosen)
            case "text":
                chosen.text = data.draw(st.sampled_from(["", "AAAA", "MIIB", "\x9b", "2026-99-99T00:00:00Z"]))
            case "attribute":
                name = data.draw(st.sampled_from(["ID", "URI", "Algorithm", "Format", "NotOnOrAfter", "Value", "Name"]))
                chosen.set(name, data.draw(st.sampled_from(["", "#", "urn:x", "0001-01-01T00:00:00+23:59", AT])))
            case _:
                chosen.append(etree.Comment("x"))
    whatever(etree.tostring(root))
