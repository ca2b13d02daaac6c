"""Signing out (portal-contract P9, R9, S14a)."""

from urllib.parse import urlsplit

from conformance.journey import Journey
from conformance.scenarios.portal import BOTH_PROTOCOLS
from idp_sim.catalogue import sound


@sound(variants=BOTH_PROTOCOLS)
def to_logout_url(journey: Journey, _: str) -> None:
    """With {variant}, signing out ends the session and then leads to the configured logout address."""
    journey.sign_in()
    journey.sign_out()
    here, there = urlsplit(journey.visitor.url).netloc, urlsplit(journey.sites.simulator).netloc
    journey.expect(here == there, f"Signing out should lead to {there}, and led to {journey.visitor.url}.")
    journey.open_page(journey.profile.signed_in.probe)
    journey.expect(not journey.is_signed_in(), "The session goes on after signing out.")
    journey.sign_in()


@sound(variants=BOTH_PROTOCOLS)
def without_logout_url(journey: Journey, _: str) -> None:
    """With {variant} and no logout address on the portal, signing out leads to the portal's own page."""
    journey.portal_of_its_own(saml__logout_url="", simple__remote_logout_url="")
    journey.sign_in()
    journey.sign_out()
    here, there = urlsplit(journey.visitor.url).netloc, urlsplit(journey.sites.portal).netloc
    journey.expect(here == there, f"Signing out should stay on {there}, and led to {journey.visitor.url}.")
    journey.expect(not journey.is_signed_in(), "The session goes on after signing out.")
    journey.sign_in()
