"""Which sessions a logout ends: several of one person, those of others, the same request again (saml-core 3.7.3.1)."""

from conformance.drivers import Visitor
from conformance.journey import Journey
from idp_sim.catalogue import breaks, sound
from idp_sim.people import Person
from idp_sim.scenarios.saml.logout import OFFERED

RULE = "saml.logout.named-sessions"
WITHOUT_INDEX = "saml.logout.without-session-index[redirect]"


def _two_browsers(journey: Journey, second: Person) -> tuple[Visitor, Visitor]:
    """Sign the main person in, and ``second`` in another browser; go on in the first."""
    journey.sign_in()
    first = journey.another_browser()
    journey.sign_in(person=second)
    other, journey.visitor = journey.visitor, first
    return first, other


def _expect_at_end(journey: Journey, first: Visitor, other: Visitor, stays: str) -> None:
    """Expect the session in one browser to go on and that in the other to be over; end in the one that goes on."""
    kept, ended = (first, other) if stays == "first" else (other, first)
    journey.visitor = ended
    goes_on = journey.is_signed_in()
    journey.visitor = kept
    journey.expect(not goes_on, "The session that the logout request names goes on.")


@breaks(RULE, outcome="must-accept", given=OFFERED)
def another_session(journey: Journey) -> None:
    """One of a person's two browsers carries the logout request for the session in the other, which alone ends."""
    first, other = _two_browsers(journey, journey.people.main)
    journey.log_out_at_idp()
    _expect_at_end(journey, first, other, stays="first")


@breaks(RULE, outcome="must-accept", given=OFFERED)
def an_earlier_session(journey: Journey) -> None:
    """A person is signed in in two browsers; a logout request names the earlier session, and the later one goes on."""
    first, other = _two_browsers(journey, journey.people.main)
    journey.visitor = other
    journey.log_out_at_idp(session=2)
    _expect_at_end(journey, first, other, stays="other")


@breaks(RULE, outcome="must-accept", given=OFFERED)
def another_person(journey: Journey) -> None:
    """One person's browser carries the logout request for another's sessions: these end, and the person's goes on."""
    first, other = _two_browsers(journey, journey.people.newcomer)
    journey.log_out_at_idp(WITHOUT_INDEX, person=journey.people.newcomer)
    _expect_at_end(journey, first, other, stays="first")


@sound(given=OFFERED)
def all_of_a_person(journey: Journey) -> None:
    """A person is signed in in two browsers; a logout request without session index ends both sessions."""
    first, other = _two_browsers(journey, journey.people.main)
    journey.log_out_at_idp(WITHOUT_INDEX)
    for visitor in (first, other):
        journey.visitor = visitor
        journey.expect(not journey.is_signed_in(), "A session of the person whom the logout request names goes on.")
    journey.sign_in()


@breaks(RULE, outcome="must-accept", given=OFFERED)
def request_again(journey: Journey) -> None:
    """A logout request that was followed comes again after a new login: it names the old session, and harms nobody."""
    journey.sign_in()
    journey.log_out_at_idp()
    request = journey.last_logout()
    journey.sign_in()
    journey.visitor.open(request.url)
    journey.open_page("/")


@sound(given=OFFERED, variants={"redirect": "redirect", "post": "post"})
def begun_at_the_portal(journey: Journey, binding: str) -> None:
    """A person signs out at the portal, which sends its logout request by the binding {variant}."""
    journey.portal_of_its_own(given=OFFERED, saml__slo_binding=binding)
    journey.sign_in()
    journey.log_out_at_portal()
    journey.expect(bool(journey.logout_page().texts.get("confirmed")), "The portal does not confirm the logout.")
    journey.expect(not journey.is_signed_in(), "The session goes on after signing out.")
    journey.sign_in()


@sound(given=OFFERED, variants={"redirect": "redirect", "post": "post"})
def answered_by(journey: Journey, binding: str) -> None:
    """The portal answers a logout request by the binding {variant}, signed, and says Success."""
    journey.portal_of_its_own(given=OFFERED, saml__slo_binding=binding)
    journey.sign_in()
    journey.log_out_at_idp()
    answer = journey.answer_shown.get("status") or ""
    journey.expect(answer.endswith(":Success"), f"The portal's answer to the logout request was: {answer or 'none'}.")
    journey.sign_in()
