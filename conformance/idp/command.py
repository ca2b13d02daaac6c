"""The command ``conformance idp``."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from conformance.events import Exit
from conformance.options import BASELINE, DRIVER, REPORT
from rulebook.strict_toml import FileProblem

if TYPE_CHECKING:
    from conformance.idp.probe import Probe


class Unusable(click.ClickException):
    """What was given cannot be used; the text says why."""

    exit_code = Exit.USAGE


@click.command("idp")
@click.argument("profile", metavar="PROFILE")
@click.argument("selects", metavar="[SELECT]...", nargs=-1)
@DRIVER
@REPORT
@BASELINE
@click.option("--write-baseline", is_flag=True, help="Write the failures of this check into the baseline.")
@click.option("--headed", is_flag=True, help="Show the browser's window.")
@click.option("--slow", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Rest at each step.")
@click.option("--portal-metadata", is_flag=True, help="Only print the metadata of our portal, to register it there.")
def idp_command(
    profile: str,
    selects: tuple[str, ...],
    driver: Literal["browser", "http"],
    report: Path,
    baseline: Path | None,
    write_baseline: bool,
    headed: bool,
    slow: float,
    portal_metadata: bool,
) -> None:
    """Check an identity provider, or a remote login page: sign in there, and hold it to the rules, one by one.

    PROFILE is a TOML file (docs/identity-provider-profiles.md) or lab:NAME. Exit codes as 'run'.
    """
    from conformance.baseline import holding  # noqa: PLC0415 - '--help' answers without them
    from conformance.browser import NoBrowser, find_or_fetch  # noqa: PLC0415
    from conformance.idp.enrolment import described  # noqa: PLC0415
    from conformance.idp.probes import all_probes  # noqa: PLC0415
    from conformance.idp.run import run  # noqa: PLC0415
    from conformance.idp.target import find  # noqa: PLC0415
    from conformance.lab.harness import LabProblem, running  # noqa: PLC0415
    from conformance.opening import Window  # noqa: PLC0415

    if write_baseline and baseline is None:
        raise Unusable("--write-baseline needs --baseline FILE: the file to write.")
    if driver == "http" and (headed or slow):
        raise Unusable("--headed and --slow are the browser's: leave '--driver http' out.")
    try:
        target = find(profile)
        if portal_metadata:
            click.echo(described(target.profile.portal).metadata.decode("utf-8"), nl=False)
            return
        chosen = selected(selects)
        held = holding(baseline, [probe.id for probe in all_probes()], write=write_baseline)
        if driver == "browser":
            find_or_fetch()
        with contextlib.ExitStack() as stack:
            if target.harness is not None:
                stack.enter_context(running(target.harness))
            ended = run(target.profile, chosen, driver, report, held, Window(headed=headed, slow=slow))
    except (FileProblem, LabProblem, NoBrowser) as error:
        raise Unusable(str(error)) from None
    raise SystemExit(ended)


def selected(selects: tuple[str, ...]) -> "tuple[Probe, ...]":
    """Return the probes that the command line names, telling of words that name none. Exits 5 where nothing is left."""
    from conformance.idp.probes import all_probes  # noqa: PLC0415
    from conformance.selection import select  # noqa: PLC0415

    probes, remarks = select(all_probes(), selects)
    for remark in remarks:
        click.echo(remark, err=True)
    if not probes:
        click.echo("Nothing is selected. 'conformance list --idp' shows every probe.", err=True)
        raise SystemExit(Exit.NOTHING_SELECTED)
    return probes


def list_probes(selects: tuple[str, ...], *, as_json: bool) -> None:
    """Print the probes that the command line names, as 'conformance list' prints cases."""
    probes = selected(selects)
    if as_json:
        told = [
            {
                "id": probe.id,
                "rule": probe.rule.id,
                "outcome": probe.outcome,
                "topic": probe.id.partition("[")[0].rpartition(".")[0],
                "title": probe.title,
                "clause": probe.rule.clause,
                "cves": [],
            }
            for probe in probes
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    width = max(len(probe.id) for probe in probes)
    for probe in probes:
        click.echo(f"{probe.id:<{width}}  {probe.outcome:<11}  {probe.title}")
