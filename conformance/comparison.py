"""Two runs side by side: what has become worse, what better, what came, what went, what is judged otherwise."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import attrs

from conformance.events import CaseEvent, Run, Verdict

Kind = Literal["regressed", "fixed", "new", "gone", "changed reason"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_BADNESS: Mapping[Verdict, int] = {
    "pass": 0,
    "advisory": 0,
    "skipped": 1,
    "inconclusive": 2,
    "wrong-reason": 3,
    "fail": 4,
    "crash": 4,
}
"""A case that is no longer run has become worse than one that passed: nothing is silently not run."""

PASSING = re.compile(
    r"\S+@\S+"  # an address
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b"  # a UUID
    r"|\b_?(?=\w*\d)[0-9A-Za-z]{16,}\b"  # an ID of a message
    r"|\d+"
)
"""What differs between two sign-ins of one kind: who of the people signed in, ports, moments, identifiers."""


@attrs.frozen(kw_only=True)
class Difference:
    """One case that is not in both runs the same; ``before`` or ``after`` is missing where the run did not hold it."""

    id: str
    kind: Kind
    before: CaseEvent | None
    after: CaseEvent | None

    @property
    def sentence(self) -> str:
        """The verdicts of both sides, and why."""
        sides = [event for event in (self.before, self.after) if event is not None]
        verdicts = " -> ".join(event.verdict for event in sides)
        reasons = list(dict.fromkeys(event.reason for event in sides if event.reason))
        return "\n    ".join([f"{self.id}: {verdicts}", *reasons])


@attrs.frozen(kw_only=True)
class Comparison:
    """What differs between two runs, and ``remarks`` on what makes them hard to compare."""

    differences: tuple[Difference, ...]
    compared: int
    remarks: tuple[str, ...]
    cut_off: bool
    """Whether the new run came to no end: whatever it lacks may have become worse."""

    @property
    def regressed(self) -> bool:
        """Whether anything is worse than before, as far as it can be told."""
        return self.cut_off or any(found.kind == "regressed" for found in self.differences)

    def of(self, kind: Kind) -> list[Difference]:
        """Return the differences of one kind."""
        return [found for found in self.differences if found.kind == kind]

    @property
    def summary(self) -> str:
        """The result in one line."""
        counts = ", ".join(f"{len(self.of(kind))} {kind}" for kind in KINDS)
        same = self.compared - sum(found.before is not None and found.after is not None for found in self.differences)
        return f"{counts}, {same} the same"


def compare(old: Run, new: Run) -> Comparison:
    """Compare two runs, case by case.

    A reason that differs only in what no two runs have in common (people, ports, moments, identifiers) is the same.
    """
    before, after = ({event.id: event for event in run.cases} for run in (old, new))
    differences = []
    for case_id in dict.fromkeys([*before, *after]):
        kind = _kind(before.get(case_id), after.get(case_id))
        if kind is not None:
            differences.append(Difference(id=case_id, kind=kind, before=before.get(case_id), after=after.get(case_id)))
    return Comparison(
        differences=tuple(differences),
        compared=len(before.keys() & after.keys()),
        remarks=tuple(_remarks(old, new)),
        cut_off=not new.complete,
    )


def _kind(before: CaseEvent | None, after: CaseEvent | None) -> Kind | None:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    worse = _BADNESS[after.verdict] - _BADNESS[before.verdict]
    if worse:
        return "regressed" if worse > 0 else "fixed"
    return None if _essence(before) == _essence(after) else "changed reason"


def _essence(event: CaseEvent) -> tuple[object, ...]:
    observed, reason = event.observed, event.reason or ""
    # A worker has people of its own, whose names stand in the reason.
    for name in (observed.person or "").split("<")[:1]:
        reason = reason.replace(name.strip() or "<", "")
    return (event.verdict, observed.result, observed.rules, event.expected, PASSING.sub("#", reason))


def _remarks(old: Run, new: Run) -> Sequence[str]:
    remarks = []
    for name, of in (
        ("target", lambda run: str(run.header.target.get("name"))),
        ("driver", lambda run: run.header.driver),
    ):
        if of(old) != of(new):
            remarks.append(f"The {name}s differ: {of(old)} and {of(new)}.")
    for which, run in (("old", old), ("new", new)):
        if not run.complete:
            remarks.append(
                f"The {which} run was cut off: {len(run.cases)} of {run.header.selected} cases have a verdict."
            )
    return remarks
