"""How the field is read: the readers that verify one of several and believe the other, or stop at a line break."""

import base64

import attrs
from lxml import etree

from portal_stub.saml.message import Post
from portal_stub.saml.received import Received
from portal_stub.weakness import naive


@naive("assertion", forgets={"saml.message.once"})
def verifies_first_field_reads_last(received: Received) -> etree._Element | None:
    """Verifies the first field SAMLResponse, and reads the last: two layers that take one of two in two ways."""
    return _verified_here_read_there(received, 0, -1)


@naive("assertion", forgets={"saml.message.once"})
def verifies_last_field_reads_first(received: Received) -> etree._Element | None:
    """Verifies the last field SAMLResponse, and reads the first: two layers that take one of two in two ways."""
    return _verified_here_read_there(received, -1, 0)


@naive("field", loosens={"saml.message.base64"})
def decodes_first_line(field: str) -> bytes:
    """Decodes the field only up to its first line break."""
    line = field.split(maxsplit=1)[0].rstrip("=")
    return base64.b64decode(line[: len(line) - (len(line) % 4 == 1)] + "==")


def _verified_here_read_there(received: Received, here: int, there: int) -> etree._Element | None:
    sent = (received.post.saml_response or "", *received.post.further)
    if len(sent) < 2:
        return None
    verified, read = (attrs.evolve(received, post=Post(saml_response=sent[place])) for place in (here, there))
    if not any(result.signed is not None for _, result in verified.verified):
        return None
    return read.assertions[0] if read.assertions else None
