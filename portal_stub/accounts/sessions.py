"""Sessions, and the browsers in which they live.

A browser carries two secrets in cookies: the session, and a binding that stays for as long as the browser runs. Only
their digests are kept.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from portal_stub.accounts.columns import digest
from portal_stub.accounts.contacts import Contact
from portal_stub.accounts.tables import CONTACTS, SESSIONS, VISITORS

LIFETIME = timedelta(hours=8)
_WANTED_FOR = timedelta(hours=1)

_CURRENT = (
    select(
        *(CONTACTS.c.email, CONTACTS.c.name, CONTACTS.c.role, CONTACTS.c.admin, CONTACTS.c.phone, CONTACTS.c.company),
        SESSIONS.c.notice,
    )
    .join_from(SESSIONS, CONTACTS)
    .where(SESSIONS.c.key == bindparam("session"), SESSIONS.c.expires > bindparam("now"))
)
_START = insert(SESSIONS)
_MAKE_ROOM = delete(SESSIONS).where(
    or_(SESSIONS.c.browser == bindparam("here"), SESSIONS.c.expires <= bindparam("now"))
)
_END = delete(SESSIONS).where(SESSIONS.c.key == bindparam("session"))
_END_HERE = delete(SESSIONS).where(SESSIONS.c.browser == bindparam("here"))
_NOTIFY = update(SESSIONS).where(SESSIONS.c.key == bindparam("session"))
_WANT = insert(VISITORS)
_WANTED = select(VISITORS.c.wanted).where(
    VISITORS.c.browser == bindparam("here"), VISITORS.c.expires > bindparam("now")
)
_FORGET = delete(VISITORS).where(VISITORS.c.browser == bindparam("here"))
_FORGET_OLD = delete(VISITORS).where(
    or_(VISITORS.c.browser == bindparam("here"), VISITORS.c.expires <= bindparam("now"))
)


@attrs.frozen(kw_only=True)
class Person:
    """The person who is signed in, as the pages show them. ``csrf`` is the token that this session's forms carry."""

    email: str
    name: str
    role: str
    admin: bool
    phone: str
    company: str
    session: str = attrs.field(repr=False)
    csrf: str = attrs.field(repr=False)
    notice: str | None = None


def new_token() -> str:
    """Return a secret that nobody can guess (43 letters, digits, ``-`` and ``_``)."""
    return secrets.token_urlsafe(32)


def start(rows: Connection, contact: Contact, browser: str, now: datetime, until: datetime | None = None) -> str:
    """Sign the contact in, in this browser, and return the new session's secret. A previous session ends.

    The session lasts eight hours, and no longer than ``until``.
    """
    here = digest(browser)
    rows.execute(_MAKE_ROOM, {"here": here, "now": now})
    token = new_token()
    expires = min(now + LIFETIME, until or now + LIFETIME)
    rows.execute(_START, {"key": digest(token), "contact_id": contact.id, "browser": here, "expires": expires})
    return token


def current(rows: Connection, token: str, now: datetime) -> Person | None:
    """Return who is signed in with this secret, or ``None``."""
    row = rows.execute(_CURRENT, {"session": digest(token), "now": now}).one_or_none()
    if row is None:
        return None
    return Person(
        email=row.email,
        name=row.name,
        role=row.role,
        admin=row.admin,
        phone=row.phone or "",
        company=row.company or "",
        session=token,
        csrf=hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest(),
        notice=row.notice,
    )


def end(rows: Connection, *, token: str | None = None, browser: str | None = None) -> None:
    """End the session with this secret, and those that live in this browser."""
    if token is not None:
        rows.execute(_END, {"session": digest(token)})
    if browser is not None:
        rows.execute(_END_HERE, {"here": digest(browser)})


def notify(rows: Connection, person: Person, notice: str | None) -> None:
    """Keep what the person's next page says once; ``None`` when it was said."""
    rows.execute(_NOTIFY, {"session": digest(person.session), "notice": notice})


def want(rows: Connection, browser: str, page: str, now: datetime) -> None:
    """Remember for an hour that this browser first asked for ``page`` (P8)."""
    here = digest(browser)
    rows.execute(_FORGET_OLD, {"here": here, "now": now})
    rows.execute(_WANT, {"browser": here, "wanted": page, "expires": now + _WANTED_FOR})


def wanted(rows: Connection, browser: str | None, now: datetime) -> str | None:
    """Return the page that this browser first asked for, or ``None``."""
    return rows.scalar(_WANTED, {"here": digest(browser), "now": now}) if browser else None


def forget_wanted(rows: Connection, browser: str) -> None:
    """The browser got to where it wanted to go."""
    rows.execute(_FORGET, {"here": digest(browser)})
