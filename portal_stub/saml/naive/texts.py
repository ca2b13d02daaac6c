"""What the text of an element is: the readers that comments, processing instructions and CDATA sections fool."""

import re

from lxml import etree

from portal_stub.saml.naive.wrapping import genuine, otherwise_read, own_assertion
from portal_stub.saml.received import Received
from portal_stub.saml.xml import parse
from portal_stub.weakness import naive

_WHOLE_TEXT = {"saml.signature.whole-text"}
_INSTRUCTION = re.compile(rb"<\?(?!xml )[^ ?]+ (.*?)\?>", re.DOTALL)
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)


@naive("text", forgets=_WHOLE_TEXT, loosens=_WHOLE_TEXT | {"saml.assertion.issuer", "saml.conditions.audience"})
def text_of_first_node(element: etree._Element) -> str:
    """Reads a text only up to the first comment in it (CVE-2017-11427 and its kin)."""
    return element.text or ""


@naive("text")
def cleaned_text(element: etree._Element) -> str:
    """Cleans a text instead of escaping it where it is shown: its first line, 255 signs at most, none of <>{}"';=&."""
    line = str(element.xpath("string()")).partition("\n")[0]
    return "".join(sign for sign in line if sign not in "<>{}\"';=&")[:255]


@naive("assertion", forgets=_WHOLE_TEXT | {"saml.signature.digest"})
def absorbed_text(received: Received) -> etree._Element | None:
    """Digests the text of processing instructions like any other, and reads without it (CVE-2025-54419)."""
    absorbed = otherwise_read(received, _INSTRUCTION.sub(rb"\1", received.decoded))
    return own_assertion(received.root) if any(genuine(absorbed)) else None


@naive("assertion", forgets=_WHOLE_TEXT)
def text_up_to_cdata(received: Received) -> etree._Element | None:
    """Reads a text only up to the first CDATA section in it: the first node of the element."""
    root = parse(_CDATA.sub(b"<?cdata ?>", received.decoded))
    for section in root.iter(etree.ProcessingInstruction):
        section.tail = None
    return own_assertion(root) if any(genuine(received)) else None


@naive("assertion", forgets=_WHOLE_TEXT)
def text_beside_cdata(received: Received) -> etree._Element | None:
    """Reads a text without the CDATA sections in it, which it does not take for text."""
    return own_assertion(parse(_CDATA.sub(b"", received.decoded))) if any(genuine(received)) else None
