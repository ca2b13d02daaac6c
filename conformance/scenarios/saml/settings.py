"""A sound SAML sign-in at a portal that is set otherwise than it should be, or rightly in another way."""

from collections.abc import Callable

from conformance.sites import PortalSettings
from idp_sim.catalogue import breaks, sound


@breaks("portal.sso.enabled", start="idp")
def sso_off(settings: PortalSettings) -> PortalSettings:
    """Single sign-on is switched off on the portal."""
    return settings.but(sso__enabled=False)


@breaks("portal.sso.enabled", start="idp")
def remote_login_chosen(settings: PortalSettings) -> PortalSettings:
    """The portal is set to remote login, and a SAML response arrives."""
    return settings.but(sso__method="simple")


@breaks("saml.settings.fingerprint", start="idp")
def fingerprint_empty(settings: PortalSettings) -> PortalSettings:
    """The portal has no fingerprint and no certificate on its settings."""
    return settings.but(saml__fingerprint="")


@breaks("saml.signature.fingerprint")
def fingerprint_of_another_certificate(settings: PortalSettings) -> PortalSettings:
    """The portal has the fingerprint of another certificate than the identity provider's."""
    return settings.but(saml__fingerprint=settings.fingerprint("rogue"))


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": lambda fingerprint: fingerprint.replace(":", ""),
    "upper-case": str.upper,
    "blanks": lambda fingerprint: fingerprint.replace(":", " "),
    "labelled": lambda fingerprint: f"SHA1 Fingerprint={fingerprint.upper()}",
}


@sound(variants=WRITTEN)
def fingerprint_written(settings: PortalSettings, write: Callable[[str], str]) -> PortalSettings:
    """The fingerprint on the portal is right, and written in another way: {variant}."""
    return settings.but(saml__fingerprint=write(settings.fingerprint()))


@sound
def fingerprint_sha256(settings: PortalSettings) -> PortalSettings:
    """The portal has the SHA-256 fingerprint of the certificate."""
    return settings.but(
        saml__fingerprint_algorithm="sha256", saml__fingerprint=settings.fingerprint(algorithm="sha256")
    )
