"""Whose session a response opens: not that of whoever sent it into another person's browser."""

from conformance.journey import Journey
from idp_sim.catalogue import breaks, sound


@breaks("saml.response.unsolicited", given={"saml.allow_idp_initiated": False})
def login_csrf(journey: Journey) -> None:
    """Another person's sound response, which answers no request, is posted in this browser from another site."""
    journey.sign_in(person=journey.people.stored, start="idp")
    message = journey.last_message()
    journey.another_browser()
    journey.visitor.post(message.url, message.fields)


@breaks("saml.response.unsolicited", outcome="advisory")
def login_csrf_allowed(journey: Journey) -> None:
    """Another person's response, which answers no request, arrives where logins may begin at the identity provider.

    It signs that person in, in a browser that is not theirs. SAML has no remedy but to allow no such logins.
    """
    stored = journey.people.stored
    journey.whom = (stored.email, stored.name)
    journey.sign_in(person=stored, start="idp")


@sound
def kept_when_another_is_refused(journey: Journey) -> None:
    """A response that is refused is posted in the browser of a person who is signed in: they stay signed in."""
    journey.sign_in()
    message = journey.last_message()
    journey.visitor.post(message.url, message.fields)
    journey.expect(bool(journey.refusal().texts.get("message")), "The second use of the response was not refused.")
