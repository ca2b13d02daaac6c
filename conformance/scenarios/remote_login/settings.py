"""A sound remote login at a portal that is set otherwise than the remote login page believes."""

from conformance.sites import PortalSettings
from idp_sim.catalogue import breaks


@breaks("portal.sso.enabled", start="idp")
def sso_off(settings: PortalSettings) -> PortalSettings:
    """Single sign-on is switched off on the portal."""
    return settings.but(sso__enabled=False)


@breaks("portal.sso.enabled", start="idp")
def saml_chosen(settings: PortalSettings) -> PortalSettings:
    """The portal is set to SAML, and a remote login arrives."""
    return settings.but(sso__method="saml")


@breaks("remote-login.hash.matches", variants={"md5": "md5"})
def other_profile(settings: PortalSettings, profile: str) -> PortalSettings:
    """The portal expects the formula of the profile {variant}, and the remote login page uses hmac-md5."""
    return settings.but(simple__profile=profile)
