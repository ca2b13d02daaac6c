"""The pytest plugin behind ``conformance run``: a batch of cases is a test, and its report carries their verdicts.

The verdicts of a batch become certain with its closing control, all at once. So that is when they travel, from a worker
(``-n``) to the process that writes the stream. To pytest a batch has passed when it was performed: one that fails is
an error of the referee itself.
"""

import contextlib
import gc
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, get_args

import pytest

from conformance.batches import Batch, batches
from conformance.case import all_cases
from conformance.events import CARRIED, FAILED_IN, Driver
from conformance.opening import open_referee
from conformance.performing import Performer
from conformance.targets.target import find, ready

EVENTS = pytest.StashKey[list[dict[str, Any]]]()
STRUCK = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what ``conformance run`` hands over."""
    group = parser.getgroup("conformance")
    group.addoption("--target", required=True, help="the portal under test")
    group.addoption("--driver", required=True, choices=get_args(Driver), help="how sites are visited")
    group.addoption("--cases", required=True, help="the ids of the cases to run, with blanks between them")
    group.addoption("--canary", required=True, help="the address that no portal may fetch")
    group.addoption("--run-dir", required=True, help="where messages and pictures are kept")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the suite's test one item for each batch of the selected cases."""
    chosen = set(metafunc.config.getoption("cases").split())
    made = batches(case for case in all_cases() if case.id in chosen)
    metafunc.parametrize("batch", made, ids=[batch.id for batch in made])


@pytest.fixture(scope="session")
def performer(pytestconfig: pytest.Config) -> Generator[Performer]:
    """Start what one worker needs, and stop it at the end."""
    worker = int(getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))
    target, driver, canary, directory = (
        pytestconfig.getoption(name) for name in ("target", "driver", "canary", "run_dir")
    )
    with contextlib.ExitStack() as stack:
        referee = open_referee(ready(find(target)), driver, canary, stack, worker=worker)
        yield Performer(referee, Path(directory))


@pytest.fixture
def perform(request: pytest.FixtureRequest, performer: Performer) -> Callable[[Batch], None]:
    """Return what performs a batch, and leaves its verdicts for the report. It raises the errors of the referee."""
    stash = request.node.stash

    def perform_batch(batch: Batch) -> None:
        judged = performer.perform(batch)
        stash[EVENTS] = [event.as_dict() for event in judged.events]
        if judged.errors:
            stash[STRUCK] = [where for where, _ in judged.errors]
            raise ExceptionGroup("the referee failed", [error for _, error in judged.errors])

    return perform_batch


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to the report of a batch its verdicts, and in which cases the referee failed."""
    report = yield
    if call.when == "call":
        vars(report)[CARRIED] = item.stash.get(EVENTS, [])
        vars(report)[FAILED_IN] = item.stash.get(STRUCK, [])
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Leave what has been loaded out of the garbage collector's rounds: it stays, and is most of what there is."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure() -> Generator[None]:
    """Spare the interpreter its last rounds, for which the leader would wait; what pytest itself collects is first."""
    yield
    gc.freeze()


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Leave the telling of progress to the run: it prints verdicts, not that a batch was performed."""
    return ("", "", "") if report.passed else None
