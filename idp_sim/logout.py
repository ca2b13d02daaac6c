"""One logout message as a frozen value, sound by default, and the stages that it passes on its way to the portal.

Who begins decides what the simulator sends: a LogoutRequest where the logout begins here, a LogoutResponse where the
portal asked for it.
"""

import secrets
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, Literal

import attrs
from lxml import etree

from idp_sim.config import ENTITY_ID, Binding, Portal
from idp_sim.login import EMAIL_ADDRESS, Base, Plan, SamlLogin, Status, follows, now, seeded_id
from idp_sim.people import Person, impostor

Kind = Literal["request", "response"]
BINDINGS: MappingProxyType[str, Binding] = MappingProxyType({"redirect": "redirect", "post": "post"})
"""The variants of a scenario that is performed once by each binding."""

Pairs = tuple[tuple[str, str], ...]
"""Names and values of a query, percent-encoded: how a value is encoded is part of what is signed."""

ALGORITHMS = MappingProxyType(
    {
        "rsa-sha256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "rsa-sha512": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "rsa-sha1": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "hmac-sha256": "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    }
)
"""The URIs of signature algorithms, as SigAlg names them."""


@attrs.frozen(kw_only=True)
class Logout(Plan):
    """A LogoutRequest or a LogoutResponse (saml-core 3.7). What is ``None`` is left out; times are UTC."""

    stage: ClassVar = "logout plan"

    kind: Kind
    person: Person
    portal: Portal
    at: datetime = attrs.field(factory=now)
    seed: str = attrs.field(factory=lambda: secrets.token_hex(16))
    binding: Binding = follows(lambda self: "redirect" if self.portal.slo_at("redirect") else "post")
    forged: Person = follows(lambda self: impostor(self.person))
    """Whose session a forgery would end."""
    in_response_to: str | None = None
    relay_state: str | None = None

    message_id: str | None = follows(lambda self: seeded_id(self.seed, f"logout {self.kind}"))
    version: str | None = "2.0"
    issuer: str | None = ENTITY_ID
    destination: str | None = follows(lambda self: self.portal.slo_at(self.binding))
    issue_instant: datetime = follows(lambda self: self.at)
    not_on_or_after: datetime | None = follows(lambda self: self.at + timedelta(minutes=5))
    name_id: str | None = follows(lambda self: self.person.email)
    name_id_format: str | None = EMAIL_ADDRESS
    session_indexes: tuple[str, ...] = ()
    """The sessions to end; none stands for all of the person's."""
    status: Status = Status()

    signing_key: str = follows(lambda self: self.portal.signing_key)
    certificates: tuple[str, ...] = follows(lambda self: (self.signing_key,))
    """Names of the keys whose certificates stand in the message; a query carries none."""
    signature_algorithm: str = "rsa-sha256"
    digest_algorithm: str = "sha256"
    signed_part: Base = "response"
    """Which part is signed by HTTP-POST: ``response`` is the whole message, ``assertion`` one that stands in it."""
    hmac_text: str = "pem"
    """Which text of the certificate is the key of an HMAC (``idp_sim/saml/query.py``)."""

    @property
    def parameter(self) -> str:
        """The name of the parameter that holds the message."""
        return "SAMLRequest" if self.kind == "request" else "SAMLResponse"

    @property
    def as_login(self) -> SamlLogin:
        """A login whose Response is signed as this message is to be signed by HTTP-POST."""
        return SamlLogin(
            person=self.person,
            portal=self.portal,
            at=self.at,
            seed=self.seed,
            base=self.signed_part,
            signing_key=self.signing_key,
            certificates=self.certificates,
            signature_algorithm=self.signature_algorithm,
            digest_algorithm=self.digest_algorithm,
        )


@attrs.frozen
class LogoutDraft:
    """The XML of a logout message before it is signed; what is changed here is signed properly afterwards."""

    stage: ClassVar = "logout tree"

    logout: Logout
    message: etree._Element


@attrs.frozen
class LogoutSigned:
    """The XML of a logout message after it was signed, by HTTP-POST."""

    stage: ClassVar = "signed logout tree"

    logout: Logout
    message: etree._Element


@attrs.frozen
class LogoutForm:
    """The form that carries a logout message by HTTP-POST (saml-bindings 3.5.4)."""

    stage: ClassVar = "logout form"
    method: ClassVar = "post"

    logout: Logout
    action: str
    fields: tuple[tuple[str, str], ...]


@attrs.frozen
class LogoutOctets:
    """The query of a logout message before it is signed: what will be signed, and what will be sent.

    Both are the same in a sound message (saml-bindings 3.4.4.1).
    """

    stage: ClassVar = "logout octets"

    logout: Logout
    message: etree._Element
    signed: Pairs
    sent: Pairs


@attrs.frozen
class LogoutQuery:
    """The link that carries a logout message by HTTP-Redirect, its query signed."""

    stage: ClassVar = "logout query"

    logout: Logout
    message: etree._Element
    endpoint: str
    pairs: Pairs

    @property
    def url(self) -> str:
        """The whole link."""
        return f"{self.endpoint}{'&' if '?' in self.endpoint else '?'}{joined(self.pairs)}"


STAGES = frozenset(stage.stage for stage in (Logout, LogoutDraft, LogoutSigned, LogoutForm, LogoutOctets, LogoutQuery))
BINDING_OF: MappingProxyType[str, Binding] = MappingProxyType(
    {
        LogoutSigned.stage: "post", LogoutForm.stage: "post",
        LogoutOctets.stage: "redirect", LogoutQuery.stage: "redirect",
    }
)  # fmt: skip
"""The binding of the stages that only one binding has."""


def joined(pairs: Pairs) -> str:
    """Return the query of these pairs."""
    return "&".join(f"{name}={value}" for name, value in pairs)
