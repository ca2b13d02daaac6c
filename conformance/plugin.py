"""The pytest plugin behind ``conformance run``: batches of cases between controls, and the stream of their verdicts.

Cases that have a control in common stand in one batch. A batch begins and ends with that control; the verdicts of its
cases become certain only when the closing control has been performed: the last report of the batch carries all of
them, and to pytest a case has passed when it was performed. With ``-n`` a batch stays with one worker.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from conformance.case import Case, Control, all_cases
from conformance.drivers import Unsupported
from conformance.events import CARRIED, CASES, CaseEvent, Observed, case_file
from conformance.opening import open_referee
from conformance.referee import Performed, Referee
from conformance.report.message import posted_message
from conformance.targets.target import find, ready
from conformance.verdict import Observation, Verdict, judge
from idp_sim.config import Portal

BATCH = 25
"""Most cases that share a closing control: a killed run loses no more of them, for each worker."""

PERFORMED = pytest.StashKey[Performed]()
SKIPPED = pytest.StashKey[str]()
SECONDS = pytest.StashKey[float]()
BATCHES = pytest.StashKey["Batches"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what ``conformance run`` hands over."""
    group = parser.getgroup("conformance")
    group.addoption("--target", default="stub", help="the portal under test")
    group.addoption("--driver", default="browser", choices=["browser", "http"], help="how sites are visited")
    group.addoption("--case", action="append", default=[], help="the id of a case to run; may be repeated")
    group.addoption("--canary", default=Portal("", "").canary_url, help="the address that no portal may fetch")
    group.addoption("--run-dir", default="", help="where messages and pictures are kept")


def pytest_configure(config: pytest.Config) -> None:
    """Register the parts that a session needs."""
    config.addinivalue_line("markers", "xdist_group(name): the batch of a case, which one worker performs")
    config.stash[BATCHES] = Batches(config)
    config.pluginmanager.register(config.stash[BATCHES], "conformance-batches")


class Batches:
    """Puts the cases into batches, performs the controls around them and reports verdicts once they are certain."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = contextlib.ExitStack()
        self._waiting: list[pytest.Item] = []
        self._accepted: dict[Control, Observation] = {}

    @functools.cached_property
    def referee(self) -> Referee:
        """The referee of this process, started on first use."""
        return _open_referee(self._config, self._stack)

    def pytest_sessionfinish(self) -> None:
        """Stop what was started."""
        self._stack.close()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort cases with equal controls together and cut them into batches; mark each with its batch."""
        order: dict[Control, list[pytest.Item]] = {}
        for item in items:
            order.setdefault(_case(item).control, []).append(item)
        items[:] = [item for group in order.values() for item in group]
        for number, group in enumerate(order.values()):
            for place, item in enumerate(group):
                batch = f"{number}-{place // BATCH}"
                item.add_marker(pytest.mark.xdist_group(batch))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Perform one case; when it is the last of its batch, perform the closing control and decide the batch."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        self._waiting.append(item)
        if nextitem is None or _batch(nextitem) != _batch(item):
            vars(reports[-1])[CARRIED] = self._close_batch(_case(item).control)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def before(self, control: Control) -> None:
        """Perform the opening control of a batch, unless the one before it closed with the same. Raises Unsupported."""
        if control not in self._accepted:
            self._accepted.clear()
            self._accepted[control] = self.referee.control(control)

    def _close_batch(self, control: Control) -> list[dict[str, Any]]:
        opening = self._accepted.pop(control, None)
        closing = opening
        if opening is not None and opening.went_well:
            closing = self.referee.control(control)
            if closing.went_well:
                self._accepted[control] = closing
        events = [self._decide(item, closing) for item in self._waiting]
        self._waiting.clear()
        return [event.as_dict() for event in events if event is not None]

    def _decide(self, item: pytest.Item, control: Observation | None) -> CaseEvent | None:
        case = _case(item)
        performed, skipped = item.stash.get(PERFORMED, None), item.stash.get(SKIPPED, None)
        if skipped is not None:
            return _event(case, Verdict(word="skipped", reason=skipped), None, 0.0)
        if performed is None or control is None:
            return None  # The referee itself failed: the report of this case carries its traceback.
        self._keep(case, performed)
        verdict = judge(case.outcome, case.expected, performed.seen, control, case.declared)
        return _event(case, verdict, performed.seen, item.stash[SECONDS])

    def _keep(self, case: Case, performed: Performed) -> None:
        run_dir = self._config.getoption("run_dir")
        if not run_dir:
            return
        directory = Path(run_dir)
        (directory / CASES).mkdir(parents=True, exist_ok=True)
        if performed.message is not None:
            response = posted_message(performed.message)
            if response is None:
                case_file(directory, case.id, ".url").write_text(performed.message.url, encoding="utf-8")
            else:
                case_file(directory, case.id, ".b64").write_text(response, encoding="utf-8")
        if performed.picture is not None:
            case_file(directory, case.id, ".png").write_bytes(performed.picture)


def _case(item: pytest.Item) -> Case:
    case: Case = item.callspec.params["case"]  # type: ignore[attr-defined]
    return case


def _batch(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return marker.args[0] if marker else ""


def _event(case: Case, verdict: Verdict, seen: Observation | None, seconds: float) -> CaseEvent:
    observed = Observed()
    if seen is not None:
        observed = Observed(result=seen.result, person=seen.person, message=seen.message, rules=seen.rules)
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


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Leave the telling of progress to the run: it prints verdicts, not that a case was performed."""
    return ("", "", "") if report.passed else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the suite's test one item for each selected case."""
    if "case" in metafunc.fixturenames:
        chosen = set(metafunc.config.getoption("case"))
        cases = [case for case in all_cases() if not chosen or case.id in chosen]
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])


@pytest.fixture
def perform(request: pytest.FixtureRequest) -> Callable[[Case], None]:
    """Perform a case between its controls, and leave what was seen for the verdict."""
    batches: Batches = request.config.stash[BATCHES]
    stash = request.node.stash

    def perform_case(case: Case) -> None:
        reason = batches.referee.why_not(case)
        try:
            if reason is None:
                batches.before(case.control)
                started = time.perf_counter()
                stash[PERFORMED] = batches.referee.perform(case)
                stash[SECONDS] = time.perf_counter() - started
        except Unsupported as error:
            reason = str(error)
        if reason is not None:
            stash[SKIPPED] = reason

    return perform_case


def _open_referee(config: pytest.Config, stack: contextlib.ExitStack) -> Referee:
    """Start what one worker needs; the stack stops it."""
    worker = int(getattr(config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))
    target, driver, canary = (config.getoption(name) for name in ("target", "driver", "canary"))
    return open_referee(ready(find(target)), driver, canary, stack, worker=worker)
