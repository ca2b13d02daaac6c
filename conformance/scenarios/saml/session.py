"""Whose session a response opens: not that of whoever sent it into another person's browser."""

from conformance.journey import Journey
from idp_sim.catalogue import breaks, sound


@breaks("saml.response.unsolicited", given={"saml.allow_idp_initiated": False})
def login_csrf(journey: Journey) -> None:
    """Another person's sound response, which answers no request, is posted in this browser from another site.

    Where logins may begin at the identity provider it signs that person in, in a browser that is not theirs: SAML has
    no remedy but to allow no such logins.
    """
    journey.sign_in(person=journey.people.stored, start="idp")
    message = journey.last_message()
    journey.another_browser()
    journey.visitor.post(message.url, message.fields)


@sound
def kept_when_another_is_refused(journey: Journey) -> None:
    """A response that is refused is posted in the browser of a person who is signed in: they stay signed in."""
    journey.sign_in()
    message = journey.last_message()
    journey.visitor.post(message.url, message.fields)
    journey.expect(bool(journey.refusal().texts.get("message")), "The second use of the response was not refused.")
