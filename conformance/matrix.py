"""The kill matrix: every case put to every weakness of the stub. It shows what each case is able to find.

A case *finds* a weakness when its verdict on the stub that has it is anything but a pass; an advisory case, which is
never judged, when its result is another than on the sound stub, or what the administrator is warned of. The matrix is
*diagonal* when each weakness is found by cases of its own rules only.
"""

import functools
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import attrs

from conformance.case import Case, all_cases
from conformance.in_process import deliver
from conformance.selection import matches
from conformance.verdict import Observation, judge
from portal_stub.weakness import NaiveReader, Weaknesses, naive_readers
from rulebook import RULES
from rulebook.strict_toml import read

CHANGED = "changed"
"""What stands in the matrix for an advisory case whose result is another than on the sound stub."""
ACCEPTED = Observation(result="as-signed")
"""The control of a case that is put to a weakness: a sound login, which the sound stub accepts."""
_AT_ONCE = 20

Row = dict[str, str]
"""Of one case: the verdict (or ``changed``) by the name of each weakness that it finds."""


@attrs.frozen(kw_only=True)
class Weakness:
    """A column of the matrix. ``rules`` are those whose cases are to find it; its ``name`` is that of the target."""

    name: str
    statement: str
    rules: frozenset[str]
    weaknesses: Weaknesses
    too_strict: bool = False

    @property
    def is_one_guard(self) -> bool:
        """Whether it is one of several checks that together enforce a property."""
        return bool(RULES.keys() & self.weaknesses.without) and any(RULES[rule].property for rule in self.rules)

    def is_met_by(self, case: Case) -> bool:
        """Whether the case breaks a rule that this portal forgot, or the portal is too strict for one that is sound.

        An advisory one is sound, too, where the settings say so.
        """
        if self.too_strict or not case.scenario.breaks:
            return self.too_strict and case.outcome in ("must-accept", "advisory")
        return any(broken.id in self.rules for broken in case.scenario.breaks)


@attrs.frozen(kw_only=True)
class Known:
    """Entries off the diagonal, by globs, and why they are right."""

    cases: str
    weakness: str
    reason: str


@attrs.frozen(kw_only=True)
class Toothless:
    """Cases that find nothing, by a glob, and why they are in the catalogue all the same."""

    cases: str
    reason: str


@attrs.frozen(kw_only=True)
class _Reasons:
    entry: tuple[Known, ...] = ()
    toothless: tuple[Toothless, ...] = ()


@attrs.frozen(kw_only=True)
class Matrix:
    """Who finds what. ``rows`` has an entry for every case that was put to the weaknesses, in catalogue order."""

    rows: Mapping[str, Row]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases that were put to the weaknesses."""
        return tuple(case for case in all_cases() if case.id in self.rows)

    def off_diagonal(self) -> Iterator[tuple[Case, Weakness]]:
        """Yield what is found by a case of another rule, without a known reason."""
        for case, weakness in self.found():
            if not weakness.is_met_by(case) and reason_for(case, weakness) is None:
                yield case, weakness

    def found(self) -> Iterator[tuple[Case, Weakness]]:
        """Yield every entry of the matrix."""
        for case in self.cases:
            for weakness in all_weaknesses():
                if weakness.name in self.rows[case.id]:
                    yield case, weakness

    def not_found_though_met(self, cases: Sequence[Case]) -> Iterator[tuple[Case, Weakness]]:
        """Yield what is empty though the case breaks the rule; it may be enforced where only a server shows it."""
        for case in cases:
            for weakness in all_weaknesses():
                demanded = bool(case.scenario.breaks) and not weakness.is_one_guard and not weakness.too_strict
                told = demanded and weakness.is_met_by(case)
                if told and weakness.name not in self.rows.get(case.id, {}):
                    yield case, weakness

    def toothless(self) -> tuple[Case, ...]:
        """Return the cases that find nothing, without a known reason."""
        known = [one.cases for one in _reasons().toothless]
        return tuple(
            case for case in self.cases if not self.rows[case.id] and not any(matches(glob, case.id) for glob in known)
        )

    def unfound(self) -> tuple[Weakness, ...]:
        """Return the weaknesses that no case finds; one guard alone may be missed, others stand beside it."""
        found = {weakness.name for _, weakness in self.found()}
        return tuple(known for known in all_weaknesses() if known.name not in found and not known.is_one_guard)


@functools.cache
def all_weaknesses() -> tuple[Weakness, ...]:
    """Return every weakness of the stub: each rule left out, then each naive reader."""
    left_out = [
        Weakness(
            name=f"without={rule.id}",
            statement=f"Does not enforce: {rule.statement}",
            rules=frozenset(filter(None, (rule.id, rule.guard_of))),
            weaknesses=Weaknesses.named(without=[rule.id]),
        )
        for rule in RULES.values()
        if not rule.property and rule.upon == "portal"
    ]
    return (*left_out, *map(_of_reader, naive_readers().values()))


def _of_reader(reader: NaiveReader) -> Weakness:
    properties = {RULES[known].guard_of for known in reader.forgets | reader.loosens}
    return Weakness(
        name=f"naive={reader.name}",
        statement=reader.description,
        rules=reader.forgets.union(reader.loosens, filter(None, properties)),
        weaknesses=Weaknesses.named(naive=[reader.name]),
        too_strict=bool(reader.tightens),
    )


@functools.cache
def _reasons() -> _Reasons:
    return read(Path(__file__).with_name("matrix.toml"), _Reasons)


def reason_for(case: Case, weakness: Weakness) -> str | None:
    """Return why an entry off the diagonal is right, or None where nobody knows."""
    for known in _reasons().entry:
        if matches(known.cases, case.id) and matches(known.weakness, weakness.name):
            return known.reason
    return None


def in_process(cases: Sequence[Case], processes: int, tell: Callable[[int], None]) -> dict[str, Row]:
    """Put cases to every weakness without servers, and return their rows; journeys are left out.

    ``tell`` is called with the number of cases that came to be done.
    """
    minted = [case.id for case in cases if case.scenario.stage != "journey"]
    chunks = [minted[start : start + _AT_ONCE] for start in range(0, len(minted), _AT_ONCE)]
    rows: dict[str, Row] = {}
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for done in pool.map(_rows, chunks):
            rows |= done
            tell(len(done))
    return rows


def _rows(case_ids: Sequence[str]) -> dict[str, Row]:
    wanted = set(case_ids)
    rows = {}
    for case in all_cases():
        delivered = deliver(case) if case.id in wanted else None
        if delivered is not None:
            usual = experience(delivered.observe())
            rows[case.id] = {
                weakness.name: word
                for weakness in all_weaknesses()
                if (word := word_for(case, delivered.observe(weakness.weaknesses), usual))
            }
    return rows


def experience(seen: Observation) -> str:
    """Return in a word or two what came of a case: the result, and of which rules the administrator is warned."""
    return " ".join((seen.result, *(seen.rules if seen.result == "as-signed" else ())))


def word_for(case: Case, seen: Observation, usual: str, declared: Sequence[str] | None = None) -> str:
    """Return what stands in the matrix, or nothing where the case did not find the weakness.

    ``usual`` is the experience of the case on the sound stub; ``declared`` are the rules that a page is to name.
    """
    word = judge(case.outcome, case.expected, seen, ACCEPTED, declared).word
    if word == "advisory":
        return CHANGED if experience(seen) != usual else ""
    return "" if word == "pass" else word
