"""The status of a Response in words (saml-core 3.2.2). It is unauthenticated text: anybody could have written it."""

from lxml import etree

from portal_stub.address import shown
from portal_stub.saml.xml import samlp, text_of


def status_in_words(response: etree._Element) -> str:
    """Return the codes without their common prefix, and the message, at most some 200 characters."""
    codes = [code.get("Value", "") for code in response.iterfind(f"{samlp('Status')}//{samlp('StatusCode')}")]
    if not codes:
        return "no status code"
    words = ", ".join(shown(code.rpartition(":")[2] or code, 60).strip("'") for code in codes[:3])
    message = response.find(f"{samlp('Status')}/{samlp('StatusMessage')}")
    text = "" if message is None else " ".join(text_of(message).split())
    return f"{words}: {shown(text).strip(chr(39))}" if text else words
