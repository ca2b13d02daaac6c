"""The same assertion sent more than once (saml-profiles 4.1.4.5)."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor

from lxml import etree

from conformance.drivers import Form
from conformance.drivers.http import HttpVisitor
from conformance.journey import Journey, carries_sign_in
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


@breaks("saml.assertion.once", start="idp")
def posted_in_a_new_response(journey: Journey) -> None:
    """The person signs in and out, and the same signed assertion is posted inside a response with another ID."""
    journey.sign_in()
    message = journey.last_message()
    journey.sign_out()
    response = etree.fromstring(base64.b64decode(message.field("SAMLResponse") or ""))
    response.set("ID", f"{response.get('ID')}-again")
    fields = [(name, value) for name, value in message.fields if name != "SAMLResponse"]
    again = base64.b64encode(etree.tostring(response)).decode("ascii")
    journey.visitor.post(message.url, [("SAMLResponse", again), *fields])


@breaks("saml.response.in-response-to")
def request_answered_again(journey: Journey) -> None:
    """The person signs in and out, and the same request is answered once more, by a new response."""
    journey.begin_sign_in()
    request = journey.visitor.url
    journey.finish_sign_in()
    journey.sign_out()
    journey.visitor.open(request)
    journey.finish_sign_in()


@breaks("saml.assertion.once", start="idp")
def posted_twice_at_once(journey: Journey) -> None:
    """The same response is posted in two browsers at the same moment: one of them, and no more, is signed in."""
    visitors = journey.visitors_without_browser()
    author = visitors()
    author.stops_before = carries_sign_in
    journey.visitor = author
    journey.sign_in()
    message = author.held
    journey.expect(message is not None, "The identity provider sent no sign-in.")
    racers = visitors(), visitors()
    _post_at_once(racers, message or Form("GET", ""))
    refused = [racer for racer in racers if not _is_signed_in(journey, racer)]
    journey.expect(len(refused) < len(racers), "Neither browser was signed in.")
    journey.visitor = (refused or racers)[0]


def _post_at_once(racers: tuple[HttpVisitor, HttpVisitor], message: Form) -> None:
    ready = threading.Barrier(len(racers))

    def post(racer: HttpVisitor) -> None:
        ready.wait(timeout=10)
        racer.post(message.url, message.fields)

    with ThreadPoolExecutor(len(racers)) as pool:
        list(pool.map(post, racers))


def _is_signed_in(journey: Journey, visitor: HttpVisitor) -> bool:
    journey.visitor = visitor
    return journey.is_signed_in()
