"""What is read once and kept says the same as what is read anew, and nothing huge is kept."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_stub import address, times
from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.saml import fingerprint
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.saml.received import Received
from portal_stub.saml.xml import parse, text_of
from portal_stub.weakness import SOUND
from tests.portal_core.responses import NOW


def received(field: str) -> Received:
    return Received(post=Post(saml_response=field), settings=Settings(), now=NOW, memory=OFFLINE, weaknesses=SOUND)


@given(st.binary(min_size=1, max_size=60), st.integers(1, 20), st.sampled_from(["", "\n", "\r\n", " \n\t"]))
def test_base64_with_and_without_line_breaks_is_the_same(message: bytes, width: int, newline: str) -> None:
    text = base64.b64encode(message).decode()
    field = received(newline.join(text[start : start + width] for start in range(0, len(text), width)))
    assert field.base64_problem == ""
    assert field.decoded == message


@given(st.text(st.sampled_from("AQgw+/=\n -"), min_size=1, max_size=12))
def test_what_is_no_base64_is_named_whichever_way_it_is_read(text: str) -> None:
    field = received(text)
    if not text.strip():
        with pytest.raises(NotApplicable):
            field.base64_problem  # noqa: B018 - reading is the test
        return
    joined = "".join(line.strip(" \t") for line in text.strip().split("\n"))
    try:
        expected = base64.b64decode(joined, validate=True)
    except ValueError:
        assert field.base64_problem
    else:
        assert field.decoded == expected


@pytest.mark.parametrize("inside", ["", "a", "a<!-- b -->c", "a<b>c</b>d", "<b/>", "a<?b c?>d"])
def test_the_text_of_an_element_is_its_whole_text(inside: str) -> None:
    element = parse(f"<x>{inside}</x>".encode())
    assert text_of(element) == element.xpath("string()")


def test_what_is_far_too_long_is_read_but_not_kept() -> None:
    for kept in (times._parsed, fingerprint._certificate, address._problem):
        kept.cache_clear()
    assert times.parse_utc(f"2026-03-14T15:09:26.{'0' * 5000}1Z") is not None
    assert fingerprint.read_base64_certificate("A" * 100_000) is None
    assert address.address_problem("a" * 5000)
    for kept in (times._parsed, fingerprint._certificate, address._problem):
        assert kept.cache_info().currsize == 0
