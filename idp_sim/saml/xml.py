"""Parsing XML that others wrote: nothing is fetched, no entity is resolved, size is bounded."""

from lxml import etree

LARGEST = 256 * 1024
"""Bytes."""


class BadXml(ValueError):
    """What came is not XML that can be used; the text says why."""


def parse(data: bytes, *, largest: int = LARGEST, whole: bool = False) -> etree._Element:
    """Return the root element of at most ``largest`` bytes.

    Comments and processing instructions are dropped, so that no text is split by one; ``whole`` keeps them, for what is
    only shown. Raises BadXml for what is too large, not well-formed, or has a document type declaration.
    """
    if len(data) > largest:
        raise BadXml(f"it is {len(data)} bytes long; at most {largest} are read.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=not whole,
        remove_pis=not whole,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise BadXml(f"it is not well-formed XML ({getattr(error, 'msg', error)}).") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("it has a document type declaration (DOCTYPE), which is not read.")
    return root


def text_of(element: etree._Element | None) -> str | None:
    """Return the text of an element without blanks around it; ``None`` when it is missing or blank."""
    return None if element is None else ((element.text or "").strip() or None)
