"""Reading XML that a stranger sent: nothing is fetched, nothing is expanded, and size and depth are bounded."""

from xml.parsers import expat

from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"

MAX_BYTES = 1024 * 1024
"""Greatest size of a message, in bytes after base64 is undone. Real ones have some thousands."""


class XmlProblem(Exception):
    """The bytes are not XML that this portal reads; the text says why."""


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


def parser() -> etree.XMLParser[etree._Element]:
    """Return a parser that resolves no entity, loads no DTD, uses no network, and limits depth and size."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
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


def parse(data: bytes) -> etree._Element:
    """Return the root of the document. Raises XmlProblem when it is too large or not well-formed."""
    if len(data) > MAX_BYTES:
        raise XmlProblem(f"{len(data)} bytes; no more than {MAX_BYTES} are read")
    try:
        return etree.fromstring(data, parser())
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise XmlProblem(str(error).removesuffix(" (<string>, line 1)") or "nothing was there") from None


def declares_dtd(root: etree._Element) -> bool:
    """Return whether the parsed document had a document type declaration."""
    info = root.getroottree().docinfo
    return info.internalDTD is not None or info.externalDTD is not None


def text_of(element: etree._Element) -> str:
    """Return the whole text inside ``element``, whatever comments or processing instructions stand in it."""
    return str(element.xpath("string()"))
