"""The portal's settings (command-line.md, ``portal.toml``), with the default of each and what it does."""

from typing import Literal
from urllib.parse import urlsplit

import attrs

from rulebook.settings import setting

Method = Literal["simple", "saml"]
Profile = Literal["md5", "hmac-md5", "hmac-md5-salted"]
Role = Literal["customer", "agent"]


@attrs.frozen(kw_only=True)
class SsoSettings:
    """Table ``[sso]``."""

    enabled: bool = setting("Single sign-on is on (P1).", False)
    method: Method = setting("`simple` (remote login) or `saml` (P1).", "simple")


@attrs.frozen(kw_only=True)
class SimpleSettings:
    """Table ``[simple]``: remote login."""

    secret: str = setting(
        "Shared secret, 32 hex digits used as text (P2). `env:NAME` reads a variable.", "", repr=False
    )
    profile: Profile = setting("Formula of the hash: `md5`, `hmac-md5` or `hmac-md5-salted` (R4).", "hmac-md5")
    remote_login_url: str = setting("Where visitors are sent to sign in (R1).", "")
    remote_logout_url: str = setting("Where visitors are sent after signing out (R9).", "")
    max_age_seconds: int = setting("Greatest age of a timestamp, in seconds, inclusive (R6).", 1800)
    max_future_seconds: int = setting("How far in the future a timestamp may lie, in seconds, inclusive (R6).", 30)
    links_once: bool = setting("Accept each link once (R6 leaves it open: the link has no nonce).", False)
    time_wording: Literal["invalid", "expired"] = setting(
        "Message for a bad time (R8): `invalid` (Invalid Time Stamp) or `expired` (Session expired. Please login ...).",
        "invalid",
    )


@attrs.frozen(kw_only=True)
class FurtherIdp:
    """Table ``[[saml.further_idp]]``: an identity provider beside the one to which requests are sent."""

    entity_id: str = setting("Entity ID of this identity provider. Its key is trusted for this issuer only.")
    fingerprint: str = setting("Fingerprint of its signing certificate.", "")
    fingerprint_algorithm: Literal["sha1", "sha256"] = setting("Digest of the fingerprint.", "sha1")
    certificate: str = setting("Its certificate, or several, in PEM, in place of the fingerprint.", "")


@attrs.frozen(kw_only=True)
class SamlSettings:
    """Table ``[saml]``."""

    idp_entity_id: str = setting("Entity ID of the identity provider.", "")
    login_url: str = setting("SAML Login URL: where requests are sent (P3).", "")
    logout_url: str = setting("Logout URL (P3). Empty: the portal's home.", "")
    slo_url: str = setting(
        "Where the identity provider takes logout messages. Empty: it offers no single logout (S14).", ""
    )
    slo_binding: Literal["redirect", "post"] = setting("Binding of the portal's logout messages (S14).", "redirect")
    fingerprint: str = setting("Fingerprint of the signing certificate (P3, S6).", "")
    fingerprint_algorithm: Literal["sha1", "sha256"] = setting("Digest of the fingerprint (P3).", "sha1")
    certificate: str = setting("The whole certificate in PEM, in place of the fingerprint (P3).", "")
    idp_metadata: str = setting(
        "Path of the identity provider's metadata, beside this file: what is left empty above is taken from it (P3).",
        "",
    )
    entity_id: str = setting("The portal's entity ID. Empty: its base URL (S2).", "")
    allow_idp_initiated: bool = setting("Accept a Response that answers no request (S4).", True)
    want_signed: Literal["either", "assertion", "response", "both"] = setting(
        "Which part must be signed (S5).", "either"
    )
    allow_sha1: bool = setting("Accept rsa-sha1 signatures and SHA-1 digests (S5).", False)
    least_key_bits: int = setting("Fewest bits of an RSA key that signs (S5).", 2048)
    allow_rsa15: bool = setting("Accept RSA 1.5 key transport (S7).", False)
    allow_unsigned_cbc: bool = setting(
        "Accept AES-CBC where no signature stands around the cipher text, which anybody can then alter (S7).", True
    )
    require_encryption: bool = setting("Refuse assertions that are not encrypted (S7).", False)
    allowed_drift_seconds: int = setting("Allowed clock drift, in seconds (S8).", 60)
    max_issue_age_seconds: int = setting(
        "Greatest age of a Response and its assertion by their IssueInstant, in seconds, beyond the allowed drift "
        "(S8). 0: their age is not limited.",
        0,
    )
    max_authn_age_seconds: int = setting(
        "How long ago the person may have been authenticated, in seconds, beyond the allowed drift (S8); requests then "
        "ask for a fresh authentication (ForceAuthn). 0: not asked for.",
        0,
    )
    requested_authn_context: str = setting(
        "Class of authentication that requests ask for and assertions must name (saml-core 3.3.2.2.1). Empty: any.", ""
    )
    sign_requests: bool = setting("Sign authentication requests (S3).", False)
    signing_key: str = setting(
        "The portal's own signing key with its certificate, in PEM. `env:NAME` reads a variable. Empty: one is made at "
        "its first use and kept beside the database.",
        "",
        repr=False,
    )
    encryption_key: str = setting(
        "The portal's own key for decryption with its certificate, in PEM (S7). `env:NAME` reads a variable. Empty: "
        "one is made at its first use and kept beside the database.",
        "",
        repr=False,
    )
    request_binding: Literal["redirect", "post"] = setting("Binding of authentication requests (S3).", "redirect")
    time_wording: Literal["conditions", "response"] = setting(
        "Message for a bad time: `conditions` names NotBefore and NotOnOrAfter, `response` is the older wording (S15).",
        "conditions",
    )
    further_idp: tuple[FurtherIdp, ...] = setting(
        "Further identity providers, one table for each. People begin there, since requests go to the one above.", ()
    )

    @further_idp.validator
    def _each_issuer_once(self, _: "attrs.Attribute[object]", value: tuple[FurtherIdp, ...]) -> None:
        names = [self.idp_entity_id, *(further.entity_id for further in value)]
        if value and not (all(names) and len(set(names)) == len(names)):
            raise ValueError(
                "with several identity providers each needs an entity ID of its own (saml.idp_entity_id and "
                f"saml.further_idp.entity_id), got {', '.join(map(repr, names))}"
            )


def _own_address(_: object, __: "attrs.Attribute[str]", value: str) -> None:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"expected an address such as http://portal.localhost:5002, got {value!r}")
    if parts.path or parts.query or parts.fragment:
        raise ValueError(
            f"expected a scheme, a host and a port with nothing after them, not even a slash, got {value!r}"
        )


def _address(_: object, __: "attrs.Attribute[str]", value: str) -> None:
    from portal_stub.address import address_problem  # noqa: PLC0415 (its library is for where accounts are set)

    problem = address_problem(value)
    if problem:
        raise ValueError(f"expected an email address, got {value!r}: {problem}")


def _not_blank(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.strip():
        raise ValueError(f"expected a {attribute.name} that is not blank")


@attrs.frozen(kw_only=True)
class Account:
    """Table ``[[account]]``: someone who exists from the start and can log in with a password."""

    email: str = setting("Address of the account.", validator=_address)
    name: str = setting("The person's name. A login overwrites it (P7).", validator=_not_blank)
    password: str = setting("Password of the account. `env:NAME` reads a variable.", validator=_not_blank, repr=False)
    role: Role = setting("`customer` or `agent` (P6).", "customer")
    admin: bool = setting("The agent may open the pages under Admin (P1, P11).", False)

    @admin.validator
    def _agents_only(self, _: "attrs.Attribute[bool]", value: bool) -> None:
        if value and self.role != "agent":
            raise ValueError(f'the account {self.email} has admin = true, so it needs role = "agent"')


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that is set on a portal."""

    base_url: str = setting(
        "Address of the portal, without a slash at the end.", "http://portal.localhost:5002", validator=_own_address
    )
    follow_offsite_targets: bool = setting(
        "As-was: follow a target on another host after a login (P8). It shows why that must not be.", False
    )
    sso: SsoSettings = attrs.field(factory=SsoSettings)
    simple: SimpleSettings = attrs.field(factory=SimpleSettings)
    saml: SamlSettings = attrs.field(factory=SamlSettings)
    account: tuple[Account, ...] = setting("Accounts that are made at the first start, one table for each.", ())

    @property
    def host(self) -> str:
        """The portal's host and port, as ``host_url`` gives it (R1)."""
        return urlsplit(self.base_url).netloc

    @property
    def acs_url(self) -> str:
        """The assertion consumer service (S1)."""
        return f"{self.base_url}/login/saml"

    @property
    def slo_service_url(self) -> str:
        """The single logout service (S14)."""
        return f"{self.base_url}/login/saml/logout"

    @property
    def entity_id(self) -> str:
        """The portal's entity ID (S2)."""
        return self.saml.entity_id or self.base_url
