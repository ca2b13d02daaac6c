"""Contacts: who they are, how a login finds and changes them, and their passwords."""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import attrs
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import CONTACTS
from portal_stub.config import Account, Role
from portal_stub.diagnosis import Identity

ADMINISTRATOR = "admin@portal.example"
"""Address of the administrator who is made when the settings name none."""


@attrs.frozen(kw_only=True)
class Contact:
    """Someone who can be signed in."""

    id: int
    email: str
    name: str
    role: str
    admin: bool
    phone: str | None
    company: str | None
    password_hash: str | None = attrs.field(repr=False)


_CONTACT = select(*(CONTACTS.c[field.name] for field in attrs.fields(Contact)))
_FIND = _CONTACT.where(CONTACTS.c.key == bindparam("wanted"))
_KNOWN = select(CONTACTS.c.key).where(CONTACTS.c.key.in_(bindparam("wanted", expanding=True)))
_ADMINISTRATORS = select(CONTACTS.c.id).where(CONTACTS.c.admin).limit(1)
_ADD = insert(CONTACTS)
_CHANGE = update(CONTACTS).where(CONTACTS.c.id == bindparam("changed"))
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def key_of(email: str) -> str:
    """Return the key by which an address is found: letter case does not matter.

    Only ASCII letters are folded. Fuller folding makes equals of addresses that are not the same (the Kelvin sign
    and a k), and so would open one person's account to another.
    """
    return digest(email.translate(_LOWER))


def find(rows: Connection, email: str) -> Contact | None:
    """Return the contact with this address, or ``None``."""
    row = rows.execute(_FIND, {"wanted": key_of(email)}).one_or_none()
    return None if row is None else Contact(**row._mapping)


def welcome(rows: Connection, identity: Identity, now: datetime) -> Contact:
    """Return the contact whom a granted login signs in (P6, P7).

    An unknown address becomes a customer, never an agent. The name is overwritten; phone and company are stored
    when sent and kept otherwise.
    """
    contact = find(rows, identity.email) or _made(rows, identity.email, identity.name, "customer", now)
    changes: dict[str, Any] = {"name": identity.name} | {
        key: sent for key, sent in (("phone", identity.phone), ("company", identity.company)) if sent and sent.strip()
    }
    return _changed(rows, contact, changes)


def seed(rows: Connection, accounts: Iterable[Account], now: datetime) -> None:
    """Add the accounts that are absent. Those that exist stay as they are."""
    wanted = {key_of(account.email): account for account in reversed(tuple(accounts))}
    known = set(rows.scalars(_KNOWN, {"wanted": list(wanted)}))
    absent = [account for key, account in wanted.items() if key not in known]
    _add(
        rows,
        [
            _new(each.email, each.name, each.role, now, admin=each.admin, password_hash=_seed_hash(each.password))
            for each in absent
        ],
    )


def ensure_administrator(rows: Connection, now: datetime) -> str | None:
    """Make an administrator where there is none, and return the new password; ``None`` when there is one already."""
    if rows.scalar(_ADMINISTRATORS) is not None:
        return None
    password = secrets.token_urlsafe(12)
    contact = find(rows, ADMINISTRATOR) or _made(rows, ADMINISTRATOR, "Administrator", "agent", now)
    _changed(rows, contact, {"role": "agent", "admin": True, "password_hash": generate_password_hash(password)})
    return password


def password_hash_of(contact: Contact | None) -> str:
    """Return the hash to check a password against; for nobody, one that no password fits but that takes as long."""
    return (contact.password_hash if contact else None) or _nobodys_hash()


def password_fits(password_hash: str, password: str) -> bool:
    """Say whether the password is the right one. Takes about a tenth of a second on purpose."""
    return check_password_hash(password_hash, password)


def _made(rows: Connection, email: str, name: str, role: Role, now: datetime) -> Contact:
    """Return the new contact, or the one whom another login of the same person has just made."""
    _add(rows, [_new(email, name, role, now)])
    return Contact(**rows.execute(_FIND, {"wanted": key_of(email)}).one()._mapping)


def _new(email: str, name: str, role: Role, now: datetime, **more: Any) -> dict[str, Any]:
    absent = {"admin": False, "phone": None, "company": None, "password_hash": None}
    return {"key": key_of(email), "email": email, "name": name, "role": role, "created": now} | absent | more


def _add(rows: Connection, contacts: Sequence[Mapping[str, Any]]) -> None:
    """Add these contacts, without those whose address is taken: another login was faster."""
    if not contacts:
        return
    try:
        with rows.begin_nested():
            rows.execute(_ADD, contacts)
    except IntegrityError:
        for contact in contacts if len(contacts) > 1 else ():
            _add(rows, [contact])


def _changed(rows: Connection, contact: Contact, values: Mapping[str, Any]) -> Contact:
    changes = {key: value for key, value in values.items() if getattr(contact, key) != value}
    if changes:
        rows.execute(_CHANGE, {"changed": contact.id} | changes)
    return attrs.evolve(contact, **changes)


@lru_cache(maxsize=64)
def _seed_hash(password: str) -> str:
    # Many portals in one process seed the same accounts, and hashing is slow on purpose.
    return generate_password_hash(password)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return generate_password_hash(secrets.token_urlsafe(32))
