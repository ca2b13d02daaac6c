"""A probe: one question to an identity provider, the rule to which it is held, and the verdict on what was found."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs

from conformance.events import CaseEvent
from conformance.events import Verdict as VerdictWord
from conformance.idp.seen import Seen
from idp_sim.catalogue import NOTHING, Outcome
from rulebook import Rule, rule

if TYPE_CHECKING:
    from conformance.idp.check import Check

Protocol = Literal["saml", "remote-login"]
BOTH: tuple[Protocol, ...] = ("saml", "remote-login")


class NotOffered(Exception):
    """The identity provider does not offer what the probe is about, or the profile does not say; the text is why."""


@attrs.frozen(kw_only=True)
class Found:
    """What a probe found. ``broken`` and ``left-open`` say both sides; ``unclear`` why nothing can be said.

    ``left-open`` is what the protocol allows and a person will want to know. ``alone``: a broken rule is proved by what
    was seen, whatever the sound sign-ins beside it came to.
    """

    state: Literal["kept", "broken", "left-open", "unclear"]
    seen: Seen
    expected: str = ""
    got: str = ""
    mend: str | None = None
    """How to mend it, where the rule itself does not say it best."""
    alone: bool = False


@attrs.frozen(kw_only=True)
class Probe:
    """One probe. Its id is the same everywhere; ``title`` says in a sentence what is done."""

    id: str
    title: str
    rule: Rule
    outcome: Outcome
    protocols: tuple[Protocol, ...]
    ask: Callable[["Check"], Found] = attrs.field(repr=False, eq=False)

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules to which the identity provider is held by it."""
        return (self.rule.id,)


def probe(
    rule_id: str,
    outcome: Outcome = "must-accept",
    *,
    protocols: tuple[Protocol, ...] = ("saml",),
    variants: Mapping[str, Any] = NOTHING,
) -> Callable[[Callable[..., Found]], Callable[..., Found]]:
    """Mark a function as a probe of this rule; its module and its name make the id, its docstring the title.

    With ``variants`` there is one probe for each, and the function takes the value as well. Raises UnknownRule, and
    ValueError for a missing docstring.
    """
    held_to = rule(rule_id)

    def mark(function: Callable[..., Found]) -> Callable[..., Found]:
        title = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
        if not title:
            raise ValueError(f"{function.__name__}: a probe says in its docstring what is done")
        topic, name = function.__module__.rpartition(".")[2], function.__name__

        def one(variant: str, ask: Callable[["Check"], Found]) -> Probe:
            written = f"idp.{topic}.{name}".replace("_", "-") + (f"[{variant}]" if variant else "")
            return Probe(
                id=written,
                title=title.format(variant=variant.replace("-", " ")),
                rule=held_to,
                outcome=outcome,
                protocols=protocols,
                ask=ask,
            )

        probes = [one(name, _with(function, value)) for name, value in variants.items()] or [one("", function)]
        vars(function)[PROBES] = tuple(probes)
        return function

    return mark


PROBES = "probes"
"""The attribute of a function in which its probes stand."""


def _with(function: Callable[..., Found], value: Any) -> Callable[["Check"], Found]:
    return lambda check: function(check, value)


def probes_in(module: object) -> Sequence[Probe]:
    """Return the probes of a module, in the order in which they are written."""
    return [one for function in vars(module).values() for one in getattr(function, PROBES, ())]


@attrs.frozen(kw_only=True)
class Controls:
    """The sound sign-ins before and after the probes; ``closing`` is None until it was performed."""

    opening: Seen
    closing: Seen | None = None

    @property
    def problem(self) -> str:
        """Why nothing is proved by what came to nothing, or the empty string."""
        if not self.opening.answered:
            return f"The sound sign-in before it was not answered. {self.opening.told()}"
        if self.closing is not None and not self.closing.answered:
            return f"The sound sign-in after it was not answered. {self.closing.told()}"
        return ""


def judge(probe: Probe, found: Found, controls: Controls, seconds: float) -> CaseEvent:
    """Return the verdict on what a probe found.

    A rule of the level SHOULD, and what the protocol leaves open, is advisory. What came to nothing proves nothing
    where the sound sign-ins beside it came to nothing as well.
    """
    word, reason = _verdict(probe, found, controls)
    return CaseEvent(
        id=probe.id,
        rule=probe.rule.id,
        outcome=probe.outcome,
        verdict=word,
        observed=found.seen.as_observed(),
        proof="control" if word == "pass" and probe.outcome == "must-refuse" else None,
        seconds=round(seconds, 3),
        reason=reason,
    )


def _verdict(probe: Probe, found: Found, controls: Controls) -> tuple[VerdictWord, str]:
    if found.state == "broken" and found.alone:
        return _broken(probe, found)
    if controls.problem:
        return "inconclusive", controls.problem
    if found.seen.failure:
        return "crash", found.seen.told()
    match found.state:
        case "kept":
            return "pass", ""
        case "broken":
            return _broken(probe, found)
        case "left-open":
            return "advisory", _reason(probe, found)
        case "unclear":
            return "inconclusive", found.got


def _broken(probe: Probe, found: Found) -> tuple[VerdictWord, str]:
    return ("advisory" if probe.rule.level == "SHOULD" else "fail"), _reason(probe, found)


def _reason(probe: Probe, found: Found) -> str:
    sides = f"Expected {found.expected or probe.rule.statement.rstrip('.')}; got {found.got.rstrip('.')}."
    return f"{sides} {probe.rule.mend if found.mend is None else found.mend}".rstrip()


def skipped(probe: Probe, reason: str) -> CaseEvent:
    """Return the event of a probe that was not made, for this reason."""
    return CaseEvent(
        id=probe.id, rule=probe.rule.id, outcome=probe.outcome, verdict="skipped", seconds=0.0, reason=reason
    )
