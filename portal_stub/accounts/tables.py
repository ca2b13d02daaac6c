"""The tables. Secrets of browsers (session, binding of requests) are kept as digests only."""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, MetaData, String, Table

from portal_stub.accounts.columns import AnyText, UtcTime

METADATA = MetaData()


def _digest(name: str, *place: ForeignKey, **options: Any) -> Column[str]:
    return Column(name, String(64), *place, nullable=False, **options)


def _moment(name: str, **options: Any) -> Column[Any]:
    return Column(name, UtcTime, nullable=False, **options)


CONTACTS = Table(
    "contacts",
    METADATA,
    Column("id", Integer, primary_key=True),
    _digest("key", unique=True),
    Column("email", AnyText, nullable=False),
    Column("name", AnyText, nullable=False),
    Column("role", String(10), nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("phone", AnyText),
    Column("company", AnyText),
    Column("password_hash", AnyText),
    _moment("created"),
)
"""Those who can be signed in. ``key`` is the digest of the address, by which a login finds them."""

OVERRIDES = Table(
    "setting_overrides",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("value", JSON, nullable=False),
)
"""Settings that an administrator changed on the page. ``name`` is as in portal.toml: ``saml.fingerprint``."""

ATTEMPTS = Table(
    "login_attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token", String(64), unique=True, nullable=False),
    _moment("at"),
    Column("method", String(10), nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("person", AnyText),
    Column("message", AnyText),
    Column("relay_state", AnyText),
    Column("findings", JSON, nullable=False),
    Column("public_message", AnyText, nullable=False),
    Column("public_rules", JSON, nullable=False),
)
"""Login attempts over single sign-on (P11). ``token`` lets a stranger see the public message of one."""

SEEN_ASSERTIONS = Table(
    "seen_assertions",
    METADATA,
    _digest("key", primary_key=True),
    _moment("until", index=True),
)
"""Assertions that were accepted, until they expire by themselves (S10). ``key`` is the digest of an ID."""

OPEN_REQUESTS = Table(
    "open_requests",
    METADATA,
    _digest("key", primary_key=True),
    _digest("browser"),
    _moment("expires", index=True),
    Column("wanted", AnyText),
)
"""Authentication requests that wait for their answer, each in one browser only. ``key`` is the digest of the ID,
``wanted`` the visitor's page."""

OPEN_LOGOUTS = Table(
    "open_logouts",
    METADATA,
    _digest("key", primary_key=True),
    _digest("browser"),
    _moment("expires", index=True),
)
"""Logout requests of the portal's own, in the same way."""

VISITORS = Table(
    "visitors",
    METADATA,
    _digest("browser", primary_key=True),
    Column("wanted", AnyText, nullable=False),
    _moment("expires", index=True),
)
"""Browsers in which nobody is signed in yet, and the page that each first asked for."""

SESSIONS = Table(
    "sessions",
    METADATA,
    _digest("key", primary_key=True),
    Column("contact_id", Integer, ForeignKey("contacts.id"), nullable=False),
    _digest("browser", index=True),
    _moment("expires", index=True),
    Column("notice", AnyText),
)
"""Sessions. ``browser`` finds one where the session cookie does not travel: on the cross-site POST of SAML. ``notice``
is what the next page says once, after a form was saved."""

SAML_SESSIONS = Table(
    "saml_sessions",
    METADATA,
    _digest("key", ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True),
    Column("name_id", AnyText, nullable=False),
    Column("session_index", AnyText),
)
"""By what the identity provider knows the sessions that it began: for single logout (S14)."""

TRIALS = Table(
    "trials",
    METADATA,
    _digest("key", primary_key=True),
    _digest("session", ForeignKey("sessions.key", ondelete="CASCADE"), index=True),
    Column("method", String(10), nullable=False),
    _moment("expires"),
)
"""Checks of a set-up that are going on, each in one browser, by a secret that only this browser has. A trial ends with
the administrator's session."""

TRIAL_ATTEMPTS = Table(
    "trial_attempts",
    METADATA,
    Column("attempt", Integer, ForeignKey("login_attempts.id"), primary_key=True),
    _digest("trial", index=True),
)
"""The login attempts that were part of a trial: nobody was signed in by them."""
