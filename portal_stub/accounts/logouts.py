"""What the portal remembers for single logout: whom the identity provider signed in, and its own open requests."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import OpenLogout, SamlSession, SignedIn

_REQUEST_LIFETIME = timedelta(hours=1)


@attrs.frozen
class Principal:
    """By what the identity provider knows a session: the NameID, and the SessionIndex if it gave one."""

    name_id: str
    session_index: str | None


def remember(session: Session, token: str, principal: Principal) -> None:
    """Remember by what the identity provider knows the session with this secret."""
    session.flush()
    session.add(SamlSession(key=digest(token), name_id=principal.name_id, session_index=principal.session_index))


def principal_of(session: Session, token: str) -> Principal | None:
    """Return by what the identity provider knows the session, or None where it did not sign the person in."""
    row = session.get(SamlSession, digest(token))
    return None if row is None else Principal(row.name_id, row.session_index)


def end_named(session: Session, name_id: str, indexes: Sequence[str]) -> int:
    """End the principal's sessions with these indexes, all of them where none is given; return how many there were.

    Names are compared letter for letter, all of them (saml-core 3.3.4, 3.7.3.1).
    """
    query = select(SamlSession).where(SamlSession.name_id == name_id)
    found = [row.key for row in session.scalars(query) if not indexes or row.session_index in indexes]
    session.execute(delete(SignedIn).where(SignedIn.key.in_(found)))
    return len(found)


def open_logout(session: Session, browser: str, now: datetime) -> str:
    """Keep a new logout request, bound to this browser, and return its ID (an xs:ID)."""
    session.execute(delete(OpenLogout).where(OpenLogout.expires <= now))
    request_id = f"_{secrets.token_hex(20)}"
    session.add(OpenLogout(key=digest(request_id), browser=digest(browser), expires=now + _REQUEST_LIFETIME))
    return request_id


def close_logout(session: Session, request_id: str) -> None:
    """Use the logout request up."""
    session.execute(delete(OpenLogout).where(OpenLogout.key == digest(request_id)))
