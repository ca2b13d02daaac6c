"""The command line of the portal: ``serve``, ``checks`` and ``check`` (command-line.md)."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import attrs
import click

from portal_stub.config import Settings
from portal_stub.settings_file import load
from portal_stub.weakness import UnknownWeakness, Weaknesses
from rulebook import rule
from rulebook.strict_toml import FileProblem

if TYPE_CHECKING:
    from portal_stub.offline import JudgedLogin

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
        except (FileProblem, UnknownWeakness) as problem:
            raise Refused(str(problem.args[0])) from None

    return run


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    from portal_stub.times import parse_utc  # noqa: PLC0415 (as late as the rest of the core)

    if value is None:
        return None
    try:
        found = datetime.fromtimestamp(int(value), UTC) if value.isdecimal() else parse_utc(value)
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise click.BadParameter(f"expected a time such as 2026-01-31T12:00:00Z or epoch seconds, got {value!r}.")
    return found


@click.group()
@click.version_option(package_name="sso-conformance")
def main() -> None:
    """Run a small helpdesk that holds every sign-in against the rules."""


@main.command()
@click.option("--settings", "file", type=click.Path(path_type=Path), help="The portal's settings, portal.toml.")
@click.option("--database", default="sqlite:///portal.sqlite", show_default=True, help="Any SQLAlchemy URL.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=5002, show_default=True)
@click.option("--without", multiple=True, metavar="RULE,...", help="Rules to leave out: the portal that forgot them.")
@click.option("--naive", multiple=True, metavar="READER,...", help="Naive readers to put in force.")
@plain_errors
def serve(
    file: Path | None, database: str, host: str, port: int, without: tuple[str, ...], naive: tuple[str, ...]
) -> None:
    """Serve the portal until it is stopped."""
    from portal_stub.server import serve as run  # noqa: PLC0415 (the web half is not needed by the other commands)

    settings = Settings() if file is None else load(file)
    run(settings, database, Weaknesses.named(_words(without), _words(naive)), host, port)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def checks(as_json: bool) -> None:
    """List the rules that this portal checks."""
    from portal_stub.offline import checked_rules  # noqa: PLC0415 (loads the verifying library)

    rules = [rule(rule_id) for rule_id in checked_rules()]
    if as_json:
        wanted = ({"rule": r.id, "level": r.level, "clause": r.clause, "statement": r.statement} for r in rules)
        click.echo(json.dumps(list(wanted), indent=2, ensure_ascii=False))
        return
    for known in rules:
        click.echo(f"{known.id}  {known.level}  ({known.clause})\n    {known.statement}")


@main.command()
@click.argument("text", metavar="INPUT")
@click.option("--settings", "file", type=click.Path(path_type=Path), required=True, help="The portal's settings.")
@click.option("--at", metavar="TIME", callback=_moment, help="The present moment: RFC 3339 with Z, or epoch seconds.")
@click.option("--in-response-to", metavar="ID", help="A request that is open in this browser.")
@click.option("--json", "as_json", is_flag=True, help="The diagnosis as JSON.")
@plain_errors
def check(text: str, file: Path, at: datetime | None, in_response_to: str | None, as_json: bool) -> None:
    """Hold one login against the rules, or every login that a browser captured.

    INPUT is a file, '-' for standard input, a remote login's link, the body of a form, or a Response in base64 or XML;
    or a HAR file, or an export of SAML-tracer. What was captured is judged at the moment of its capture unless --at is
    given, and may answer the requests that were captured before it unless --in-response-to is given.
    Exit code: 0 granted, all of them; 1 refused, or not to be judged; 2 usage, or no login in the capture.
    """
    # Here, since they load the verifying library.
    from portal_stub.captured import words  # noqa: PLC0415
    from portal_stub.captured.logins import Capture  # noqa: PLC0415
    from portal_stub.captured.reading import read_input  # noqa: PLC0415
    from portal_stub.offline import diagnose, diagnose_capture  # noqa: PLC0415

    settings = load(file)
    found = read_input(text, sys.stdin.buffer.read, settings)
    now = datetime.now(UTC)
    if not isinstance(found, Capture):
        single = diagnose(found, settings, at or now, in_response_to)
        click.echo(as_json_text(as_plain(single)) if as_json else in_words(single))
        sys.exit(0 if single.diagnosis.granted else 1)
    judged = diagnose_capture(found, settings, now, at, in_response_to)
    pairs = tuple(zip(found.logins, judged, strict=True))
    if as_json:
        click.echo(as_json_text([{**as_plain(each), "captured": words.as_plain(login)} for login, each in pairs]))
    else:
        for number, (login, each) in enumerate(pairs, 1):
            click.echo(f"{words.heading(number, len(pairs), login, each)}\n{in_words(each)}\n")
        click.echo(words.summary(found, judged))
    for unread in found.unread:
        click.echo(words.not_judged(unread), err=True)
    sys.exit(0 if all(each.diagnosis.granted for each in judged) and not found.unread else 1)


def as_json_text(told: Any) -> str:
    """Return the JSON as it is printed."""
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_plain(judged: "JudgedLogin") -> dict[str, Any]:
    """Return a login as ``check --json`` prints it (fixtures/schemas/diagnosis.schema.json)."""
    diagnosis = judged.diagnosis
    findings = [
        {
            "rule": finding.rule,
            "outcome": finding.outcome,
            "expected": finding.expected,
            "got": finding.got,
            "hint": finding.hint,
            "reason": finding.reason,
        }
        for finding in diagnosis.findings
    ]
    return {
        "granted": diagnosis.granted,
        "person": diagnosis.person,
        "violations": list(diagnosis.violations),
        "suspects": [attrs.asdict(suspect) for suspect in judged.suspects],
        "findings": findings,
    }


def in_words(judged: "JudgedLogin") -> str:
    """Return a login for a person to read: the verdict, what explains it, then every finding in full."""
    diagnosis = judged.diagnosis
    counted = len(diagnosis.violations)
    lines = [f"granted: {diagnosis.person}" if diagnosis.granted else f"refused: {counted} rules are violated"]
    if counted == 1:
        lines = ["refused: 1 rule is violated"]
    for suspect in judged.suspects:
        lines += [f"{'what happened':15}{suspect.sentence}", f"{'':15}to mend it: {suspect.mend}"]
    for finding in sorted(diagnosis.findings, key=lambda found: _ORDER.index(found.outcome)):
        lines.append(f"{finding.outcome:15}{finding.rule}{f'  ({finding.reason})' if finding.reason else ''}")
        if finding.outcome in ("violated", "warning"):
            lines += [
                f"{'':15}{name}: {value}"
                for name, value in (("expected", finding.expected), ("got", finding.got), ("hint", finding.hint))
                if value
            ]
    return "\n".join(lines)


_ORDER = ("violated", "not-checked", "warning", "ok", "not-applicable")


def _words(options: tuple[str, ...]) -> list[str]:
    return [word.strip() for option in options for word in option.split(",") if word.strip()]
