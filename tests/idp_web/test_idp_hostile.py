from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.idp_web.idp_bench import HELPDESK, Bench, for_post, for_redirect, host, request_xml

BENCH = Bench()
PATHS = ("/", "/saml/sso", "/saml/start", "/remote-login", "/sign-in", "/saml/metadata", "/saml/logout",
         "/remote-logout", "/catalogue", "/catalogue/x")  # fmt: skip
FIELDS = ("portal", "person", "scenario", "base", "target", "in_response_to", "relay_state", "host_url",
          "SAMLRequest", "RelayState")  # fmt: skip
RIGHT = ("helpdesk", "jane.doe@example.com", "saml.sound.plain", "remote-login.sound.plain", "both", "_1",
         host(HELPDESK), for_post(request_xml()), for_redirect(request_xml()))  # fmt: skip

anything = st.text(st.characters(codec="utf-8"), max_size=40)
values = st.one_of(st.sampled_from(RIGHT), anything)
fields = st.lists(st.tuples(st.one_of(st.sampled_from(FIELDS), anything), values), max_size=8)
methods = st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])


def encode(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


@given(methods, st.one_of(st.sampled_from(PATHS), anything.map(lambda text: "/" + quote(text))), fields, fields)
@settings(deadline=None)
def test_no_request_is_an_error_of_ours(
    method: str, path: str, query: list[tuple[str, str]], form: list[tuple[str, str]]
) -> None:
    page = BENCH.open(
        path,
        method=method,
        query_string=encode(query),
        data=encode(form),
        content_type="application/x-www-form-urlencoded",
    )
    assert page.status < 500


@given(
    st.binary(max_size=60), st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
)
@settings(deadline=None)
def test_no_bytes_are_an_error_of_ours(body: bytes, kind: str) -> None:
    for path in ("/sign-in", "/saml/sso"):
        assert BENCH.open(path, method="POST", data=body, content_type=kind).status == 400


@given(st.dictionaries(st.sampled_from(["in_response_to", "relay_state", "target"]), anything), st.booleans())
@settings(deadline=None)
def test_whatever_is_carried_the_sound_login_is_made_or_plainly_refused(carried: dict[str, str], remote: bool) -> None:
    scenario = "remote-login.sound.plain" if remote else "saml.sound.plain"
    sent = {"portal": "helpdesk", "person": "jane.doe@example.com", "scenario": scenario, **carried}
    page = BENCH.open("/sign-in", method="POST", data=sent)
    if remote:
        assert page.status == 302
    elif page.status == 200:
        assert page.answer().get("InResponseTo") == carried.get("in_response_to")
    else:
        assert page.status == 400
        assert "in_response_to" in carried


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_a_request_of_any_bytes_is_plainly_refused(xml: bytes) -> None:
    for sent in (for_post(xml), for_redirect(xml)):
        assert BENCH.open("/saml/sso", query_string={"SAMLRequest": sent}).status == 400
        assert BENCH.open("/saml/sso", method="POST", data={"SAMLRequest": sent}).status == 400
