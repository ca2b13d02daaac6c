"""The kill matrix as a page and as Markdown: rows cases, columns weaknesses."""

import json
from collections.abc import Iterator

import attrs

from conformance.case import Case
from conformance.matrix import Matrix, Row, Weakness, all_weaknesses, reason_for
from conformance.report.html import document
from conformance.report.markdown import escaped, table

WORDS = {
    "fail": ("F", "The case fails: a person is signed in who must not be, or a sound login is refused."),
    "wrong-reason": ("W", "The case is refused, but no longer for the rule that it breaks."),
    "crash": ("C", "The portal failed."),
    "changed": ("A", "An advisory case went otherwise than on the sound stub."),
}
_INTRODUCTION = (
    "A case finds a weakness when its verdict on the stub that has it is anything but `pass`. An entry in *italics* "
    "is found by a case of another rule; the last section says why."
)
_TOGETHER = (
    "They differ in what they do to the message, as their titles say, not in what they find on the stub. Another "
    "portal may well tell them apart."
)
KINDS = {"without": "Checks left out", "naive": "Naive readers"}


@attrs.frozen(kw_only=True)
class Together:
    """The cases of one scenario function that find the same weaknesses: one row of the page."""

    cases: tuple[Case, ...]
    row: Row

    @property
    def label(self) -> str:
        """The id of the case, or of its function and how many cases it stands for."""
        if len(self.cases) == 1:
            return self.cases[0].id
        return f"{_function(self.cases[0])} ({len(self.cases)} cases)"

    @property
    def title(self) -> str:
        """What the first of its cases does."""
        return self.cases[0].scenario.title


@attrs.frozen(kw_only=True)
class MatrixView:
    """The matrix as it is shown: equal rows of one function together, in the order of what they find."""

    matrix: Matrix
    rows: tuple[Together, ...]
    columns: tuple[Weakness, ...]

    def kinds(self) -> list[tuple[str, int]]:
        """Return the headings above the columns and how many columns each spans."""
        names = [weakness.name.partition("=")[0] for weakness in self.columns]
        return [(heading, names.count(kind)) for kind, heading in KINDS.items()]

    def off_diagonal(self, row: Together, weakness: Weakness) -> str:
        """Return why an entry stands off the diagonal; empty for one on it."""
        case = row.cases[0]
        return "" if weakness.is_met_by(case) else reason_for(case, weakness) or "No reason is known."

    def falling_together(self) -> Iterator[tuple[Row, list[Together]]]:
        """Yield rows of different functions that find exactly the same weaknesses."""
        alike: dict[str, list[Together]] = {}
        for row in self.rows:
            if row.row:
                alike.setdefault(json.dumps(row.row, sort_keys=True), []).append(row)
        for rows in alike.values():
            if len({_function(row.cases[0]) for row in rows}) > 1:
                yield rows[0].row, rows

    @property
    def headline(self) -> str:
        """The matrix in two sentences."""
        entries = sum(len(row) for row in self.matrix.rows.values())
        breaking = sum(bool(case.scenario.breaks) for case in self.matrix.cases)
        return (
            f"{len(self.matrix.rows)} cases, {breaking} of which break a rule, were put to {len(self.columns)} "
            f"weaknesses of the stub: {entries} verdicts are other than on the sound stub."
        )


def view(matrix: Matrix) -> MatrixView:
    """Arrange the matrix for showing: each row where its first weakness stands, so that the diagonal is seen."""
    order = {weakness.name: place for place, weakness in enumerate(all_weaknesses())}
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in matrix.cases:
        groups.setdefault((_function(case), json.dumps(matrix.rows[case.id], sort_keys=True)), []).append(case)
    rows = [Together(cases=tuple(cases), row=matrix.rows[cases[0].id]) for cases in groups.values()]
    rows.sort(key=lambda row: min((order[name] for name in row.row), default=len(order)))
    return MatrixView(matrix=matrix, rows=tuple(rows), columns=all_weaknesses())


def to_html(shown: MatrixView) -> str:
    """Return the matrix as one HTML document, with its style inside."""
    return document("weaknesses.html", "matrix.css", None, shown=shown, words=WORDS)


def to_markdown(shown: MatrixView) -> str:
    """Return the matrix as Markdown: a row a case, with the weaknesses it finds in the place of the columns."""
    parts = [
        "# What every case is able to find",
        f"{shown.headline} The picture is `weaknesses.html`; `conformance weaknesses --report docs` writes both.",
        _INTRODUCTION,
        "## Cases",
        table(("Case", "Finds"), [(_code(row.label), _finds(shown, row)) for row in shown.rows]),
        "## Weaknesses",
        table(
            ("Weakness", "What it is", "Found by"),
            [(_code(column.name), escaped(column.statement), _finders(shown, column)) for column in shown.columns],
        ),
    ]
    together = list(shown.falling_together())
    if together:
        parts += [
            "## Scenarios that find the same",
            _TOGETHER,
            table(
                ("Find", "Scenarios"),
                [
                    (_names(row), "<br>".join(f"{_code(one.label)}: {escaped(one.title)}" for one in rows))
                    for row, rows in together
                ],
            ),
        ]
    reasons = sorted({reason_for(case, weakness) or "" for case, weakness in shown.matrix.found()} - {""})
    if reasons:
        parts += ["## Why some entries stand off the diagonal", "\n".join(f"- {escaped(reason)}" for reason in reasons)]
    return "\n\n".join(parts) + "\n"


def _finds(shown: MatrixView, row: Together) -> str:
    names = [
        f"*{_code(weakness.name)}*" if shown.off_diagonal(row, weakness) else _code(weakness.name)
        for weakness in shown.columns
        if weakness.name in row.row
    ]
    return ", ".join(names) or "(must be accepted: it finds portals that are too strict)"


def _finders(shown: MatrixView, weakness: Weakness) -> str:
    count = sum(weakness.name in row for row in shown.matrix.rows.values())
    if count:
        return f"{count} cases"
    return "one of several guards: alone it changes nothing" if weakness.is_one_guard else "**nothing**"


def _names(row: Row) -> str:
    return ", ".join(map(_code, row))


def _code(text: str) -> str:
    return f"`{text}`"


def _function(case: Case) -> str:
    return case.id.partition("@")[0].partition("[")[0]
