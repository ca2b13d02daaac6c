"""A message with encrypted parts: as it came, and with what could be opened in its place."""

import copy
from collections.abc import Sequence

import attrs
from lxml import etree

from portal_stub.saml.decryption import Opener, Unsealed
from portal_stub.saml.xml import saml

ENCRYPTED_ASSERTION = saml("EncryptedAssertion")
_SEALED = (saml("EncryptedID"), saml("EncryptedAttribute"))
_PARTS = (f"{saml('Subject')}/{_SEALED[0]}", f"{saml('AttributeStatement')}/{_SEALED[1]}")
_MOST_ASSERTIONS, _MOST_PARTS = 2, 32
"""What is opened at most: each costs as much as a signature. Only one encrypted assertion is ever accepted."""


@attrs.frozen
class Opening:
    """What came of one encrypted assertion, and where it now stands in the opened document, if it could be opened."""

    unsealed: Unsealed
    inside: etree._Element | None = None


@attrs.frozen
class Document:
    """The root of a message as it came (``sealed``), and with the encrypted assertions that could be opened."""

    sealed: etree._Element
    opened: etree._Element
    openings: Sequence[Opening] = ()

    def was_encrypted(self, assertion: etree._Element) -> bool:
        """Return whether this assertion of the opened document was encrypted."""
        return any(opening.inside is assertion for opening in self.openings)


def open_document(root: etree._Element, opener: Opener) -> Document:
    """Open the encrypted assertions that stand directly in the root. The root itself stays as it is."""
    found = root.findall(ENCRYPTED_ASSERTION)
    if not found:
        return Document(root, root)
    opened = copy.deepcopy(root)
    openings = []
    for sealed, place in zip(found[:_MOST_ASSERTIONS], opened.findall(ENCRYPTED_ASSERTION), strict=False):
        unsealed = opener.open(sealed)
        openings.append(Opening(unsealed, _put(opened, place, unsealed)))
    return Document(root, opened, tuple(openings))


def opened_in(signed: etree._Element, opener: Opener) -> list[etree._Element]:
    """Return the assertions that stood encrypted directly in this signed Response, as far as they can be opened."""
    opened = [opener.open(found) for found in signed.findall(ENCRYPTED_ASSERTION)[:_MOST_ASSERTIONS]]
    return [found.element for found in opened if found.element is not None]


def open_parts(assertion: etree._Element, opener: Opener) -> tuple[etree._Element, Sequence[Unsealed]]:
    """Return the assertion with its encrypted NameID and attributes opened, and what came of each."""
    if next(assertion.iterdescendants(*_SEALED), None) is None:
        return assertion, ()
    assertion = copy.deepcopy(assertion)
    unsealed = []
    for place in [found for path in _PARTS for found in assertion.findall(path)][:_MOST_PARTS]:
        unsealed.append(opener.open(place))
        parent = place.getparent()
        if parent is not None:
            _put(parent, place, unsealed[-1])
    return assertion, tuple(unsealed)


def _put(parent: etree._Element, place: etree._Element, unsealed: Unsealed) -> etree._Element | None:
    if unsealed.element is None:
        return None
    inside = copy.deepcopy(unsealed.element)
    parent.replace(place, inside)
    return inside
