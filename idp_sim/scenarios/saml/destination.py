"""The Destination of the response: where it is meant to be posted."""

from idp_sim.catalogue import breaks
from idp_sim.login import SamlLogin
from idp_sim.scenarios.saml.addresses import OTHER, Change


@breaks("saml.response.destination", bases=("assertion", "response"), variants=OTHER)
def other(login: SamlLogin, change: Change) -> SamlLogin:
    """The Destination of the response is another address: {variant}."""
    return login.but(destination=change(login.portal.acs_url))


@breaks("saml.response.destination", bases=("response", "both"))
def missing(login: SamlLogin) -> SamlLogin:
    """The signed response has no Destination."""
    return login.but(destination=None)


@breaks("saml.response.destination", bases=("assertion", "response"), variants={"empty": "", "blanks": "  "})
def blank(login: SamlLogin, value: str) -> SamlLogin:
    """The response has a Destination that names no address: {variant}."""
    return login.but(destination=value)
