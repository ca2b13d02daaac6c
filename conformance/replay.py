"""One case again, told step by step: its controls, the message as sent, what was seen, the verdict and why."""

import contextlib
from collections.abc import Callable

import attrs

from conformance.canary import Canary
from conformance.case import Case
from conformance.drivers import Unsupported
from conformance.events import BROKEN, Driver, Exit
from conformance.opening import Window, open_referee
from conformance.referee import Performed, Referee
from conformance.report.message import readable
from conformance.run import simulator_beside
from conformance.sites import SECRET
from conformance.targets.target import Target
from conformance.verdict import Observation, Verdict, describe, judge

MASK = "********"


def replay(target: Target, case: Case, driver: Driver, window: Window, say: Callable[[str], None]) -> Exit:
    """Perform the case between its controls and tell of it. Raises FileProblem, LabProblem, NoBrowser.

    The exit code is that of a run of this case alone.
    """
    say = _masking(target, say)
    if window.slow:
        # How long it takes says nothing of the portal when the visitor was slowed down.
        case = attrs.evolve(case, scenario=attrs.evolve(case.scenario, within_seconds=0))
    say(f"{case.id}: {case.scenario.title}")
    for broken in case.scenario.breaks:
        say(f"Breaks: {broken.id} ({broken.clause}). {broken.statement}")
    say(f"Demanded: {case.outcome}, of {target.name}, with the driver {driver}")
    with contextlib.ExitStack() as stack:
        canary = stack.enter_context(Canary())
        target, _ = stack.enter_context(simulator_beside(target, canary.url))
        referee = open_referee(target, driver, canary.url, stack, window=window)
        verdict = _perform(referee, case, say)
    proof = f" (proved by: {verdict.proof})" if verdict.proof else ""
    say(f"Verdict: {verdict.word}{proof}")
    if verdict.reason:
        say(f"Reason: {verdict.reason}")
    if verdict.word in BROKEN:
        return Exit.FAILED
    return {"skipped": Exit.NOTHING_SELECTED, "inconclusive": Exit.INCONCLUSIVE}.get(verdict.word, Exit.PASSED)


def _perform(referee: Referee, case: Case, say: Callable[[str], None]) -> Verdict:
    reason = referee.why_not(case)
    if reason is not None:
        return Verdict(word="skipped", reason=reason)
    try:
        control = referee.control(case.control)
        say(f"Control before: {_told(control)}")
        performed = referee.perform(case)
        _tell_sent(performed, say)
        say(f"Seen: {_told(performed.seen)}")
        if control.went_well:
            control = referee.control(case.control)
            say(f"Control after: {_told(control)}")
    except Unsupported as error:
        return Verdict(word="skipped", reason=str(error))
    return judge(case.outcome, case.expected, performed.seen, control, case.declared)


def _tell_sent(performed: Performed, say: Callable[[str], None]) -> None:
    sent = performed.message
    if sent is None:
        say("Sent: no message reached the portal.")
        return
    note, text = readable(sent)
    say(f"Sent: {sent.method} {sent.url.partition('?')[0]}. {note}")
    say("\n".join(f"    {line}" for line in text.splitlines()))
    if sent.field("RelayState") is not None:
        say(f"    RelayState = {sent.field('RelayState')}")


def _told(seen: Observation) -> str:
    rules = f" Rules named: {', '.join(seen.rules)}." if seen.rules else ""
    return f"{describe(seen)}{rules} {seen.unmet}".rstrip()


def _masking(target: Target, say: Callable[[str], None]) -> Callable[[str], None]:
    """Return ``say`` without the portal's shared secret, which some broken sign-ins carry on purpose."""
    secret = target.profile.simulator.secret if target.weaknesses is None else SECRET
    return lambda text: say(text.replace(secret, MASK) if secret else text)
