"""``summary.md``: the run on one page, for a pull request or the summary of a build."""

import re
from collections import Counter
from collections.abc import Sequence

from conformance.events import VERDICTS, summary_line
from conformance.report.view import HEADINGS, CaseView, RunView

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(shown: RunView) -> str:
    """Return the run as Markdown."""
    run = shown.run
    parts = [f"# Conformance of {escaped(shown.target)}", escaped(shown.headline)]
    if shown.cut_off:
        parts.append(f"> **{shown.cut_off}**")
    parts.append(table(tuple(HEADINGS[verdict] for verdict in VERDICTS), [tuple(map(str, run.counts.values()))]))
    for verdict, cases in shown.groups():
        if verdict == "skipped":
            parts += [f"## {HEADINGS[verdict]}", _reasons(cases)]
        elif verdict != "pass":
            parts += [f"## {HEADINGS[verdict]}", _cases(cases)]
    parts.append(
        f"{summary_line(run)}. Driver: {run.header.driver}. Started {escaped(run.header.started)}. "
        f"Suite {escaped(run.header.suite)}."
    )
    return "\n\n".join(parts) + "\n"


def _cases(cases: list[CaseView]) -> str:
    rows = [(escaped(case.event.id), escaped(case.event.rule or "none"), _why(case)) for case in cases]
    return table(("Case", "Rule", "Why"), rows)


def _why(case: CaseView) -> str:
    return escaped(case.reason) + (f" **Known:** {escaped(case.known)}" if case.known else "")


def _reasons(cases: list[CaseView]) -> str:
    reasons = Counter(case.reason for case in cases)
    return table(("Cases", "Why"), [(str(number), escaped(reason)) for reason, number in reasons.most_common()])


def table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table; the cells are written as they are."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ("---",) * len(heading), *rows))


def escaped(text: str) -> str:
    """Return the text on one line, with nothing in it that Markdown would take for its own."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
