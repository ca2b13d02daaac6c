"""Reading XML that a stranger sent: nothing is fetched, nothing is expanded, and size and depth are bounded."""

import re
import zlib
from xml.parsers import expat

from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"

MAX_BYTES = 1024 * 1024
"""Greatest size of a message, in bytes after base64 is undone. Real ones have some thousands."""


_DECLARED = re.compile(rb"(?:\xff\xfe|\xfe\xff|\xef\xbb\xbf)?<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]+)")

_TOO_DEEP = 114
"""libxml2's code (XML_ERR_RESOURCE_LIMIT) for more than 256 elements inside each other; lxml has no name for it."""


NOT_READ = (etree.LxmlError, ValueError, LookupError)
"""What the parser raises."""

_whole_text = etree.XPath("string()")


class XmlProblem(Exception):
    """The bytes are not XML that this portal reads; the text says why."""


class TooMuch(XmlProblem):
    """The bytes may be XML, and are more, or nested deeper, than this portal reads."""


class _PrologOver(Exception):
    """The first element has begun."""


def saml(name: str) -> str:
    """Return the tag of an assertion element."""
    return f"{{{SAML}}}{name}"


def samlp(name: str) -> str:
    """Return the tag of a protocol element."""
    return f"{{{SAMLP}}}{name}"


def ds(name: str) -> str:
    """Return the tag of an XML signature element."""
    return f"{{{DS}}}{name}"


def parser(*, unbounded: bool = False) -> etree.XMLParser[etree._Element]:
    """Return a parser that resolves no entity, loads no DTD, uses no network, and limits depth and size."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=unbounded,
        remove_comments=False,
        remove_pis=False,
    )


def has_doctype(data: bytes) -> bool:
    """Return whether a document type declaration stands before the first element.

    Only the prolog is looked at, and the declaration itself is not read: its entities never come to be.
    """
    found = []

    def stop(*_: object) -> None:
        raise _PrologOver

    def doctype(*_: object) -> None:
        found.append(True)
        raise _PrologOver

    prolog = expat.ParserCreate()
    prolog.StartDoctypeDeclHandler = doctype
    prolog.StartElementHandler = stop
    try:
        prolog.Parse(data, True)
    except (_PrologOver, expat.ExpatError, ValueError, LookupError):
        return bool(found)
    return bool(found)


def parse(data: bytes, *, unbounded: bool = False) -> etree._Element:
    """Return the root of the document. Raises TooMuch when it is too large or too deep, XmlProblem when it is no XML.

    ``unbounded`` is how a portal reads that has forgotten its limits.
    """
    if len(data) > MAX_BYTES and not unbounded:
        raise TooMuch(f"{len(data)} bytes; no more than {MAX_BYTES} are read")
    refuse_odd_encoding(data)
    try:
        return etree.fromstring(data, parser(unbounded=unbounded))
    except NOT_READ as error:
        raise problem_of(error) from None


def refuse_odd_encoding(data: bytes) -> None:
    """Raise XmlProblem for bytes in which two readers may see two texts (XML 1.0 4.3.3).

    The first bytes contradict the declaration; or it says UTF-7, in which markup hides from who reads ASCII.
    """
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]
    found = _DECLARED.match(data.replace(b"\0", b"") if wide else data)
    declared = "" if found is None else found[1].decode("ascii").lower()
    if wide and declared and not declared.startswith(("utf-16", "utf-32", "ucs")):
        raise XmlProblem(f"the bytes are UTF-16 and the declaration says {declared}")
    if declared == "utf-7":
        raise XmlProblem("the encoding UTF-7 is not read")


def problem_of(error: Exception) -> XmlProblem:
    """Return what an error of the parser means."""
    problem = str(error).removesuffix(" (<string>, line 1)") or "nothing was there"
    return TooMuch(problem) if getattr(error, "code", None) == _TOO_DEEP else XmlProblem(problem)


def inflated(data: bytes) -> bytes:
    """Return what was deflated (saml-bindings 3.4.4.1), one byte more than is read at most; else ``data`` itself."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_BYTES + 1)
    except zlib.error:
        return data


def declares_dtd(root: etree._Element) -> bool:
    """Return whether the parsed document had a document type declaration."""
    info = root.getroottree().docinfo
    return info.internalDTD is not None or info.externalDTD is not None


def text_of(element: etree._Element) -> str:
    """Return the whole text inside ``element``, whatever comments or processing instructions stand in it."""
    # Without a comment or an element in it, its text is one piece: no need of XPath.
    return (element.text or "") if len(element) == 0 else str(_whole_text(element))
