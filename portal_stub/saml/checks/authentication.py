"""The authentication statement: that the person was authenticated, when, how, and until when that holds."""

from datetime import timedelta

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.conditions import limit
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.moments import moment, stated
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml
from portal_stub.times import written


@CHECKS.enforces("saml.session.not-on-or-after")
def session_not_on_or_after(received: Received) -> Found:
    """Exclusive."""
    ends = [
        moment(statement, "SessionNotOnOrAfter", "")
        for statement in received.inside(saml("AuthnStatement"))
        if "SessionNotOnOrAfter" in statement.attrib
    ]
    if not ends:
        raise NotApplicable("no end of the session is given")
    if received.now - received.drift < min(ends):
        return ok(written(min(ends)))
    expected = limit(received, "before", "SessionNotOnOrAfter")
    return violated(expected, stated(received.now, "SessionNotOnOrAfter", min(ends)))


@CHECKS.enforces("saml.statement.authn")
def statement_authn(received: Received) -> Found:
    """Without it the assertion says who, but not that the person was there."""
    return ok() if received.inside(saml("AuthnStatement")) else violated("an AuthnStatement", "none")


@CHECKS.enforces("saml.statement.authn-instant")
def authn_instant(received: Received) -> Found:
    """Only where the portal asks for it: a person who was signed in before is as good otherwise."""
    most = received.saml.max_authn_age_seconds
    if not most:
        raise NotApplicable("the settings do not ask for a fresh authentication")
    expected = f"an AuthnInstant at most {most} s ago ({received.saml.allowed_drift_seconds} s drift allowed)"
    for statement in received.inside(saml("AuthnStatement")):
        instant = moment(statement, "AuthnInstant", "the AuthnStatement says no AuthnInstant")
        if not -received.drift <= received.now - instant <= timedelta(seconds=most) + received.drift:
            return violated(expected, stated(received.now, "AuthnInstant", instant))
    return ok()


@CHECKS.enforces("saml.statement.authn-context")
def authn_context(received: Received) -> Found:
    """The very class that was asked for: which of two others is the stronger cannot be told from their names."""
    expected = received.saml.requested_authn_context
    if not expected:
        raise NotApplicable("the settings ask for no class of authentication")
    statements = received.inside(saml("AuthnStatement"))
    if not statements:
        raise NotApplicable("there is no AuthnStatement")
    for statement in statements:
        found = statement.find(f"{saml('AuthnContext')}/{saml('AuthnContextClassRef')}")
        named = "" if found is None else received.text(found)
        if named != expected:
            return violated(expected, shown(named) if named else "no AuthnContextClassRef")
    return ok(expected)
