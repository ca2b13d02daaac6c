"""Which assertion is believed, once some signature in the message has verified: the readers that wrapping fools."""

from lxml import etree

from portal_stub.saml.received import Received
from portal_stub.weakness import naive

_GUARDS = {"saml.signature.one-assertion", "saml.signature.covers-parent", "saml.signature.no-object"}


def _some_signature_verifies(received: Received) -> bool:
    return any(result.signed is not None for _, result in received.verified)


@naive("assertion", forgets=_GUARDS)
def first_assertion(received: Received) -> etree._Element | None:
    """Reads the first assertion of the document, once any signature in it has verified."""
    return received.assertions[0] if received.assertions and _some_signature_verifies(received) else None


@naive("assertion", forgets=_GUARDS)
def last_assertion(received: Received) -> etree._Element | None:
    """Reads the last assertion of the document, once any signature in it has verified."""
    return received.assertions[-1] if received.assertions and _some_signature_verifies(received) else None
