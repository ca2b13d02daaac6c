"""Times: not yet, no longer, not in UTC. Each is ten minutes out, far beyond any clock drift that is allowed."""

from collections.abc import Callable
from datetime import timedelta

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


NOT_UTC: dict[str, Callable[[str], str]] = {
    "no-zone": lambda time: time.removesuffix("Z"),
    "offset": lambda time: f"{time.removesuffix('Z')}+00:00",
    "blank-in-place-of-t": lambda time: time.replace("T", " "),
    "epoch-seconds": lambda _: "1900000000",
    "words": lambda _: "tomorrow",
}


@breaks("saml.time.format", variants=NOT_UTC)
def not_utc(draft: Draft, change: Callable[[str], str]) -> None:
    """The NotOnOrAfter of the conditions is not written as a time in UTC that ends in Z: {variant}."""
    for conditions in draft.response.findall(".//saml:Conditions", NAMESPACES):
        conditions.set("NotOnOrAfter", change(conditions.get("NotOnOrAfter", "")))
