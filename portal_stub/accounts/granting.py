"""Granting a login: everything that must happen at once, or not at all."""

from datetime import datetime, timedelta

import attrs
from sqlalchemy import Connection

from portal_stub.accounts import contacts, logouts, memory, sessions
from portal_stub.diagnosis import Diagnosis, Finding
from portal_stub.times import later
from portal_stub.weakness import Weaknesses


class TooLate(Exception):
    """A login that every check had let through lost a race: its assertion or its request is used up by now."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.got)
        self.finding = finding


@attrs.frozen(kw_only=True)
class Granted:
    """A login that was granted: the new session's secret, and the page that the visitor first asked for."""

    session: str = attrs.field(repr=False)
    wanted: str | None


def grant(
    rows: Connection, diagnosis: Diagnosis, browser: str, weaknesses: Weaknesses, drift: timedelta, now: datetime
) -> Granted:
    """Sign the person in, in this browser, and remember what must not be used twice.

    Raises TooLate when another login with the same assertion or request was faster; the transaction must then be
    undone. A rule left out on purpose is not enforced here either. The session ends with the identity provider's where
    the login says when that is; ``drift`` is the allowance for its clock.
    """
    if diagnosis.identity is None or not diagnosis.granted:
        raise ValueError("only a login that is granted signs somebody in")
    wanted = use_up(rows, diagnosis, browser, weaknesses, now)
    contact = contacts.welcome(rows, diagnosis.identity, now)
    sessions.forget_wanted(rows, browser)
    until = None
    if diagnosis.session_until is not None and "saml.session.not-on-or-after" not in weaknesses.without:
        until = later(diagnosis.session_until, drift)
    token = sessions.start(rows, contact, browser, now, until)
    if diagnosis.assertion_id is not None:
        logouts.remember(rows, token, logouts.Principal(diagnosis.identity.email, diagnosis.session_index))
    return Granted(session=token, wanted=wanted)


def use_up(rows: Connection, diagnosis: Diagnosis, browser: str, weaknesses: Weaknesses, now: datetime) -> str | None:
    """Remember what must not be used twice, and return the page that the visitor first asked for.

    Raises TooLate as ``grant`` does.
    """
    used_up = {"saml.assertion.once": diagnosis.assertion_id, "remote-login.link.once": diagnosis.link_id}
    for rule_id, used in used_up.items():
        is_new = used is None or memory.remember_assertion(rows, used, diagnosis.remember_until, now)
        if not is_new and rule_id not in weaknesses.without:
            raise TooLate(_finding(rule_id, "a login that was not accepted before", "a second use"))
    if diagnosis.request_id is None:
        wanted = sessions.wanted(rows, browser, now)
    else:
        was_open, wanted = memory.close_request(rows, diagnosis.request_id, browser, now)
        if not was_open and "saml.response.in-response-to" not in weaknesses.without:
            raise TooLate(_finding("saml.response.in-response-to", "a request that is open", "one that was answered"))
    return wanted


def refused(diagnosis: Diagnosis, finding: Finding) -> Diagnosis:
    """Return the diagnosis with this finding in place of the one for the same rule."""
    others = tuple(kept for kept in diagnosis.findings if kept.rule != finding.rule)
    return attrs.evolve(diagnosis, findings=(*others, finding))


def _finding(rule_id: str, expected: str, got: str) -> Finding:
    return Finding(rule=rule_id, outcome="violated", expected=expected, got=f"{got}, at the same moment")
