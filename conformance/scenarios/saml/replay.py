"""The same assertion sent more than once (saml-profiles 4.1.4.5)."""

from conformance.journey import Journey
from idp_sim.catalogue import breaks


@breaks("saml.assertion.once", start="idp")
def posted_again(journey: Journey) -> None:
    """The person signs in, signs out, and the same response is posted again in the same browser."""
    journey.sign_in()
    message = journey.last_message()
    journey.sign_out()
    journey.visitor.post(message.url, message.fields)


@breaks("saml.assertion.once", start="idp")
def posted_in_another_browser(journey: Journey) -> None:
    """The person signs in, and the same response is posted in another browser."""
    journey.sign_in()
    message = journey.last_message()
    journey.another_browser()
    journey.visitor.post(message.url, message.fields)
