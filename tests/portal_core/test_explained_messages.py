"""A message for people to read: whatever its encoding, bounded, with secrets hidden."""

import base64
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_stub.explain import explain, html, plain
from portal_stub.saml.message import Post
from tests.portal_core.explaining import ATTRIBUTES, SECRET, explained, explained_link, places
from tests.portal_core.responses import (
    CONDITIONS,
    NAME_ID,
    NOW,
    SUBJECT,
    Edit,
    add,
    both,
    diagnose,
    put,
    response,
    settings,
    write,
)

# The message.


def encoded_twice(xml: bytes) -> str:
    return base64.b64encode(base64.b64encode(xml)).decode()


def deflated(xml: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(xml) + packer.flush()).decode()


@pytest.mark.parametrize(
    ("encode", "note"),
    [
        (lambda xml: base64.b64encode(xml).decode(), ""),
        (lambda xml: base64.encodebytes(xml).decode(), ""),
        (lambda xml: base64.urlsafe_b64encode(xml).decode(), ""),
        (lambda xml: base64.b64encode(xml).decode().replace("+", " "), ""),
        (encoded_twice, "in base64 twice"),
        (deflated, "compressed by DEFLATE"),
        (lambda xml: quote(base64.b64encode(xml).decode(), safe=""), "percent-encoded once too often"),
        (lambda xml: quote(deflated(xml), safe=""), "percent-encoded once too often, and compressed"),
        (lambda xml: xml.decode(), "was not in base64"),
    ],
)
def test_the_message_is_readable_however_it_was_encoded(encode: Callable[[bytes], str], note: str) -> None:
    # Filled up so that every alphabet of base64 is told from the others.
    found = explained(Post(saml_response=encode(response() + b"<!-- ~~~???>>> -->")))
    assert "<saml:Audience>" in plain(found)["message"]["readable"]
    assert (note in found.message.note) if note else found.message.note == ""
    assert found.account is not None


@pytest.mark.parametrize(
    "sent", ["", "   ", "PGE+", base64.b64encode(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").decode(), "\udcff", "<a"]
)
def test_what_is_no_document_is_shown_as_text(sent: str) -> None:
    found = explained(Post(saml_response=sent))
    assert not found.granted
    assert found.account is None
    assert found.message.raw is not None


def test_a_great_message_is_bounded_and_says_so() -> None:
    one = '<saml:Attribute Name="a"><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>'
    long = "y" * 100_000
    edit = both(*[add(ATTRIBUTES, one)] * 500, write(NAME_ID, long))
    found = explained(response(before=edit))
    assert len(found.message.lines) == 1200
    assert "there are more" in found.message.left_out
    assert len(found.others) <= 60
    assert f"{len(long)} characters" in plain(found)["message"]["readable"]
    assert len(html(attrs.evolve(found, message=attrs.evolve(found.message, raw=None)))) < 400_000


def test_depth_does_not_matter() -> None:
    deep = "<saml:Advice>" * 100 + "</saml:Advice>" * 100
    found = explained(response(before=add("saml:Assertion", deep)))
    assert max(len(line[0].text) for line in found.message.lines) <= 60


@given(st.binary(max_size=300), st.sampled_from(["saml", "simple", "logout"]))
def test_anything_can_be_explained(message: bytes, method: Any) -> None:
    findings = diagnose(Post(saml_response="x")).findings
    for sent in (
        message,
        Post(saml_response=base64.b64encode(message).decode()),
        Post(saml_response=message.decode("latin-1")),
    ):
        found = explain(sent, findings, settings(), NOW, granted=False, person=None, method=method)
        assert html(found)
        assert plain(found)


# Secrets.


@pytest.mark.parametrize(
    "edit",
    [
        write(NAME_ID, SECRET),
        put(NAME_ID, SPNameQualifier=SECRET),
        put(CONDITIONS, NotBefore=SECRET),
        put(".", Destination=f"http://x/{SECRET}"),
        add(ATTRIBUTES, f'<saml:Attribute Name="{SECRET}" FriendlyName="{SECRET}"/>'),
        write(f"{ATTRIBUTES}/saml:Attribute/saml:AttributeValue", SECRET),
        add(ATTRIBUTES, f'<saml:Attribute Name="a" xmlns:b="urn:{SECRET}" b:c="d"/>'),
        add(SUBJECT, f"<!--{SECRET}-->"),
    ],
)  # fmt: skip
def test_a_secret_is_hidden_wherever_it_stands_in_a_response(edit: Edit) -> None:
    sent = response(before=edit)
    found = explained(sent, hide=lambda text: text.replace(SECRET, "********"))
    assert SECRET not in html(found)
    assert SECRET not in repr(plain(found))
    assert base64.b64encode(sent).decode() not in html(found)
    assert "the shared secret stands in it" in found.message.left_out


@pytest.mark.parametrize(
    "query",
    [
        f"name={SECRET}",
        f"name={SECRET[:-1]}%66",
        f"{SECRET}=x",
        f"email=a%40{SECRET}.example&timestamp={SECRET}&hash={SECRET}",
        f"redirect_to=/{SECRET}&phone={SECRET}",
    ],
)
def test_a_secret_is_hidden_wherever_it_stands_in_a_link(query: str) -> None:
    found = explained_link(query, hide=lambda text: text.replace(SECRET, "********"))
    assert SECRET not in html(found)
    assert SECRET not in repr(plain(found))
    assert "%66" not in html(found)


# Logouts.


@pytest.mark.parametrize("method", ["logout"])
def test_a_logout_is_shown_without_attributes_and_account(method: Any) -> None:
    xml = b'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="a" Version="1.0"/>'
    findings = (attrs.evolve(diagnose(response()).findings[0], rule="saml.logout.version", outcome="violated"),)
    by_link = f"SAMLRequest={quote(deflated(xml))}&RelayState=%2Fx".encode()
    for message in (by_link, Post(saml_response=base64.b64encode(xml).decode(), relay_state="/x")):
        found = explain(message, findings, settings(), NOW, granted=False, person=None, method=method)
        assert list(places(found)) == ['Version="1.0"']
        assert (found.account, found.wanted, found.message.relay_state) == (None, (), "/x")
