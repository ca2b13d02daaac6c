"""How the portal sends its request: by either binding, signed or not. The answer is a sound one.

The simulator verifies what is signed, and answers no request that is not signed as the portal says.
"""

from urllib.parse import parse_qsl, urlsplit

from conformance.drivers import Form
from conformance.journey import Journey
from idp_sim.catalogue import sound


@sound(given={"saml.sign_requests": True})
def by_redirect(journey: Journey) -> None:
    """The portal signs its requests and sends them by HTTP-Redirect."""
    journey.sign_in()
    sent = dict(parse_qsl(urlsplit(_request(journey).url).query))
    journey.expect({"SAMLRequest", "Signature"} <= sent.keys(), "The request did not come signed by HTTP-Redirect.")


@sound(given={"saml.sign_requests": True, "saml.request_binding": "post"})
def by_post(journey: Journey) -> None:
    """The portal signs its requests and sends them by HTTP-POST."""
    journey.sign_in()
    journey.expect(_request(journey).field("SAMLRequest") is not None, "The request did not come by HTTP-POST.")


@sound(given={"saml.request_binding": "post"})
def unsigned_by_post(journey: Journey) -> None:
    """The portal sends its requests by HTTP-POST, unsigned."""
    journey.sign_in()
    journey.expect(_request(journey).field("SAMLRequest") is not None, "The request did not come by HTTP-POST.")


def _request(journey: Journey) -> Form:
    """Return the request as it came to the identity provider. Raises Unmet where there was none."""
    simulator = urlsplit(journey.sites.simulator).netloc
    found = [move for move in journey.visitor.moves if urlsplit(move.url).netloc == simulator]
    journey.expect(bool(found), "The portal sent no request to the identity provider.")
    return found[0]
