"""Two parsers that see two things in one message: the readers that verify by one and read by the other."""

import re

from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.saml.naive.wrapping import genuine, otherwise_read, own_assertion
from portal_stub.saml.received import Received
from portal_stub.saml.xml import XmlProblem, has_doctype, parse
from portal_stub.weakness import naive

_NO_DTD, _XML = {"saml.message.no-dtd"}, {"saml.message.xml"}
_DOCTYPE = re.compile(rb"^<!DOCTYPE[^>]*>")
_DECLARATION = re.compile(r"^<\?xml [^>]*\?>")


def _verifies(received: Received, data: bytes) -> bool:
    """Return whether something in these bytes is signed and verifies."""
    try:
        return any(genuine(otherwise_read(received, data)))
    except NotApplicable:
        return False


@naive("assertion", forgets=_NO_DTD, loosens=_NO_DTD)
def two_parsers(received: Received) -> etree._Element | None:
    """Verifies what one parser sees, and reads what another does, whose document type ends earlier (CVE-2025-25291)."""
    if not has_doctype(received.decoded):
        return None
    one, other = parse(received.decoded), parse(_DOCTYPE.sub(b"", received.decoded))
    for verified, read in ((one, other), (other, one)):
        if _verifies(received, etree.tostring(verified)):
            return own_assertion(read)
    return None


@naive("assertion", forgets=_NO_DTD, loosens=_NO_DTD)
def id_not_by_entity(received: Received) -> etree._Element | None:
    """Verifies the one assertion whose ID is written out, and reads the first that has that ID (CVE-2025-23369)."""
    if not has_doctype(received.decoded):
        return None
    root = etree.fromstring(received.decoded, etree.XMLParser(resolve_entities="internal", no_network=True))
    return own_assertion(root) if _verifies(received, etree.tostring(root)) else None


@naive("assertion", forgets=_XML, loosens=_XML)
def roots_apart(received: Received) -> etree._Element | None:
    """Verifies one of several roots, and reads the first assertion of any of them (CVE-2022-39299)."""
    roots = list(parse(b"<roots>" + received.decoded + b"</roots>"))
    if len(roots) < 2 or not any(_verifies(received, etree.tostring(root)) for root in roots):
        return None
    return next((found for root in roots if (found := own_assertion(root)) is not None), None)


@naive("document", loosens=_XML)
def reads_any_encoding(data: bytes) -> etree._Element:
    """Finds out by itself in which encoding the bytes are, and skips what is no character."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-7" if b'"UTF-7"' in data else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise XmlProblem(str(error)) from None
    return parse(_DECLARATION.sub("", text.replace("\0", "")).encode())
