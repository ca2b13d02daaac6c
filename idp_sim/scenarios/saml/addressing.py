"""For whom a message is: destination, recipient, audience, issuer."""

from idp_sim.catalogue import breaks
from idp_sim.login import SamlLogin


@breaks("saml.conditions.audience")
def other_audience(login: SamlLogin) -> SamlLogin:
    """The assertion is meant for another portal: its audience is not this one."""
    return login.but(audience="https://another-portal.example")
