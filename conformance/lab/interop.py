"""Everything of one kind in the lab judged by all there is, and the matrix of them all: ``nox -s interop``."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from conformance.baseline import Held, holding
from conformance.browser import NoBrowser
from conformance.case import Case, all_cases
from conformance.events import Driver, Exit, Run
from conformance.idp.probe import Probe
from conformance.idp.probes import all_probes
from conformance.idp.run import run as check
from conformance.idp.target import find as find_identity_provider
from conformance.lab import harness as lab
from conformance.options import DRIVER
from conformance.report.targets import write
from conformance.run import run
from conformance.targets.target import find
from rulebook.strict_toml import FileProblem

PUBLISHED = {"service-provider": "interop", "identity-provider": "interop-identity-providers"}
"""The name of the matrix in the docs, by kind."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--kind", type=click.Choice(list(PUBLISHED)), default="service-provider", show_default=True)
@DRIVER
@click.option(
    "-n",
    "workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many workers; an identity provider is checked by one.",
)
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/interop"), show_default=True
)
@click.option("--publish", type=click.Path(path_type=Path, file_okay=False), help="Copy the matrix of all there.")
def main(
    names: tuple[str, ...], kind: lab.Kind, driver: Driver, workers: int, report: Path, publish: Path | None
) -> None:
    """Judge all of one kind in the lab, each beside its known failures, and write the matrix.

    Exits 1 when one of them could not be judged, or did not end as its baseline says.
    """
    if names and publish:
        raise click.UsageError("--publish is for the matrix of the whole lab: name none.")
    ended: dict[str, Exit | str] = {}
    for name in names or lab.names_of(kind):
        click.secho(f"\n{name}", bold=True)
        ended[name] = judge(name, kind, driver, workers, report / name)
    judged = [name for name, end in ended.items() if isinstance(end, Exit)]
    if judged:
        baselines = [path for name in judged if (path := lab.baseline_path(name)).is_file()]
        shown = write([report / name for name in judged], baselines, report)
        click.echo(f"\n{shown.headline}\nReport: {report / 'matrix.html'}\n")
    for name, end in ended.items():
        click.echo(f"{name}: {_said(end)}")
    if publish and len(judged) == len(ended):
        for suffix in ("html", "md"):
            shutil.copyfile(report / f"matrix.{suffix}", publish / f"{PUBLISHED[kind]}.{suffix}")
    raise SystemExit(Exit.FAILED if any(end != Exit.PASSED for end in ended.values()) else Exit.PASSED)


def judge(name: str, kind: lab.Kind, driver: Driver, workers: int, report: Path) -> Exit | str:
    """Judge one of this kind; return how the run ended, or why there was none."""
    shutil.rmtree(report, ignore_errors=True)
    try:
        if kind == "identity-provider":
            provider = find_identity_provider(f"lab:{name}").profile
            with lab.running(name):
                return check(provider, all_probes(), driver, report, _held(name, all_probes()))
        portal = find(f"lab:{name}")
        workers = 1 if lab.load(name).one_at_a_time else workers
        return run(portal, all_cases(), driver, workers, report, (), _held(name, all_cases()))
    except (lab.LabProblem, FileProblem, NoBrowser) as problem:
        return str(problem)


def _held(name: str, judged: Sequence[Case | Probe]) -> Callable[[Run], Held]:
    baseline = lab.baseline_path(name)
    return holding(baseline if baseline.is_file() else None, [each.id for each in judged], write=False)


def _said(end: Exit | str) -> str:
    if isinstance(end, str):
        return f"not judged. {end}"
    return "as its baseline says" if end == Exit.PASSED else f"not as its baseline says (exit {int(end)})"


if __name__ == "__main__":
    main()
