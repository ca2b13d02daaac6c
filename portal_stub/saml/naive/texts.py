"""What the text of an element is: the readers that a comment fools."""

from lxml import etree

from portal_stub.weakness import naive


@naive("text", forgets={"saml.signature.whole-text"})
def text_of_first_node(element: etree._Element) -> str:
    """Reads a text only up to the first comment in it (CVE-2017-11427 and its kin)."""
    return element.text or ""
