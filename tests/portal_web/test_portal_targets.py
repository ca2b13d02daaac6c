"""Which targets lie on the portal's own host, and how host_url is joined (P8, R1, R9)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal_stub.web.targets import WEB, is_web_address, offsite_target, own_host_target, with_host_url

BASE = "http://portal.localhost:5002"


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/", "/"),
        ("/support/tickets", "/support/tickets"),
        ("/support/tickets?a=1&b=%2F#c", "/support/tickets?a=1&b=%2F#c"),
        ("/loginx", "/loginx"),
        ("/über", "/%C3%BCber"),
        ("/a//b", "/a//b"),
        ("/?next=http://elsewhere.localhost", "/?next=http://elsewhere.localhost"),
        (f"{BASE}", "/"),
        (f"{BASE}?a=1", "/?a=1"),
        (f"{BASE}/support/tickets", "/support/tickets"),
        ("HTTP://PORTAL.localhost:5002/x", "/x"),
    ],
)
def test_a_page_of_the_portal_is_found(target: str, address: str) -> None:
    assert own_host_target(target, BASE) == BASE + address


def test_the_schemes_own_port_may_be_written_or_not() -> None:
    assert own_host_target("https://help.example.com:443/x", "https://help.example.com") == "https://help.example.com/x"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "support/tickets",
        "_0123456789abcdef",
        "//elsewhere.localhost/",
        "///elsewhere.localhost/",
        "/\\elsewhere.localhost/",
        "\\\\elsewhere.localhost/",
        "http:\\\\elsewhere.localhost",
        "/\t/elsewhere.localhost/",
        " //elsewhere.localhost/",
        "\x00//elsewhere.localhost/",
        "/\n/elsewhere.localhost/",
        "http://elsewhere.localhost/",
        "https://portal.localhost:5002/",
        "http://portal.localhost/",
        "http://portal.localhost:5002@elsewhere.localhost/",
        "http://portal.localhost:5002:x@elsewhere.localhost/",
        "http://a@portal.localhost:5002/",
        "http://:b@portal.localhost:5002/",
        "http://portal.localhost:5002.elsewhere.localhost/",
        "http://portal.localhost:99999/",
        "http://[::1/",
        "http:/portal.localhost:5002/",
        "http:elsewhere.localhost",
        f"{BASE}//elsewhere.localhost/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@portal.localhost",
        "/login",
        "/login/sso?email=a",
        "/logout",
        "/x\ud800",
        "/" + "x" * 2000,
    ],
)
def test_anything_else_is_not_followed(target: str) -> None:
    assert own_host_target(target, BASE) is None


@given(st.text(alphabet=st.sampled_from("/\\:@?#.%htp [] \t\nportal.localhost5002évil"), max_size=60) | st.text())
@example("/.//elsewhere.localhost")
def test_whatever_is_sent_the_browser_stays(target: str) -> None:
    address = own_host_target(target, BASE)
    if address is not None:
        assert address.startswith(f"{BASE}/")
        assert not address.startswith(f"{BASE}//")
        assert address.isascii()
        assert address.isprintable()


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("//elsewhere/x", "http://elsewhere/x"),
        ("/\\elsewhere/", "http://elsewhere/"),
        ("/\t/elsewhere", "http://elsewhere"),
        (" \nhttp:elsewhere/", "http://elsewhere/"),
        ("/own", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_target_is_followed_as_browsers_read_it(target: str, read: str | None) -> None:
    assert offsite_target(target, WEB) == read


@given(st.text())
def test_a_target_elsewhere_is_at_least_an_address(target: str) -> None:
    address = offsite_target(target, WEB)
    assert address is None or (address.isascii() and address.isprintable() and address[:4].lower() == "http")


@pytest.mark.parametrize(
    ("address", "joined"),
    [
        ("http://idp/in", "http://idp/in?host_url=portal.localhost:5002"),
        ("http://idp/in?", "http://idp/in?host_url=portal.localhost:5002"),
        ("http://idp/in?a=1", "http://idp/in?a=1&host_url=portal.localhost:5002"),
        ("http://idp/in#top", "http://idp/in?host_url=portal.localhost:5002#top"),
    ],
)
def test_host_url_is_joined_to_any_address(address: str, joined: str) -> None:
    assert with_host_url(address, "portal.localhost:5002") == joined


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://idp.localhost:5001/x?y", True),
        ("https://idp.example.com", True),
        ("//idp.localhost/", False),
        ("ftp://idp.localhost/", False),
        ("http://", False),
        ("http://a b/", False),
        ("http://a\\b/", False),
        ("http://user@idp/", False),
    ],
)
def test_an_address_for_browsers_is_absolute_and_plain(address: str, is_one: bool) -> None:
    assert is_web_address(address) is is_one
