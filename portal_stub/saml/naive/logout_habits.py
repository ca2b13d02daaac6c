"""Portals that refuse logout messages that are sound: what they are used to is all that they accept."""

import re

from portal_stub.saml.logout.received import ReceivedLogout
from portal_stub.saml.xml import samlp
from portal_stub.weakness import naive

_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_USUAL_ORDER = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature")


@naive("logout-habit", tightens={"saml.logout.signed"})
def logs_out_by_rsa_sha256(received: ReceivedLogout) -> bool:
    """Takes logout messages that are signed with rsa-sha256 only."""
    named = {received.algorithm, *(signature.method for signature in received.signatures_if_any)} - {""}
    return named != {_RSA_SHA256}


@naive("logout-habit", tightens={"saml.logout.parameters"})
def wants_logout_in_order(received: ReceivedLogout) -> bool:
    """Verifies the query of a logout as it came, whatever the order of its parameters."""
    places = [_USUAL_ORDER.index(name) for name, _ in received.arrival.pairs if name in _USUAL_ORDER]
    return places != sorted(places)


@naive("logout-habit", tightens={"saml.logout.query-signature"})
def encodes_logout_anew(received: ReceivedLogout) -> bool:
    """Encodes the query of a logout anew, with capital letters, before it verifies."""
    if received.arrival.binding != "redirect":
        return False
    return any(re.search("%(?:[0-9][a-f]|[a-f][0-9a-f])", value) for _, value in received.arrival.pairs)


@naive("logout-habit", tightens={"saml.logout.parameters"})
def knows_no_logout_relay_state(received: ReceivedLogout) -> bool:
    """Takes no RelayState with a logout."""
    return received.arrival.relay_state is not None


@naive("logout-habit", tightens={"saml.logout.principal"})
def wants_one_session_index(received: ReceivedLogout) -> bool:
    """Takes a logout request that names one session, neither none nor several."""
    root = received.root
    return root.tag == samlp("LogoutRequest") and len(root.findall(samlp("SessionIndex"))) != 1


@naive("logout-habit", tightens={"saml.logout.not-on-or-after"})
def wants_logout_to_end(received: ReceivedLogout) -> bool:
    """Wants every logout request to say until when it is meant."""
    return received.root.tag == samlp("LogoutRequest") and received.root.get("NotOnOrAfter") is None


@naive("logout-habit", tightens={"saml.logout.status"})
def knows_one_status(received: ReceivedLogout) -> bool:
    """Takes a second-level status for a failure."""
    return len(list(received.root.iter(samlp("StatusCode")))) > 1
