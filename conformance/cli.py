"""The command ``conformance`` (command-line.md)."""

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NoReturn, get_args
from urllib.parse import urlsplit

import click

from conformance.case import Case, all_cases
from conformance.events import Exit, read
from conformance.idp.command import idp_command, list_probes
from conformance.options import BASELINE, DRIVER, REPORT
from conformance.selection import select
from rulebook.strict_toml import FileProblem


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Judge a portal's single sign-on by sign-ins that are sound and sign-ins that break exactly one rule."""


cli.add_command(idp_command)


@cli.command("run")
@click.argument("selects", metavar="[SELECT]...", nargs=-1)
@click.option("--portal", default="stub", show_default=True, metavar="TARGET", help="The portal: 'stub' or a profile.")
@DRIVER
@click.option("-n", "workers", type=click.IntRange(min=1), default=1, show_default=True, help="How many workers.")
@REPORT
@BASELINE
@click.option("--write-baseline", is_flag=True, help="Write the failures of this run into the baseline.")
@click.option("--doctor/--no-doctor", default=True, help="Whether the doctor sees a portal that is not the stub first.")
@click.pass_context
def run_command(
    context: click.Context,
    selects: tuple[str, ...],
    portal: str,
    driver: Literal["browser", "http"],
    workers: int,
    report: Path,
    baseline: Path | None,
    write_baseline: bool,
    doctor: bool,
) -> None:
    """Judge a portal. Options for pytest follow after '--'."""
    from conformance.baseline import holding  # noqa: PLC0415 - 'list' and '--help' answer without them
    from conformance.browser import NoBrowser, find_or_fetch  # noqa: PLC0415
    from conformance.lab.harness import LabProblem  # noqa: PLC0415
    from conformance.run import run  # noqa: PLC0415
    from conformance.targets.target import UnknownTarget, find  # noqa: PLC0415

    if write_baseline and baseline is None:
        _stop(Exit.USAGE, "--write-baseline needs --baseline FILE: the file to write.")
    try:
        target = find(portal)
        cases = _selected(selects)
        held = holding(baseline, [case.id for case in all_cases()], write=write_baseline)
        if driver == "browser":
            find_or_fetch()
        raise SystemExit(run(target, cases, driver, workers, report, context.obj, held, doctor=doctor))
    except (FileProblem, UnknownTarget, LabProblem, NoBrowser) as error:
        _stop(Exit.USAGE, str(error))


@cli.command("doctor")
@click.option("--portal", default="stub", show_default=True, metavar="TARGET", help="The portal: 'stub' or a profile.")
@DRIVER
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def doctor_command(portal: str, driver: Literal["browser", "http"], as_json: bool) -> None:
    """Find out whether a portal is set up so that a run against it can tell anything; exit 6 if it is not."""
    from conformance.browser import NoBrowser  # noqa: PLC0415 - 'list' and '--help' answer without them
    from conformance.canary import Canary  # noqa: PLC0415
    from conformance.doctor import telling  # noqa: PLC0415
    from conformance.doctor.diagnosis import diagnose, is_well  # noqa: PLC0415
    from conformance.doctor.gather import examine, spoken  # noqa: PLC0415
    from conformance.lab.harness import LabProblem  # noqa: PLC0415
    from conformance.run import simulator_beside  # noqa: PLC0415
    from conformance.targets.target import UnknownTarget, find  # noqa: PLC0415

    try:
        target = find(portal)
        with Canary() as canary, simulator_beside(target, canary.url, lenient=True) as beside:
            target, keyring = beside
            facts = examine(target, spoken(target.profile), keyring, driver, canary.url)
    except (FileProblem, UnknownTarget, LabProblem, NoBrowser) as error:
        _stop(Exit.USAGE, str(error))
    findings = diagnose(facts)
    if as_json:
        click.echo(json.dumps(telling.as_json(findings, facts.clock_offset), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(telling.lines(findings)))
    raise SystemExit(Exit.PASSED if is_well(findings) else Exit.INCONCLUSIVE)


@cli.command("replay")
@click.argument("case_id", metavar="ID")
@click.option("--portal", default="stub", show_default=True, metavar="TARGET", help="The portal: 'stub' or a profile.")
@DRIVER
@click.option("--headed", is_flag=True, help="Show the browser's window.")
@click.option("--slow", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Rest at each step.")
def replay_command(case_id: str, portal: str, driver: Literal["browser", "http"], headed: bool, slow: float) -> None:
    """Perform one case again, and show what was sent and seen. Exit codes as 'run'."""
    from conformance.browser import NoBrowser  # noqa: PLC0415 - 'list' and '--help' answer without them
    from conformance.lab.harness import LabProblem  # noqa: PLC0415
    from conformance.opening import Window  # noqa: PLC0415
    from conformance.replay import replay  # noqa: PLC0415
    from conformance.targets.target import UnknownTarget, find  # noqa: PLC0415

    cases = _selected((case_id,))
    if len(cases) > 1:
        named = ", ".join(case.id for case in cases[:3])
        _stop(Exit.USAGE, f"One case is replayed at a time; '{case_id}' names {len(cases)}: {named}, ...")
    if driver == "http" and (headed or slow):
        _stop(Exit.USAGE, "--headed and --slow are the browser's: leave '--driver http' out.")
    try:
        raise SystemExit(replay(find(portal), cases[0], driver, Window(headed=headed, slow=slow), click.echo))
    except (FileProblem, UnknownTarget, LabProblem, NoBrowser) as error:
        _stop(Exit.USAGE, str(error))


@cli.command("init")
@click.option("--portal", required=True, metavar="URL", help="The portal's login address, or its home page.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it; by default a file named by the portal's host.",
)
def init_command(portal: str, out: Path | None) -> None:
    """Write a first profile of a portal, with comments, from what the portal itself tells."""
    from conformance.targets.first_profile import first_profile  # noqa: PLC0415 - only this command needs it

    try:
        text = first_profile(portal)
    except FileProblem as problem:
        _stop(Exit.USAGE, str(problem))
    out = out or Path(f"{urlsplit(portal).netloc.replace(':', '-')}.toml")
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        _stop(Exit.USAGE, f"{out} is there already. Remove it, or name another file with --out.")
    except OSError as error:
        _stop(Exit.USAGE, f"{out} cannot be written ({error.strerror}).")
    click.echo(f"Wrote {out}. Enter what is marked with ENTER, then: conformance run --portal {out}")


@cli.command("list")
@click.argument("selects", metavar="[SELECT]...", nargs=-1)
@click.option("--idp", is_flag=True, help="The probes of 'conformance idp' in their place.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
def list_command(selects: tuple[str, ...], idp: bool, as_json: bool) -> None:
    """List the cases: id, what must happen, and in one sentence what is done."""
    if idp:
        list_probes(selects, as_json=as_json)
        return
    cases = _selected(selects)
    if as_json:
        click.echo(json.dumps([_described(case) for case in cases], ensure_ascii=False, indent=1))
        return
    width = max(len(case.id) for case in cases)
    for case in cases:
        click.echo(f"{case.id:<{width}}  {case.outcome:<15}  {case.scenario.title}")


@cli.command("weaknesses")
@click.argument("selects", metavar="[SELECT]...", nargs=-1)
@click.option("--browser", is_flag=True, help="Perform every entry of the matrix in the browser as well.")
@click.option("-n", "processes", type=click.IntRange(min=1), default=2, show_default=True, help="How many processes.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/weaknesses"), show_default=True
)
def weaknesses_command(selects: tuple[str, ...], browser: bool, processes: int, report: Path) -> None:
    """Show that every case bites: put the cases to each weakness of the stub, and write who finds what.

    Exits 1 when a case finds nothing, a weakness is not found, or an entry off the diagonal has no known reason.
    """
    from conformance.browser import NoBrowser  # noqa: PLC0415 - 'list' and '--help' answer without them
    from conformance.matrix_live import build, problems  # noqa: PLC0415
    from conformance.report.weaknesses import to_html, to_markdown, view  # noqa: PLC0415

    cases = _selected(selects)
    try:
        matrix = build(cases, processes, _progress, browser=browser)
    except NoBrowser as error:
        _stop(Exit.USAGE, str(error))
    shown = view(matrix)
    report.mkdir(parents=True, exist_ok=True)
    (report / "weaknesses.html").write_text(to_html(shown), encoding="utf-8")
    (report / "weaknesses.md").write_text(to_markdown(shown), encoding="utf-8")
    wrong = problems(matrix, cases)
    for problem in wrong:
        click.echo(problem, err=True)
    click.echo(f"Report: {report / 'weaknesses.html'}")
    click.echo(shown.headline)
    raise SystemExit(Exit.FAILED if wrong else Exit.PASSED)


@cli.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def compare_command(old: Path, new: Path) -> None:
    """Compare two runs: report folders, or their events.ndjson. Exits 1 when anything has become worse."""
    from conformance.comparison import KINDS, compare  # noqa: PLC0415 - 'list' and '--help' answer without it

    try:
        found = compare(read(old), read(new))
    except FileProblem as problem:
        _stop(Exit.USAGE, str(problem))
    for remark in found.remarks:
        click.echo(remark, err=True)
    for kind in KINDS:
        for difference in found.of(kind):
            click.echo(f"{kind}: {difference.sentence}")
    click.echo(found.summary)
    raise SystemExit(Exit.FAILED if found.regressed else Exit.PASSED)


@cli.command("matrix")
@click.argument("runs", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Known failures, to show their reasons and to keep back what they withhold; may be repeated.",
)
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/matrix"), show_default=True
)
def matrix_command(runs: tuple[Path, ...], baselines: tuple[Path, ...], report: Path) -> None:
    """Show several runs side by side, cases by targets, with what one target does and no other first."""
    from conformance.report.targets import write  # noqa: PLC0415 - 'list' and '--help' answer without it

    try:
        click.echo(write(runs, baselines, report).headline)
    except FileProblem as problem:
        _stop(Exit.USAGE, str(problem))
    click.echo(f"Report: {report / 'matrix.html'}")


@cli.group("lab")
def lab_group() -> None:
    """Real sites on this machine: 'conformance run --portal lab:NAME' judges a service provider among them, and
    'conformance idp lab:NAME' an identity provider.
    """


@lab_group.command("list")
def lab_list_command() -> None:
    """List what the lab holds, by kind: what each is, and whether it runs or lacks anything."""
    from conformance.lab import harness as lab  # noqa: PLC0415

    width = max(map(len, lab.names()))
    for kind in get_args(lab.Kind):
        click.echo(f"{kind}s:")
        for name in lab.names_of(kind):
            harness = lab.load(name)
            lacking = lab.missing(harness)
            state = "up" if lab.is_up(name) else f"needs {' '.join(lacking)}" if lacking else "down"
            click.echo(f"  {name:<{width}}  {harness.title}  [{state}]")


@lab_group.command("up")
@click.argument("name")
def lab_up_command(name: str) -> None:
    """Set a site of the lab up (on first use) and start it; it runs until 'lab down'."""
    from conformance.lab import harness as lab  # noqa: PLC0415

    try:
        harness = lab.load(name)
        if not lab.is_up(name):
            lab.start(name)
    except (lab.LabProblem, FileProblem) as error:
        _stop(Exit.USAGE, str(error))
    click.echo(f"{name} is up: {harness.base_url}")


@lab_group.command("down")
@click.argument("name", required=False)
def lab_down_command(name: str | None) -> None:
    """Stop a site that 'lab up' started, or all of them."""
    from conformance.lab import harness as lab  # noqa: PLC0415

    try:
        for one in [name] if name else lab.names():
            if lab.stop(one):
                click.echo(f"{one} is down.")
            elif name:
                click.echo(f"{one} was not up.")
    except lab.LabProblem as error:
        _stop(Exit.USAGE, str(error))


@contextlib.contextmanager
def _progress(what: str, length: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=f"{what:<15}", file=sys.stderr) as bar:
        yield bar.update


def _described(case: Case) -> dict[str, object]:
    broken = case.scenario.breaks
    return {
        "id": case.id,
        "rule": broken[0].id if broken else None,
        "outcome": case.outcome,
        "topic": case.scenario.topic,
        "title": case.scenario.title,
        "clause": broken[0].clause if broken else None,
        "cves": list(case.scenario.cves),
    }


def _selected(selects: tuple[str, ...]) -> tuple[Case, ...]:
    cases, remarks = select(all_cases(), selects)
    for remark in remarks:
        click.echo(remark, err=True)
    if not cases:
        _stop(Exit.NOTHING_SELECTED, "Nothing is selected. 'conformance list' shows every case.")
    return cases


def _stop(code: Exit, message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(code)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; what follows `--` is handed to pytest. Wrong usage exits 4, an interrupt 2."""
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    # Who is told to end stops what it has started, as with an interrupt; else sites of the lab would run on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cli.main(given[:cut], prog_name="conformance", standalone_mode=False, obj=given[cut + 1 :])
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(Exit.INTERRUPTED)
