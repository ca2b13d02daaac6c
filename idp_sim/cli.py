"""The command ``idp-sim`` (command-line.md): ``serve``, ``scenarios``, ``show``, ``mint``, ``vectors``, ``decode``."""

import errno
import json
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

import idp_sim.scenarios
from idp_sim.aliases import aliases, told
from idp_sim.catalogue import Scenario, load
from idp_sim.config import Portal
from idp_sim.decode.facts import Unreadable
from idp_sim.keyring import INSTANCE, INSTANCE_VARIABLE, Keyring
from idp_sim.login import BASES
from idp_sim.mint import FORMS, CannotMint, Case, Order, Written, cases_of, check_id, find, mint, write_all, written
from idp_sim.people import Person, directory
from idp_sim.portals_file import load_portals
from idp_sim.vectors import Vectors, differences, write
from rulebook.strict_toml import FileProblem, nearest

P = ParamSpec("P")
R = TypeVar("R")


class Refused(click.ClickException):
    """Input that cannot be used: one plain message, and exit code 2."""

    exit_code = 2


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what is wrong with a file or a word on the command line into one message and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (FileProblem, CannotMint) as problem:
            raise Refused(str(problem)) from None

    return run


class _Group(click.Group):
    """Names the nearest command when there is none of that name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"There is no command '{args[0]}'.{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)


def _one_of(choices: Sequence[str]) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return a callback that lets these words pass, and names the nearest one for any other."""

    def check(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None and value not in choices:
            raise click.BadParameter(f"expected one of {', '.join(choices)}, got '{value}'.{nearest(value, choices)}")
        return value

    return check


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = None
    try:
        if value.isascii() and value.isdigit():
            moment = datetime.fromtimestamp(int(value), UTC)
        elif value.endswith("Z") and "T" in value:
            moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        pass
    # Scenarios go hours back and forth from the moment, which must not lead out of the calendar or before the epoch.
    if moment is None or not 1970 < moment.year < 9999:
        raise click.BadParameter(
            f"expected a time such as 2026-01-31T12:00:00Z, or epoch seconds, after 1970, got '{value}'."
        )
    return moment


# In the working directory, beside portals.toml: a set of keys belongs to the portals that were told to trust it, is
# seen, and goes away with the folder. Keys in a hidden place of the user would be shared by every experiment.
_instance = click.option(
    "--instance",
    type=click.Path(path_type=Path, file_okay=False),
    default=INSTANCE,
    envvar=INSTANCE_VARIABLE,
    show_default=True,
    show_envvar=True,
    help="Folder of the simulator's own keys, made on first use.",
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sso-conformance")
def main() -> None:
    """Perform single sign-ons, sound ones and ones that break exactly one rule."""


@main.command()
@click.option("--portals", "file", type=click.Path(path_type=Path), help="The portals to serve, portals.toml.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=5001, show_default=True)
@_instance
@plain_errors
def serve(file: Path | None, host: str, port: int, instance: Path) -> None:
    """Serve the identity provider and the remote login page until stopped."""
    from idp_sim.server import serve as run  # noqa: PLC0415 - the web half is not needed by the other commands

    run(load_portals(file) if file else (), host, port, instance)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def scenarios(as_json: bool) -> None:
    """List the scenarios: id, what must happen, and in one sentence what is done."""
    known = load(idp_sim.scenarios)
    if as_json:
        click.echo(json.dumps([described(scenario) for scenario in known], ensure_ascii=False, indent=1))
        return
    width = max(len(scenario.id) for scenario in known)
    for scenario in known:
        click.echo(f"{scenario.id:<{width}}  {scenario.outcome:<15}  {scenario.title}")


def described(scenario: Scenario) -> dict[str, Any]:
    """Return what ``scenarios --json`` says of a scenario (fixtures/schemas/scenarios.schema.json)."""
    broken = scenario.breaks
    return {
        "id": scenario.id,
        "rule": broken[0].id if broken else None,
        "outcome": scenario.outcome,
        "topic": scenario.topic,
        "title": scenario.title,
        "clause": broken[0].clause if broken else None,
        "cves": list(scenario.cves),
        "stage": scenario.stage,
        "bases": list(scenario.bases),
        "start": scenario.start,
        "given": dict(scenario.given),
    }


@main.command()
@click.argument("scenario_id", metavar="ID")
@plain_errors
def show(scenario_id: str) -> None:
    """Show all that is known of one scenario."""
    scenario = _found(load(idp_sim.scenarios), scenario_id, None).scenario
    lines = [scenario.id, "", scenario.description, ""]
    for broken in scenario.breaks:
        lines += [f"breaks:   {broken.id} ({broken.level}, {broken.clause})", f"          {broken.statement}"]
    lines.append(f"outcome:  {scenario.outcome}")
    lines.append(
        f"deviates: {'at the stage ' + scenario.stage if scenario.breaks else 'from nothing that is demanded'}"
    )
    lines.append(f"begins:   at the {'portal' if scenario.start == 'portal' else 'identity provider'}")
    if scenario.bases:
        lines.append(f"bases:    {', '.join(scenario.bases)}")
    if scenario.given:
        lines.append(f"given:    {', '.join(f'{key} = {value}' for key, value in scenario.given.items())}")
    if scenario.cves:
        lines.append(f"known as: {', '.join(scenario.cves)}")
    click.echo("\n".join(lines))


@main.command("mint")
@click.argument("scenario_id", metavar="ID", required=False)
@click.option("--portals", "file", type=click.Path(path_type=Path), required=True, help="portals.toml.")
@click.option("--portal", "portal_name", metavar="NAME", help="The portal to mint for.  [default: the file's first]")
@click.option("--person", "email", metavar="EMAIL", help="Who signs in.  [default: the directory's first]")
@click.option("--base", callback=_one_of(BASES), metavar="|".join(BASES), help="Which part is signed.")
@click.option("--in-response-to", metavar="ID", help="The request that is answered.  [default: none]")
@click.option("--at", callback=_moment, metavar="TIME", help="When: RFC 3339 with Z, or epoch seconds.  [default: now]")
@click.option("--seed", type=int, metavar="N", help="From which IDs follow.  [default: random]")
@click.option(
    "--form", callback=_one_of(FORMS), metavar="|".join(FORMS), help="[default: base64 of SAML, url of a remote login]"
)
@click.option("--all", "everything", is_flag=True, help="Mint every scenario on each of its bases.")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for --all.")
@_instance
@plain_errors
def mint_command(
    scenario_id: str | None,
    file: Path,
    portal_name: str | None,
    email: str | None,
    base: str | None,
    in_response_to: str | None,
    at: datetime | None,
    seed: int | None,
    form: Written | None,
    everything: bool,
    folder: Path | None,
    instance: Path,
) -> None:
    """Write the message of a scenario, without a browser; or with --all those of every scenario."""
    _check_usage(scenario_id, everything, folder, [name for name in (base and "--base", form and "--form") if name])
    known = load(idp_sim.scenarios)
    case = _found(known, scenario_id, base) if scenario_id else None
    order = Order(
        portal=_portal(file, portal_name),
        person=_person(email),
        at=at or datetime.now(UTC).replace(microsecond=0),
        seed=secrets.token_hex(16) if seed is None else str(seed),
        in_response_to=None if in_response_to is None else check_id(in_response_to),
    )
    keyring = Keyring.open(instance)
    if case is not None:
        sys.stdout.buffer.write(written(mint(case, order, keyring), form))
        sys.stdout.flush()
        return
    if folder is not None:
        count, left_out = write_all(cases_of(known), order, keyring, folder)
        for sentence in left_out:
            click.echo(f"Left out: {sentence}", err=True)
        click.echo(f"{count} minted into {folder}, {len(left_out)} left out.")


@main.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("fixtures/vectors"),
    show_default=True,
    help="Folder of the vectors.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("fixtures/keys"),
    show_default=True,
    help="Folder of the keys that they are made with.",
)
@click.option("--check", is_flag=True, help="Write nothing; say how the folder differs, and exit 1 where it does.")
@plain_errors
def vectors(folder: Path, keys: Path, check: bool) -> None:
    """Write the whole catalogue as data, for people in any language."""
    files = Vectors.open(keys).files(load(idp_sim.scenarios))
    if not check:
        write(files, folder)
        click.echo(f"{len(files)} files written into {folder}.")
        return
    found = differences(files, folder)
    for sentence in found:
        click.echo(sentence)
    if found:
        click.echo(f"{len(found)} differences. If they are meant: idp-sim vectors", err=True)
        sys.exit(1)
    click.echo(f"{folder}: as the catalogue makes it.")


@main.command("decode")
@click.argument("text", metavar="INPUT")
@click.option("--at", callback=_moment, metavar="TIME", help="The moment to which times are likened.  [default: now]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plain_errors
def decode_command(text: str, at: datetime | None, as_json: bool) -> None:
    """Show a SAML message, metadata or a remote login readably. Nothing is verified.

    INPUT is a file, '-' for standard input, a link, the body of a form, base64 (with or without DEFLATE), or XML.
    """
    from idp_sim.decode.decode import as_plain, decode, in_words  # noqa: PLC0415 - the other commands do without

    content, where = _content(text)
    try:
        decoded = decode(content, at or datetime.now(UTC))
    except Unreadable as problem:
        raise Refused(f"{where}: {problem}.") from None
    click.echo(json.dumps(as_plain(decoded), indent=2, ensure_ascii=False) if as_json else in_words(decoded))


def _content(text: str) -> tuple[bytes, str]:
    """Return the bytes that the word on the command line is or names, and what to call them in an error."""
    from idp_sim.decode.unwrap import LARGEST_INPUT  # noqa: PLC0415 - the other commands do without

    if text == "-":
        return sys.stdin.buffer.read(LARGEST_INPUT + 1), "Standard input"
    try:
        path = Path(text)
        if path.exists():
            with path.open("rb") as file:
                return file.read(LARGEST_INPUT + 1), text
    except (OSError, ValueError) as error:
        if getattr(error, "errno", errno.ENAMETOOLONG) != errno.ENAMETOOLONG:
            raise Refused(f"{text}: cannot be read ({error}).") from None
    return text.encode("utf-8", "surrogateescape"), "There is no file of that name, and taken as a message it is none"


def _found(known: Sequence[Scenario], words: str, base: str | None) -> Case:
    """Return the case that the words name, and say so when they are an old id."""
    if words in aliases():
        click.echo(told(words), err=True)
    return find(known, words, base)


def _check_usage(scenario_id: str | None, everything: bool, folder: Path | None, single: list[str]) -> None:
    if everything == bool(scenario_id):
        raise click.UsageError("Expected either the ID of a scenario, or --all with --out DIR.")
    if everything and folder is None:
        raise click.UsageError("--all needs --out DIR, the folder to write to.")
    if folder is not None and not everything:
        raise click.UsageError("--out goes with --all; one scenario is written to standard output.")
    if everything and single:
        raise click.UsageError(f"{' and '.join(single)} cannot be chosen with --all: every base is minted.")


def _portal(file: Path, name: str | None) -> Portal:
    portals = {portal.name: portal for portal in load_portals(file)}
    if name is None:
        return next(iter(portals.values()))
    if name not in portals:
        served = ", ".join(portals)
        raise CannotMint(f"{file}: there is no portal '{name}', only: {served}.{nearest(name, portals)}")
    return portals[name]


def _person(email: str | None) -> Person:
    people = {person.email: person for person in directory()}
    if email is None:
        return next(iter(people.values()))
    if email not in people:
        raise CannotMint(f"Nobody in the directory has the address '{email}'.{nearest(email, people)}")
    return people[email]
