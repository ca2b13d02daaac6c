"""Performing a batch: its opening control, its cases, its closing control, and the verdicts, which are certain then."""

import time
from collections.abc import Iterator
from pathlib import Path

import attrs

from conformance.batches import Batch
from conformance.case import Case, Control
from conformance.drivers import Unsupported
from conformance.events import CASES, CaseEvent, Observed, case_file
from conformance.referee import Performed, Referee
from conformance.report.message import posted_message
from conformance.verdict import Observation, Verdict, judge


@attrs.frozen
class Timed:
    """What came of one case, and the seconds that it took."""

    performed: Performed
    seconds: float


@attrs.frozen
class Judged:
    """The verdicts of a batch, and the referee's own errors, each with the case in which it struck.

    A case in which the referee failed has no verdict; where it failed in the closing control, none has.
    """

    events: list[CaseEvent] = attrs.field(factory=list)
    errors: list[tuple[str, Exception]] = attrs.field(factory=list)


@attrs.define
class Performer:
    """Performs batches one after the other; messages and pictures are kept in the report folder ``directory``."""

    referee: Referee
    directory: Path
    _accepted: dict[Control, Observation] = attrs.field(factory=dict)
    """The last control, as long as it can serve as the opening one of what follows."""

    def perform(self, batch: Batch) -> Judged:
        """Perform and judge the cases of a batch. An error of the referee in one of them leaves the others alone."""
        judged, came = Judged(), list[tuple[Case, Timed | str]]()
        for case in batch.cases:
            try:
                came.append((case, self._perform(case)))
            except Exception as error:
                judged.errors.append((case.id, error))
        control: Observation | None = None
        try:
            control = self._close(batch.control)
        except Exception as error:
            judged.errors.append((f"the control after {batch.id}", error))
        for case, result in came:
            try:
                judged.events.extend(self._events(case, result, control))
            except Exception as error:
                judged.errors.append((case.id, error))
        return judged

    def _perform(self, case: Case) -> Timed | str:
        """Perform a case after its opening control, or return why it cannot be performed."""
        reason = self.referee.why_not(case)
        if reason is not None:
            return reason
        try:
            self._open(case.control)
            started = time.perf_counter()
            performed = self.referee.perform(case)
            return Timed(performed, time.perf_counter() - started)
        except Unsupported as error:
            return str(error)

    def _open(self, control: Control) -> None:
        """Perform the opening control, unless the batch before closed with the same. Raises Unsupported."""
        if control not in self._accepted:
            self._accepted.clear()
            self._accepted[control] = self.referee.control(control)

    def _close(self, control: Control) -> Observation | None:
        """Return the worse of the opening and the closing control; ``None`` where no case came as far as that."""
        opening = self._accepted.pop(control, None)
        if opening is None or not opening.went_well:
            return opening
        closing = self.referee.control(control)
        if closing.went_well:
            self._accepted[control] = closing
        return closing

    def _events(self, case: Case, result: Timed | str, control: Observation | None) -> Iterator[CaseEvent]:
        """Yield the verdict on a case, unless the referee failed in the closing control: then none is certain."""
        if isinstance(result, str):
            yield _event(case, Verdict(word="skipped", reason=result))
        elif control is not None:
            self._keep(case, result.performed)
            seen = result.performed.seen
            verdict = judge(case.outcome, case.expected, seen, control, case.declared)
            observed = Observed(result=seen.result, person=seen.person, message=seen.message, rules=seen.rules)
            yield _event(case, verdict, observed, result.seconds)

    def _keep(self, case: Case, performed: Performed) -> None:
        (self.directory / CASES).mkdir(parents=True, exist_ok=True)
        if performed.message is not None:
            response = posted_message(performed.message)
            if response is None:
                case_file(self.directory, case.id, ".url").write_text(performed.message.url, encoding="utf-8")
            else:
                case_file(self.directory, case.id, ".b64").write_text(response, encoding="utf-8")
        if performed.picture is not None:
            case_file(self.directory, case.id, ".png").write_bytes(performed.picture)


_NOTHING_SEEN = Observed()


def _event(case: Case, verdict: Verdict, observed: Observed = _NOTHING_SEEN, seconds: float = 0.0) -> CaseEvent:
    return CaseEvent(
        id=case.id,
        rule=case.scenario.breaks[0].id if case.scenario.breaks else None,
        outcome=case.outcome,
        verdict=verdict.word,
        expected=case.expected,
        observed=observed,
        proof=verdict.proof,
        seconds=round(seconds, 3),
        reason=verdict.reason or None,
    )
