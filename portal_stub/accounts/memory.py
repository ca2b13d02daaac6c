"""What the portal remembers between two messages of SAML: the requests that are open and the assertions it accepted."""

import secrets
from datetime import datetime, timedelta

import attrs
from sqlalchemy import CursorResult, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal_stub.accounts.columns import digest
from portal_stub.accounts.database import Database
from portal_stub.accounts.tables import Open, OpenRequest, SeenAssertion

REQUEST_LIFETIME = timedelta(hours=1)
"""How long a person may take to sign in at the identity provider."""

_KEPT_WITHOUT_LIMIT = timedelta(days=1)


def open_request(session: Session, browser: str, wanted: str | None, now: datetime) -> str:
    """Keep a new request, bound to this browser, and return its ID (an xs:ID)."""
    session.execute(delete(OpenRequest).where(OpenRequest.expires <= now))
    request_id = f"_{secrets.token_hex(20)}"
    session.add(
        OpenRequest(key=digest(request_id), browser=digest(browser), wanted=wanted, expires=now + REQUEST_LIFETIME)
    )
    return request_id


def close_request(session: Session, request_id: str, browser: str | None, now: datetime) -> tuple[bool, str | None]:
    """Use the request up. Returns whether it was open in this browser, and the page that its visitor wanted."""
    row = session.get(OpenRequest, digest(request_id))
    if row is None or browser is None or row.browser != digest(browser) or row.expires <= now:
        return False, None
    gone = session.execute(delete(OpenRequest).where(OpenRequest.key == row.key))
    return isinstance(gone, CursorResult) and gone.rowcount == 1, row.wanted


def remember_assertion(session: Session, assertion_id: str, until: datetime | None, now: datetime) -> bool:
    """Remember that the assertion was accepted, until it expires. Returns ``False`` when it had been before (S10).

    The key is unique, so that of two logins at the same moment one at most gets ``True``.
    """
    session.execute(delete(SeenAssertion).where(SeenAssertion.until <= now))
    try:
        with session.begin_nested():
            session.add(SeenAssertion(key=digest(assertion_id), until=until or now + _KEPT_WITHOUT_LIMIT))
    except IntegrityError:
        return False
    return True


@attrs.frozen
class OpenRequests:
    """The IDs of the requests of one kind that are open in one browser; ``in`` looks into the database."""

    database: Database
    browser: str | None
    now: datetime
    table: type[Open] = OpenRequest

    def __contains__(self, request_id: object) -> bool:
        if self.browser is None or not isinstance(request_id, str):
            return False
        with self.database.reading() as session:
            row = session.get(self.table, digest(request_id))
        return row is not None and row.browser == digest(self.browser) and row.expires > self.now


@attrs.frozen
class SeenAssertions:
    """The IDs of the assertions that were accepted and have not expired; ``in`` looks into the database."""

    database: Database
    now: datetime

    def __contains__(self, assertion_id: object) -> bool:
        if not isinstance(assertion_id, str):
            return False
        with self.database.reading() as session:
            row = session.get(SeenAssertion, digest(assertion_id))
        return row is not None and row.until > self.now
