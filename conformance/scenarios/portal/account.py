"""What a login makes of the person's account (portal-contract P6, P7)."""

from conformance.journey import Journey
from conformance.scenarios.portal import BOTH_PROTOCOLS
from idp_sim.catalogue import sound


@sound(variants=BOTH_PROTOCOLS)
def unknown_becomes_customer(journey: Journey, _: str) -> None:
    """With {variant}, an address that the portal does not know becomes a customer, never an agent."""
    journey.sign_in_as(journey.people.newcomer)
    role = journey.shows("role")
    journey.expect(role == "customer", f"The new account should be a customer, and is '{role}'.")


@sound(variants=BOTH_PROTOCOLS)
def agent_stays_agent(journey: Journey, _: str) -> None:
    """With {variant}, a login with an agent's address signs that agent in, who stays an agent."""
    journey.sign_in_as(journey.people.agent)
    role = journey.shows("role")
    journey.expect(role == "agent", f"The agent should still be an agent, and is '{role}'.")


@sound(variants=BOTH_PROTOCOLS)
def name_is_overwritten(journey: Journey, _: str) -> None:
    """With {variant}, the name that is sent takes the place of the stored name."""
    stored = journey.people.stored
    journey.portal_of_its_own()
    journey.log_in(stored.email)
    journey.expect(journey.shows("name") != stored.name, "The account has the name already, so the case shows nothing.")
    journey.sign_out()
    journey.sign_in_as(stored)


@sound(variants=BOTH_PROTOCOLS)
def phone_and_company_kept(journey: Journey, protocol: str) -> None:
    """With {variant}, phone and company are stored when they are sent, and kept when the next login sends none."""
    person = journey.people.main
    journey.sign_in(f"{protocol}.sound.phone-and-company")
    journey.expect_contact(person.phone, person.company, "after they were sent")
    journey.sign_out()
    journey.sign_in()
    journey.expect_contact(person.phone, person.company, "after a login that sent none")
