"""Whom the simulator serves: the portals of ``portals.toml``, and its own names and addresses."""

from typing import Literal
from urllib.parse import urlsplit

import attrs

Profile = Literal["md5", "hmac-md5", "hmac-md5-salted"]
PROFILES: tuple[Profile, ...] = ("md5", "hmac-md5", "hmac-md5-salted")

ENTITY_ID = "http://idp.localhost/saml/metadata"
"""The simulator's entity ID. A name, not an address: it stays the same whatever port is served."""


@attrs.frozen
class RemoteLoginPortal:
    """How a portal takes remote logins (portal-contract R1, R4)."""

    secret: str = attrs.field(repr=False)
    host_urls: tuple[str, ...] = ()
    """The values of ``host_url`` that mean this portal; the host and port of its base URL are always among them."""
    profile: Profile = "hmac-md5"


@attrs.frozen
class Portal:
    """A portal that the simulator signs people in to (command-line.md, ``portals.toml``)."""

    name: str
    base_url: str
    entity_id: str = attrs.field(default=attrs.Factory(lambda self: self.base_url, takes_self=True))
    acs_url: str = attrs.field(default=attrs.Factory(lambda self: f"{self.base_url}/login/saml", takes_self=True))
    metadata: str | None = None
    slo_url: str | None = None
    encryption_certificate: str | None = None
    remote_login: RemoteLoginPortal | None = None

    @property
    def host_urls(self) -> frozenset[str]:
        """Every ``host_url`` by which this portal asks for a remote login."""
        named = self.remote_login.host_urls if self.remote_login else ()
        return frozenset({urlsplit(self.base_url).netloc, *named})
