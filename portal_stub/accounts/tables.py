"""The tables. Secrets of browsers (session, binding of requests) are kept as digests only."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from portal_stub.accounts.columns import AnyText, UtcTime

_DIGEST = String(64)


class Base(DeclarativeBase):
    """The portal's tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime, str: AnyText}


class Contact(Base):
    """Someone who can be signed in. ``key`` is the digest of the address, by which a login finds them."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(_DIGEST, unique=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(10))
    admin: Mapped[bool]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    password_hash: Mapped[str | None]
    created: Mapped[datetime]


class Override(Base):
    """A setting that an administrator changed on the page. ``name`` is as in portal.toml: ``saml.fingerprint``."""

    __tablename__ = "setting_overrides"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Attempt(Base):
    """One login attempt over single sign-on (P11). ``token`` lets a stranger see its public message."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(10))
    granted: Mapped[bool]
    person: Mapped[str | None]
    message: Mapped[str | None]
    relay_state: Mapped[str | None]
    findings: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    public_message: Mapped[str]
    public_rules: Mapped[list[str]] = mapped_column(JSON)


class SeenAssertion(Base):
    """An assertion that was accepted, until it expires by itself (S10). ``key`` is the digest of its ID."""

    __tablename__ = "seen_assertions"

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


class Open:
    """A request that waits for its answer, in one browser only. ``key`` is the digest of its ID."""

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    browser: Mapped[str] = mapped_column(_DIGEST)
    expires: Mapped[datetime] = mapped_column(index=True)


class OpenRequest(Open, Base):
    """An authentication request. ``wanted`` is the visitor's page."""

    __tablename__ = "open_requests"

    wanted: Mapped[str | None]


class Visitor(Base):
    """A browser in which nobody is signed in yet, and the page that it first asked for."""

    __tablename__ = "visitors"

    browser: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    wanted: Mapped[str]
    expires: Mapped[datetime] = mapped_column(index=True)


class SignedIn(Base):
    """A session. ``browser`` finds it where the session cookie does not travel: on the cross-site POST of SAML."""

    __tablename__ = "sessions"

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    browser: Mapped[str] = mapped_column(_DIGEST, index=True)
    expires: Mapped[datetime] = mapped_column(index=True)
    notice: Mapped[str | None]
    """What the next page says once, after a form was saved."""
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)


class SamlSession(Base):
    """By what the identity provider knows a session that it began: for single logout (S14)."""

    __tablename__ = "saml_sessions"

    key: Mapped[str] = mapped_column(_DIGEST, ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True)
    name_id: Mapped[str]
    session_index: Mapped[str | None]


class OpenLogout(Open, Base):
    """A logout request of the portal's own."""

    __tablename__ = "open_logouts"
