"""Times: not yet, no longer, not in UTC. Each is ten minutes out, far beyond any clock drift that is allowed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from idp_sim.catalogue import breaks
from idp_sim.login import SamlLogin
from idp_sim.saml.names import NAMESPACES
from idp_sim.stages import Draft

TEN_MINUTES = timedelta(minutes=10)


@breaks("saml.conditions.not-before")
def not_yet_valid(login: SamlLogin) -> SamlLogin:
    """The current time is earlier than the NotBefore of the conditions, by ten minutes."""
    return login.but(not_before=login.at + TEN_MINUTES, not_on_or_after=login.at + 2 * TEN_MINUTES)


@breaks("saml.conditions.not-on-or-after")
def expired(login: SamlLogin) -> SamlLogin:
    """The current time is much later than the NotOnOrAfter of the conditions, by ten minutes."""
    return login.but(not_before=login.at - 2 * TEN_MINUTES, not_on_or_after=login.at - TEN_MINUTES)


@breaks("saml.confirmation.not-on-or-after")
def confirmation_expired(login: SamlLogin) -> SamlLogin:
    """The bearer confirmation has expired ten minutes ago; the conditions have not."""
    return login.but(confirmed_until=login.at - TEN_MINUTES)


@breaks("saml.confirmation.not-on-or-after")
def confirmation_without_end(login: SamlLogin) -> SamlLogin:
    """The bearer confirmation has no NotOnOrAfter."""
    return login.but(confirmed_until=None)


@breaks("saml.session.not-on-or-after")
def session_over(login: SamlLogin) -> SamlLogin:
    """The session at the identity provider has ended ten minutes ago."""
    return login.but(authn_instant=login.at - 2 * TEN_MINUTES, session_until=login.at - TEN_MINUTES)


@breaks("saml.response.issue-instant")
def issued_in_future(login: SamlLogin) -> SamlLogin:
    """The response and its assertion were issued ten minutes in the future."""
    return login.but(issue_instant=login.at + TEN_MINUTES)


def _two_hours_east(time: str) -> str:
    return f"{datetime.fromisoformat(time) + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"


NOT_UTC: dict[str, Callable[[str], str]] = {
    "no-zone": lambda time: time.removesuffix("Z"),
    "offset": lambda time: f"{time.removesuffix('Z')}+00:00",
    "offset-two-hours": _two_hours_east,
    "lower-case": str.lower,
    "leap-second": lambda time: f"{time[:17]}60Z",
    "minute-60": lambda time: f"{time[:14]}60:00Z",
    "without-seconds": lambda time: f"{time[:16]}Z",
    "decimal-comma": lambda time: f"{time[:19]},5Z",
    "empty-fraction": lambda time: f"{time[:19]}.Z",
    "blanks-around": lambda time: f" {time} ",
    "blank-in-place-of-t": lambda time: time.replace("T", " "),
    "epoch-seconds": lambda _: "1900000000",
    "words": lambda _: "tomorrow",
}


@breaks("saml.time.format", variants=NOT_UTC)
def not_utc(draft: Draft, change: Callable[[str], str]) -> None:
    """The NotOnOrAfter of the conditions is not written as a time in UTC that ends in Z: {variant}."""
    for conditions in draft.response.findall(".//saml:Conditions", NAMESPACES):
        conditions.set("NotOnOrAfter", change(conditions.get("NotOnOrAfter", "")))


PLACES = {
    "response-issue-instant": (".", "IssueInstant"),
    "assertion-issue-instant": ("saml:Assertion", "IssueInstant"),
    "conditions-not-before": (".//saml:Conditions", "NotBefore"),
    "confirmation-not-on-or-after": (".//saml:SubjectConfirmationData", "NotOnOrAfter"),
    "authn-instant": (".//saml:AuthnStatement", "AuthnInstant"),
    "session-not-on-or-after": (".//saml:AuthnStatement", "SessionNotOnOrAfter"),
}


@breaks("saml.time.format", variants=PLACES)
def without_zone(draft: Draft, place: tuple[str, str]) -> None:
    """One of the other times has no zone, so that it means another moment in every country: {variant}."""
    path, attribute = place
    for element in draft.response.findall(path, NAMESPACES):
        element.set(attribute, element.get(attribute, "").removesuffix("Z"))


@breaks("saml.time.format")
def year_zero(draft: Draft) -> None:
    """The NotBefore of the conditions lies in the year 0, which xs:dateTime does not have."""
    for conditions in draft.response.findall(".//saml:Conditions", NAMESPACES):
        conditions.set("NotBefore", "0000-01-01T00:00:00Z")


@breaks("saml.time.format", outcome="advisory")
def hour_24(draft: Draft) -> None:
    """The conditions end at 24:00:00, which xs:dateTime allows for the midnight that follows and many cannot read."""
    for conditions in draft.response.findall(".//saml:Conditions", NAMESPACES):
        conditions.set("NotOnOrAfter", f"{draft.login.at:%Y-%m-%d}T24:00:00Z")
