"""Parsing XML that others wrote: nothing is fetched, no entity is resolved, size is bounded."""

from lxml import etree

LARGEST = 256 * 1024
"""Bytes."""


class BadXml(ValueError):
    """What came is not XML that can be used; the text says why."""


def parse(data: bytes) -> etree._Element:
    """Return the root element. Comments and processing instructions are dropped, so that no text is split by one.

    Raises BadXml for what is too large, not well-formed, or has a document type declaration.
    """
    if len(data) > LARGEST:
        raise BadXml(f"it is {len(data)} bytes long; at most {LARGEST} are read.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadXml(f"it is not well-formed XML ({error.msg}).") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("it has a document type declaration (DOCTYPE), which is not read.")
    return root


def text_of(element: etree._Element | None) -> str | None:
    """Return the text of an element without blanks around it; ``None`` when it is missing or blank."""
    return None if element is None else ((element.text or "").strip() or None)
