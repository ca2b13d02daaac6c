"""Sessions, and the browsers in which they live.

A browser carries two secrets in cookies: the session, and a binding that stays for as long as the browser runs. Only
their digests are kept.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import attrs
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import Contact, SignedIn, Visitor

LIFETIME = timedelta(hours=8)
_WANTED_FOR = timedelta(hours=1)


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


def start(session: Session, contact: Contact, browser: str, now: datetime, until: datetime | None = None) -> str:
    """Sign the contact in, in this browser, and return the new session's secret. A previous session ends.

    The session lasts eight hours, and no longer than ``until``.
    """
    end(session, browser=browser)
    session.execute(delete(SignedIn).where(SignedIn.expires <= now))
    token = new_token()
    expires = min(now + LIFETIME, until or now + LIFETIME)
    session.flush()
    session.add(SignedIn(key=digest(token), contact_id=contact.id, browser=digest(browser), expires=expires))
    return token


def current(session: Session, token: str, now: datetime) -> Person | None:
    """Return who is signed in with this secret, or ``None``."""
    row = session.get(SignedIn, digest(token))
    if row is None or row.expires <= now:
        return None
    contact = row.contact
    return Person(
        email=contact.email,
        name=contact.name,
        role=contact.role,
        admin=contact.admin,
        phone=contact.phone or "",
        company=contact.company or "",
        session=token,
        csrf=hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest(),
        notice=row.notice,
    )


def end(session: Session, *, token: str | None = None, browser: str | None = None) -> None:
    """End the session with this secret, and those that live in this browser."""
    if token is not None:
        session.execute(delete(SignedIn).where(SignedIn.key == digest(token)))
    if browser is not None:
        session.execute(delete(SignedIn).where(SignedIn.browser == digest(browser)))


def notify(session: Session, person: Person, notice: str | None) -> None:
    """Keep what the person's next page says once; ``None`` when it was said."""
    row = session.get(SignedIn, digest(person.session))
    if row is not None:
        row.notice = notice


def want(session: Session, browser: str, page: str, now: datetime) -> None:
    """Remember for an hour that this browser first asked for ``page`` (P8)."""
    session.execute(delete(Visitor).where(Visitor.expires <= now))
    session.merge(Visitor(browser=digest(browser), wanted=page, expires=now + _WANTED_FOR))


def wanted(session: Session, browser: str | None, now: datetime) -> str | None:
    """Return the page that this browser first asked for, or ``None``."""
    row = session.get(Visitor, digest(browser)) if browser else None
    return row.wanted if row and row.expires > now else None


def forget_wanted(session: Session, browser: str) -> None:
    """The browser got to where it wanted to go."""
    session.execute(delete(Visitor).where(Visitor.browser == digest(browser)))
