"""How the portal sends its request: by either binding, signed or not. The answer is a sound one."""

from conformance.journey import Journey
from idp_sim.catalogue import sound


@sound(given={"saml.sign_requests": True})
def by_redirect(journey: Journey) -> None:
    """The portal signs its requests and sends them by HTTP-Redirect."""
    journey.sign_in()


@sound(given={"saml.sign_requests": True, "saml.request_binding": "post"})
def by_post(journey: Journey) -> None:
    """The portal signs its requests and sends them by HTTP-POST."""
    journey.sign_in()


@sound(given={"saml.request_binding": "post"})
def unsigned_by_post(journey: Journey) -> None:
    """The portal sends its requests by HTTP-POST, unsigned."""
    journey.sign_in()
