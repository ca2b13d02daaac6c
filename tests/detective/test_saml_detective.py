"""Every mistake with a Response, committed on purpose, is named, and nothing else is."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal_stub.saml.detective import MISTAKES, suspects
from portal_stub.saml.fingerprint import fingerprint_of
from portal_stub.saml.message import Post
from tests.portal_core.responses import (
    CONDITIONS,
    DATA,
    ISSUER,
    NAME_ID,
    NOW,
    NS,
    PORTAL,
    STATUS_CODE,
    Signing,
    add,
    both,
    certificate,
    diagnose,
    drop,
    find,
    post,
    put,
    response,
    settings,
    write,
)

AUDIENCE = f"{CONDITIONS}/saml:AudienceRestriction/saml:Audience"
ACS = f"{PORTAL}/login/saml"
Field = Callable[[bytes], str]


def named(posted: Post | bytes, now: Any = NOW, **saml: Any) -> list[str]:
    message = post(posted) if isinstance(posted, bytes) else posted
    given = settings(**saml)
    assert not diagnose(message, given, now=now).granted, "the mistake is none"
    return [suspect.code for suspect in suspects(message, given, now)]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


WIRE: dict[str, Field] = {
    "plus-turned-into-blank": lambda xml: text(_with_plus(xml)).replace("+", " "),
    "encoded-twice-for-the-form": lambda xml: text(_with_plus(xml)).replace("+", "%2B").replace("=", "%3D"),
    "xml-not-encoded": lambda xml: xml.decode(),
    "xml-escaped-for-html": lambda xml: xml.decode().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "base64-for-addresses": lambda xml: base64.urlsafe_b64encode(_with_plus(xml)).decode().rstrip("="),
    "openid-token": lambda _: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl",
    "base64-twice": lambda xml: text(text(xml).encode()),
    "deflated-for-post": lambda xml: text(raw_deflate(xml)),
}


def _with_plus(xml: bytes) -> bytes:
    """The message with a comment after it that brings a plus sign into its base64."""
    return next(more for n in range(3) if "+" in text(more := xml + b"\n" * n + b"<!--~~~~~~-->"))


@pytest.mark.parametrize("code", WIRE)
def test_what_happened_on_the_wire_is_named_alone(code: str) -> None:
    field = WIRE[code](response())
    assert named(Post(saml_response=field)) == [code]


def test_a_response_by_redirect_is_named() -> None:
    assert named(Post(saml_response=text(raw_deflate(response())), binding="redirect")) == ["response-by-redirect"]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (f'<samlp:AuthnRequest xmlns:samlp="{NS["samlp"]}" ID="_q" Version="2.0"/>', "request-for-response"),
        ('<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"/>', "ws-federation"),
        ('<p:Response xmlns:p="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1"/>', "saml-1"),
    ],
)
def test_what_is_no_response_is_named(xml: str, code: str) -> None:
    assert named(xml.encode()) == [code]


def test_an_assertion_without_its_response_is_named() -> None:
    assertion = etree.fromstring(response()).find("saml:Assertion", NS)
    assert assertion is not None
    assert named(etree.tostring(assertion)) == ["assertion-without-response"]


def _stored(code: str) -> str:
    own = certificate("trusted")
    key = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "fingerprint-of-another-digest": fingerprint_of(own, "sha256"),
        "fingerprint-of-text": hashlib.sha1(own.public_bytes(Encoding.PEM)).hexdigest(),
        "fingerprint-of-public-key": hashlib.sha1(key).hexdigest(),
        "another-certificate": fingerprint_of(certificate("rogue"), "sha1"),
    }[code]


@pytest.mark.parametrize(
    "code", ["fingerprint-of-another-digest", "fingerprint-of-text", "fingerprint-of-public-key", "another-certificate"]
)
def test_a_wrong_fingerprint_is_named(code: str) -> None:
    assert named(response(), fingerprint=_stored(code)) == [code]


def test_a_forged_signature_is_not_called_another_certificate() -> None:
    forged = response(signing=Signing(key="rogue"), after=write(NAME_ID, "mallory@example.com"))
    assert named(forged) == []


def indented(root: etree._Element) -> None:
    etree.indent(root, "  ")


@pytest.mark.parametrize("base", ["assertion", "response", "both"])
def test_a_message_that_was_indented_after_signing_is_named(base: Any) -> None:
    assert named(response(base, after=indented)) == ["pretty-printed"]


def test_a_message_that_was_altered_is_not_called_indented() -> None:
    assert named(response(after=both(indented, write(NAME_ID, "mallory@example.com")))) == []


def test_a_digest_over_another_canonicalisation_is_named() -> None:
    path = "saml:Assertion/ds:Signature/ds:SignedInfo/ds:Reference/"

    def inclusive(root: etree._Element) -> None:
        bare = etree.fromstring(etree.tostring(find(root, "saml:Assertion"), with_tail=False))
        bare.remove(find(bare, "ds:Signature"))
        value = base64.b64encode(hashlib.sha256(etree.tostring(bare, method="c14n")).digest()).decode()
        write(f"{path}ds:DigestValue", value)(root)

    assert named(response(after=inclusive)) == ["another-canonicalisation"]


def test_a_signature_without_certificate_is_named() -> None:
    assert named(response(signing=Signing(certificates=()))) == ["no-certificate-sent"]


def test_another_part_that_is_signed_is_named() -> None:
    assert named(response("assertion"), want_signed="response") == ["another-part-signed"]


CLAIMS: dict[str, tuple[str, bytes]] = {
    "audience without scheme": ("other-scheme", response(before=write(AUDIENCE, PORTAL.removeprefix("http://")))),
    "audience by https": ("other-scheme", response(before=write(AUDIENCE, PORTAL.replace("http:", "https:")))),
    "audience with a slash": ("trailing-slash", response(before=write(AUDIENCE, f"{PORTAL}/"))),
    "audience in capitals": ("other-case", response(before=write(AUDIENCE, PORTAL.replace("portal", "Portal")))),
    "audience is the ACS": ("addresses-swapped", response(before=write(AUDIENCE, ACS))),
    "audience of another host": ("other-host", response(before=write(AUDIENCE, "http://desk.example"))),
    "recipient with a slash": ("trailing-slash", response(before=put(DATA, Recipient=f"{ACS}/"))),
    "destination by https": ("other-scheme", response(before=put(".", Destination=ACS.replace("http:", "https:")))),
    "destination of a vanity host": (
        "other-host",
        response(before=put(".", Destination="http://a.example/login/saml")),
    ),
    "issuer with a slash": ("trailing-slash", response(before=write("saml:Assertion/saml:Issuer", f"{ISSUER}/"))),
    "login name": ("login-name", response(before=write(NAME_ID, "ACME\\jdoe"))),
    "application not assigned": (
        "not-assigned",
        response(
            before=both(
                put(STATUS_CODE, Value="urn:oasis:names:tc:SAML:2.0:status:Responder"),
                add(STATUS_CODE, '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:RequestDenied"/>'),
                drop("saml:Assertion"),
            ),
            base="response",
        ),
    ),
}


@pytest.mark.parametrize("what", CLAIMS)
def test_what_a_response_says_wrongly_is_named_alone(what: str) -> None:
    code, xml = CLAIMS[what]
    assert named(xml) == [code]


def test_an_address_in_an_attribute_is_found() -> None:
    attribute = "saml:Assertion/saml:AttributeStatement"
    mail = '<saml:Attribute Name="mail"><saml:AttributeValue>jane@example.com</saml:AttributeValue></saml:Attribute>'
    xml = response(before=both(write(NAME_ID, "jdoe"), add(attribute, mail)))
    assert named(xml) == ["address-in-attribute"]
    assert "'mail'" in suspects(post(xml), settings(), NOW)[0].sentence


def test_the_issuer_that_the_portal_has_wrong_is_named() -> None:
    login = "http://idp.localhost/sso"
    assert named(response(), idp_entity_id=login, login_url=login) == ["login-url-for-issuer"]


@pytest.mark.parametrize(
    ("off", "code", "words"),
    [
        (timedelta(minutes=8, seconds=12), "clock-off", "8 minutes 12 seconds behind"),
        (timedelta(minutes=-4, seconds=-12), "clock-off", "4 minutes 12 seconds ahead of"),
        (timedelta(hours=2, seconds=3), "local-time", "2 hours behind"),
        (timedelta(hours=-5, minutes=-30), "local-time", "5 hours 30 minutes ahead of"),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much(off: timedelta, code: str, words: str) -> None:
    assert named(response(), NOW + off) == [code]
    assert words in suspects(post(response()), settings(), NOW + off)[0].sentence


def test_an_assertion_that_is_not_encrypted_is_named() -> None:
    assert named(response(), require_encryption=True) == ["not-encrypted"]


@pytest.mark.parametrize("base", ["assertion", "response", "both"])
def test_a_sound_response_is_never_suspected(base: Any) -> None:
    assert suspects(post(response(base)), settings(), NOW) == ()


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(text)))
def test_anything_is_looked_into(field: str) -> None:
    suspects(Post(saml_response=field), settings(), NOW)


def test_codes_are_given_once() -> None:
    codes = [mistake.code for mistake in MISTAKES]
    assert len(codes) == len(set(codes))
