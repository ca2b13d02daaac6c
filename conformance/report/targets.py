"""Cases by targets: several runs side by side, and first of all what one target does and no other."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from conformance.baseline import WITHHELD, load
from conformance.events import CaseEvent, Run, read, summary_line
from conformance.report.html import document
from conformance.report.markdown import escaped, table
from conformance.report.titles import place_in, titles
from conformance.report.view import HEADINGS, WORST_FIRST, printable
from conformance.report.words import words_for
from idp_sim.catalogue import NOTHING

LETTERS: Mapping[str, str] = {
    "pass": "·", "fail": "F", "wrong-reason": "W", "crash": "C", "inconclusive": "?", "advisory": "a", "skipped": "s",
    "withheld": "x", "absent": "",
}  # fmt: skip
WITHHELD_MEANS = "Not told before the target's maintainers have mended it."
FEWEST = 3
"""With fewer targets nobody can tell who is the odd one out."""


@attrs.frozen
class Cell:
    """One case at one target: the verdict and why.

    In the verdict's place stands ``absent`` where the run does not hold the case, and ``withheld`` where the baseline
    says so. ``behaviour`` is what the target did, in one word: of an advisory case, whether the login was accepted.
    """

    word: str
    behaviour: str
    reason: str


@attrs.frozen
class Row:
    """One case at every target, in the order of the columns."""

    id: str
    title: str
    cells: tuple[Cell, ...]

    @property
    def behaviours(self) -> tuple[str, ...]:
        """What each target did."""
        return tuple(cell.behaviour for cell in self.cells)

    @property
    def alone(self) -> int | None:
        """The column of the one target that does otherwise than all others, which agree."""
        judged = [(place, done) for place, done in enumerate(self.behaviours) if done not in _UNTOLD]
        counts = Counter(done for _, done in judged)
        if len(judged) < FEWEST or len(counts) != 2 or min(counts.values()) != 1:
            return None
        odd = min(counts, key=counts.__getitem__)
        return next(place for place, done in judged if done == odd)


ABSENT = Cell("absent", "absent", "")
_UNTOLD = ("absent", "skipped", WITHHELD)


@attrs.frozen
class Table:
    """Every case of the runs: in the order of the catalogue, whoever of several workers came first."""

    runs: tuple[Run, ...]
    rows: tuple[Row, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(printable(str(run.header.target.get("name", "target"))) for run in self.runs)

    @property
    def summaries(self) -> tuple[str, ...]:
        """The result of each run in one line."""
        return tuple(
            summary_line(run)
            + ("" if run.header.driver == "browser" else " (without a browser)")
            + ("" if run.complete else " (cut off)")
            for run in self.runs
        )

    def anomalies(self) -> Iterator[tuple[str, list[tuple[Row, str, str]]]]:
        """Yield each target that does what no other does: the cases, what it does there and what the others do."""
        for place, name in enumerate(self.names):
            found = [(row, row.behaviours[place], _others(row, place)) for row in self.rows if row.alone == place]
            if found:
                yield name, found

    @property
    def uneven(self) -> tuple[Row, ...]:
        """The cases that do not pass at every target."""
        return tuple(row for row in self.rows if set(row.behaviours) != {"pass"})

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        odd = sum(row.alone is not None for row in self.rows)
        return (
            f"{len(self.rows)} cases at {len(self.runs)} targets: {len(self.rows) - len(self.uneven)} pass everywhere, "
            f"in {odd} one target does what no other does."
        )


def side_by_side(
    runs: Sequence[Run], titles: Mapping[str, str], known: Callable[[str], Mapping[str, str]] = lambda _: NOTHING
) -> Table:
    """Put the runs side by side; ``titles`` are those of the cases by id, in the order of the catalogue.

    ``known`` gives the reasons of a target's known failures by case id.
    """
    columns = [_column(run, known(str(run.header.target.get("name")))) for run in runs]
    held = dict.fromkeys(event.id for run in runs for event in run.cases)
    ids = sorted(held, key=place_in(titles))
    rows = [Row(case, titles.get(case, ""), tuple(column.get(case, ABSENT) for column in columns)) for case in ids]
    return Table(tuple(runs), tuple(rows))


def _column(run: Run, known: Mapping[str, str]) -> dict[str, Cell]:
    def cell(event: CaseEvent) -> Cell:
        reason = known.get(event.id, "")
        if reason == WITHHELD:
            return Cell(WITHHELD, WITHHELD, WITHHELD_MEANS)
        return Cell(event.verdict, _behaviour(event), " ".join(filter(None, (event.reason, reason))))

    return {event.id: cell(event) for event in run.cases}


def write(runs: Sequence[Path], baselines: Sequence[Path], report: Path) -> Table:
    """Put the runs in these folders side by side, and write ``matrix.html`` and ``matrix.md``. Raises FileProblem."""
    cases = titles()
    known = [load(baseline, cases) for baseline in baselines]

    def reasons(target: str) -> dict[str, str]:
        return {case: entry.reason for baseline in known for case, entry in baseline.of(target).items()}

    shown = side_by_side([read(run) for run in runs], cases, reasons)
    report.mkdir(parents=True, exist_ok=True)
    (report / "matrix.html").write_text(to_html(shown), encoding="utf-8")
    (report / "matrix.md").write_text(to_markdown(shown), encoding="utf-8")
    return shown


def to_html(shown: Table) -> str:
    """Return the table as one page that needs nothing else."""
    meanings: dict[str, str] = {
        **{verdict: words_for(shown.runs[0]).meanings[verdict] for verdict in WORST_FIRST},
        WITHHELD: WITHHELD_MEANS,
    }
    words = {word: (LETTERS[word], meaning) for word, meaning in meanings.items()}
    return document("targets.html", "matrix.css", None, shown=shown, words=words, letters=LETTERS, printable=printable)


def to_markdown(shown: Table) -> str:
    """Return the table as Markdown: the anomalies, then every case that does not pass everywhere."""
    parts = ["# Cases by targets", escaped(shown.headline)]
    parts.append(
        table(
            ("Target", "Result"), [(escaped(n), escaped(s)) for n, s in zip(shown.names, shown.summaries, strict=True)]
        )
    )
    parts.append("## What one target does and no other")
    anomalies = [
        (escaped(name), f"`{row.id}`", escaped(its), escaped(others))
        for name, found in shown.anomalies()
        for row, its, others in found
    ]
    parts.append(table(("Target", "Case", "It", "The others"), anomalies) if anomalies else "Nothing.")
    parts.append("## Cases that do not pass everywhere")
    rows = [(f"`{row.id}`", *(LETTERS[cell.word] for cell in row.cells)) for row in shown.uneven]
    parts.append(table(("Case", *map(escaped, shown.names)), rows) if rows else "None.")
    legend = ", ".join(f"{LETTERS[verdict]} {HEADINGS[verdict].lower()}" for verdict in WORST_FIRST)
    rest = f"{LETTERS[WITHHELD]} withheld; nothing: that run does not hold the case."
    return "\n\n".join([*parts, f"{legend}, {rest}"]) + "\n"


def _behaviour(event: CaseEvent) -> str:
    if event.verdict == "advisory":
        return "accepted" if event.observed.result in ("as-signed", "accepted") else "refused"
    return event.verdict


def _others(row: Row, place: int) -> str:
    return next(done for other, done in enumerate(row.behaviours) if other != place and done not in _UNTOLD)
