"""What the portal remembers for single logout: whom the identity provider signed in, and its own open requests."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, select

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import OPEN_LOGOUTS, SAML_SESSIONS, SESSIONS

_REQUEST_LIFETIME = timedelta(hours=1)

_REMEMBER = insert(SAML_SESSIONS)
_PRINCIPAL = select(SAML_SESSIONS.c.name_id, SAML_SESSIONS.c.session_index).where(
    SAML_SESSIONS.c.key == bindparam("session")
)
_NAMED = select(SAML_SESSIONS.c.key, SAML_SESSIONS.c.session_index).where(SAML_SESSIONS.c.name_id == bindparam("name"))
_END = delete(SESSIONS).where(SESSIONS.c.key.in_(bindparam("found", expanding=True)))
_OPEN = insert(OPEN_LOGOUTS)
_SWEEP = delete(OPEN_LOGOUTS).where(OPEN_LOGOUTS.c.expires <= bindparam("now"))
_CLOSE = delete(OPEN_LOGOUTS).where(OPEN_LOGOUTS.c.key == bindparam("request"))


@attrs.frozen
class Principal:
    """By what the identity provider knows a session: the NameID, and the SessionIndex if it gave one."""

    name_id: str
    session_index: str | None


def remember(rows: Connection, token: str, principal: Principal) -> None:
    """Remember by what the identity provider knows the session with this secret."""
    rows.execute(_REMEMBER, {"key": digest(token), **attrs.asdict(principal)})


def principal_of(rows: Connection, token: str) -> Principal | None:
    """Return by what the identity provider knows the session, or None where it did not sign the person in."""
    row = rows.execute(_PRINCIPAL, {"session": digest(token)}).one_or_none()
    return None if row is None else Principal(*row)


def end_named(rows: Connection, name_id: str, indexes: Sequence[str]) -> int:
    """End the principal's sessions with these indexes, all of them where none is given; return how many there were.

    Names are compared letter for letter, all of them (saml-core 3.3.4, 3.7.3.1).
    """
    named = rows.execute(_NAMED, {"name": name_id})
    found = [row.key for row in named if not indexes or row.session_index in indexes]
    rows.execute(_END, {"found": found})
    return len(found)


def open_logout(rows: Connection, browser: str, now: datetime) -> str:
    """Keep a new logout request, bound to this browser, and return its ID (an xs:ID)."""
    rows.execute(_SWEEP, {"now": now})
    request_id = f"_{secrets.token_hex(20)}"
    rows.execute(_OPEN, {"key": digest(request_id), "browser": digest(browser), "expires": now + _REQUEST_LIFETIME})
    return request_id


def close_logout(rows: Connection, request_id: str) -> None:
    """Use the logout request up."""
    rows.execute(_CLOSE, {"request": digest(request_id)})
