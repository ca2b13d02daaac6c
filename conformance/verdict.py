"""From what the person experienced to a verdict: the table of command-line.md, and how a refusal's reason is proved."""

from collections.abc import Sequence
from typing import Literal

import attrs

from conformance.events import Proof, Result
from conformance.events import Verdict as VerdictWord
from idp_sim.catalogue import Outcome
from rulebook import RULES
from rulebook.rules import guards_of


@attrs.frozen(kw_only=True)
class Observation:
    """What the person experienced at the end of a case.

    ``person`` is whom the portal's own page shows as signed in. ``message`` is the error as shown. ``rules`` are those
    that the page declares, or that the profile reads from the message (``rules_from``). ``off_site`` is the address of
    a page outside the portal on which the person ended. ``unmet`` is what a journey expected on the way and did not
    find. ``detail`` says in words what else was odd.
    """

    result: Result
    person: str | None = None
    message: str | None = None
    rules: tuple[str, ...] = ()
    rules_from: Literal["page", "message", "nothing"] = "nothing"
    off_site: str | None = None
    unmet: str = ""
    detail: str = ""
    logout: bool = False
    """Whether it is of a logout: whoever is called signed in was signed out then."""

    @property
    def went_well(self) -> bool:
        """Whether it is what a sound login comes to, as far as the portal's page can tell."""
        return self.result in ("as-signed", "accepted")


@attrs.frozen(kw_only=True)
class Verdict:
    """The judgement of one case: its word, how the reason was proved, and why it is not a pass."""

    word: VerdictWord
    proof: Proof | None = None
    reason: str = ""


def judge(
    outcome: Outcome,
    expected: Sequence[str],
    seen: Observation,
    control: Observation,
    declared: Sequence[str] | None = None,
) -> Verdict:
    """Judge one case.

    ``expected`` are the rules that the case breaks; ``control`` is the worse of the sound logins before and after it.
    ``declared`` are the rules that the refusal's page is to name, where they are not those: to tell what broke an
    encrypted message would help to decrypt it, so a portal that tells is wrong.
    A refused control makes every verdict inconclusive. Where the control went wrong otherwise, a crash and a session
    for the wrong person are still what they are, and only the rest is inconclusive.
    """
    if control.result == "refused":
        return Verdict(word="inconclusive", reason=f"The sound login beside this case was refused. {_told(control)}")
    if seen.result == "crash":
        return Verdict(word="crash", reason=describe(seen))
    if seen.result in ("as-forged", "as-other"):
        return Verdict(word="fail", reason=describe(seen))
    if not control.went_well:
        return Verdict(word="inconclusive", reason=f"The sound login beside this case went wrong. {_told(control)}")
    if seen.off_site is not None:
        return Verdict(word="fail", reason=f"The person was sent off the portal, to {seen.off_site}.")
    if seen.unmet:
        return Verdict(word="fail", reason=seen.unmet)
    if outcome == "advisory":
        return Verdict(word="advisory", reason=describe(seen))
    if seen.result == "accepted":
        return _judge_nobody_knows_whom(outcome, seen, control)
    if seen.result == "as-signed":
        if outcome == "must-refuse":
            return Verdict(word="fail", reason=f"It must be refused. {describe(seen)}")
        return Verdict(word="pass", proof="identity")
    if outcome == "must-accept":
        return Verdict(word="fail", reason=f"It must be accepted. {describe(seen)}")
    return _judge_refusal(expected, expected if declared is None else declared, seen)


def _judge_nobody_knows_whom(outcome: Outcome, seen: Observation, control: Observation) -> Verdict:
    """Judge a login that was accepted by a portal whose page does not show who is signed in."""
    if outcome == "must-refuse":
        return Verdict(word="fail", reason=f"It must be refused. {describe(seen)}")
    if outcome == "never-as-forged":
        return Verdict(word="inconclusive", reason=f"It may be the forged identity. {describe(seen)}")
    if control.result == "as-signed":
        return Verdict(word="fail", reason=f"The sound login beside it showed who is signed in. {describe(seen)}")
    return Verdict(word="pass", proof="control")


def _judge_refusal(expected: Sequence[str], declared: Sequence[str], seen: Observation) -> Verdict:
    if seen.message is None:
        what = "No session was ended" if seen.logout else "Nobody was signed in"
        return Verdict(word="wrong-reason", reason=f"{what}, but no error message was shown either.")
    if seen.rules_from == "nothing":
        return Verdict(word="pass", proof="control")
    proof: Proof = "declared" if seen.rules_from == "page" else "message"
    if _is_the_stated_reason(expected, declared, seen):
        return Verdict(word="pass", proof=proof)
    got = ", ".join(seen.rules) or "no rule"
    return Verdict(word="wrong-reason", reason=f"Refused for {got}, not for {', '.join(declared)}. {describe(seen)}")


def _is_the_stated_reason(expected: Sequence[str], declared: Sequence[str], seen: Observation) -> bool:
    got = set(seen.rules)
    stated = declared if seen.rules_from == "page" else expected
    if RULES[stated[0]].property:
        return bool(got) and got <= guards_of(stated[0]) | {*declared}.difference(expected)
    if seen.rules_from == "page":
        return got == set(declared)
    return bool(got & {*expected, *declared})


def _told(control: Observation) -> str:
    return f"{control.unmet} {describe(control)}".lstrip()


def describe(seen: Observation) -> str:
    """Say in one or two sentences what the person experienced."""
    shown = f"The message was: {seen.message}" if seen.message else "No message was shown."
    if seen.logout and seen.result != "crash":
        whose = {"as-signed": "the genuine person", "as-forged": "the forged identity"}.get(
            seen.result, "somebody else"
        )
        sentence = f"Not accepted. {shown}" if seen.result == "refused" else f"Signed out: {seen.person}, {whose}."
        return f"{sentence} {seen.detail}".rstrip()
    sentence = {
        "refused": f"Nobody is signed in. {shown}",
        "as-signed": f"Signed in as {seen.person}, the genuine person.",
        "as-forged": f"Signed in as {seen.person}: the forged identity.",
        "as-other": f"Signed in as {seen.person}, who is neither the genuine nor the forged person.",
        "accepted": "Somebody is signed in; the portal's page does not show who.",
        "crash": "The portal failed.",
    }[seen.result]
    return f"{sentence} {seen.detail}".rstrip()
