"""One check of an identity provider: our portal, the probes between two sound sign-ins, the stream, the reports."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import attrs
import click
from flask import Flask

from conformance.baseline import Held
from conformance.events import CASES, CaseEvent, Driver, Exit, Header, Run, Writer, case_file, summary_line
from conformance.idp import provider as providers
from conformance.idp.check import Check, Stranger
from conformance.idp.enrolment import keys_of, settings_for, settings_for_page
from conformance.idp.portal import running
from conformance.idp.probe import Controls, Found, NotOffered, Probe, judge, skipped
from conformance.idp.profile import Profile
from conformance.idp.seen import Seen
from conformance.idp.starts import Stray, noting
from conformance.opening import UNSEEN, Window, open_visitors
from conformance.selection import matches
from conformance.sites import Server, listen
from conformance.telling import held_exit_code, report, tell
from portal_stub.accounts.attempts import MASK


def run(
    profile: Profile,
    probes: Sequence[Probe],
    driver: Driver,
    directory: Path,
    baseline: Callable[[Run], Held],
    window: Window = UNSEEN,
) -> Exit:
    """Make the probes at the identity provider of this profile, and return the exit code.

    Raises FileProblem for metadata that cannot be had and for an address at which our portal cannot listen, NoBrowser.
    """
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        check = stack.enter_context(opened(profile, driver, window))
        header = Header(
            suite=version("sso-conformance"),
            target=_target(check),
            driver=driver,
            started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            clock_offset=_clock_offset(check.opening),
            selected=len(probes),
        )
        writer = stack.enter_context(Writer(directory, header))
        for done, (event, seen) in enumerate(_events(check, probes), start=1):
            clean = _masked(event, profile)
            _keep(directory, clean, seen, check)
            writer.case(clean)
            tell(clean, done, len(probes))
        writer.finish(round(time.monotonic() - started, 3))
    outcome = writer.run
    held = report(outcome, directory, baseline)
    click.echo(summary_line(outcome))
    return held_exit_code(outcome, held)


@contextlib.contextmanager
def opened(profile: Profile, driver: Driver, window: Window = UNSEEN) -> Iterator[Check]:
    """Start our portal, where the identity provider knows it, and all that a check needs."""
    with contextlib.ExitStack() as stack:
        provider = providers.find(profile) if profile.protocol == "saml" else None
        settings = settings_for(profile.portal, provider) if provider is not None else settings_for_page(profile)
        portal = stack.enter_context(running(settings, keys_of(profile.portal)))
        places = (profile.remote_login.url, *((provider.login_url, provider.login_post_url) if provider else ()))
        visitors = open_visitors(
            driver,
            stack,
            sites=[place for place in places if place],
            patience=profile.patience_seconds,
            ca_file=profile.ca_file,
            window=window,
        )
        stranger = stack.enter_context(_stranger())
        yield Check(profile=profile, provider=provider, portal=portal, stranger=stranger, visitors=visitors)


@contextlib.contextmanager
def _stranger() -> Iterator[Stranger]:
    strays: list[Stray] = []
    app = Flask("stranger", static_folder=None)
    note = noting(strays)
    app.add_url_rule("/", view_func=note, endpoint="root", methods=["GET", "POST"])
    app.add_url_rule("/<path:anything>", view_func=note, endpoint="anything", methods=["GET", "POST"])
    bound = listen()
    server = Server(app, bound)
    try:
        yield Stranger(url=f"http://stranger.localhost:{bound.getsockname()[1]}", strays=strays)
    finally:
        server.close()


def _events(check: Check, probes: Sequence[Probe]) -> Iterator[tuple[CaseEvent, Seen | None]]:
    """Yield each event once it is certain: what came to nothing, only after the closing sign-in."""
    waiting: list[tuple[Probe, Found, float]] = []
    opening = Controls(opening=check.opening)
    for probe in probes:
        if reason := _why_not(check, probe):
            yield skipped(probe, reason), None
            continue
        started = time.perf_counter()
        try:
            found = _ask(check, probe, opening)
        except NotOffered as absent:
            yield skipped(probe, f"{absent}."), None
            continue
        seconds = time.perf_counter() - started
        if found.state == "kept" and probe.outcome == "must-refuse" and not opening.problem:
            waiting.append((probe, found, seconds))
        else:
            yield judge(probe, found, opening, seconds), found.seen
    closing = attrs.evolve(opening, closing=check.sign_in(check.begin_at_portal()) if waiting else None)
    for probe, found, seconds in waiting:
        yield judge(probe, found, closing, seconds), found.seen


def _ask(check: Check, probe: Probe, controls: Controls) -> Found:
    """Make a probe; where no sound sign-in was answered, none could tell anything."""
    if controls.problem:
        return Found(state="unclear", seen=check.opening, got=controls.problem)
    return probe.ask(check)


def _why_not(check: Check, probe: Probe) -> str:
    """Return why a probe does not fit this identity provider, as far as the profile tells."""
    if check.profile.protocol not in probe.protocols:
        return f"is for {' and '.join(probe.protocols)}; the profile says protocol = '{check.profile.protocol}'."
    return next((reason for glob, reason in check.profile.unsupported.items() if matches(glob, probe.id)), "")


def _target(check: Check) -> dict[str, object]:
    profile = check.profile
    at = profile.remote_login.url if check.provider is None else check.provider.entity_id
    return {"name": profile.name, "kind": "identity-provider", "protocol": profile.protocol, "at": at}


def _clock_offset(seen: Seen) -> float:
    """Return the identity provider's clock minus ours, as far as its first answer tells: seconds, to the second."""
    if seen.answer is None or seen.answer.issued is None or seen.attempt is None:
        return 0.0
    seconds = (seen.answer.issued - seen.attempt.at).total_seconds()
    return round(seconds) if abs(seconds) > 1 else 0.0


def _masked(event: CaseEvent, profile: Profile) -> CaseEvent:
    """Return the event without passwords and the shared secret, should a page have shown one."""

    def hidden(text: str | None) -> str | None:
        for secret in profile.secrets:
            text = text.replace(secret, MASK) if text else text
        return text

    observed = attrs.evolve(event.observed, message=hidden(event.observed.message))
    return attrs.evolve(event, reason=hidden(event.reason), observed=observed)


def _keep(directory: Path, event: CaseEvent, seen: Seen | None, check: Check) -> None:
    """Keep the message and the picture of what did not pass, for the reports."""
    if event.verdict == "pass" or seen is None:
        return
    (directory / CASES).mkdir(parents=True, exist_ok=True)
    if seen.attempt is not None and seen.attempt.message:
        if seen.attempt.method == "saml":
            case_file(directory, event.id, ".b64").write_text(seen.attempt.message, encoding="utf-8")
        else:
            link = f"{check.portal.settings.base_url}/login/sso?{seen.attempt.message}"
            case_file(directory, event.id, ".url").write_text(link, encoding="utf-8")
    if seen.picture is not None:
        case_file(directory, event.id, ".png").write_bytes(seen.picture)
