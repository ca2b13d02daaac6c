"""One run: the sites, pytest with the suite, the stream of verdicts, the reports, the exit code."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import conformance.suite
from conformance.baseline import Held
from conformance.canary import Canary
from conformance.case import Case
from conformance.doctor.diagnosis import diagnose, is_well
from conformance.doctor.gather import examine, spoken
from conformance.doctor.telling import lines
from conformance.events import (
    CARRIED,
    FAILED_IN,
    CaseEvent,
    Driver,
    Exit,
    Header,
    Run,
    Writer,
    clear,
    from_dict,
    summary_line,
)
from conformance.lab.harness import LabProblem, load, running
from conformance.targets.profile import Profile
from conformance.targets.target import Target, ready, simulator_for
from conformance.telling import held_exit_code, report, tell
from idp_sim.keyring import INSTANCE, INSTANCE_VARIABLE, Keyring
from rulebook.strict_toml import FileProblem


class Recorder:
    """A pytest plugin: writes every verdict to the stream as it becomes certain, and tells of it."""

    def __init__(self, writer: Writer, selected: int) -> None:
        self.internal_errors: list[str] = []
        self._writer, self._selected, self._done = writer, selected, 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdicts of a batch from its last report; a failed report is an error of the referee itself."""
        for fields in getattr(report, CARRIED, ()):
            event = from_dict(fields, report.nodeid)
            assert isinstance(event, CaseEvent)  # noqa: S101 - the plugin attaches nothing else
            self._done += 1
            self._writer.case(event)
            tell(event, self._done, self._selected)
        if report.failed:
            where = ", ".join(getattr(report, FAILED_IN, ())) or f"{report.nodeid} ({report.when})"
            self.internal_errors.append(f"{where}\n{report.longreprtext}")

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep an error of the referee's own machinery."""
        self.internal_errors.append(str(excrepr))

    @staticmethod
    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Leave out where an interrupt struck, but for pytest's own call that it ended; no report shows more.

        It can strike where the interpreter knows no line, and to write such a place down is an error in pytest, which
        would end the run without its reports.
        """
        excinfo.traceback = excinfo.traceback[:1]


def run(
    target: Target,
    cases: Sequence[Case],
    driver: Driver,
    workers: int,
    directory: Path,
    pytest_options: Sequence[str],
    baseline: Callable[[Run], Held] = lambda _: Held(),
    *,
    doctor: bool = True,
) -> Exit:
    """Judge the target by the cases and write the reports to ``directory``. Raises FileProblem, NoBrowser, LabProblem.

    ``baseline`` tells of a run which failures are known. A portal that somebody else runs is seen by the ``doctor``
    first: where that fails, no case is performed, and no report of an earlier run is left to be taken for this one's.
    """
    started = time.monotonic()
    if workers > 1 and target.harness is not None and load(target.harness).one_at_a_time:
        raise LabProblem(f"{target.name} is judged one case at a time (one_at_a_time in its lab.toml). Leave out -n.")
    with contextlib.ExitStack() as stack:
        canary = stack.enter_context(Canary())
        examined = doctor and target.weaknesses is None
        target, keyring = stack.enter_context(simulator_beside(target, canary.url, lenient=examined))
        clock_offset = 0.0
        concerned = [word for word in spoken(target.profile) if any(case.protocol == word for case in cases)]
        if examined and concerned:
            facts = examine(target, concerned, keyring, driver, canary.url)
            clock_offset, findings = facts.clock_offset, diagnose(facts)
            for line in lines(findings):
                click.echo(line, err=True)
            if not is_well(findings):
                clear(directory)
                click.echo("No case was performed. 'conformance run --no-doctor' performs them all the same.", err=True)
                return Exit.INCONCLUSIVE
        header = Header(
            suite=version("sso-conformance"),
            target=target.as_event(),
            driver=driver,
            started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            clock_offset=clock_offset,
            selected=len(cases),
        )
        writer = stack.enter_context(Writer(directory, header))
        recorder = Recorder(writer, len(cases))
        arguments = [
            *("--disable-plugin-autoload", "-p", "conformance.plugin", "-p", "no:cacheprovider"),
            *("-qq", "--no-header", "--no-summary", "--rootdir", str(Path(conformance.suite.__file__).parent)),
            *("-c", str(Path(conformance.suite.__file__).with_name("pytest.toml"))),
            # A worker has the batch that it performs and the next, no more: so all end at nearly the same time.
            *(["-p", "xdist", "-n", str(workers), "--maxschedchunk", "1"] if workers > 1 else []),
            *("--target", target.text, "--driver", driver, "--run-dir", str(directory)),
            *("--canary", canary.url, "--cases", " ".join(case.id for case in cases)),
            *pytest_options,
            conformance.suite.__path__[0],
        ]
        ended = pytest.main(arguments, plugins=[recorder])
        if ended not in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            writer.finish(round(time.monotonic() - started, 3))
    outcome = writer.run
    held = report(outcome, directory, baseline)
    for error in recorder.internal_errors:
        click.echo(f"Internal error in {error}", err=True)
    click.echo(summary_line(outcome))
    if recorder.internal_errors or ended == pytest.ExitCode.INTERNAL_ERROR:
        return Exit.INTERNAL_ERROR
    if ended == pytest.ExitCode.USAGE_ERROR:
        return Exit.USAGE
    return held_exit_code(outcome, held)


def _keyring_for(profile: Profile) -> Keyring:
    """Return the keys with which the portal was told to trust the simulator; remote logins need none."""
    if profile.protocols == ("remote-login",):
        return Keyring.ephemeral()
    return Keyring.open(Path(profile.simulator.instance or os.environ.get(INSTANCE_VARIABLE, INSTANCE)))


@contextlib.contextmanager
def simulator_beside(
    target: Target, canary_url: str, *, lenient: bool = False
) -> Iterator[tuple[Target, Keyring | None]]:
    """Run the simulator beside a portal that somebody else runs; stubs have their own beside them.

    Yields the target with all that can be found out of it, and the simulator's keys. Where ``lenient``, metadata that
    cannot be read is left for the doctor to tell of. Raises FileProblem for it else, or when the simulator cannot
    listen where the target's profile says; LabProblem when a service provider of the lab does not start.
    """
    with contextlib.ExitStack() as stack:
        if target.harness is not None:
            stack.enter_context(running(target.harness))
        if target.weaknesses is not None:
            yield target, None
            return
        try:
            target = ready(target)
        except FileProblem:
            if not lenient:
                raise
        keyring = _keyring_for(target.profile)
        stack.enter_context(simulator_for(target.profile, keyring, canary_url))
        yield target, keyring
