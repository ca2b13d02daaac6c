"""A sound logout request at a portal that is set otherwise than single logout needs."""

from conformance.sites import LogoutPortalSettings, PortalSettings
from idp_sim.catalogue import breaks
from idp_sim.scenarios.saml.logout import OFFERED


@breaks("saml.logout.offered", start="idp", given=OFFERED)
def not_offered(settings: LogoutPortalSettings) -> PortalSettings:
    """The portal knows of no single logout at the identity provider, and a logout request arrives."""
    return settings.but(saml__slo_url="")


@breaks("saml.logout.key-known", start="idp", given=OFFERED)
def only_a_fingerprint(settings: LogoutPortalSettings) -> PortalSettings:
    """The portal has the fingerprint of the certificate only, and a logout request arrives by HTTP-Redirect."""
    return settings.but(saml__certificate="", saml__fingerprint=settings.fingerprint())
