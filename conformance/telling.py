"""What a run tells on the terminal, and how it ends: the same for portals and for identity providers."""

from collections.abc import Callable
from pathlib import Path

import click

from conformance.baseline import Held
from conformance.events import CaseEvent, Exit, Run, exit_code
from conformance.report import write_all

COLOURS = {"pass": "green", "advisory": "cyan", "skipped": "bright_black", "inconclusive": "yellow"}


def tell(event: CaseEvent, done: int, selected: int) -> None:
    """Tell a verdict: the ``done``-th of ``selected``."""
    width = len(str(selected))
    verdict = click.style(f"{event.verdict:<12}", fg=COLOURS.get(event.verdict, "red"))
    click.echo(f"[{done:>{width}}/{selected}] {verdict} {event.id}")
    if event.verdict not in ("pass", "advisory"):
        click.echo(f"{'':>{2 * width + 4}}{event.reason}")


def report(outcome: Run, directory: Path, baseline: Callable[[Run], Held]) -> Held:
    """Write the reports of a run beside its stream in ``directory``, and return what its baseline says."""
    held = baseline(outcome)
    write_all(outcome, directory, held.reasons)
    click.echo(f"Report: {directory / 'index.html'}")
    for problem in held.problems:
        click.echo(f"Baseline: {problem}", err=True)
    if held.reasons:
        click.echo(f"{len(held.reasons)} of the failures below are known to the baseline.")
    return held


def held_exit_code(outcome: Run, held: Held) -> Exit:
    """Return the exit code of a run beside its baseline: what that says and the run does not bear out fails it."""
    ended_with = exit_code(outcome, held.reasons.keys())
    return Exit.FAILED if held.problems and ended_with in (Exit.PASSED, Exit.INCONCLUSIVE) else ended_with
