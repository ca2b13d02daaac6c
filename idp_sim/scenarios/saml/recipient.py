"""The Recipient of the bearer confirmation: to whom the assertion may be presented."""

from idp_sim.catalogue import breaks
from idp_sim.login import SamlLogin
from idp_sim.scenarios.saml.addresses import OTHER, Change


@breaks("saml.confirmation.recipient", variants=OTHER)
def other(login: SamlLogin, change: Change) -> SamlLogin:
    """The recipient of the bearer confirmation is another address: {variant}."""
    return login.but(recipient=change(login.portal.acs_url))


@breaks("saml.confirmation.recipient")
def missing(login: SamlLogin) -> SamlLogin:
    """The bearer confirmation has no recipient."""
    return login.but(recipient=None)


@breaks("saml.confirmation.recipient", variants={"empty": "", "entity-id": None})
def not_an_address(login: SamlLogin, value: str | None) -> SamlLogin:
    """The recipient of the bearer confirmation is no address of an assertion consumer service: {variant}."""
    return login.but(recipient=login.portal.entity_id if value is None else value)
