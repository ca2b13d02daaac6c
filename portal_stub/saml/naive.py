"""Naive readers: how portals that were broken into read a message. In force only by ``--naive``."""

from collections.abc import Sequence

from lxml import etree

GUARDS_OFF: dict[str, frozenset[str]] = {
    "first-assertion": frozenset({"saml.signature.one-assertion", "saml.signature.covers-parent"}),
    "last-assertion": frozenset({"saml.signature.one-assertion", "saml.signature.covers-parent"}),
    "text-of-first-node": frozenset({"saml.signature.whole-text"}),
}
"""The guards that a naive reader does not have."""


def first_assertion(assertions: Sequence[etree._Element]) -> etree._Element | None:
    """Naive reader: the first assertion of the document, whichever was signed."""
    return next(iter(assertions), None)


def last_assertion(assertions: Sequence[etree._Element]) -> etree._Element | None:
    """Naive reader: the last assertion of the document, whichever was signed."""
    return next(reversed(assertions), None)


def text_of_first_node(element: etree._Element) -> str:
    """Naive reader: the text up to the first comment (the readers of CVE-2017-11427 and its kin)."""
    return element.text or ""
