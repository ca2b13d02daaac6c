"""Each time at its limit: ten seconds inside, which must be accepted, and ten seconds beyond, which must not.

The limits are those of the portal's clock drift. Nothing waits: what should be long ago is written as long ago.
"""

from collections.abc import Callable
from datetime import timedelta

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin

Place = Callable[[SamlLogin, timedelta], SamlLogin]
"""Returns the login with one of its times so far beyond its limit; a negative span is inside."""

MARGIN = timedelta(seconds=10)
"""What a sign-in may take in a browser before a limit has moved over it."""
LONG = timedelta(minutes=20)
MOST_SECONDS = 300
MOST = timedelta(seconds=MOST_SECONDS)
LIMITED_AGE = {"saml.max_issue_age_seconds": MOST_SECONDS}
FRESH = {"saml.max_authn_age_seconds": MOST_SECONDS}


def _starts(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    start = login.at + login.drift + beyond
    return login.but(not_before=start, not_on_or_after=start + LONG)


def _ends(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    end = login.at - login.drift - beyond
    return login.but(not_before=end - LONG, not_on_or_after=end)


def _confirmed(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    return login.but(confirmed_until=login.at - login.drift - beyond)


def _in_session(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    end = login.at - login.drift - beyond
    return login.but(authn_instant=end - LONG, session_until=end)


def _issued_ahead(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    return login.but(issue_instant=login.at + login.drift + beyond)


def issued_ago(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    """Return the login, issued so far beyond the age that ``LIMITED_AGE`` allows."""
    return login.but(issue_instant=login.at - MOST - login.drift - beyond)


def _authenticated_ahead(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    return login.but(authn_instant=login.at + login.drift + beyond)


def _authenticated_ago(login: SamlLogin, beyond: timedelta) -> SamlLogin:
    return login.but(authn_instant=login.at - MOST - login.drift - beyond)


PLACES: dict[str, Place] = {
    "not-before": _starts,
    "not-on-or-after": _ends,
    "confirmation": _confirmed,
    "session": _in_session,
    "issued-ahead": _issued_ahead,
}
AUTHENTICATED: dict[str, Place] = {"ahead": _authenticated_ahead, "ago": _authenticated_ago}


@sound(variants=PLACES)
def within(login: SamlLogin, place: Place) -> SamlLogin:
    """One time is ten seconds inside the limit that the portal's clock drift sets: {variant}."""
    return place(login, -MARGIN)


@sound(given=LIMITED_AGE)
def issued_within_age(login: SamlLogin) -> SamlLogin:
    """The response is ten seconds younger than the portal allows at most."""
    return issued_ago(login, -MARGIN)


@sound(given=FRESH, variants=AUTHENTICATED)
def authenticated_within(login: SamlLogin, place: Place) -> SamlLogin:
    """The person was authenticated ten seconds inside the limits of a fresh authentication: {variant}."""
    return place(login, -MARGIN)


@breaks("saml.conditions.not-before")
def not_before_ahead(login: SamlLogin) -> SamlLogin:
    """The NotBefore of the conditions is ten seconds farther ahead than clocks may differ."""
    return _starts(login, MARGIN)


@breaks("saml.conditions.not-on-or-after")
def not_on_or_after_passed(login: SamlLogin) -> SamlLogin:
    """The NotOnOrAfter of the conditions has passed ten seconds longer ago than clocks may differ."""
    return _ends(login, MARGIN)


@breaks("saml.confirmation.not-on-or-after")
def confirmation_passed(login: SamlLogin) -> SamlLogin:
    """The bearer confirmation has ended ten seconds longer ago than clocks may differ."""
    return _confirmed(login, MARGIN)


@breaks("saml.session.not-on-or-after")
def session_passed(login: SamlLogin) -> SamlLogin:
    """The session at the identity provider has ended ten seconds longer ago than clocks may differ."""
    return _in_session(login, MARGIN)


@breaks("saml.response.issue-instant")
def issued_ahead(login: SamlLogin) -> SamlLogin:
    """The response was issued ten seconds farther ahead than clocks may differ."""
    return _issued_ahead(login, MARGIN)


@breaks("saml.response.issued-recently", given=LIMITED_AGE)
def issued_too_long_ago(login: SamlLogin) -> SamlLogin:
    """The response was issued ten seconds longer ago than the portal allows at most."""
    return issued_ago(login, MARGIN)


@breaks("saml.statement.authn-instant", given=FRESH, variants=AUTHENTICATED)
def authenticated_beyond(login: SamlLogin, place: Place) -> SamlLogin:
    """The portal asks for a fresh authentication; the person's is ten seconds beyond the limits: {variant}."""
    return place(login, MARGIN)
