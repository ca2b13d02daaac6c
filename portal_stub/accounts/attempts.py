"""Login attempts (P11): every message over single sign-on, what each check found, and what the person was told."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import attrs
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal_stub.accounts.columns import storable
from portal_stub.accounts.sessions import new_token
from portal_stub.accounts.tables import Attempt
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


def record(
    session: Session,
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
    attempt = Attempt(
        token=new_token(),
        at=now,
        method=received.method,
        granted=diagnosis.granted,
        person=diagnosis.identity.email if diagnosis.identity else None,
        message=message,
        relay_state=masked(received.relay_state, hidden),
        findings=findings,
        public_message=said[0] if not diagnosis.granted else "",
        public_rules=sorted(said[1]) if not diagnosis.granted else [],
    )
    session.add(attempt)
    return attempt.token


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


def latest(session: Session, count: int, before: int | None = None) -> list[Attempt]:
    """Return up to ``count`` attempts, the latest first; only those older than the one with the id ``before``."""
    query = select(Attempt).order_by(Attempt.id.desc()).limit(count)
    if before is not None:
        query = query.where(Attempt.id < before)
    return list(session.scalars(query))


def by_token(session: Session, token: str) -> Attempt | None:
    """Return the attempt with this token, or ``None``."""
    return session.scalar(select(Attempt).where(Attempt.token == storable(token)))


def findings_of(attempt: Attempt) -> tuple[Finding, ...]:
    """Return the findings that were kept with an attempt."""
    return tuple(Finding(**finding) for finding in attempt.findings)  # type: ignore[arg-type]


def _opens_the_door(diagnosis: Diagnosis) -> bool:
    # A link with a right hash signs the person in again while its time lasts (in the md5 profile for ever), so the
    # log must not hold it. A wrong hash opens nothing, and its digits help to find out what was hashed.
    return any(
        finding.rule == "remote-login.hash.matches" and finding.outcome == "ok" for finding in diagnosis.findings
    )


_FIELDS = tuple(field.name for field in attrs.fields(Finding))


def _masked_finding(finding: Finding, secrets: tuple[str, ...]) -> dict[str, str]:
    return {name: storable(masked(value, secrets) or "") for name in _FIELDS if (value := getattr(finding, name))}
