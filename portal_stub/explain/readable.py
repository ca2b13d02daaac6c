"""Undoing the encodings of a message, the wrong ones as well: for people to read, never to be believed."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

import attrs

from portal_stub.saml.xml import XmlProblem, has_doctype, inflated, parse

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
    found = [Readable(undone, note) for note, undone in _readings(field.strip("\r\n\t")[:_LONGEST])]
    alike = [each for each in found if _XML.match(each.data)]
    whole = next((each for each in alike if _is_whole(each.data)), None)
    return whole or next(iter(alike), Readable(found[0].data))


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
    lines = text.splitlines()
    # XML often ends in a plus sign in base64. Of one line a blank is such a sign; of several it is an indentation.
    joined = "".join(line.strip(" \t") for line in lines) if len(lines) > 1 else text.lstrip().replace(" ", "+")
    joined = joined.replace("-", "+").replace("_", "/")
    known = re.sub(r"[^A-Za-z0-9+/]", "", joined)
    return base64.b64decode(known[: len(known) - (len(known) % 4 == 1)] + "==")


def _is_whole(data: bytes) -> bool:
    """Say whether the bytes are XML; a document type declaration is not read."""
    try:
        return not has_doctype(data) and parse(data) is not None
    except XmlProblem:
        return False
