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


def _other(digit: str) -> str:
    return "1" if digit == "0" else "0"


ALIKE: dict[str, Callable[[str], str]] = {
    "last-digit-other": lambda digits: digits[:-1] + _other(digits[-1]),
    "first-half": lambda digits: digits[:20] + "".join(map(_other, digits[20:])),
    "last-half": lambda digits: "".join(map(_other, digits[:20])) + digits[20:],
}


@breaks("saml.signature.fingerprint", variants=ALIKE)
def fingerprint_alike(settings: PortalSettings, change: Callable[[str], str]) -> PortalSettings:
    """The fingerprint on the portal is another one, and looks much like that of the certificate: {variant}."""
    return settings.but(saml__fingerprint=change(settings.fingerprint().replace(":", "")))


@breaks("saml.signature.fingerprint")
def fingerprint_sha256_cut(settings: PortalSettings) -> PortalSettings:
    """Of the SHA-256 fingerprint the portal has the first 40 digits only, as many as SHA-1 has."""
    cut = settings.fingerprint(algorithm="sha256").replace(":", "")[:40]
    return settings.but(saml__fingerprint_algorithm="sha256", saml__fingerprint=cut)


PARTS: dict[str, Callable[[str], str]] = {
    "first-half": lambda fingerprint: fingerprint[:29],
    "only-colons": lambda fingerprint: ":" * fingerprint.count(":"),
}


@breaks("saml.settings.fingerprint", start="idp", variants=PARTS)
def fingerprint_partly(settings: PortalSettings, part: Callable[[str], str]) -> PortalSettings:
    """The portal has a part of the fingerprint only, or nothing but its colons: {variant}."""
    return settings.but(saml__fingerprint=part(settings.fingerprint()))


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


@sound
def certificate_in_place_of_fingerprint(settings: PortalSettings) -> PortalSettings:
    """The portal has the whole certificate in PEM."""
    return settings.but(saml__fingerprint="", saml__certificate=settings.pem())


@sound
def metadata_with_two_keys(settings: PortalSettings) -> PortalSettings:
    """Everything was taken from the identity provider's metadata, in the midst of a rollover: it has two keys."""
    return settings.taking(settings.metadata("signing-next", "signing"))


@breaks("saml.signature.fingerprint")
def metadata_after_rollover(settings: PortalSettings) -> PortalSettings:
    """Everything was taken from the identity provider's metadata after a rollover; the old key is no longer in it."""
    return settings.taking(settings.metadata("signing-next"))
