"""The mechanism of checks: one pure function a rule, all of them run, each giving exactly one finding.

A check returns a ``Found``. It may raise ``NotApplicable`` when what it is about is not there; some other rule
then says what is missing. Any other exception is logged and becomes ``not-checked``, which never grants.
"""

import functools
import logging
from collections.abc import Callable, Iterator, Set
from typing import Generic, TypeVar

import attrs

from portal_stub.diagnosis import Finding, FindingOutcome
from rulebook import rule

S = TypeVar("S")

LEFT_OUT = "left out on purpose"
_log = logging.getLogger(__name__)


@attrs.frozen
class Found:
    """What a check found, before its rule is written beside it."""

    outcome: FindingOutcome
    expected: str = ""
    got: str = ""
    hint: str = ""


class NotApplicable(Exception):
    """What the rule is about is not in the message; the text is the reason."""


_OK = Found("ok")


def ok(got: str = "") -> Found:
    """Return that the rule is kept; ``got`` is what was seen."""
    return Found("ok", got=got) if got else _OK


@functools.cache
def _simply_ok(rule_id: str) -> Finding:
    return Finding(rule=rule_id, outcome="ok")


def violated(expected: str, got: str, hint: str = "") -> Found:
    """Return that the rule is broken: both sides in words. Without a hint the rule's own mend is given."""
    return Found("violated", expected, got, hint)


def warning(expected: str, got: str, hint: str = "") -> Found:
    """Return that the login need not be refused, but that something about it is unwise or will make trouble one day."""
    return Found("warning", expected, got, hint)


class Checks(Generic[S]):
    """The checks of one protocol, in the order in which they were written."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[S], Found]] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids of the rules that are enforced."""
        return iter(self._checks)

    def enforces(self, rule_id: str) -> Callable[[Callable[[S], Found]], Callable[[S], Found]]:
        """Mark a function as the check of the rule with this id; its clause stands in the rule book.

        Raises UnknownRule for a rule that is not in the rule book, ValueError for a property or a second check.
        """
        if rule(rule_id).property:
            raise ValueError(f"'{rule_id}' is a property: its guards are checked, not the property itself")
        if rule_id in self._checks:
            raise ValueError(f"'{rule_id}' has two checks")

        def mark(check: Callable[[S], Found]) -> Callable[[S], Found]:
            self._checks[rule_id] = check
            return check

        return mark

    def run(self, subject: S, waived: Set[str]) -> tuple[Finding, ...]:
        """Run every check on ``subject`` and return one finding a rule. The rules in ``waived`` are left out."""
        return tuple(_run(rule_id, check, subject, waived) for rule_id, check in self._checks.items())


def _run(rule_id: str, check: Callable[[S], Found], subject: S, waived: Set[str]) -> Finding:
    if rule_id in waived:
        return Finding(rule=rule_id, outcome="not-applicable", reason=LEFT_OUT)
    try:
        found = check(subject)
    except NotApplicable as absent:
        return Finding(rule=rule_id, outcome="not-applicable", reason=str(absent))
    except Exception as error:
        # A check must never take the portal down, and must never grant by failing.
        _log.exception("the check of %s failed", rule_id)
        return Finding(rule=rule_id, outcome="not-checked", reason=f"the check itself failed ({type(error).__name__})")
    if found is _OK:
        return _simply_ok(rule_id)
    hint = found.hint or (rule(rule_id).mend if found.outcome in ("violated", "warning") else "")
    return Finding(rule=rule_id, outcome=found.outcome, expected=found.expected, got=found.got, hint=hint)
