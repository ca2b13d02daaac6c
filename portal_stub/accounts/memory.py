"""What the portal remembers between two messages of SAML: the requests that are open and the assertions it accepted."""

import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import attrs
from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from portal_stub.accounts.columns import digest
from portal_stub.accounts.tables import OPEN_REQUESTS, SEEN_ASSERTIONS

REQUEST_LIFETIME = timedelta(hours=1)
"""How long a person may take to sign in at the identity provider."""

_KEPT_WITHOUT_LIMIT = timedelta(days=1)

_OPEN = insert(OPEN_REQUESTS)
_SWEEP_REQUESTS = delete(OPEN_REQUESTS).where(OPEN_REQUESTS.c.expires <= bindparam("now"))
_CLOSE = delete(OPEN_REQUESTS).where(OPEN_REQUESTS.c.key == bindparam("request"))
_REMEMBER = insert(SEEN_ASSERTIONS)
_SWEEP_ASSERTIONS = delete(SEEN_ASSERTIONS).where(SEEN_ASSERTIONS.c.until <= bindparam("now"))
_SEEN = select(SEEN_ASSERTIONS.c.key).where(
    SEEN_ASSERTIONS.c.key == bindparam("assertion"), SEEN_ASSERTIONS.c.until > bindparam("now")
)


@cache
def _open_in(table: Table) -> Select[Any]:
    return select(table).where(
        table.c.key == bindparam("request"),
        table.c.browser == bindparam("browser"),
        table.c.expires > bindparam("now"),
    )


def open_request(rows: Connection, browser: str, wanted: str | None, now: datetime) -> str:
    """Keep a new request, bound to this browser, and return its ID (an xs:ID)."""
    rows.execute(_SWEEP_REQUESTS, {"now": now})
    request_id = f"_{secrets.token_hex(20)}"
    expires = now + REQUEST_LIFETIME
    rows.execute(_OPEN, {"key": digest(request_id), "browser": digest(browser), "wanted": wanted, "expires": expires})
    return request_id


def close_request(rows: Connection, request_id: str, browser: str | None, now: datetime) -> tuple[bool, str | None]:
    """Use the request up. Returns whether it was open in this browser, and the page that its visitor wanted."""
    row = OpenRequests(rows, browser, now).find(request_id)
    if row is None:
        return False, None
    gone = rows.execute(_CLOSE, {"request": row.key})
    return gone.rowcount == 1, row.wanted


def remember_assertion(rows: Connection, assertion_id: str, until: datetime | None, now: datetime) -> bool:
    """Remember that the assertion was accepted, until it expires. Returns ``False`` when it had been before (S10).

    The key is unique, so that of two logins at the same moment one at most gets ``True``.
    """
    rows.execute(_SWEEP_ASSERTIONS, {"now": now})
    try:
        with rows.begin_nested():
            rows.execute(_REMEMBER, {"key": digest(assertion_id), "until": until or now + _KEPT_WITHOUT_LIMIT})
    except IntegrityError:
        return False
    return True


@attrs.frozen
class OpenRequests:
    """The IDs of the requests of one kind that are open in one browser; ``in`` looks into the database."""

    rows: Connection
    browser: str | None
    now: datetime
    table: Table = OPEN_REQUESTS

    def __contains__(self, request_id: object) -> bool:
        return isinstance(request_id, str) and self.find(request_id) is not None

    def find(self, request_id: str) -> Any:
        """Return the row of the request with this ID, or ``None`` where none is open."""
        if self.browser is None:
            return None
        sought = {"request": digest(request_id), "browser": digest(self.browser), "now": self.now}
        return self.rows.execute(_open_in(self.table), sought).one_or_none()


@attrs.frozen
class SeenAssertions:
    """The IDs of the assertions that were accepted and have not expired; ``in`` looks into the database."""

    rows: Connection
    now: datetime

    def __contains__(self, assertion_id: object) -> bool:
        if not isinstance(assertion_id, str):
            return False
        sought = {"assertion": digest(assertion_id), "now": self.now}
        return self.rows.execute(_SEEN, sought).one_or_none() is not None
