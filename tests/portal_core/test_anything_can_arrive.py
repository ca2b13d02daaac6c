"""Anything can arrive: nothing is raised, and nobody but the signed person is ever signed in."""

import base64
import copy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from lxml import etree

from portal_stub.config import Settings, SimpleSettings, SsoSettings
from portal_stub.messages import public_message, public_rules
from portal_stub.remote_login.hashes import login_hash
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.message import Post
from portal_stub.weakness import Weaknesses, naive_readers
from rulebook import RULES
from tests.portal_core.responses import Base, diagnose, post, response, settings

SIMPLE = Settings(sso=SsoSettings(enabled=True, method="simple"), simple=SimpleSettings(secret="s" * 32))
NOW = datetime.fromtimestamp(1400000000, UTC)
FORGED = "forged@example.com"
SOUND: dict[Base, bytes] = {
    "assertion": response("assertion"),
    "response": response("response"),
    "both": response("both"),
}
WEAK = st.builds(
    Weaknesses.named,
    st.sets(st.sampled_from(sorted(RULES)), max_size=4),
    st.sets(st.sampled_from(sorted(naive_readers()))),
)
few = effort(max_examples=150, deadline=None)


def check(message: Post, weaknesses: Weaknesses | None = None) -> str | None:
    diagnosis = diagnose(message) if weaknesses is None else diagnose(message, weaknesses=weaknesses)
    assert [found for found in diagnosis.findings if found.outcome == "not-checked"] == []
    assert isinstance(public_message(diagnosis, settings()), str)
    assert set(public_rules(diagnosis)) <= set(RULES)
    if not diagnosis.granted and weaknesses is None:
        assert diagnosis.violations
    return diagnosis.person


@given(st.none() | st.text())
@few
def test_any_text_in_the_field(text: str | None) -> None:
    assert check(Post(saml_response=text)) is None


@given(st.binary())
@few
def test_any_bytes_in_base64(data: bytes) -> None:
    assert check(post(data)) is None


@given(st.sampled_from(sorted(SOUND)), st.data(), WEAK)
@few
def test_altered_bytes_never_raise_and_never_sign_in_another(base: Base, data: st.DataObject, weak: Weaknesses) -> None:
    xml = bytearray(SOUND[base])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(xml) - 1))
        xml[place : place + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    assert check(post(bytes(xml))) in (None, "jane@example.com")
    diagnose(post(bytes(xml)), weaknesses=weak)


@given(st.sampled_from(sorted(SOUND)), st.data(), WEAK)
@few
def test_moved_and_forged_elements_never_sign_in_another(base: Base, data: st.DataObject, weak: Weaknesses) -> None:
    root = etree.fromstring(SOUND[base])
    for _ in range(data.draw(st.integers(1, 4))):
        elements = [element for element in root.iter("*") if element is not root]
        chosen, target = data.draw(st.sampled_from(elements)), data.draw(st.sampled_from([root, *elements]))
        match data.draw(st.sampled_from(["copy", "move", "drop", "text", "comment", "attribute"])):
            case "copy":
                forged = copy.deepcopy(chosen)
                for name_id in forged.iter("{*}NameID"):
                    name_id.text = FORGED
                target.insert(data.draw(st.integers(0, len(target))), forged)
            case "move" if target not in chosen.iter():
                target.append(chosen)
            case "drop":
                parent = chosen.getparent()
                assert parent is not None
                parent.remove(chosen)
            case "text":
                target.text = data.draw(st.sampled_from([FORGED, "", " ", "_a", "2026-13-01T00:00:00Z"]))
            case "comment":
                target.append(etree.Comment("x"))
            case "attribute":
                name = data.draw(st.sampled_from(["ID", "Id", "Algorithm", "URI", "Version", "NotOnOrAfter", "Value"]))
                target.set(name, data.draw(st.sampled_from(["", "_a", "_r", "#_a", "urn:x", "2.0"])))
    assert check(post(etree.tostring(root))) in (None, "jane@example.com")
    diagnose(post(etree.tostring(root)), weaknesses=weak)


@given(st.binary())
@few
def test_any_query(query: bytes) -> None:
    diagnosis = judge_link(query, SIMPLE, NOW)
    assert not diagnosis.granted
    assert diagnosis.violations
    assert [found for found in diagnosis.findings if found.outcome == "not-checked"] == []
    assert public_message(diagnosis, SIMPLE)


VALUES = st.sampled_from([b"Jane", b"jane@example.com", b"1400000000", b"", b"%", b"%ff", b"9" * 400, b"+1.5"])


@given(
    st.lists(st.tuples(st.sampled_from([b"name", b"email", b"timestamp", b"hash", b"x"]), VALUES | st.binary())), WEAK
)
@few
def test_any_parameters(sent: list[tuple[bytes, bytes]], weak: Weaknesses) -> None:
    sound = login_hash("hmac-md5", b"s" * 32, b"Jane", b"jane@example.com", b"1400000000")
    query = b"&".join(b"=".join(pair) for pair in [*sent, (b"hash", sound)])
    diagnosis = judge_link(query, SIMPLE, NOW)
    assert diagnosis.person in (None, "jane@example.com")
    assert [found for found in diagnosis.findings if found.outcome == "not-checked"] == []
    judge_link(query, SIMPLE, NOW, weak)


EXTERNAL = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">%s]>'


@pytest.mark.parametrize(
    "doctype",
    [
        EXTERNAL % b"",
        EXTERNAL % b'<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;',
        b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:9/r.dtd'>",
        b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>",
        b"<!-- <a> --><?x <b> ?><!DOCTYPE r>",
    ],
)
def test_a_doctype_is_refused_before_it_is_read(doctype: bytes) -> None:
    xml = doctype + SOUND["assertion"].replace(b"jane@", b"&x;@" if b"ENTITY x" in doctype else b"jane@")
    assert diagnose(xml).violations == ("saml.message.no-dtd",)
    utf_16 = xml.decode().encode("utf-16")
    assert diagnose(utf_16).violations == ("saml.message.no-dtd",)


@pytest.mark.parametrize("encoding", ["windows-1252", "gb2312"])
def test_a_doctype_in_an_encoding_that_only_one_parser_knows_is_refused_all_the_same(encoding: str) -> None:
    xml = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE r>".encode() + SOUND["assertion"]
    assert diagnose(xml).violations == ("saml.message.no-dtd",)


def test_what_follows_a_doctype_is_not_parsed() -> None:
    assert diagnose(b"<!DOCTYPE r><r>").violations == ("saml.message.no-dtd",)


def test_a_long_run_of_blanks_is_looked_at_once() -> None:
    assert diagnose(Post(saml_response=f"A{' ' * 1_300_000}A")).violations == ("saml.message.base64",)


def test_the_word_doctype_in_a_text_is_no_doctype() -> None:
    commented = b"<!-- <!DOCTYPE r> -->" + SOUND["assertion"]
    assert diagnose(commented).violations == ()


def test_a_part_of_a_message_that_is_too_large_is_never_decoded() -> None:
    huge = Post(saml_response=base64.b64encode(b"<" * (2 * 1024 * 1024)).decode())
    diagnosis = diagnose(huge)
    assert diagnosis.violations == ("saml.message.limits",)
    assert "at most" in next(found.expected for found in diagnosis.findings if found.outcome == "violated")
    reasons = {found.rule: found.reason for found in diagnosis.findings}
    assert reasons["saml.message.no-dtd"] == "the message is too large to be read"
