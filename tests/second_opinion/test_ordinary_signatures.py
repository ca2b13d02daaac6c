"""Signatures that the portal verifies without signxml: signxml agrees with each yes, and on what was signed."""

import base64
import binascii
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from lxml import etree

from portal_stub.saml.ordinary import signed_by
from portal_stub.saml.signature import Algorithms, Signature, find_signatures, verify_by_library
from portal_stub.saml.xml import XmlProblem, inflated, parse
from tests.property.deviations import attributes_altered, bytes_altered, nodes_altered
from tests.property.test_random_deviations import many
from tests.second_opinion.test_vectors_suffice import fields_of, stored


def signatures(data: bytes) -> Iterator[tuple[Signature, etree._Element]]:
    """Yield the signatures that may be ordinary ones, each with the root of its document."""
    try:
        root = parse(inflated(data))
    except XmlProblem:
        return
    for signature in find_signatures(root, root):
        if not signature.misplaced and not signature.interrupted:
            yield signature, root


def agreed(data: bytes) -> int:
    """Return how many ordinary signatures a message has, after signxml has agreed to each."""
    count = 0
    for signature, root in signatures(data):
        for certificate in signature.certificates:
            signed = signed_by(signature.element, certificate)
            if signed is not None:
                result = verify_by_library(signature, etree.tostring(root), certificate, Algorithms())
                assert result.kind == "verified", result.why
                assert result.signed is not None
                assert etree.tostring(signed, method="c14n") == etree.tostring(result.signed, method="c14n")
                count += 1
    return count


def messages(vector: dict[str, Any]) -> Iterator[bytes]:
    for name, value in fields_of(vector):
        if name == "SAMLResponse":
            with contextlib.suppress(binascii.Error):
                yield base64.b64decode(value)


POSTED = [found for found in stored() if "fields" in found.values[0]["message"]]


@pytest.mark.parametrize("vector", POSTED)
def test_in_every_published_message_signxml_agrees(vector: dict[str, Any]) -> None:
    for data in messages(vector):
        agreed(data)


@pytest.mark.parametrize(
    ("case", "expected"),
    [("saml.sound.plain@assertion", 1), ("saml.sound.plain@response", 1), ("saml.sound.plain@both", 2)],
)
def test_the_sound_signatures_are_ordinary(case: str, expected: int) -> None:
    (vector,) = (found.values[0] for found in POSTED if found.id == case)
    assert [agreed(data) for data in messages(vector)] == [expected]


@many
@given(nodes_altered())
def test_with_altered_nodes_signxml_agrees(data: bytes) -> None:
    agreed(data)


@many
@given(attributes_altered())
def test_with_altered_attributes_signxml_agrees(data: bytes) -> None:
    agreed(data)


@many
@given(bytes_altered())
def test_with_altered_bytes_signxml_agrees(data: bytes) -> None:
    agreed(data)
