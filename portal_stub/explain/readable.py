"""Undoing the encodings of a message, the wrong ones as well: for people to read, never to be believed."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

import attrs

from portal_stub.saml.xml import inflated

_LONGEST = 2 * 1024 * 1024
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<|\0<)")


@attrs.frozen
class Readable:
    """The bytes of the message, empty where none could be read, and what had to be undone beside base64."""

    data: bytes = b""
    note: str = ""


def readable(field: str) -> Readable:
    """Return what stands in a field SAMLResponse or SAMLRequest, whichever way it came there.

    What is no XML at all is returned as it is after base64, if it was that.
    """
    text = field.strip()[:_LONGEST]
    first = Readable()
    for note, undone in _readings(text):
        if undone and _XML.match(undone):
            return Readable(undone, note)
        first = first if first.data else Readable(undone)
    return first


def _readings(text: str) -> Iterator[tuple[str, bytes]]:
    plain = _base64(text)
    yield "", plain
    yield "It was compressed by DEFLATE, as HTTP-Redirect needs it; that was undone here.", inflated(plain)
    yield "It was in base64 twice; both were undone here.", _base64(plain.decode("latin-1"))
    if "%" in text:
        escaped = _base64(unquote(text))
        yield "It was percent-encoded once too often; that was undone here.", escaped
        yield "It was percent-encoded once too often, and compressed; both were undone here.", inflated(escaped)
    yield "It was not in base64; it is shown as it came.", text.encode("utf-8", "replace")


def _base64(text: str) -> bytes:
    """Return what the characters of base64 in ``text`` stand for; a blank was a plus sign. Anything is taken."""
    joined = "".join(line.strip(" \t") for line in text.splitlines())
    joined = joined.replace(" ", "+").replace("-", "+").replace("_", "/")
    known = re.sub(r"[^A-Za-z0-9+/]", "", joined)
    return base64.b64decode(known[: len(known) - (len(known) % 4 == 1)] + "==")
