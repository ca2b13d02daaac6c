"""The Response around the assertion: status, destination, the request that it answers, when it was issued.

An unsigned Response is checked all the same: what it says can only cause a refusal (portal-contract S5).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.moments import moment, stated, times
from portal_stub.saml.received import Received
from portal_stub.saml.status import status_in_words
from portal_stub.times import parse_utc


@CHECKS.enforces("saml.status.success")
def status_success(received: Received) -> Found:
    """Only the top-level code counts."""
    response = _response(received)
    if received.successful:
        return ok()
    return violated("the status Success", status_in_words(response))


@CHECKS.enforces("saml.response.destination")
def destination(received: Received) -> Found:
    """Letter for letter. A signed Response must have it, or it could be carried to another portal."""
    response = _response(received)
    found, expected = response.get("Destination"), received.settings.acs_url
    if found is not None:
        return ok(found) if received.is_same(expected, found) else violated(expected, shown(found))
    if any(signature.place == "response" for signature in received.signatures_if_any):
        return violated(expected, "a signed Response without Destination")
    return ok("none, and the Response is not signed")


@CHECKS.enforces("saml.response.in-response-to")
def in_response_to(received: Received) -> Found:
    """One that is open in this browser: an answer to another browser's request signs in the wrong person."""
    request = _response(received).get("InResponseTo")
    if request is None:
        raise NotApplicable("the Response names no request")
    if received.provider is not received.providers[0]:
        # A request is discarded by whom its Destination does not name (saml-core 3.2.1), so this is no answer to it.
        asked = f"an answer of {shown(received.providers[0].entity_id)}, to which requests are sent"
        return violated(asked, f"one of {shown(received.provider.entity_id)}")
    if received.memory.open_requests is None:
        raise NotApplicable("offline")
    if request in received.memory.open_requests:
        return ok(request)
    return violated("a request that this portal sent and that is open in this browser", shown(request))


@CHECKS.enforces("saml.response.unsolicited")
def unsolicited(received: Received) -> Found:
    """A login that begins at the identity provider."""
    if _response(received).get("InResponseTo") is not None:
        raise NotApplicable("the Response answers a request")
    if received.saml.allow_idp_initiated:
        return ok("it answers no request, which the settings allow")
    return violated("an answer to a request of this portal", "a Response that answers none")


@CHECKS.enforces("saml.response.issue-instant")
def issue_instant(received: Received) -> Found:
    """In the past, or nearly."""
    expected = f"a time that is not in the future ({received.saml.allowed_drift_seconds} s drift allowed)"
    for name, issued in _issued(received):
        if issued - received.drift > received.now:
            return violated(expected, stated(received.now, f"IssueInstant of the {name}", issued))
    return ok()


@CHECKS.enforces("saml.response.issued-recently")
def issued_recently(received: Received) -> Found:
    """Only where the settings limit the age: the assertion's own times do as much."""
    most = received.saml.max_issue_age_seconds
    if not most:
        raise NotApplicable("the settings do not limit the age of a Response")
    expected = f"a time at most {most} s ago ({received.saml.allowed_drift_seconds} s drift allowed)"
    for name, issued in _issued(received):
        if received.now - issued > timedelta(seconds=most) + received.drift:
            return violated(expected, stated(received.now, f"IssueInstant of the {name}", issued))
    return ok()


@CHECKS.enforces("saml.time.format")
def time_format(received: Received) -> Found:
    """xs:dateTime in UTC, with Z; a fraction is fine."""
    elements = [element for element in (received.envelope, received.assertion_if_any) if element is not None]
    for place, attribute, value in times(elements):
        if parse_utc(value) is None:
            name = etree.QName(place).localname
            return violated("a time in UTC, such as 2026-01-31T12:00:00Z", f"{attribute} of {name} is {shown(value)}")
    return ok()


def _issued(received: Received) -> Iterator[tuple[str, datetime]]:
    for element in (received.envelope, received.assertion_if_any):
        if element is not None:
            name = etree.QName(element).localname
            yield name, moment(element, "IssueInstant", f"the {name} says no IssueInstant")


def _response(received: Received) -> etree._Element:
    if received.envelope is None:
        raise NotApplicable("there is no Response")
    return received.envelope
