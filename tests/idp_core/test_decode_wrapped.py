"""``idp-sim decode`` of messages in whatever they were wrapped for their way."""

import base64
import gzip
import zlib
from urllib.parse import quote

import pytest

from idp_sim.decode.facts import Unreadable
from tests.idp_core.decoding import ENCODED, XML, deflated, facts, read

SQUEEZED = base64.b64encode(deflated(XML)).decode()
WRAPPED: dict[str, tuple[bytes | str, tuple[str, ...]]] = {
    "xml": (XML, ()),
    "mark": (b"\xef\xbb\xbf" + XML, ()),
    "base64": (ENCODED, ("base64",)),
    "lines": ("\r\n".join(ENCODED[i : i + 76] for i in range(0, len(ENCODED), 76)), ("base64",)),
    "deflate": (SQUEEZED, ("base64", "DEFLATE")),
    "zlib": (base64.b64encode(zlib.compress(XML)), ("base64", "zlib or gzip, where DEFLATE is expected")),
    "gzip": (base64.b64encode(gzip.compress(XML)), ("base64", "zlib or gzip, where DEFLATE is expected")),
    "twice": (base64.b64encode(ENCODED.encode()), ("base64", "base64 once more, which is once too often")),
    "escaped": (quote(ENCODED, safe=""), ("percent-encoding, once too often", "base64")),
    "for-addresses": (
        base64.urlsafe_b64encode(XML + b"<!--\xfb\xff-->".decode("latin-1").encode() + b"<!-- ??>>?? -->"),
        ("base64", "the alphabet of base64 for addresses (- and _)"),
    ),
    "unpadded": (
        base64.b64encode(XML + b" " * (1 - len(XML) % 3)).decode().rstrip("="),
        ("base64", "its missing padding"),
    ),
    "form": (
        f"SAMLResponse={quote(ENCODED, safe='')}&RelayState=%2Ft",
        ("the body of a form, or a query", "its field SAMLResponse", "base64"),
    ),
    "blanks": (
        f"SAMLResponse={ENCODED}",
        (
            "the body of a form, or a query",
            "its field SAMLResponse",
            "base64",
            "blanks in it, read as the plus signs that they were",
        ),
    ),
    "link": (
        f"http://x/y?a=b&SAMLResponse={quote(SQUEEZED, safe='')}#top",
        ("the query of a link", "its field SAMLResponse", "base64", "DEFLATE"),
    ),
    "twice-sent": (
        f"/y?SAMLResponse={quote(SQUEEZED, safe='')}&SAMLResponse=x",
        ("the query of a link", "its field SAMLResponse, the first of 2", "base64", "DEFLATE"),
    ),
    "page": (
        f'<!DOCTYPE html><body><form><input name="SAMLResponse" value="{ENCODED}"><br></form>',
        ("a page with a form", "its field SAMLResponse", "base64"),
    ),
    "soap": (
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>' + XML + b"</e:Body></e:Envelope>",
        ("a SOAP envelope",),
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_message_is_shown_however_it_is_wrapped(name: str) -> None:
    content, undone = WRAPPED[name]
    decoded = read(content)
    assert decoded.undone == undone
    assert decoded.what == "a SAML Response"
    assert facts(decoded, "Assertion 1")["NameID"] == ["zoe+test@example.com"]


def test_what_is_cut_off_is_told_so() -> None:
    with pytest.raises(Unreadable, match="not well-formed"):
        read(base64.b64encode(deflated(XML)[:-40]).decode())
    assert "DEFLATE, which is cut off" in read(base64.b64encode(deflated(XML + b" " * 9)[:-2]).decode()).undone


def test_what_came_beside_the_message_is_told() -> None:
    decoded = read(
        f"{WRAPPED['form'][0]!s}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&x=%FF"
    )
    assert facts(decoded, "Beside the message") == {"RelayState": ["/t"], "SigAlg": ["rsa-sha256"], "x": ["\\xff"]}
