"""Explaining a login: what was found, told for people, beside the message in which it was found."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from portal_stub.config import Settings
from portal_stub.diagnosis import Finding
from portal_stub.explain.differences import compared
from portal_stub.explain.explanation import Context, Explanation, Hide, Judged, Method, Where
from portal_stub.explain.headline import headline
from portal_stub.explain.link import seen_in_link
from portal_stub.explain.response import seen_in_logout, seen_in_response
from portal_stub.explain.screens import mend_on_screen
from portal_stub.remote_login import detective as remote_login
from portal_stub.saml import detective as saml
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.message import Post
from portal_stub.suspect import Suspect
from rulebook.rules import RULES, Rule

_log = logging.getLogger(__name__)

_ORDER = ("violated", "not-checked", "warning", "ok", "not-applicable")
_PROBLEMS = frozenset(_ORDER[:3])


def explain(
    message: bytes | Post,
    findings: Sequence[Finding],
    settings: Settings,
    at: datetime,
    *,
    granted: bool,
    person: str | None,
    method: Method,
    own_key: OwnKey | None = None,
    hide: Hide = str,
) -> Explanation:
    """Return the explanation of one login, of which ``findings`` were found when it arrived, ``at`` (UTC).

    ``message`` is a raw query, or what was posted. ``settings`` are those in force now: suspects, mends, attributes and
    account follow from them. ``own_key`` opens what is encrypted, for reading. ``hide`` takes the secrets out of every
    text that came. Nothing is raised, whatever came.
    """
    ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.outcome))
    problems = dict(enumerate((found for found in ordered if found.outcome in _PROBLEMS), 1))
    context = Context(problems=problems, settings=settings, at=at, own_key=own_key, hide=hide)
    if method == "logout":
        seen = seen_in_logout(message, context)
    elif isinstance(message, bytes):
        seen = seen_in_link(message, context)
    else:
        seen = seen_in_response(message, context)
    numbers = {found.rule: number for number, found in problems.items()}
    return Explanation(
        method=method,
        at=at,
        granted=granted,
        person=None if person is None else hide(person),
        headline=hide(headline(granted, person, findings, method)),
        suspects=() if granted or method == "logout" else _suspects(message, context),
        rules=tuple(_judged(found, numbers.get(found.rule, 0), seen.where, context) for found in ordered),
        moments=seen.moments,
        wanted=seen.wanted,
        others=seen.others,
        account=seen.account,
        message=seen.message,
    )


def _judged(found: Finding, number: int, where: Mapping[str, tuple[Where, ...]], context: Context) -> Judged:
    known, hide = RULES.get(found.rule) or _forgotten(found.rule), context.hide
    sides = compared(hide(found.expected), hide(found.got))
    on_screen = mend_on_screen(found.rule, context.settings)
    # What the check itself has to say comes first; the rule book's words are for where nothing says it closer.
    closer = (hide(found.hint) if found.hint != known.mend else "", *on_screen)
    mends = tuple(filter(None, closer)) or (known.mend,)
    return Judged(
        rule=found.rule,
        level=known.level,
        clause=known.clause,
        statement=known.statement,
        outcome=found.outcome,
        number=number,
        expected=sides.expected,
        got=sides.got,
        differences=sides.words,
        where=where.get(found.rule, ()) if number else (),
        mend=mends if number else (),
        reason=hide(found.reason),
    )


def _forgotten(rule_id: str) -> Rule:
    """Return what stands for a rule of another version, under which an attempt was kept."""
    sentence = "This version of the portal has no such rule."
    return Rule(id=rule_id, level="MUST", clause="of another version", statement=sentence, mend="Sign in once more.")


def _suspects(message: bytes | Post, context: Context) -> tuple[Suspect, ...]:
    """Return what the detectives name. An error of theirs costs their answer, not the explanation."""
    settings, at, hide = context.settings, context.at, context.hide
    try:
        if isinstance(message, bytes):
            named = remote_login.suspects(message, settings, at)
        else:
            named = saml.suspects(message, settings, at, context.own_key)
    except Exception:
        _log.exception("the detective failed")
        return ()
    return tuple(Suspect(code=each.code, sentence=hide(each.sentence), mend=hide(each.mend)) for each in named)
