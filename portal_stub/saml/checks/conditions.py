"""The assertion: who issued it, once, and its conditions: for which portal, for how long."""

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated, warning
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.moments import moment, stated
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml
from portal_stub.times import written

ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_KNOWN_CONDITIONS = frozenset(saml(name) for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction"))


@CHECKS.enforces("saml.assertion.present")
def present(received: Received) -> Found:
    """A Response that refuses the login has none."""
    if received.assertions:
        return ok()
    if not received.successful:
        raise NotApplicable("the login was refused, so no assertion is due")
    if received.unopened:
        raise NotApplicable("it is encrypted and could not be opened")
    return violated("an assertion", "none")


@CHECKS.enforces("saml.assertion.issuer")
def issuer(received: Received) -> Found:
    """The assertion must name its issuer, and the Response where it is signed (saml-profiles 4.1.4.2).

    Of several identity providers both name the same.
    """
    expected = received.provider.entity_id
    if not expected:
        raise NotApplicable("the portal's settings do not name the identity provider")
    assertion, response = received.assertion_if_any, received.envelope
    for element in (assertion, response):
        if element is None:
            continue
        name = etree.QName(element).localname
        found = element.find(saml("Issuer"))
        if found is None:
            if element is assertion or _signs(received, "response"):
                return violated(expected, f"no Issuer in the {name}")
            continue
        if not received.is_same(expected, received.text(found)):
            return violated(expected, f"{shown(received.text(found))} in the {name}")
        if found.get("Format", ENTITY) != ENTITY:
            return violated(f"an Issuer of the format {ENTITY}", shown(found.get("Format", "")))
    return ok(expected)


@CHECKS.enforces("saml.assertion.once")
def once(received: Received) -> Found:
    """By its ID, remembered until it expires."""
    assertion_id = received.assertion.get("ID", "")
    if not assertion_id:
        raise NotApplicable("the assertion has no ID")
    if received.memory.seen_assertions is None:
        raise NotApplicable("offline")
    if assertion_id in received.memory.seen_assertions:
        return violated("an assertion that was not used before", f"{shown(assertion_id)}, which was")
    return ok(assertion_id)


@CHECKS.enforces("saml.conditions.present")
def conditions_present(received: Received) -> Found:
    """Exactly one element Conditions."""
    found = received.inside(saml("Conditions"))
    return ok() if len(found) == 1 else violated("Conditions in the assertion", f"{len(found) or 'none'}")


@CHECKS.enforces("saml.conditions.known")
def known(received: Received) -> Found:
    """What cannot be understood cannot be held, so the assertion is not valid (saml-core 2.5.1.1)."""
    unknown = [found for found in _conditions(received).iterchildren("*") if found.tag not in _KNOWN_CONDITIONS]
    expected = "AudienceRestriction, OneTimeUse or ProxyRestriction"
    return violated(expected, shown(str(unknown[0].tag))) if unknown else ok()


@CHECKS.enforces("saml.conditions.one-time-use")
def one_time_use(received: Received) -> Found:
    """An assertion is accepted once in any case (saml.assertion.once)."""
    for name in ("OneTimeUse", "ProxyRestriction"):
        count = len(_conditions(received).findall(saml(name)))
        if count > 1:
            return violated(f"{name} at most once", f"{count} times")
    return ok()


@CHECKS.enforces("saml.conditions.order")
def order(received: Received) -> Found:
    """NotBefore first; the allowed drift has no part in it."""
    conditions = _conditions(received)
    start = moment(conditions, "NotBefore", "the conditions have no NotBefore")
    end = moment(conditions, "NotOnOrAfter", "the conditions have no NotOnOrAfter")
    if start < end:
        return ok()
    return violated("a NotBefore that is earlier than NotOnOrAfter", f"from {written(start)} until {written(end)}")


@CHECKS.enforces("saml.conditions.bounded")
def bounded(received: Received) -> Found:
    """The bearer confirmation must have an end, the conditions should."""
    found = "NotOnOrAfter" in _conditions(received).attrib
    return ok() if found else warning("a NotOnOrAfter on the conditions", "none")


@CHECKS.enforces("saml.conditions.not-before")
def not_before(received: Received) -> Found:
    """Inclusive."""
    start = moment(_conditions(received), "NotBefore", "the conditions have no NotBefore")
    if start - received.drift <= received.now:
        return ok(written(start))
    return violated(limit(received, "at or after", "NotBefore"), stated(received.now, "NotBefore", start))


@CHECKS.enforces("saml.conditions.not-on-or-after")
def not_on_or_after(received: Received) -> Found:
    """Exclusive."""
    end = moment(_conditions(received), "NotOnOrAfter", "the conditions have no NotOnOrAfter")
    if received.now - received.drift < end:
        return ok(written(end))
    return violated(limit(received, "before", "NotOnOrAfter"), stated(received.now, "NotOnOrAfter", end))


@CHECKS.enforces("saml.conditions.audience")
def audience(received: Received) -> Found:
    """All restrictions must hold; within one, any audience will do (saml-core 2.5.1.4)."""
    expected = received.settings.entity_id
    restrictions = _conditions(received).findall(saml("AudienceRestriction"))
    if not restrictions:
        return violated(expected, "no AudienceRestriction")
    for restriction in restrictions:
        named = [received.text(found) for found in restriction.findall(saml("Audience"))]
        if not any(received.is_same(expected, name) for name in named):
            return violated(expected, ", ".join(shown(name) for name in named[:5]) or "no Audience")
    return ok(expected)


def _conditions(received: Received) -> etree._Element:
    found = received.inside(saml("Conditions"))
    if not found:
        raise NotApplicable("the assertion has no conditions")
    return found[0]


def _signs(received: Received, place: str) -> bool:
    return any(signature.place == place for signature in received.signatures_if_any)


def limit(received: Received, how: str, name: str) -> str:
    """Return in words what is expected of a time."""
    return f"a time {how} {name} ({received.saml.allowed_drift_seconds} s drift allowed)"
