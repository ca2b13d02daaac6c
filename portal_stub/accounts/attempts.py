"""Login attempts (P11): every message over single sign-on, what each check found, and what the person was told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
from sqlalchemy import Connection, bindparam, insert, select

from portal_stub.accounts.columns import storable
from portal_stub.accounts.sessions import new_token
from portal_stub.accounts.tables import ATTEMPTS
from portal_stub.config import Method
from portal_stub.diagnosis import Diagnosis, Finding

MASK = "********"
_LONGEST_MESSAGE = 256 * 1024
_HASH = re.compile(r"((?:^|[&?])hash=[^&]{0,4})[^&]*", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Received:
    """A message as it came: the query of a remote login or a logout, or the form field of SAML and its RelayState."""

    method: Method | Literal["logout"]
    message: str | None
    relay_state: str | None = None


@attrs.frozen(kw_only=True)
class Attempt(Received):
    """A message as it was kept, what each check found (``findings_of``), and what the person was told."""

    id: int
    token: str = attrs.field(repr=False)
    at: datetime
    granted: bool
    person: str | None
    findings: Sequence[Mapping[str, Any]]
    public_message: str
    public_rules: Sequence[str]


@attrs.frozen(kw_only=True)
class Told:
    """What whoever holds an attempt's token may know of it: how it ended, and what the person was told."""

    method: Method | Literal["logout"]
    granted: bool
    public_message: str
    public_rules: Sequence[str]


_KEEP = insert(ATTEMPTS)
_KEPT = select(*(ATTEMPTS.c[field.name] for field in attrs.fields(Attempt)))
_LATEST = _KEPT.order_by(ATTEMPTS.c.id.desc()).limit(bindparam("count"))
_OLDER = _LATEST.where(ATTEMPTS.c.id < bindparam("before"))
_BY_ID = _KEPT.where(ATTEMPTS.c.id == bindparam("sought"))
_TOLD = select(*(ATTEMPTS.c[field.name] for field in attrs.fields(Told))).where(ATTEMPTS.c.token == bindparam("token"))


def record(
    rows: Connection,
    received: Received,
    diagnosis: Diagnosis,
    *,
    said: tuple[str, tuple[str, ...]],
    secrets: Iterable[str],
    now: datetime,
) -> str:
    """Keep an attempt and return the token under which a stranger sees its public message.

    ``said`` is the public message and the public rules; ``secrets`` are masked wherever they stand.
    """
    hidden = tuple(secrets)
    findings = [_masked_finding(finding, hidden) for finding in diagnosis.findings]
    message = masked(received.message, hidden, _opens_the_door(diagnosis))
    token = new_token()
    kept = {
        "token": token,
        "at": now,
        "method": received.method,
        "granted": diagnosis.granted,
        "person": masked(diagnosis.identity.email, hidden) if diagnosis.identity else None,
        "message": message,
        "relay_state": masked(received.relay_state, hidden),
        "findings": findings,
        "public_message": said[0] if not diagnosis.granted else "",
        "public_rules": sorted(said[1]) if not diagnosis.granted else [],
    }
    rows.execute(_KEEP, kept)
    return token


def masked(text: str | None, secrets: Iterable[str], hash_too: bool = False) -> str | None:
    """Return ``text`` with the secrets, and the digits of a hash if wanted, replaced by stars; long text is cut."""
    if text is None:
        return None
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    if hash_too:
        text = _HASH.sub(rf"\g<1>{MASK}", text)
    if len(text) > _LONGEST_MESSAGE:
        return f"{text[:_LONGEST_MESSAGE]} ... (cut; {len(text)} characters came)"
    return text


def latest(rows: Connection, count: int, before: int | None = None) -> list[Attempt]:
    """Return up to ``count`` attempts, the latest first; only those older than the one with the id ``before``."""
    query = _LATEST if before is None else _OLDER
    return [Attempt(**row._mapping) for row in rows.execute(query, {"count": count, "before": before})]


def by_id(rows: Connection, attempt_id: int) -> Attempt | None:
    """Return the attempt with this id, or ``None``."""
    row = rows.execute(_BY_ID, {"sought": attempt_id}).one_or_none()
    return None if row is None else Attempt(**row._mapping)


def told(rows: Connection, token: str) -> Told | None:
    """Return what was told of the attempt with this token, or ``None``."""
    row = rows.execute(_TOLD, {"token": storable(token)}).one_or_none()
    return None if row is None else Told(**row._mapping)


def findings_of(attempt: Attempt) -> tuple[Finding, ...]:
    """Return the findings that were kept with an attempt."""
    return tuple(Finding(**finding) for finding in attempt.findings)


def _opens_the_door(diagnosis: Diagnosis) -> bool:
    # A link with a right hash signs the person in again while its time lasts (in the md5 profile for ever), so the
    # log must not hold it. A wrong hash opens nothing, and its digits help to find out what was hashed.
    return any(
        finding.rule == "remote-login.hash.matches" and finding.outcome == "ok" for finding in diagnosis.findings
    )


def _masked_finding(finding: Finding, secrets: tuple[str, ...]) -> dict[str, str]:
    # The rule and the outcome are words of ours; most findings have no others.
    texts = {"expected": finding.expected, "got": finding.got, "hint": finding.hint, "reason": finding.reason}
    shown = {name: storable(masked(text, secrets) or "") for name, text in texts.items() if text}
    return {"rule": finding.rule, "outcome": finding.outcome, **shown}
