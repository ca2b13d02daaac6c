"""One sign-in as a frozen value, sound by default: who, when, to whom, how signed.

A login needs only the person and the portal; every other field has the value that is accepted everywhere.
A field that is ``None`` is left out of the message.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import quote

import attrs

from idp_sim.config import ENTITY_ID, Portal, Profile
from idp_sim.people import Person, impostor
from idp_sim.saml.raw_signature import RawSignature

Base = Literal["assertion", "response", "both"]
BASES: tuple[Base, ...] = ("assertion", "response", "both")

EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a class of login
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"

_ALGORITHMS = {"ec": "ecdsa-sha256", "ec-384": "ecdsa-sha384", "ec-521": "ecdsa-sha512", "dsa": "dsa-sha256"}
"""The usual signature algorithm of a key that is not RSA."""

Attributes = tuple[tuple[str, str], ...]
"""Pairs of attribute name and value, in the order in which they are written."""

T = TypeVar("T")


def named(person: Person, first_name: str, last_name: str) -> Attributes:
    """Return the person's names under these attribute names; a blank one (a one-word name) is left out."""
    return tuple((name, value) for name, value in ((first_name, person.first), (last_name, person.last)) if value)


def follows(derive: Callable[[Any], T]) -> T:
    """Return an attrs field whose default is derived from the fields before it."""
    default: T = attrs.field(default=attrs.Factory(derive, takes_self=True))
    return default


def seeded_id(seed: str, purpose: str) -> str:
    """Return an xs:ID that follows from the seed, so that equal seeds give equal messages."""
    return "_" + hashlib.sha256(f"{seed}/{purpose}".encode()).hexdigest()[:40]


def now() -> datetime:
    """Return the present moment, as it is written into messages."""
    return datetime.now(UTC).replace(microsecond=0)


@attrs.frozen
class Status:
    """The Status of a Response (saml-core 3.2.2.1): top-level code, second-level code and message."""

    code: str = SUCCESS
    second: str | None = None
    message: str | None = None


@attrs.frozen(kw_only=True)
class Requested:
    """What the portal's request asks of the authentication (saml-core 3.4.1, 3.3.2.2.1)."""

    force_authn: bool = False
    is_passive: bool = False
    authn_context: tuple[str, ...] = ()
    """Classes of authentication contexts, by their URIs."""
    comparison: str = "exact"


@attrs.frozen(kw_only=True)
class Encryption:
    """How a part of a login is encrypted (xmlenc-core1 5, saml-core 6)."""

    what: Literal["assertion", "name-id", "attributes"] = "assertion"
    data: Literal[
        "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm", "tripledes-cbc"
    ] = "aes256-gcm"
    key_transport: Literal["rsa-oaep-mgf1p", "rsa-oaep", "rsa-1_5"] = "rsa-oaep-mgf1p"
    oaep_digest: Literal["sha1", "sha256"] = "sha1"
    mgf_digest: Literal["sha1", "sha256"] = "sha1"
    """Digest of the mask generation function; only ``rsa-oaep`` has the choice."""
    key_place: Literal["inside", "beside"] = "inside"
    """Whether the encrypted key stands in the KeyInfo of the encrypted data, or beside it."""
    recipients: tuple[str, ...] = ("",)
    """For whom: the empty name is the portal, another one a key of the keyring, which the portal does not have."""


@attrs.frozen(kw_only=True)
class Plan:
    """What all plans share: they are made, and changed, before anything is built."""

    stage: ClassVar = "plan"

    def but(self, **changes: Any) -> Self:
        """Return a copy with these fields changed. Fields that follow from a changed one follow it."""
        kept = {}
        for field in attrs.fields(type(self)):
            value, default = getattr(self, field.name), field.default
            derived = isinstance(default, attrs.Factory) and default.takes_self  # type: ignore[arg-type]
            if not (derived and default.factory(self) == value):
                kept[field.name] = value
        return type(self)(**{**kept, **changes})


@attrs.frozen(kw_only=True)
class RemoteLogin(Plan):
    """A remote login (portal-contract R3 to R6). Times are UTC; ``timestamp`` is the text that is hashed and sent."""

    person: Person
    portal: Portal
    at: datetime = attrs.field(factory=now)
    forged: Person = follows(lambda self: impostor(self.person))
    profile: Profile = follows(lambda self: self.portal.remote_login.profile)
    secret: str = attrs.field(
        default=attrs.Factory(lambda self: self.portal.remote_login.secret, takes_self=True), repr=False
    )
    name: str | None = follows(lambda self: self.person.name)
    email: str | None = follows(lambda self: self.person.email)
    timestamp: str | None = follows(lambda self: None if self.profile == "md5" else str(int(self.at.timestamp())))
    phone: str | None = None
    company: str | None = None
    redirect_to: str | None = None


@attrs.frozen(kw_only=True)
class SamlLogin(Plan):
    """A SAML sign-in (saml-profiles 4.1.4.2). Times are UTC; IDs follow from ``seed``."""

    person: Person
    portal: Portal
    at: datetime = attrs.field(factory=now)
    seed: str = attrs.field(factory=lambda: secrets.token_hex(16))
    base: Base = "assertion"
    """Which part is signed."""
    in_response_to: str | None = None
    requested: Requested = Requested()
    relay_state: str | None = None
    forged: Person = follows(lambda self: impostor(self.person))

    response_id: str = follows(lambda self: self.make_id("response"))
    assertion_id: str = follows(lambda self: self.make_id("assertion"))
    session_index: str = follows(lambda self: self.make_id("session"))

    status: Status = Status()
    with_assertion: bool = follows(lambda self: self.status.code == SUCCESS)
    issuer: str | None = ENTITY_ID
    response_issuer: str | None = follows(lambda self: self.issuer)
    destination: str | None = follows(lambda self: self.portal.acs_url)
    recipient: str | None = follows(lambda self: self.portal.acs_url)
    audience: str | None = follows(lambda self: self.portal.entity_id)
    confirmed_request: str | None = follows(lambda self: self.in_response_to)
    """``InResponseTo`` of the SubjectConfirmationData."""

    issue_instant: datetime = follows(lambda self: self.at)
    not_before: datetime | None = follows(lambda self: self.at - timedelta(seconds=30))
    not_on_or_after: datetime | None = follows(lambda self: self.at + timedelta(minutes=5))
    confirmed_until: datetime | None = follows(lambda self: self.at + timedelta(minutes=5))
    """``NotOnOrAfter`` of the SubjectConfirmationData."""
    authn_instant: datetime = follows(lambda self: self.at)
    authn_context: str | None = follows(lambda self: (*self.requested.authn_context, PASSWORD)[0])
    """Class of the authentication context: the first that was asked for."""
    session_until: datetime | None = follows(lambda self: self.at + timedelta(hours=8))
    time_precision: Literal["seconds", "milliseconds"] = "seconds"

    name_id: str | None = follows(lambda self: self.person.email)
    name_id_format: str | None = EMAIL_ADDRESS
    attributes: Attributes = follows(lambda self: named(self.person, "FirstName", "LastName"))
    prefixes: tuple[str | None, str | None] = ("samlp", "saml")
    """Namespace prefixes of protocol and assertion elements; ``None`` makes one the default namespace."""

    signing_key: str = follows(lambda self: self.portal.signing_key)
    """Name of the key in the keyring."""
    certificates: tuple[str, ...] = follows(lambda self: (self.signing_key,))
    """Names of the keys whose certificates stand in KeyInfo, in this order."""
    assertion_signing_key: str = follows(lambda self: self.signing_key)
    """Name of the key that signs the assertion, where that is another one than signs the response."""
    signature_algorithm: str = follows(lambda self: _ALGORITHMS.get(self.signing_key, "rsa-sha256"))
    digest_algorithm: str = "sha256"
    further_transforms: tuple[str, ...] = ()
    """``ds:Transform`` elements as XML text, written after the two that every signature has."""
    raw_signature: RawSignature | None = None
    """How the signatures are written, where that is not how the library writes them."""
    encryption: Encryption | None = None

    @property
    def drift(self) -> timedelta:
        """The clock drift that the portal allows."""
        return timedelta(seconds=self.portal.allowed_drift_seconds)

    @property
    def canary(self) -> str:
        """An address below the canary's that stands for this person; who fetches it has touched the canary."""
        return f"{self.portal.canary_url}/{quote(self.person.email)}"

    def make_id(self, purpose: str) -> str:
        """Return an xs:ID that follows from the seed, so that equal seeds give equal messages."""
        return seeded_id(self.seed, purpose)


Login = RemoteLogin | SamlLogin


def named_by(login: Login) -> tuple[str, str]:
    """Return address and name of the person whom a portal is to show after this login."""
    person = login.person
    if isinstance(login, RemoteLogin):
        return login.email or person.email, login.name or person.name
    email = login.name_id or person.email
    return email, person.name if login.attributes else email.partition("@")[0]
