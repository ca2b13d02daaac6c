"""The session that a login opens (OWASP session management; portal-contract P8)."""

from conformance.journey import Journey
from conformance.scenarios.portal import BOTH_PROTOCOLS
from conformance.sites import CUSTOMER
from idp_sim.catalogue import sound


@sound(variants=BOTH_PROTOCOLS)
def changes_at_login(journey: Journey, _: str) -> None:
    """With {variant}, a login opens a new session: who planted their own in the browser does not share it."""
    journey.log_in(CUSTOMER.email)
    planter = journey.planted_browser()
    journey.sign_in()
    signed_in, journey.visitor = journey.visitor, planter
    seen = journey.shown_identity()
    journey.visitor = signed_in
    journey.expect(not seen & set(journey.whom), f"The session of before the login shows {', '.join(seen)}.")
