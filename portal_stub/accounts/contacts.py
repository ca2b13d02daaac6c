"""Contacts: who they are, how a login finds and changes them, and their passwords."""

import secrets
import string
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import Contact
from portal_stub.config import Account
from portal_stub.diagnosis import Identity

ADMINISTRATOR = "admin@portal.example"
"""Address of the administrator who is made when the settings name none."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def key_of(email: str) -> str:
    """Return the key by which an address is found: letter case does not matter.

    Only ASCII letters are folded. Fuller folding makes equals of addresses that are not the same (the Kelvin sign
    and a k), and so would open one person's account to another.
    """
    return digest(email.translate(_LOWER))


def find(session: Session, email: str) -> Contact | None:
    """Return the contact with this address, or ``None``."""
    return session.scalar(select(Contact).where(Contact.key == key_of(email)))


def welcome(session: Session, identity: Identity, now: datetime) -> Contact:
    """Return the contact whom a granted login signs in (P6, P7).

    An unknown address becomes a customer, never an agent. The name is overwritten; phone and company are stored
    when sent and kept otherwise.
    """
    contact = find(session, identity.email) or _add(
        session, Contact(email=identity.email, name=identity.name, role="customer", admin=False, created=now)
    )
    contact.name = identity.name
    if identity.phone and identity.phone.strip():
        contact.phone = identity.phone
    if identity.company and identity.company.strip():
        contact.company = identity.company
    return contact


def seed(session: Session, accounts: Iterable[Account], now: datetime) -> None:
    """Add the accounts that are absent. Those that exist stay as they are."""
    for account in accounts:
        if find(session, account.email) is None:
            contact = Contact(
                email=account.email, name=account.name, role=account.role, admin=account.admin, created=now
            )
            contact.password_hash = _seed_hash(account.password)
            _add(session, contact)


def ensure_administrator(session: Session, now: datetime) -> str | None:
    """Make an administrator where there is none, and return the new password; ``None`` when there is one already."""
    if session.scalar(select(func.count()).select_from(Contact).where(Contact.admin)):
        return None
    password = secrets.token_urlsafe(12)
    contact = find(session, ADMINISTRATOR) or _add(
        session, Contact(email=ADMINISTRATOR, name="Administrator", role="agent", admin=True, created=now)
    )
    contact.role, contact.admin = "agent", True
    contact.password_hash = generate_password_hash(password)
    return password


def password_hash_of(contact: Contact | None) -> str:
    """Return the hash to check a password against; for nobody, one that no password fits but that takes as long."""
    return (contact.password_hash if contact else None) or _nobodys_hash()


def password_fits(password_hash: str, password: str) -> bool:
    """Say whether the password is the right one. Takes about a tenth of a second on purpose."""
    return check_password_hash(password_hash, password)


def _add(session: Session, contact: Contact) -> Contact:
    contact.key = key_of(contact.email)
    try:
        with session.begin_nested():
            session.add(contact)
    except IntegrityError:
        # Another login of the same person was faster.
        found = find(session, contact.email)
        if found is None:
            raise
        return found
    return contact


@lru_cache(maxsize=64)
def _seed_hash(password: str) -> str:
    # Many portals in one process seed the same accounts, and hashing is slow on purpose.
    return generate_password_hash(password)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return generate_password_hash(secrets.token_urlsafe(32))
