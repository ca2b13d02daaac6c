"""Undoing what a message was wrapped in for its way: a link, a form, percent-encoding, base64, DEFLATE."""

import base64
import binascii
import re
import zlib
from urllib.parse import unquote, unquote_to_bytes

import attrs
from lxml import etree

from idp_sim.decode.facts import Unreadable, shown

LARGEST = 16 * 1024 * 1024
"""Bytes of XML that are shown at most. Metadata of a federation has tens of thousands of entities and more."""

LARGEST_INPUT = 2 * LARGEST
"""Bytes that are looked at, at most: base64 of that XML, and what stands around it."""

MESSAGES = ("SAMLResponse", "SAMLRequest")
_LINK = re.compile(rb"(?:https?://|/)[^\s<>?]*\?")
_ADDRESS = re.compile(rb"https?://[^\s<>]*")
_PAIR = re.compile(rb"[A-Za-z0-9_.%+-]+=")
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<|\xff\xfe<\0|\xfe\xff\0<")

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=_\s-]|=(?=[^=\s])")

Pairs = tuple[tuple[bytes, bytes], ...]


@attrs.frozen(kw_only=True)
class Unwrapped:
    """The XML of a message, or the ``fields`` of a remote login, and in words what was undone.

    ``fields`` are percent-decoded; beside a message they hold what came with it, such as RelayState.
    """

    xml: bytes | None
    undone: tuple[str, ...] = ()
    fields: Pairs = ()


def unwrap(content: bytes) -> Unwrapped:
    """Return what these bytes hold. Raises Unreadable."""
    if len(content) > LARGEST_INPUT:
        raise Unreadable(f"it is longer than the {LARGEST_INPUT >> 20} MiB that are read at most")
    stripped = content.strip()
    if not stripped:
        raise Unreadable("there is nothing in it")
    if _XML.match(stripped):
        pairs = _form_in(stripped) if b"<form" in stripped.lower() else ()
        return _from_fields(pairs, "a page with a form") if pairs else Unwrapped(xml=stripped)
    if _LINK.match(stripped):
        query = stripped.partition(b"?")[2].partition(b"#")[0]
        return _from_fields(_fields(query), "the query of a link")
    if _ADDRESS.fullmatch(stripped):
        raise Unreadable("it is a link without a query, so no message is in it")
    pairs = _fields(stripped) if _PAIR.match(stripped) else ()
    if {name for name, _ in pairs} & {b"SAMLResponse", b"SAMLRequest", b"email", b"hash"}:
        return _from_fields(pairs, "the body of a form, or a query")
    xml, undone = _message(stripped.decode("latin-1"))
    return Unwrapped(xml=xml, undone=undone)


def _fields(encoded: bytes) -> Pairs:
    parts = (part.replace(b"+", b" ").partition(b"=") for part in encoded.split(b"&") if part)
    return tuple((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in parts)


def _form_in(page: bytes) -> Pairs:
    """Return the fields of the forms of a page, empty where none of them carries a message."""
    try:
        root = etree.fromstring(page, etree.HTMLParser(no_network=True, huge_tree=False))
    except (etree.LxmlError, ValueError, LookupError):
        return ()
    named = ((found.get("name", ""), found.get("value", "")) for found in root.iter("input"))
    pairs = tuple((name.encode("utf-8"), value.encode("utf-8")) for name, value in named if name)
    return pairs if any(name.decode() in MESSAGES for name, _ in pairs) else ()


def _from_fields(pairs: Pairs, where: str) -> Unwrapped:
    for name in MESSAGES:
        sent = [value for known, value in pairs if known == name.encode()]
        if sent:
            xml, undone = _message(sent[0].decode("latin-1"))
            steps = [where, f"its field {name}" + (f", the first of {len(sent)}" if len(sent) > 1 else "")]
            others = tuple((known, value) for known, value in pairs if known != name.encode())
            return Unwrapped(xml=xml, undone=(*steps, *undone), fields=others)
    if not pairs:
        raise Unreadable("it is a link with an empty query, so no message is in it")
    return Unwrapped(xml=None, undone=(where,), fields=pairs)


def _message(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the XML in the text of a field, and what was undone: what is usual, and what people do by mistake."""
    tried: list[tuple[str, tuple[str, ...]]] = [(text, ())]
    if "%" in text:
        tried.append((unquote(text, "latin-1"), ("percent-encoding, once too often",)))
    for candidate, before in tried:
        data, how = _base64(candidate)
        if data is None:
            continue
        if _XML.match(data):
            return data, (*before, *how)
        inflated, note = _inflated(data)
        if _XML.match(inflated):
            return inflated, (*before, *how, note)
        again, twice = _base64(data.decode("latin-1"))
        if again is not None and _XML.match(again):
            return again, (*before, *how, "base64 once more, which is once too often", *twice[1:])
    raise Unreadable(_problem(text))


def _problem(text: str) -> str:
    expected = "expected a link, the body of a form, base64, or XML"
    data, _ = _base64(text)
    if data is None:
        odd = _NOT_BASE64.search(text.strip())
        where = f", where {odd[0]!r} at position {odd.start() + 1} is no character of base64" if odd else ""
        return f"{expected}; got {shown(text, 60)}{where}"
    return f"{expected}; it is base64, but of {len(data)} bytes that are neither XML nor DEFLATE of XML: {data[:24]!r}"


def _base64(text: str) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the bytes, and what was undone; None where the text is no base64, however widely understood."""
    notes = ["base64"]
    plain = "".join(re.split(r"[\r\n\t]+", text.strip()))
    if " " in plain:
        plain = plain.replace(" ", "+")
        notes.append("blanks in it, read as the plus signs that they were")
    if re.search("[-_]", plain):
        plain = plain.replace("-", "+").replace("_", "/")
        notes.append("the alphabet of base64 for addresses (- and _)")
    bare = plain.rstrip("=")
    if len(bare) % 4 == 1 or not bare:
        return None, ()
    if len(plain) % 4:
        notes.append("its missing padding")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True), tuple(notes)
    except (binascii.Error, ValueError):
        return None, ()


def _inflated(data: bytes) -> tuple[bytes, str]:
    """Return what was compressed, empty where it was not. What is too long is refused with the rest of the XML."""
    for bits, name in ((-zlib.MAX_WBITS, "DEFLATE"), (zlib.MAX_WBITS | 32, "zlib or gzip, where DEFLATE is expected")):
        inflater = zlib.decompressobj(bits)
        try:
            found = inflater.decompress(data, LARGEST + 1)
        except zlib.error:
            continue
        return found, name if inflater.eof or len(found) > LARGEST else f"{name}, which is cut off"
    return b"", ""
