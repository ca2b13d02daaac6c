"""Known failures (``--baseline FILE``): what a target is known to do wrong, and held both ways.

A known failure does not fail the run. What the file says and the run does not bear out does: a case that passes by
now, one that goes wrong in another way, an entry that nothing needs, a review that is overdue.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import attrs
import tomli_w

from conformance.events import CaseEvent, Run
from idp_sim.aliases import today as name_today
from idp_sim.catalogue import NOTHING
from rulebook.strict_toml import FileProblem, nearest, read

Known = Literal["fail", "wrong-reason", "crash", "inconclusive"]
WITHHELD = "withheld"
"""The reason of an entry of which nothing is told: how a forged identity gets in."""
REVIEW_AFTER = timedelta(days=90)
"""When an entry that was written from a run must be looked at again."""


@attrs.frozen(kw_only=True)
class Entry:
    """Cases that fail for one reason. ``verdict`` is what each of them gets; ``link`` leads to where it is discussed.

    ``reason`` says whether it is the target, its configuration or the protocol's freedom; what would describe how a
    forged identity gets in says ``withheld``.
    """

    target: str
    verdict: Known
    reason: str
    review_by: date
    cases: tuple[str, ...]
    link: str = ""


@attrs.frozen(kw_only=True)
class Baseline:
    """Every entry of a file, for whatever target."""

    known: tuple[Entry, ...] = ()

    def of(self, target: str) -> dict[str, Entry]:
        """Return the entries of this target by case id."""
        return {case: entry for entry in self.known if entry.target == target for case in entry.cases}


@attrs.frozen(kw_only=True)
class Held:
    """A run beside its baseline: the reasons of the failures that are known, by case id, and what is not borne out."""

    reasons: Mapping[str, str] = NOTHING
    problems: tuple[str, ...] = ()


def load(path: Path, catalogue: Iterable[str]) -> Baseline:
    """Read a baseline. Raises FileProblem for one that cannot be used: an unknown case or key, or a case twice."""
    baseline = read(path, Baseline)
    known = set(catalogue)
    seen = set[tuple[str, str]]()
    for entry in baseline.known:
        for case in entry.cases:
            if case not in known:
                renamed = name_today(case)
                hint = f" It is called '{renamed}' now." if renamed in known else nearest(case, known)
                raise FileProblem(f"{path}: there is no case '{case}'.{hint}")
            if (entry.target, case) in seen:
                raise FileProblem(f"{path}: '{case}' stands twice for {entry.target}.")
            seen.add((entry.target, case))
        if not entry.cases or not entry.reason.strip():
            raise FileProblem(f"{path}: an entry for {entry.target} needs 'cases' and a 'reason'.")
    return baseline


def hold(baseline: Baseline, run: Run, today: date) -> Held:
    """Hold the baseline against a run. Entries for other targets, and cases that were not selected, are left alone."""
    target = str(run.header.target.get("name"))
    entries = baseline.of(target)
    if baseline.known and not entries:
        named = ", ".join(sorted({entry.target for entry in baseline.known}))
        return Held(reasons={}, problems=(f"No entry of the baseline is for {target}. It knows {named}.",))
    reasons, problems = dict[str, str](), list[str]()
    for event in run.cases:
        entry = entries.get(event.id)
        if entry is None:
            continue
        if event.verdict == entry.verdict:
            reasons[event.id] = entry.reason
        else:
            problems.append(_not_borne_out(event, entry))
    for entry in baseline.known:
        used = any(case in reasons for case in entry.cases)
        if entry.target == target and used and entry.review_by < today:
            late = (today - entry.review_by).days
            problems.append(
                f"The review of {entry.cases[0]}{_more(entry.cases)} was due on {entry.review_by}, {late} "
                f"day{'s' * (late != 1)} ago. Look into it again, and set 'review_by' anew."
            )
    return Held(reasons=reasons, problems=tuple(problems))


def _not_borne_out(event: CaseEvent, entry: Entry) -> str:
    if event.verdict in ("pass", "advisory"):
        return f"{event.id} is a known failure ({entry.verdict}), and passes. Take it out of the baseline."
    if event.verdict == "skipped":
        return (
            f"{event.id} is a known failure ({entry.verdict}), and is skipped: {event.reason} Nothing needs the entry."
        )
    return f"{event.id} is known for '{entry.verdict}', and the verdict is '{event.verdict}': {event.reason}"


def _more(cases: Sequence[str]) -> str:
    return f" and {len(cases) - 1} more" if len(cases) > 1 else ""


def from_run(run: Run, before: Baseline, today: date) -> Baseline:
    """Return a baseline in which every failure of the run is known; what was known before keeps its words.

    Entries for other targets, and for cases that this run did not hold, are kept.
    """
    target = str(run.header.target.get("name"))
    seen = {event.id: event for event in run.cases}
    kept, known = list[Entry](), set[str]()
    for entry in before.known:
        if entry.target == target:
            cases = tuple(case for case in entry.cases if case not in seen or seen[case].verdict == entry.verdict)
            known.update(cases)
            entry = attrs.evolve(entry, cases=cases)  # noqa: PLW2901 - the same entry, without what has changed
        if entry.cases:
            kept.append(entry)
    groups: dict[tuple[Known, str], list[str]] = {}
    for event in run.cases:
        verdict = event.verdict
        if event.id not in known and verdict in ("fail", "wrong-reason", "crash", "inconclusive"):
            withheld = event.observed.result in ("as-forged", "as-other")
            groups.setdefault((verdict, WITHHELD if withheld else str(event.reason)), []).append(event.id)
    new = [
        Entry(target=target, verdict=verdict, reason=reason, review_by=today + REVIEW_AFTER, cases=tuple(cases))
        for (verdict, reason), cases in groups.items()
    ]
    return Baseline(known=(*kept, *new))


def to_toml(baseline: Baseline) -> str:
    """Return the baseline as the text of its file."""
    entries = [
        {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in attrs.asdict(entry).items()
            if value
        }
        for entry in baseline.known
    ]
    return tomli_w.dumps({"known": entries})


def holding(path: Path | None, catalogue: Sequence[str], *, write: bool) -> Callable[[Run], Held]:
    """Return what holds the baseline at ``path`` against a run; with ``write``, the file takes up its failures first.

    Without a path nothing is known. Raises FileProblem, at once, for a file that cannot be used.
    """
    if path is None:
        return lambda _: Held()
    before = Baseline() if write and not path.exists() else load(path, catalogue)

    def held(run: Run) -> Held:
        today = datetime.now(UTC).date()
        if not write:
            return hold(before, run, today)
        written = from_run(run, before, today)
        path.write_text(to_toml(written), encoding="utf-8")
        return hold(written, run, today)

    return held
