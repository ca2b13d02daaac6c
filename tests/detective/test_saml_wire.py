"""What happens to a Response before it is in the form field, each committed on purpose, is named alone."""

import base64
import gzip
import html
import json
import zlib
from collections.abc import Callable

import pytest
from lxml import etree

from portal_stub.saml.message import Post
from tests.detective.saml_names import in_words, named, text
from tests.portal_core.responses import NS, response, write

Field = Callable[[bytes], str]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def with_plus(xml: bytes) -> bytes:
    """The message with a comment after it that brings a plus sign and a padding into its base64."""
    longer = (xml + b"\n" * n + b"<!--~~~~~~-->" for n in range(6))
    return next(more for more in longer if "+" in text(more) and "=" in text(more))


WIRE: dict[str, Field] = {
    "plus-turned-into-blank": lambda xml: text(with_plus(xml)).replace("+", " "),
    "encoded-twice-for-the-form": lambda xml: text(with_plus(xml)).replace("+", "%2B").replace("=", "%3D"),
    "xml-not-encoded": bytes.decode,
    "xml-escaped-for-html": lambda xml: html.escape(xml.decode()),
    "base64-for-addresses": lambda xml: base64.urlsafe_b64encode(with_plus(xml)).decode().rstrip("="),
    "padding-lost": lambda xml: text(with_plus(xml)).rstrip("="),
    "quotes-around": lambda xml: f'"{text(xml)}"',
    "json-around": lambda xml: json.dumps({"SAMLResponse": text(xml), "RelayState": None}),
    "field-name-in-value": lambda xml: f"SAMLResponse={text(xml)}",
    "openid-token": lambda _: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl",
    "base64-twice": lambda xml: text(text(xml).encode()),
    "deflated-for-post": lambda xml: text(raw_deflate(xml)),
    "xml-escaped-in-base64": lambda xml: text(html.escape(xml.decode()).encode()),
    "utf-16-without-mark": lambda xml: text(xml.decode().encode("utf-16-le")),
    "windows-1252": lambda xml: text(xml.decode().replace("Jane", "Zo\u00eb").encode("cp1252")),
    "blank-before-xml": lambda xml: text(b'\r\n<?xml version="1.0"?>' + xml),
}


@pytest.mark.parametrize("code", WIRE)
def test_what_happened_on_the_wire_is_named_alone(code: str) -> None:
    assert named(Post(saml_response=WIRE[code](response()))) == [code]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (lambda xml: base64.encodebytes(with_plus(xml)).decode().rstrip("=\n"), "padding-lost"),
        (
            lambda xml: base64.encodebytes(with_plus(xml)).decode().replace("+", "-").rstrip("=\n"),
            "base64-for-addresses",
        ),
        (lambda xml: f"'{text(xml)}'", "quotes-around"),
        (lambda xml: "\ufeff" + xml.decode(), "xml-not-encoded"),
        (lambda xml: text(text(raw_deflate(xml)).encode()), "base64-twice"),
    ],
)
def test_other_spellings_of_a_mistake_are_named(field: Field, code: str) -> None:
    assert named(Post(saml_response=field(response()))) == [code]


@pytest.mark.parametrize(
    "field",
    [
        lambda xml: f"{text(xml)[:40]}\t\t\t\t{text(xml)[40:]}",
        lambda xml: f'"{text(xml)}',
        lambda xml: text(xml.replace(b"Jane", "\uffff".encode())),
    ],
)
def test_what_only_resembles_a_mistake_has_no_name(field: Field) -> None:
    assert named(Post(saml_response=field(response()))) == []


@pytest.mark.parametrize("data", [b"&lt;nonsense", b"<\0n\0", b" nonsense", b"\xff nonsense"])
def test_what_only_begins_like_a_mistake_has_no_name(data: bytes) -> None:
    assert named(Post(saml_response=text(data))) == []


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_other_compressions_are_named(pack: Callable[[bytes], bytes]) -> None:
    assert named(Post(saml_response=text(pack(response())))) == ["deflated-for-post"]


def test_a_response_by_redirect_is_named() -> None:
    assert named(Post(saml_response=text(raw_deflate(response())), binding="redirect")) == ["response-by-redirect"]


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        (("samlresponse",), ["field-in-other-case"]),
        (("SAMLRequest",), ["field-of-requests"]),
        (("SAMLart",), ["artifact"]),
        (("wa", "wresult", "wctx"), ["ws-federation"]),
        (("state", "id_token"), ["openid-token"]),
        (("state", "code"), ["openid-token"]),
        (("email", "password"), []),
        ((), []),
    ],
)
def test_a_field_of_another_name_is_named(fields: tuple[str, ...], codes: list[str]) -> None:
    assert named(Post(saml_response=None, others=fields)) == codes


def test_a_blank_field_beside_another_is_no_other_field() -> None:
    assert named(Post(saml_response=" ", others=("samlresponse",))) == []


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (f'<samlp:AuthnRequest xmlns:samlp="{NS["samlp"]}" ID="_q" Version="2.0"/>', "request-for-response"),
        (f'<samlp:LogoutRequest xmlns:samlp="{NS["samlp"]}" ID="_q" Version="2.0"/>', "logout-message-at-acs"),
        (f'<samlp:LogoutResponse xmlns:samlp="{NS["samlp"]}" ID="_q" Version="2.0"/>', "logout-message-at-acs"),
        ('<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>', "metadata-for-response"),
        ('<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"/>', "ws-federation"),
        ('<p:Response xmlns:p="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1"/>', "saml-1"),
    ],
)
def test_what_is_no_response_is_named(xml: str, code: str) -> None:
    assert named(xml.encode()) == [code]


def test_a_root_of_which_nothing_is_known_has_no_name() -> None:
    assert named(f'<samlp:ManageNameIDRequest xmlns:samlp="{NS["samlp"]}"/>'.encode()) == []


def test_an_assertion_without_its_response_is_named() -> None:
    assertion = etree.fromstring(response()).find("saml:Assertion", NS)
    assert assertion is not None
    assert named(etree.tostring(assertion)) == ["assertion-without-response"]


def test_which_member_of_the_json_it_was_is_told() -> None:
    assert "'token'" in in_words(Post(saml_response=json.dumps({"state": "x", "token": text(response())})))


@pytest.mark.parametrize("field", ["hello", "<html>", '{"a": 1}', "[]", '"hello"', "aGVsbG8=", "%ZZ", "&lt;", "{" * 50])
def test_what_is_no_message_in_any_way_has_no_name(field: str) -> None:
    assert named(Post(saml_response=field)) == []


def test_a_changed_message_in_wrong_encoding_is_named_for_the_encoding_alone() -> None:
    changed = response(after=write("saml:Assertion/saml:Issuer", "urn:another"))
    assert named(Post(saml_response=changed.decode())) == ["xml-not-encoded"]
