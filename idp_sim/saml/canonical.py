"""Writing an ordinary Response directly: its canonical form, signed with the key, with no tree in between.

Two logins of one shape differ only in texts. The first of a shape is built as a tree and signed by signxml, with marks
in the place of its texts; what stands between the marks serves all later ones. The bytes are those of the tree's way.
"""

import base64
import hashlib
import itertools
import re
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from idp_sim.keyring import Keyring
from idp_sim.login import SamlLogin
from idp_sim.saml.names import DS, NAMESPACES
from idp_sim.saml.response import written_time

ByTree = Callable[[SamlLogin, Keyring], bytes]
"""Builds a Response as a tree, signs it, and returns it as it is sent."""

_Values = Sequence[str]
_Template = Callable[[_Values], str]

_TEXTS = (
    "response_id", "assertion_id", "session_index", "in_response_to", "confirmed_request", "issuer", "response_issuer",
    "destination", "recipient", "audience", "name_id", "name_id_format",
)  # fmt: skip
_MOMENTS = ("issue_instant", "not_before", "not_on_or_after", "confirmed_until", "authn_instant", "session_until")
_FREE = {
    *_TEXTS, *_MOMENTS, "attributes",
    # What these follow from, and what stands beside the message.
    "person", "forged", "at", "seed", "relay_state",
}  # fmt: skip
_texts_of, _moments_of = attrgetter(*_TEXTS), attrgetter(*_MOMENTS)
_fixed_of = attrgetter(*(field.name for field in attrs.fields(SamlLogin) if field.name not in _FREE))

_MARK = re.compile("\ue000([0-9]+)\ue001|0([0-9]{3})-01-01T00:00:00(?:\\.000)?Z")
"""The place of a text, and of a moment: one in the first thousand years, numbered from the first."""

_PADDING, _HASH = PKCS1v15(), SHA256()
_MOST_SHAPES = 256


@attrs.frozen
class _Part:
    """What one signature covers and the SignedInfo about it, both in canonical form."""

    content: _Template
    signed_info: _Template


@attrs.frozen
class _Shape:
    """The Responses that differ in texts only: the parts that are signed, in their order, and the whole message."""

    parts: tuple[_Part, ...]
    message: _Template

    def fill(self, texts: _Values, key: RSAPrivateKey) -> bytes:
        """Return the message with these texts, signed. Digests and signatures are texts of it, too."""
        values = list(texts)
        for part in self.parts:
            values.append(_base64(hashlib.sha256(part.content(values).encode()).digest()))
            values.append(_base64(key.sign(part.signed_info(values).encode(), _PADDING, _HASH)))
        return self.message(values).encode()


_shapes: dict[Hashable, _Shape | None] = {}
_NOT_YET = _Shape((), str)


def write(login: SamlLogin, keyring: Keyring, by_tree: ByTree) -> bytes:
    """Return the signed message of a login, the same bytes as ``by_tree`` makes.

    It is written directly when it is signed with one RSA key and SHA-256, is not encrypted and holds no text that XML
    escapes, else by the tree.
    """
    if login.encryption is not None or login.assertion_signing_key != login.signing_key:
        return by_tree(login, keyring)
    key = keyring.key(login.signing_key)
    by_library = login.signature_algorithm == "rsa-sha256" and login.raw_signature is None
    if not isinstance(key, RSAPrivateKey) or not by_library:
        return by_tree(login, keyring)
    texts = [*_texts_of(login), *[value for _, value in login.attributes]]
    values = [text for text in texts if text]
    if not _stands_as_it_is("".join(values)):
        return by_tree(login, keyring)
    moments = _moments_of(login)
    values += [written_time(moment, login.time_precision) for moment in moments if moment]
    known = (
        _fixed_of(login),
        tuple([name for name, _ in login.attributes]),
        tuple([text and True for text in texts]),
        tuple([moment is None for moment in moments]),
        login.response_id == login.assertion_id,  # signxml signs no ID that two elements have
        by_tree,
        key,
        tuple([keyring.certificate(name) for name in login.certificates]),
    )
    found = _shapes.get(known, _NOT_YET)
    if found is _NOT_YET:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
        shape = _shape(by_tree(_marked(login), keyring), len(values))
        expected = by_tree(login, keyring)
        # What is random in a message, or follows from what is not marked, goes by the tree for ever.
        _shapes[known] = shape if shape.fill(values, key) == expected else None
        return expected
    return by_tree(login, keyring) if found is None else found.fill(values, key)


def _stands_as_it_is(text: str) -> bool:
    """Whether XML writes the text as it is, in elements and attributes. What cannot be printed is for the tree."""
    return text.isprintable() and not ("&" in text or "<" in text or ">" in text or '"' in text)


def _marked(login: SamlLogin) -> SamlLogin:
    """Return the login with marks in place of its texts, numbered in the order of the list of values."""
    number = itertools.count()

    def mark(text: str | None) -> str | None:
        return f"\ue000{next(number)}\ue001" if text else text

    def mark_moment(moment: datetime | None) -> datetime | None:
        return moment and datetime(1 + next(number), 1, 1, tzinfo=UTC)

    marks: dict[str, Any] = {name: mark(getattr(login, name)) for name in _TEXTS}
    marks["attributes"] = tuple((name, mark(value)) for name, value in login.attributes)
    marks |= {name: mark_moment(getattr(login, name)) for name in _MOMENTS}
    return attrs.evolve(login, **marks)


def _shape(marked: bytes, count: int) -> _Shape:
    """Return the shape of a message with ``count`` marks. Digests and values of its signatures are marked here."""
    response = etree.fromstring(marked)
    # The signature of the Response comes first in it, and is made last: it covers the other one.
    signatures = list(response.iter(f"{{{DS}}}Signature"))[::-1]
    for number, signature in enumerate(signatures):
        for place, path in enumerate(("ds:SignedInfo/ds:Reference/ds:DigestValue", "ds:SignatureValue")):
            _find(signature, path).text = f"\ue000{count + 2 * number + place}\ue001"
    message = _template(etree.tostring(response, encoding="UTF-8"))
    parts = []
    for signature in signatures:
        parent, signed_info = _find(signature, ".."), _find(signature, "ds:SignedInfo")
        index = parent.index(signature)
        parent.remove(signature)
        parts.append(_Part(_template(_canonical(parent)), _template(_canonical(signed_info))))
        parent.insert(index, signature)
    return _Shape(tuple(parts), message)


def _find(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path, NAMESPACES)
    assert found is not None  # noqa: S101 - signxml wrote it
    return found


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _template(marked: bytes) -> _Template:
    """Return the function that puts values in the place of the marks."""
    text = marked.decode()
    numbers = [int(text_number or int(year) - 1) for text_number, year in _MARK.findall(text)]
    written, pick = _MARK.sub("%s", text.replace("%", "%%")), itemgetter(*numbers)
    return lambda values: written % pick(values)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
