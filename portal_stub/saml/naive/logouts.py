"""Which logout message is believed: the readers that wrapping and parameters encoded anew fool."""

from urllib.parse import quote_plus

import attrs
from lxml import etree

from portal_stub.saml.logout.arrival import MESSAGES
from portal_stub.saml.logout.query import readings
from portal_stub.saml.logout.received import ReceivedLogout
from portal_stub.weakness import naive


@naive("logout", forgets={"saml.signature.covers-parent"})
def logout_at_the_root(received: ReceivedLogout) -> etree._Element | None:
    """Reads the logout message at the root of the document, once any signature in it has verified."""
    return received.root if any(result.signed is not None for _, result in received.verified) else None


@naive("logout", forgets={"saml.logout.query-signature"})
def query_encoded_anew(received: ReceivedLogout) -> etree._Element | None:
    """Verifies a query's signature over parameters that it has decoded and encoded anew (CVE-2025-31335)."""
    arrival = received.arrival
    encoded = attrs.evolve(
        arrival, pairs=tuple((name, quote_plus(arrival.decoded(value))) for name, value in arrival.pairs)
    )
    found = (one for name in MESSAGES for one in readings(encoded, name))
    return received.root if any(one.verifies(received.certificates) for one in found) else None
