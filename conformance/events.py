"""A run as a stream of events, one JSON object a line: header, one event a case, footer.

The words are those of the command-line contract; ``fixtures/schemas/events.schema.json`` is the same as a JSON
Schema. Every report is a reader of this stream. A stream without its footer, or with a cut last line, is a run
that was cut off: it is readable all the same.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, ClassVar, Literal, Self, get_args

import attrs

from idp_sim.catalogue import Outcome
from rulebook.strict_toml import FileProblem, structure

Verdict = Literal["pass", "fail", "wrong-reason", "crash", "inconclusive", "advisory", "skipped"]
Result = Literal["refused", "as-signed", "as-forged", "as-other", "accepted", "crash"]
"""``accepted``: somebody is signed in, and the target does not show who. Only a profile that cannot tell has it."""
Proof = Literal["declared", "message", "control", "identity"]
Driver = Literal["browser", "http"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
BROKEN: frozenset[Verdict] = frozenset({"fail", "wrong-reason", "crash"})
"""The verdicts that speak against the target."""
NOT_RUN: frozenset[Verdict] = frozenset({"skipped", "inconclusive"})
"""The verdicts of a case in which, perhaps, nothing was observed."""

SCHEMA = 1
STREAM = "events.ndjson"
CASES = "cases"
CARRIED = "conformance_events"
"""The attribute of a pytest report in which a batch's events travel, as plain JSON, from a worker to its leader."""
FAILED_IN = "conformance_failed_in"
"""The attribute in which travels where the referee itself failed: ids of cases, or a control in words."""
_REPORTS = (STREAM, "junit.xml", "index.html", "summary.md")
_CASE_FILES = (".b64", ".url", ".png")
_SAID: Mapping[Verdict, str] = {"pass": "passed", "fail": "failed", "crash": "crashed"}


@attrs.frozen
class _Event:
    """What the three kinds of events have in common."""

    kind: ClassVar[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the event as plain JSON values, ``event`` first."""
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return {"event": self.kind, **{name: _plain(value) for name, value in fields.items()}}


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _none_if_empty(text: str | None) -> str | None:
    return text or None


class Exit(IntEnum):
    """The exit codes of ``conformance``. Where several hold, the first of ``INTERNAL_ERROR`` to ``PASSED`` is given."""

    INTERNAL_ERROR = 3
    INTERRUPTED = 2
    USAGE = 4
    NOTHING_SELECTED = 5
    FAILED = 1
    INCONCLUSIVE = 6
    PASSED = 0


@attrs.frozen(kw_only=True)
class Header(_Event):
    """The first event. ``selected`` is the number of cases that this run will report, skipped ones included.

    ``target`` describes what is judged, as plain JSON; its ``name`` is shown in headings. ``started`` is RFC 3339
    with ``Z``. ``clock_offset`` is the target's clock minus this machine's, in seconds.
    """

    kind: ClassVar = "header"

    schema: int = SCHEMA
    suite: str
    target: Mapping[str, Any]
    driver: Driver
    started: str
    clock_offset: float = 0.0
    selected: int


@attrs.frozen(kw_only=True)
class Observed:
    """What the person experienced. ``result`` is ``None`` only when the case was not run.

    ``person`` is the address of who was signed in, ``message`` the text that the page showed, ``rules`` the public
    rule ids that the target declared.
    """

    result: Result | None = None
    person: str | None = None
    message: str | None = None
    rules: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CaseEvent(_Event):
    """One case, written once its verdict is certain.

    ``rule`` is the rule that the case breaks, ``None`` for a sound one; ``expected`` are the rules by which a refusal
    counts as rightly reasoned. ``seconds`` is the time that the case took, without its controls. Raises ValueError
    for a verdict other than ``pass`` without its ``reason`` in words, and for a ``result`` that the verdict denies.
    """

    kind: ClassVar = "case"

    id: str
    rule: str | None = None
    outcome: Outcome
    verdict: Verdict
    expected: tuple[str, ...] = ()
    observed: Observed = Observed()
    proof: Proof | None = None
    seconds: float
    reason: str | None = attrs.field(default=None, converter=_none_if_empty)

    def __attrs_post_init__(self) -> None:
        if self.verdict != "pass" and not self.reason:
            raise ValueError(f"{self.id}: the verdict '{self.verdict}' needs its reason in words")
        if self.observed.result is None and self.verdict not in NOT_RUN:
            raise ValueError(f"{self.id}: the verdict '{self.verdict}' needs an observed result")
        if self.observed.result is not None and self.verdict == "skipped":
            raise ValueError(f"{self.id}: a skipped case was not run, so it has no observed result")


@attrs.frozen(kw_only=True)
class Footer(_Event):
    """The last event: how often each verdict was given, and how many seconds the whole run took."""

    kind: ClassVar = "footer"

    counts: Mapping[Verdict, int]
    seconds: float


Event = Header | CaseEvent | Footer
_KINDS: Mapping[str, type[Event]] = {kind.kind: kind for kind in (Header, CaseEvent, Footer)}


@attrs.frozen(kw_only=True)
class Run:
    """A whole run, or as much of it as was written before it was cut off."""

    header: Header
    cases: tuple[CaseEvent, ...] = ()
    footer: Footer | None = None

    @property
    def of_an_identity_provider(self) -> bool:
        """Whether an identity provider was judged, by probes; else a portal was, by cases."""
        return self.header.target.get("kind") == "identity-provider"

    @property
    def complete(self) -> bool:
        """Whether the run came to its end and every selected case has its verdict."""
        return self.footer is not None and len(self.cases) == self.header.selected

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many cases have each verdict; every verdict is named."""
        return count(case.verdict for case in self.cases)

    @property
    def seconds(self) -> float:
        """The seconds that the run took; of a run that was cut off, the sum over its cases."""
        return self.footer.seconds if self.footer else sum(case.seconds for case in self.cases)


def count(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Return how often each verdict stands in ``verdicts``; those that never do are there with 0."""
    counts = dict.fromkeys(VERDICTS, 0)
    for verdict in verdicts:
        counts[verdict] += 1
    return counts


def exit_code(run: Run, known: Collection[str] = ()) -> Exit:
    """Return the exit code that the events themselves give (an internal error and wrong usage are the caller's).

    ``known`` are the ids of the cases whose failure is known: they do not speak against the target.
    """
    counts = count(case.verdict for case in run.cases if case.id not in known)
    if not run.complete:
        return Exit.INTERRUPTED
    if counts["skipped"] == len(run.cases):
        return Exit.NOTHING_SELECTED
    if any(counts[verdict] for verdict in BROKEN):
        return Exit.FAILED
    return Exit.INCONCLUSIVE if counts["inconclusive"] else Exit.PASSED


def summary_line(run: Run) -> str:
    """Return the last line that ``conformance run`` prints."""
    said = ", ".join(f"{number} {_SAID.get(verdict, verdict)}" for verdict, number in run.counts.items())
    return f"{said} in {run.seconds:.1f} s"


def to_line(event: Event) -> bytes:
    """Return the event as one line of UTF-8 JSON, with its line feed."""
    text = json.dumps(event.as_dict(), ensure_ascii=False, allow_nan=False)
    # A page may show half a surrogate pair; what this error handler writes for it is its JSON escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def from_line(line: bytes, where: str) -> Event:
    """Return the event that the line holds. Raises FileProblem, which begins with ``where``."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise FileProblem(f"{where}: expected one JSON object, got {line[:60]!r}.")
    return from_dict(fields, where)


def from_dict(fields: Mapping[str, Any], where: str) -> Event:
    """Return the event of which these are the fields, as ``as_dict`` gives them. Raises FileProblem."""
    rest = dict(fields)
    kind = _KINDS.get(str(rest.pop("event", None)))
    if kind is None:
        raise FileProblem(f"{where}: expected an event of kind {', '.join(_KINDS)}.")
    if kind is Header and rest.get("schema") != SCHEMA:
        raise FileProblem(
            f"{where}: expected events of schema {SCHEMA}, got {rest.get('schema')!r}. Read them with the version "
            f"that wrote them ({rest.get('suite')})."
        )
    return structure(rest, kind, where)


def read(path: Path) -> Run:
    """Read the stream at ``path`` (or in the report folder ``path``). What stands after a cut is left out.

    Raises FileProblem for a file that is missing, has no header, holds something else than events or has one case
    twice. A cut last line and a missing footer are no problem: then ``complete`` is False.
    """
    if path.is_dir():
        path = path / STREAM
    try:
        *lines, rest = path.read_bytes().split(b"\n")
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror}).") from None
    events = [from_line(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    if rest:
        try:
            events.append(from_line(rest, str(path)))
        except FileProblem:
            if not events:
                raise
    if not events or not isinstance(events[0], Header):
        raise FileProblem(f"{path}: the first line is not a header, so this is no stream of events.")
    header, others = events[0], events[1:]
    footer = next((event for event in others[-1:] if isinstance(event, Footer)), None)
    cases = [event for event in others if isinstance(event, CaseEvent)]
    if len(cases) + (footer is not None) != len(others):
        raise FileProblem(f"{path}: expected nothing but cases between one header and one footer.")
    if len({case.id for case in cases}) != len(cases):
        raise FileProblem(f"{path}: a case has two verdicts. The stream was written by two runs at once.")
    return Run(header=header, cases=tuple(cases), footer=footer)


class Writer:
    """Writes the stream of one run to ``directory``; each line is flushed, so that a killed run leaves it readable.

    Use it as a context manager. What an earlier run left in the same folder is removed first, so that no old
    screenshot stands beside a new verdict.
    """

    def __init__(self, directory: Path, header: Header) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        clear(directory)
        self.directory = directory
        self._file: BinaryIO = (directory / STREAM).open("wb")
        self._header = header
        self._cases: dict[str, CaseEvent] = {}
        self._footer: Footer | None = None
        self._write(header)

    @property
    def run(self) -> Run:
        """The run as far as it is written: what ``read`` makes of the stream."""
        return Run(header=self._header, cases=tuple(self._cases.values()), footer=self._footer)

    def case(self, case: CaseEvent) -> None:
        """Write one case. Raises ValueError if it has been written before."""
        if case.id in self._cases:
            raise ValueError(f"{case.id}: has its verdict already")
        self._cases[case.id] = case
        self._write(case)

    def finish(self, seconds: float) -> Footer:
        """Write the footer, with the counts of what was written, and return it."""
        self._footer = Footer(counts=self.run.counts, seconds=seconds)
        self._write(self._footer)
        return self._footer

    def close(self) -> None:
        """Close the file. Without ``finish`` before it, the run counts as cut off."""
        self._file.close()

    def _write(self, event: Event) -> None:
        self._file.write(to_line(event))
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def case_file(directory: Path, case_id: str, suffix: Literal[".b64", ".url", ".png"]) -> Path:
    """Return where the message of a case as sent (``.b64``, ``.url``) or its screenshot (``.png``) is kept."""
    return directory / CASES / f"{case_id}{suffix}"


def clear(directory: Path) -> None:
    """Remove what an earlier run left in the report folder, and nothing else."""
    old = [directory / name for name in _REPORTS]
    old += [path for path in (directory / CASES).glob("*") if path.suffix in _CASE_FILES]
    for path in old:
        path.unlink(missing_ok=True)
