import base64
import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_sim.login import Requested
from idp_sim.saml.request import AuthnRequest, UnreadableRequest, from_post, from_redirect
from idp_sim.saml.xml import LARGEST

SAMLP = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
SAML = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
SOUND = (
    f'<samlp:AuthnRequest {SAMLP} {SAML} ID="_1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z" '
    'Destination="http://idp.localhost:5001/saml/sso" AssertionConsumerServiceURL="http://portal.localhost/login/saml" '
    'ForceAuthn="true"><saml:Issuer> http://portal.localhost </saml:Issuer>'
    '<samlp:NameIDPolicy Format="urn:f" AllowCreate="true"/></samlp:AuthnRequest>'
)
READ = AuthnRequest(
    id="_1",
    issuer="http://portal.localhost",
    acs_url="http://portal.localhost/login/saml",
    destination="http://idp.localhost:5001/saml/sso",
    issue_instant="2026-01-01T00:00:00Z",
    name_id_format="urn:f",
    requested=Requested(force_authn=True),
    relay_state="/x",
)


def deflated(xml: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(xml) + packer.flush()).decode()


def plain(xml: str | bytes) -> str:
    return base64.b64encode(xml.encode() if isinstance(xml, str) else xml).decode()


def test_both_bindings_read_the_same() -> None:
    assert from_redirect(deflated(SOUND.encode()), "/x") == READ
    assert from_post(plain(SOUND), "/x") == READ


def test_only_what_is_there_is_read() -> None:
    least = f'<samlp:AuthnRequest {SAMLP} {SAML} ID="a" Version="2.0"><saml:Issuer>i</saml:Issuer></samlp:AuthnRequest>'
    assert from_post(plain(least)) == AuthnRequest(id="a", issuer="i")


def test_lines_in_base64_are_fine() -> None:
    assert from_post("\r\n".join([plain(SOUND)[:60], plain(SOUND)[60:]])).id == "_1"


def test_a_comment_does_not_cut_the_issuer() -> None:
    assert from_post(plain(SOUND.replace("portal.localhost </", "portal<!-- -->.localhost </"))).issuer == READ.issuer


BAD = {
    "blank": ("  ", "missing or blank"),
    "not-base64": ("%%%", "not base64"),
    "not-ascii": ("é", "not base64"),
    "not-xml": (plain("hello"), "not well-formed"),
    "truncated": (plain(SOUND[:200]), "not well-formed"),
    "dtd": (plain(f"<!DOCTYPE a>{SOUND}"), "DOCTYPE"),
    "entity": (plain(f'<!DOCTYPE a [<!ENTITY b "c">]>{SOUND.replace("portal.l", "&b;l")}'), "DOCTYPE"),
    "too-large": (plain(SOUND.replace("/>", f"{' ' * LARGEST}/>")), "at most"),
    "response": (plain(SOUND.replace("AuthnRequest", "Response")), "Expected a samlp:AuthnRequest"),
    "version": (plain(SOUND.replace('"2.0"', '"1.1"')), 'Version="2.0"'),
    "no-id": (plain(SOUND.replace('ID="_1" ', "")), "no ID"),
    "blank-id": (plain(SOUND.replace('ID="_1" ', 'ID="" ')), "no ID"),
    "no-issuer": (plain(SOUND.replace("saml:Issuer", "saml:Other")), "no Issuer"),
    "blank-issuer": (plain(SOUND.replace("http://portal.localhost </", " </")), "no Issuer"),
}


@pytest.mark.parametrize(("message", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_one_plain_sentence(message: str, said: str) -> None:
    with pytest.raises(UnreadableRequest, match=said):
        from_post(message)


def test_the_redirect_binding_needs_deflate() -> None:
    with pytest.raises(UnreadableRequest, match="not raw DEFLATE"):
        from_redirect(plain(SOUND))


def test_a_cut_off_request_is_refused() -> None:
    with pytest.raises(UnreadableRequest, match="cut off"):
        from_redirect(plain(base64.b64decode(deflated(SOUND.encode()))[:-4]))


def test_a_request_that_inflates_hugely_is_refused() -> None:
    with pytest.raises(UnreadableRequest, match="inflates to more than"):
        from_redirect(deflated(b" " * 50_000_000))


@given(st.one_of(st.text(), st.binary().map(plain), st.binary().map(deflated)))
def test_anything_is_read_or_refused_in_words(message: str) -> None:
    for read in (from_redirect, from_post):
        with contextlib.suppress(UnreadableRequest):
            read(message)


@given(st.integers(0, len(SOUND)), st.text(max_size=5))
def test_any_alteration_is_read_or_refused_in_words(place: int, text: str) -> None:
    altered = (SOUND[:place] + text + SOUND[place:]).encode("utf-8", "surrogatepass")
    with contextlib.suppress(UnreadableRequest):
        assert from_redirect(deflated(altered)).id
