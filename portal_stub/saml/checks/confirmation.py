"""The bearer confirmation: to whom, until when, and in answer to what the assertion may be handed over.

One bearer confirmation that satisfies every rule is enough (saml-profiles 4.1.4.3). Where none does, the one
that breaks the fewest is told.
"""

from collections.abc import Callable

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated, warning
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.moments import moment, stated
from portal_stub.saml.received import BEARER, Received
from portal_stub.saml.xml import saml
from portal_stub.times import written

_Rule = Callable[[Received, etree._Element], Found]


@CHECKS.enforces("saml.confirmation.bearer")
def bearer(received: Received) -> Found:
    """At least one, with its data."""
    if received.bearers:
        return ok()
    confirmations = received.subject.findall(saml("SubjectConfirmation"))
    methods = [shown(found.get("Method", "")) for found in confirmations]
    without = "one without SubjectConfirmationData" if f"'{BEARER}'" in methods else ", ".join(methods[:5])
    return violated(f"a SubjectConfirmation {BEARER} with data", without or "none")


@CHECKS.enforces("saml.confirmation.recipient")
def recipient(received: Received) -> Found:
    """Letter for letter."""
    return _recipient(received, _best(received))


@CHECKS.enforces("saml.confirmation.not-on-or-after")
def not_on_or_after(received: Received) -> Found:
    """Exclusive, and it must be there."""
    return _not_on_or_after(received, _best(received))


@CHECKS.enforces("saml.confirmation.no-not-before")
def no_not_before(received: Received) -> Found:
    """Whatever it says."""
    return _no_not_before(received, _best(received))


@CHECKS.enforces("saml.confirmation.address")
def address(received: Received) -> Found:
    """A portal behind a proxy does not see the browser's address, so that this one never refuses."""
    found, sender = _best(received).get("Address"), received.post.sender
    if found is None or sender is None:
        raise NotApplicable("no address is given, or none is known to compare with")
    return ok(found) if found == sender else warning(sender, shown(found))


@CHECKS.enforces("saml.confirmation.in-response-to")
def in_response_to(received: Received) -> Found:
    """The Response may be unsigned: that the signed confirmation names the same request ties the two together."""
    return _in_response_to(received, _best(received))


def _recipient(received: Received, data: etree._Element) -> Found:
    found, expected = data.get("Recipient"), received.settings.acs_url
    if received.is_same(expected, found):
        return ok(expected)
    return violated(expected, "no Recipient" if found is None else shown(found))


def _not_on_or_after(received: Received, data: etree._Element) -> Found:
    expected = f"a time before NotOnOrAfter ({received.saml.allowed_drift_seconds} s drift allowed)"
    if "NotOnOrAfter" not in data.attrib:
        return violated(expected, "no NotOnOrAfter")
    end = moment(data, "NotOnOrAfter", "")
    if received.now - received.drift < end:
        return ok(written(end))
    return violated(expected, stated(received.now, "NotOnOrAfter of the confirmation", end))


def _no_not_before(_: Received, data: etree._Element) -> Found:
    found = data.get("NotBefore")
    return ok() if found is None else violated("no NotBefore on the bearer confirmation", shown(found))


def _in_response_to(received: Received, data: etree._Element) -> Found:
    if received.envelope is None:
        raise NotApplicable("there is no Response to compare with")
    answered, confirmed = received.envelope.get("InResponseTo"), data.get("InResponseTo")
    if answered == confirmed:
        return ok(confirmed or "none, as on the Response")
    expected = "no InResponseTo, as on the Response" if answered is None else f"{shown(answered)}, as on the Response"
    return violated(expected, "none" if confirmed is None else shown(confirmed))


_RULES: dict[str, _Rule] = {
    "saml.confirmation.recipient": _recipient,
    "saml.confirmation.not-on-or-after": _not_on_or_after,
    "saml.confirmation.no-not-before": _no_not_before,
    "saml.confirmation.in-response-to": _in_response_to,
}


def _best(received: Received) -> etree._Element:
    """Return the data of the bearer confirmation that breaks the fewest rules, the first of equals."""
    bearers = received.bearers
    if not bearers:
        raise NotApplicable("there is no bearer confirmation with data")
    return bearers[0] if len(bearers) == 1 else min(bearers, key=lambda data: _broken(received, data))


def _broken(received: Received, data: etree._Element) -> int:
    return sum(not _kept(received, data, rule) for name, rule in _RULES.items() if name not in received.waived)


def _kept(received: Received, data: etree._Element, rule: _Rule) -> bool:
    try:
        return rule(received, data).outcome == "ok"
    except NotApplicable:
        return False
