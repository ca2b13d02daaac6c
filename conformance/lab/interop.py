"""Every service provider of the lab judged by the whole catalogue, and the matrix of them all: ``nox -s interop``."""

import shutil
from pathlib import Path
from typing import get_args

import click

from conformance.baseline import holding
from conformance.browser import NoBrowser
from conformance.case import all_cases
from conformance.events import Driver, Exit
from conformance.lab import harness as lab
from conformance.report.targets import write
from conformance.run import run
from conformance.targets.target import find
from rulebook.strict_toml import FileProblem


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--driver", type=click.Choice(get_args(Driver)), default="browser", show_default=True)
@click.option("-n", "workers", type=click.IntRange(min=1), default=1, show_default=True, help="How many workers.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/interop"), show_default=True
)
@click.option("--publish", type=click.Path(path_type=Path, file_okay=False), help="Copy the matrix of all there.")
def main(names: tuple[str, ...], driver: Driver, workers: int, report: Path, publish: Path | None) -> None:
    """Judge the service providers of the lab, each beside its known failures, and write the matrix.

    Exits 1 when one of them could not be judged, or did not end as its baseline says.
    """
    if names and publish:
        raise click.UsageError("--publish is for the matrix of the whole lab: name no service provider.")
    ended: dict[str, Exit | str] = {}
    for name in names or lab.names_of("service-provider"):
        click.secho(f"\n{name}", bold=True)
        ended[name] = judge(name, driver, workers, report / name)
    judged = [name for name, end in ended.items() if isinstance(end, Exit)]
    if judged:
        baselines = [path for name in judged if (path := lab.baseline_path(name)).is_file()]
        shown = write([report / name for name in judged], baselines, report)
        click.echo(f"\n{shown.headline}\nReport: {report / 'matrix.html'}\n")
    for name, end in ended.items():
        click.echo(f"{name}: {_said(end)}")
    if publish and len(judged) == len(ended):
        for kind in ("html", "md"):
            shutil.copyfile(report / f"matrix.{kind}", publish / f"interop.{kind}")
    raise SystemExit(Exit.FAILED if any(end != Exit.PASSED for end in ended.values()) else Exit.PASSED)


def judge(name: str, driver: Driver, workers: int, report: Path) -> Exit | str:
    """Judge one service provider; return how the run ended, or why there was none."""
    shutil.rmtree(report, ignore_errors=True)
    baseline = lab.baseline_path(name)
    try:
        held = holding(baseline if baseline.is_file() else None, [case.id for case in all_cases()], write=False)
        workers = 1 if lab.load(name).one_at_a_time else workers
        return run(find(f"lab:{name}"), all_cases(), driver, workers, report, (), held)
    except (lab.LabProblem, FileProblem, NoBrowser) as problem:
        return str(problem)


def _said(end: Exit | str) -> str:
    if isinstance(end, str):
        return f"not judged. {end}"
    return "as its baseline says" if end == Exit.PASSED else f"not as its baseline says (exit {int(end)})"


if __name__ == "__main__":
    main()
