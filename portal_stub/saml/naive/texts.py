"""What the text of an element is: the readers that a comment fools."""

from lxml import etree

from portal_stub.weakness import naive


@naive("text", forgets={"saml.signature.whole-text"})
def text_of_first_node(element: etree._Element) -> str:
    """Reads a text only up to the first comment in it (CVE-2017-11427 and its kin)."""
    return element.text or ""


@naive("text")
def cleaned_text(element: etree._Element) -> str:
    """Cleans a text instead of escaping it where it is shown: its first line, 255 signs at most, none of <>{}"';=&."""
    line = str(element.xpath("string()")).partition("\n")[0]
    return "".join(sign for sign in line if sign not in "<>{}\"';=&")[:255]
