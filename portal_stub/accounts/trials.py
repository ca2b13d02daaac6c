"""Trials: checks of a set-up.

While one goes on, every login that arrives from its browser is judged and kept, and nobody is signed in by it.
"""

from datetime import datetime, timedelta

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from portal_stub.accounts import attempts
from portal_stub.accounts.attempts import Attempt
from portal_stub.accounts.columns import digest
from portal_stub.accounts.sessions import Person, new_token
from portal_stub.accounts.tables import ATTEMPTS, SESSIONS, TRIAL_ATTEMPTS, TRIALS
from portal_stub.config import Method

LIFETIME = timedelta(minutes=30)

_BEGIN = insert(TRIALS)
_MAKE_ROOM = delete(TRIALS).where(or_(TRIALS.c.session == bindparam("here"), TRIALS.c.expires <= bindparam("now")))
_END = delete(TRIALS).where(TRIALS.c.session == bindparam("here"))
_LIVING = (
    select(TRIALS.c.key, TRIALS.c.method, TRIALS.c.expires)
    .join_from(TRIALS, SESSIONS)
    .where(TRIALS.c.expires > bindparam("now"), SESSIONS.c.expires > bindparam("now"))
)
_BY_KEY = _LIVING.where(TRIALS.c.key == bindparam("sought"))
_BY_SESSION = _LIVING.where(TRIALS.c.session == bindparam("sought"))
_KEEP = insert(TRIAL_ATTEMPTS)
_NEW_ATTEMPT = select(ATTEMPTS.c.id).where(ATTEMPTS.c.token == bindparam("token"))
_WAS_CHECKED = select(TRIAL_ATTEMPTS.c.attempt).where(TRIAL_ATTEMPTS.c.attempt == bindparam("sought"))
_ITS_ATTEMPTS = (
    select(TRIAL_ATTEMPTS.c.attempt)
    .where(TRIAL_ATTEMPTS.c.trial == bindparam("sought"))
    .order_by(TRIAL_ATTEMPTS.c.attempt.desc())
    .limit(bindparam("count"))
)


@attrs.frozen(kw_only=True)
class Trial:
    """A check that goes on. ``key`` is the digest of the browser's secret, ``method`` what is checked."""

    key: str
    method: Method
    expires: datetime


def begin(rows: Connection, person: Person, method: Method, now: datetime) -> str:
    """Begin a trial for half an hour and return the browser's secret. The person's previous trial ends."""
    token, here = new_token(), digest(person.session)
    rows.execute(_MAKE_ROOM, {"here": here, "now": now})
    rows.execute(_BEGIN, {"key": digest(token), "session": here, "method": method, "expires": now + LIFETIME})
    return token


def current(rows: Connection, token: str, now: datetime) -> Trial | None:
    """Return the trial that goes on in the browser with this secret, or ``None``."""
    return _one(rows, token, now, by_session=False)


def of(rows: Connection, person: Person, now: datetime) -> Trial | None:
    """Return the trial that this person has begun in this session, or ``None``."""
    return _one(rows, person.session, now, by_session=True)


def end(rows: Connection, person: Person) -> None:
    """End the person's trial."""
    rows.execute(_END, {"here": digest(person.session)})


def keep(rows: Connection, trial: Trial, token: str) -> int:
    """Remember that the attempt with this token was part of the trial, and return its number."""
    attempt_id = int(rows.execute(_NEW_ATTEMPT, {"token": token}).scalar_one())
    rows.execute(_KEEP, {"attempt": attempt_id, "trial": trial.key})
    return attempt_id


def was_checked(rows: Connection, attempt_id: int) -> bool:
    """Say whether the attempt was part of a trial, so that nobody was signed in."""
    return rows.scalar(_WAS_CHECKED, {"sought": attempt_id}) is not None


def attempts_in(rows: Connection, trial: Trial, count: int) -> list[Attempt]:
    """Return up to ``count`` attempts of the trial, the latest first."""
    numbers = rows.scalars(_ITS_ATTEMPTS, {"sought": trial.key, "count": count}).all()
    return [found for number in numbers if (found := attempts.by_id(rows, number)) is not None]


def _one(rows: Connection, secret: str, now: datetime, *, by_session: bool) -> Trial | None:
    query = _BY_SESSION if by_session else _BY_KEY
    row = rows.execute(query, {"sought": digest(secret), "now": now}).one_or_none()
    return None if row is None else Trial(**row._mapping)
