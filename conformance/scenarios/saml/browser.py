"""What only a browser does: slow people, several tabs, the Back button, several browsers."""

from conformance.journey import Journey
from idp_sim.catalogue import breaks, sound


@sound(needs_browser="only a browser loses a cookie that has no SameSite after two minutes")
def slow_sign_in(journey: Journey) -> None:
    """The person takes longer than two minutes to sign in at the identity provider."""
    journey.another_browser(slow=True)
    journey.sign_in()


@sound
def two_tabs(journey: Journey) -> None:
    """The person begins to sign in in two tabs, and finishes in the first and then in the second."""
    first = journey.visitor
    journey.begin_sign_in()
    journey.visitor = first.second_tab()
    journey.begin_sign_in()
    second, journey.visitor = journey.visitor, first
    journey.finish_sign_in()
    journey.expect(journey.is_signed_in(), "The first tab was not signed in.")
    journey.visitor = second
    journey.finish_sign_in()


@sound(needs_browser="it presses the Back button")
def back_button(journey: Journey) -> None:
    """The person presses Back after signing in, and is still signed in."""
    journey.sign_in()
    journey.visitor.back()
    journey.open_page("/")


@breaks("saml.response.in-response-to")
def answer_in_another_browser(journey: Journey) -> None:
    """The answer to a request that was begun in one browser arrives in another one."""
    journey.begin_sign_in()
    request = journey.visitor.url
    journey.another_browser()
    journey.visitor.open(request)
    journey.finish_sign_in()
