"""SAML sign-ins that every portal must accept."""

from idp_sim.catalogue import sound
from idp_sim.login import BASES, SamlLogin


@sound(bases=BASES)
def plain(login: SamlLogin) -> SamlLogin:
    """A sound answer to the portal's own request. It is the control of every broken one."""
    return login
