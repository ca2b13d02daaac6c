"""The identity providers that the portal knows, and the certificates that it trusts of each (portal-contract S6).

A key speaks for its own identity provider only: of two that are trusted, neither may speak in the other's name.
"""

import functools
from collections.abc import Callable, Sequence

import attrs
from cryptography import x509

from portal_stub.config import SamlSettings
from portal_stub.saml.fingerprint import Trust, trust


@attrs.frozen(kw_only=True)
class Provider:
    """An identity provider. An empty entity ID means that the settings do not name it."""

    entity_id: str
    trust: Trust


@functools.lru_cache(maxsize=64)  # settings change seldom, messages come often
def providers(settings: SamlSettings) -> tuple[Provider, ...]:
    """Return the identity providers of these settings; the first is the one to which requests are sent."""
    main = Provider(entity_id=settings.idp_entity_id, trust=trust(settings))
    return (
        main,
        *(Provider(entity_id=further.entity_id, trust=trust(further)) for further in settings.further_idp),
    )


def those_that_trust(
    known: Sequence[Provider], certificate: x509.Certificate, naively: Callable[[str, str], bool] | None = None
) -> tuple[Provider, ...]:
    """Return the identity providers of which the portal trusts this certificate."""
    return tuple(provider for provider in known if provider.trust.accepts(certificate, naively))
