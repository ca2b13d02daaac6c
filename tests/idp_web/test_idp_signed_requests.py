"""Signed requests at the simulator: verified by both bindings, and told in plain words what is wrong with them."""

import base64
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp_sim.config import Portal
from portal_stub.config import SamlSettings, Settings
from portal_stub.keys import Keypair, Keys
from portal_stub.saml.request import post_form, redirect_url
from tests.idp_web.idp_bench import HELPDESK, SIMULATOR, Bench, Page, for_post, for_redirect, portal, request_xml

RIGHT, WRONG = Keys().signing, Keys().signing
SETTINGS = Settings(base_url=HELPDESK, saml=SamlSettings(login_url=f"{SIMULATOR}/saml/sso"))
NOW = datetime(2016, 4, 1, 12, 0, tzinfo=UTC)
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def pem(pair: Keypair) -> str:
    return pair.certificate.public_bytes(Encoding.PEM).decode()


def signing_portal(**changes: Any) -> Portal:
    return portal(**{"request_certificate": pem(RIGHT), "requests_signed": True, **changes})


def by_redirect(bench: Bench, query: str) -> Page:
    return bench.open(f"/saml/sso?{query}")


def sent(binding: str, signer: Keypair | None = RIGHT) -> tuple[str, dict[str, str]]:
    """Query and form fields of a request that the portal stub makes."""
    if binding == "redirect":
        return redirect_url(SETTINGS, "_1", NOW, "state & more", signer).partition("?")[2], {}
    return "", dict(post_form(SETTINGS, "_1", NOW, "state & more", signer)[1])


def ask(bench: Bench, query: str, fields: dict[str, str]) -> Page:
    return bench.open("/saml/sso", method="POST", data=fields) if fields else by_redirect(bench, query)


def is_taken(page: Page) -> bool:
    return page.status == 200 and bool(page.all("//form[@id='sign-in-form']"))


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_request_that_is_signed_rightly_is_taken(binding: str) -> None:
    page = ask(Bench(signing_portal()), *sent(binding))
    assert is_taken(page)
    assert page.fields("sign-in-form")["relay_state"] == "state & more"


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_one_of_two_certificates_is_enough(binding: str) -> None:
    both = signing_portal(request_certificate=pem(WRONG) + pem(RIGHT))
    assert is_taken(ask(Bench(both), *sent(binding)))


@pytest.mark.parametrize("requests_signed", [True, False])
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_signature_by_another_key_is_refused(binding: str, requests_signed: bool) -> None:
    page = ask(Bench(signing_portal(requests_signed=requests_signed)), *sent(binding, WRONG))
    assert page.status == 400
    assert "signature does not verify" in page.words
    assert re.search(r"expected: .+\ngot: ", page.text)
    assert not page.all("//form")


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_an_unsigned_request_is_refused_where_the_portal_signs(binding: str) -> None:
    page = ask(Bench(signing_portal()), *sent(binding, None))
    assert page.status == 400
    assert "AuthnRequestsSigned" in page.words
    assert is_taken(ask(Bench(signing_portal(requests_signed=False)), *sent(binding, None)))


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_signature_that_nobody_can_verify_says_nothing(binding: str) -> None:
    assert is_taken(ask(Bench(portal()), *sent(binding, WRONG)))


def test_the_order_in_the_query_is_free_and_its_octets_count() -> None:
    query, _ = sent("redirect")
    parts = query.split("&")
    assert is_taken(by_redirect(Bench(signing_portal()), "&".join(["lang=de", *reversed(parts)])))
    encoded_anew = urlencode(parse_qsl(query), quote_via=quote)
    assert encoded_anew != query
    assert by_redirect(Bench(signing_portal()), encoded_anew).status == 400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda query: query.replace("RelayState=state", "RelayState=other"), "does not verify"),
        (lambda query: query.replace("rsa-sha256", "rsa-sha1"), "rsa-sha256 or a stronger"),
        (lambda query: query.replace("SigAlg=", "Nothing="), "rsa-sha256 or a stronger"),
        (lambda query: query.replace("rsa-sha256", "rsa-sha512"), "does not verify"),
        (lambda query: query.partition("&Signature=")[0], "in base64|does not verify"),
        (lambda query: query.partition("&Signature=")[0] + "&Signature=%%%", "in base64"),
        (lambda query: query + "&RelayState=other", "RelayState once"),
        (lambda query: query + "&SAMLRequest=other", "SAMLRequest once"),
        (lambda query: query + "&%53igAlg=other", "SigAlg once"),
    ],
)
def test_a_query_that_was_altered_is_refused(change: Any, said: str) -> None:
    page = by_redirect(Bench(signing_portal()), change(sent("redirect")[0]))
    assert page.status == 400
    assert re.search(said, page.words)


def test_the_query_of_another_signer_is_verified_by_its_octets() -> None:
    """Signed here, with lower-case percent-encoding, as some portals do."""
    message = quote(for_redirect(request_xml()), safe="")
    octets = f"SAMLRequest={message}&RelayState=&SigAlg={quote(RSA_SHA256, safe='')}".replace("%3A", "%3a")
    value = RIGHT.key.sign(octets.encode(), padding.PKCS1v15(), hashes.SHA256())
    query = f"{octets}&Signature={quote(base64.b64encode(value), safe='')}"
    assert is_taken(by_redirect(Bench(signing_portal()), query))


def test_a_posted_request_that_was_altered_is_refused() -> None:
    _, fields = sent("post")
    root = etree.fromstring(base64.b64decode(fields["SAMLRequest"]))
    root.set("ForceAuthn", "true")
    page = ask(Bench(signing_portal()), "", {"SAMLRequest": for_post(etree.tostring(root))})
    assert page.status == 400
    assert "does not verify" in page.words


HIDDEN: dict[str, tuple[Callable[[bytes, bytes], bytes], str]] = {
    # From the signed request and its signature: what follows the Issuer of the unsigned one around it.
    "whole": (lambda inner, _: extensions(inner), "AuthnRequestsSigned"),
    "without-its-signature": (lambda inner, own: own + extensions(inner.replace(own, b"")), "to &#39;#_2&#39;"),
    "before-a-forged-signature": (
        lambda inner, own: extensions(inner) + own.replace(b'URI="#_1"', b'URI="#_2"'), "does not verify"
    ),
}  # fmt: skip


def extensions(inner: bytes) -> bytes:
    return b"<p:Extensions>" + inner + b"</p:Extensions>"


@pytest.mark.parametrize(("hide", "said"), HIDDEN.values(), ids=HIDDEN)
def test_a_signature_over_something_else_in_the_request_is_refused(
    hide: Callable[[bytes, bytes], bytes], said: str
) -> None:
    """A signed request hidden in an unsigned one: its signature verifies, and says nothing about what is around it."""
    _, fields = sent("post")
    # Put together as text: a library that moves elements would give them other prefixes, and break the digest.
    inner = base64.b64decode(fields["SAMLRequest"])
    (signature,) = re.findall(rb"<ds:Signature.*</ds:Signature>", inner, re.DOTALL)
    outer = request_xml(request_id="_2").replace(b"</a:Issuer>", b"</a:Issuer>" + hide(inner, signature), 1)
    page = ask(Bench(signing_portal()), "", {"SAMLRequest": for_post(outer)})
    assert page.status == 400
    assert said in page.text


def test_a_signature_inside_a_redirected_message_does_not_count() -> None:
    _, fields = sent("post")
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(base64.b64decode(fields["SAMLRequest"])) + packer.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode()})
    assert by_redirect(Bench(signing_portal()), query).status == 400


CLASSES = ("urn:oasis:names:tc:SAML:2.0:ac:classes:X509", "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos")


def wishing_request() -> bytes:
    contexts = "".join(f"<a:AuthnContextClassRef>{name}</a:AuthnContextClassRef>" for name in CLASSES)
    asked = f'<p:RequestedAuthnContext Comparison="minimum">{contexts}</p:RequestedAuthnContext></p:AuthnRequest>'
    return request_xml(ForceAuthn="true", IsPassive="1").replace(b"</p:AuthnRequest>", asked.encode())


def test_what_the_request_asks_of_the_authentication_is_shown_and_answered() -> None:
    bench = Bench()
    page = ask(bench, "", {"SAMLRequest": for_post(wishing_request())})
    assert "a new authentication (ForceAuthn); no interaction (IsPassive)" in page.words
    assert f"authentication context (minimum) {CLASSES[0]}, {CLASSES[1]}" in page.words
    answer = bench.sign_in(page).answer()
    assert [found.text for found in answer.iter("{*}AuthnContextClassRef")] == [CLASSES[0]]


def test_a_request_without_wishes_carries_none() -> None:
    page = ask(Bench(), "", {"SAMLRequest": for_post(request_xml())})
    assert "asks for:" not in page.words
    assert not {"force_authn", "is_passive", "authn_context"} & page.fields("sign-in-form").keys()
