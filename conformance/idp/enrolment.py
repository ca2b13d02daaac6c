"""Our portal as it is set up, and what an identity provider must be told of it."""

from pathlib import Path

import attrs
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.idp.profile import OurPortal, Profile
from conformance.idp.provider import Provider
from idp_sim.keyring import INSTANCE
from portal_stub.config import Settings, SimpleSettings, SsoSettings
from portal_stub.keys import Keys
from portal_stub.saml.metadata import metadata
from rulebook.strict_toml import FileProblem


@attrs.frozen(kw_only=True)
class Described:
    """What an identity provider must know of our portal."""

    metadata: bytes
    entity_id: str
    acs_url: str
    slo_url: str
    certificate: str
    """Its signing certificate, in PEM."""


def described(ours: OurPortal, provider: Provider | None = None) -> Described:
    """Return what an identity provider must know of our portal. Makes its keys, on first use."""
    settings, keys = settings_for(ours, provider), keys_of(ours)
    # It takes logout messages whether or not this identity provider sends any.
    told = attrs.evolve(settings, saml=attrs.evolve(settings.saml, slo_url=settings.saml.slo_url or ours.base_url))
    return Described(
        metadata=metadata(told, keys.signing.certificate, keys.encryption.certificate),
        entity_id=settings.entity_id,
        acs_url=settings.acs_url,
        slo_url=settings.slo_service_url,
        certificate=keys.signing.certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def keys_of(ours: OurPortal) -> Keys:
    """Return our portal's keys. Raises FileProblem where they cannot be kept."""
    folder = Path(ours.keys or INSTANCE)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FileProblem(f"{folder}: the portal's keys cannot be kept there ({error.strerror}).") from None
    return Keys(folder / "portal")


def settings_for(ours: OurPortal, provider: Provider | None = None) -> Settings:
    """Return the settings of a portal that trusts this identity provider."""
    signs = ours.sign_requests == "always" or (
        ours.sign_requests == "as-announced" and provider is not None and provider.wants_signed
    )
    saml = attrs.evolve(
        Settings().saml if provider is None else provider.settings(),
        entity_id=ours.entity_id,
        sign_requests=signs,
        want_signed=ours.want_signed,
        allowed_drift_seconds=ours.allowed_drift_seconds,
    )
    return Settings(base_url=ours.base_url, sso=SsoSettings(enabled=True, method="saml"), saml=saml)


def settings_for_page(profile: Profile) -> Settings:
    """Return the settings of a portal that trusts the remote login page of this profile."""
    page = profile.remote_login
    simple = SimpleSettings(
        secret=page.secret,
        profile=page.profile,
        remote_login_url=page.url,
        remote_logout_url=page.logout_url,
        max_age_seconds=page.max_age_seconds,
    )
    return Settings(base_url=profile.portal.base_url, sso=SsoSettings(enabled=True, method="simple"), simple=simple)
