"""Whom the simulator serves, and its own names and addresses."""

import functools
from typing import Literal
from urllib.parse import urlsplit

import attrs
from cryptography import x509

from idp_sim.keyring import Keyring

Profile = Literal["md5", "hmac-md5", "hmac-md5-salted"]
Binding = Literal["redirect", "post"]
PROFILES: tuple[Profile, ...] = ("md5", "hmac-md5", "hmac-md5-salted")

ENTITY_ID = "http://idp.localhost/saml/metadata"
"""The simulator's entity ID. A name, not an address: it stays the same whatever port is served."""


SECOND_ENTITY_ID = "https://second-idp.example:8443/name"
"""Entity ID of a second identity provider, as which the simulator speaks where a portal trusts two of them."""


@attrs.frozen
class RemoteLoginPortal:
    """How a portal takes remote logins (portal-contract R1, R4)."""

    secret: str = attrs.field(repr=False)
    host_urls: tuple[str, ...] = ()
    """The values of ``host_url`` that mean this portal; the host and port of its base URL are always among them."""
    profile: Profile = "hmac-md5"
    max_age_seconds: int = 1800
    """Greatest age of a timestamp that the portal accepts (portal-contract R6)."""
    max_future_seconds: int = 30
    """How far in the future it may lie."""


@attrs.frozen
class Portal:
    """A portal that the simulator signs people in to (command-line.md, ``portals.toml``)."""

    name: str
    base_url: str
    entity_id: str = attrs.field(default=attrs.Factory(lambda self: self.base_url, takes_self=True))
    acs_url: str = attrs.field(default=attrs.Factory(lambda self: f"{self.base_url}/login/saml", takes_self=True))
    metadata: str | None = None
    slo_url: str | None = None
    """Where it takes logout messages; ``slo_redirect_url`` and ``slo_post_url`` where each binding has its own."""
    slo_redirect_url: str | None = None
    slo_post_url: str | None = None
    encryption_certificate: str | None = None
    remote_login: RemoteLoginPortal | None = None
    signing_key: str = "signing"
    """Name of the simulator's key whose certificate this portal trusts."""
    allowed_drift_seconds: int = 60
    """The clock drift that the portal allows (portal-contract S8): sign-ins at its limits depend on it."""
    canary_url: str = "http://127.0.0.1:9"
    """A loopback address that broken sign-ins name and nobody may fetch. By default nothing listens there."""
    request_certificate: str | None = None
    """Certificates in PEM, one or several, with which the signatures of this portal's requests are verified."""
    requests_signed: bool = False
    """Whether every request of this portal is signed, so that an unsigned one is not answered."""

    def slo_at(self, binding: Binding) -> str | None:
        """Return where the portal takes logout messages by this binding; nothing where it takes none."""
        return (self.slo_redirect_url if binding == "redirect" else self.slo_post_url) or self.slo_url

    @property
    def takes_logouts(self) -> bool:
        """Whether it takes logout messages by any binding."""
        return bool(self.slo_at("redirect") or self.slo_at("post"))

    @property
    def request_certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates with which requests are verified. Raises ValueError for a text that is not PEM."""
        return _certificates(self.request_certificate) if self.request_certificate else ()

    @property
    def host_urls(self) -> frozenset[str]:
        """Every ``host_url`` by which this portal asks for a remote login."""
        named = self.remote_login.host_urls if self.remote_login else ()
        return frozenset({urlsplit(self.base_url).netloc, *named})


@functools.cache
def _certificates(pem: str) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem.encode()))


@attrs.frozen(kw_only=True)
class Simulator:
    """One simulator: the portals it serves, the keys it signs with, and where it stands.

    ``base_url`` has no slash at the end; ``entity_id`` is the Issuer of what it signs.
    """

    portals: tuple[Portal, ...]
    keyring: Keyring
    base_url: str = "http://idp.localhost:5001"
    entity_id: str = ENTITY_ID

    @property
    def sso_url(self) -> str:
        """Where portals send authentication requests."""
        return f"{self.base_url}/saml/sso"

    @property
    def slo_url(self) -> str:
        """Where portals send logout messages."""
        return f"{self.base_url}/saml/slo"

    def named(self, name: str) -> Portal | None:
        """Return the portal with this name."""
        return next((portal for portal in self.portals if portal.name == name), None)

    def with_entity_id(self, entity_id: str) -> Portal | None:
        """Return the portal with this entity ID, compared letter for letter (saml-core 8.3.6)."""
        return next((portal for portal in self.portals if portal.entity_id == entity_id), None)

    def with_host_url(self, host_url: str) -> Portal | None:
        """Return the portal that asks for remote logins by this ``host_url`` (portal-contract R10)."""
        asking = (portal for portal in self.portals if portal.remote_login and host_url in portal.host_urls)
        return next(asking, None)
