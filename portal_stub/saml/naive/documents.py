"""How the bytes of a message become a tree: the readers that fetch, expand and include what a stranger names.

They fetch from this machine's loopback addresses only: enough to touch the canary, and nothing else.
"""

from typing import Any

from lxml import etree

from portal_stub.loopback import fetched
from portal_stub.saml.xml import NOT_READ, XmlProblem, problem_of, refuse_odd_encoding
from portal_stub.weakness import naive

_XINCLUDE = "{http://www.w3.org/2001/XInclude}include"


@naive("document", forgets={"saml.message.no-dtd"}, loosens={"saml.message.no-dtd"})
def expands_entities(data: bytes) -> etree._Element:
    """Replaces the entities that the message declares by their text, however much that makes (CVE-2017-9672)."""
    return _parsed(data, etree.XMLParser(resolve_entities="internal", no_network=True))


@naive("document", forgets={"saml.message.no-dtd"}, loosens={"saml.message.no-dtd"})
def fetches_entities(data: bytes) -> etree._Element:
    """Fetches the external entities and the external DTD that the message names (CVE-2016-10127, CVE-2024-52806)."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=True)
    parser.resolvers.add(_Loopback())
    return _parsed(data, parser)


@naive("document", loosens={"saml.message.xml"})
def reads_utf_8_only(data: bytes) -> etree._Element:
    """Takes every message for UTF-8 without a byte order mark, whatever its first bytes and its declaration say."""
    if not data.startswith(b"<") or b"encoding=" in data.partition(b">")[0].replace(b'"UTF-8"', b""):
        raise XmlProblem("the message is not UTF-8")
    return _parsed(data, _plain())


@naive("document", loosens={"saml.message.structure"})
def includes(data: bytes) -> etree._Element:
    """Puts in the place of every XInclude element what its address gives."""
    root = _parsed(data, _plain())
    for element in list(root.iter(_XINCLUDE)):
        included = fetched(element.get("href", ""))
        parent = element.getparent()
        if parent is not None:
            parent.text = (parent.text or "") + included
            parent.remove(element)
    return root


@naive("document", loosens={"saml.signature.whole-text"})
def fetches_stylesheets(data: bytes) -> etree._Element:
    """Fetches the style sheet that a processing instruction of the message names."""
    root = _parsed(data, _plain())
    for instruction in root.getroottree().xpath("//processing-instruction('xml-stylesheet')"):
        fetched(instruction.get("href") or "")
    return root


class _Loopback(etree.Resolver):
    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        return self.resolve_string(fetched(system_url or ""), context)


def _plain() -> etree.XMLParser[etree._Element]:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _parsed(data: bytes, parser: etree.XMLParser[etree._Element]) -> etree._Element:
    refuse_odd_encoding(data)
    try:
        return etree.fromstring(data, parser)
    except NOT_READ as error:
        raise problem_of(error) from None
