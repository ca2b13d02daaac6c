"""What a scenario is, and how functions become scenarios.

A scenario is a function in a module below a package of scenarios. Its module and name are its id, its
docstring is its published description, and the type of its first parameter is the stage at which it
deviates. Nothing else is registered anywhere: ``load`` walks the package.
"""

import functools
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any, Literal, TypeVar

import attrs

from idp_sim.login import Base
from idp_sim.logout import STAGES as LOGOUT_STAGES
from rulebook import Rule, rule

Outcome = Literal["must-accept", "must-refuse", "never-as-forged", "advisory"]
Start = Literal["portal", "idp"]
F = TypeVar("F", bound=Callable[..., Any])
LoginT = TypeVar("LoginT")

_MARK = "__scenario__"
VEIL = "saml.encryption.opaque"
"""The rule that stands, to the outside, for every other that an encrypted message broke before a signature verified."""
ENCRYPTED: Mapping[str, Any] = MappingProxyType({"encrypted": True})
"""Given to scenarios whose login is encrypted, and whose control is."""
NOTHING: Mapping[Any, Any] = MappingProxyType({})


class CannotPerform(ValueError):
    """A scenario that this login, or this portal, cannot carry; the text says why."""


@attrs.frozen(kw_only=True)
class Scenario:
    """One way to perform a sign-in: sound (``breaks`` is empty), or breaking the rules it names, the first by intent.

    ``given`` are settings of the portal that the scenario and its control both need, as dotted keys of
    ``portal.toml`` (``simple.profile``); ``encrypted`` among them means that both logins are encrypted. ``start`` tells
    where the person begins. ``needs_browser`` is the reason why a real browser is needed, or empty. ``within_seconds``
    is the time in which the portal must have answered a message that is made to take long; 0 means that its time is not
    judged. ``veiled`` are the bases on which the portal must not tell the broken rule to the outside, since telling
    would help to decrypt: it declares ``VEIL`` instead.
    ``who`` makes the sound login from which the scenario deviates, where the signed identity must be another than the
    person's own: one whose address has the forged one inside, for example.
    """

    id: str
    title: str
    description: str
    function: Callable[..., Any]
    stage: str
    breaks: tuple[Rule, ...] = ()
    why_also: str = ""
    outcome: Outcome
    outcome_on: Mapping[Base, Outcome] = NOTHING
    bases: tuple[Base, ...] = ()
    variant: str | None = None
    value: Any = None
    given: Mapping[str, Any] = NOTHING
    start: Start = "portal"
    needs_browser: str = ""
    within_seconds: float = 0
    cves: tuple[str, ...] = ()
    veiled: tuple[Base, ...] = ()
    who: Callable[[Any], Any] | None = None

    @property
    def encrypted(self) -> bool:
        """Whether the login of this scenario is encrypted, and that of its control."""
        return bool(self.given.get("encrypted"))

    @property
    def topic(self) -> str:
        """The id without its last part: ``saml.times`` of ``saml.times.not-yet-valid``."""
        return self.id.partition("[")[0].rpartition(".")[0]

    def begin(self, login: LoginT) -> LoginT:
        """Return the sound login from which the scenario deviates."""
        begun: LoginT = login if self.who is None else self.who(login)
        return begun

    @property
    def protocol(self) -> str:
        """``saml``, ``saml-logout``, ``remote-login`` or ``portal``."""
        return "saml-logout" if self.stage in {*LOGOUT_STAGES, "logout settings"} else self.id.partition(".")[0]

    def apply(self, subject: Any) -> Any:
        """Run the scenario's function on the value of its stage; what it returns is the new value, if any."""
        return self.function(subject) if self.variant is None else self.function(subject, self.value)


@typing.overload
def sound(function: F, /) -> F: ...
@typing.overload
def sound(
    *,
    bases: Sequence[Base] = ...,
    variants: Mapping[str, Any] | None = ...,
    given: Mapping[str, Any] = ...,
    start: Start = ...,
    needs_browser: str = ...,
    who: Callable[[Any], Any] | None = ...,
) -> Callable[[F], F]: ...
def sound(
    function: F | None = None,
    /,
    *,
    bases: Sequence[Base] = (),
    variants: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] = NOTHING,
    start: Start = "portal",
    needs_browser: str = "",
    who: Callable[[Any], Any] | None = None,
) -> Any:
    """Mark a function as a scenario that varies only what the protocol leaves free: it must be accepted."""
    marks = {
        "bases": bases,
        "variants": variants,
        "given": given,
        "start": start,
        "needs_browser": needs_browser,
        "who": who,
    }

    def mark(marked: F) -> F:
        setattr(marked, _MARK, {**marks, "rules": (), "outcome": "must-accept"})
        return marked

    return mark if function is None else mark(function)


def breaks(
    rule_id: str,
    /,
    *,
    also: str | None = None,
    why_also: str = "",
    outcome: Outcome | None = None,
    outcome_on: Mapping[Base, Outcome] = NOTHING,
    bases: Sequence[Base] = (),
    variants: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] = NOTHING,
    start: Start = "portal",
    needs_browser: str = "",
    within_seconds: float = 0,
    cves: Sequence[str] = (),
    veiled: Sequence[Base] = (),
    who: Callable[[Any], Any] | None = None,
) -> Callable[[F], F]:
    """Mark a function as a scenario that breaks exactly one rule, by deviating once.

    The outcome follows from the rule unless given: a MUST must be refused, a SHOULD is advisory, a property is
    never accepted as forged. ``also`` names a second rule where a deviation cannot be single; ``why_also`` says why.
    Raises UnknownRule for a rule that is not in the rule book, ValueError for ``also`` without its reason.
    """
    rules = (rule(rule_id), *([rule(also)] if also else []))
    if bool(also) != bool(why_also):
        raise ValueError(f"{rule_id}: 'also' and 'why_also' go together")
    marks = {
        "rules": rules, "why_also": why_also, "outcome": outcome or _default_outcome(rules[0]),
        "outcome_on": outcome_on, "bases": bases, "variants": variants, "given": given,
        "start": start, "needs_browser": needs_browser,
        "within_seconds": within_seconds, "cves": cves, "veiled": tuple(veiled), "who": who,
    }  # fmt: skip

    def mark(marked: F) -> F:
        setattr(marked, _MARK, marks)
        return marked

    return mark


def again(
    *, variants: Mapping[str, Scenario], given: Mapping[str, Any], veiled: Sequence[Base] = ()
) -> Callable[[F], F]:
    """Mark a function as one that performs other scenarios again, on the signed assertion, in another shape.

    Stage, rules, outcome and all else are those of the other scenario, which the function is given and applies.
    """
    marks = {"again": True, "variants": variants, "given": given, "veiled": tuple(veiled)}

    def mark(marked: F) -> F:
        setattr(marked, _MARK, marks)
        return marked

    return mark


def _default_outcome(broken: Rule) -> Outcome:
    if broken.property:
        return "never-as-forged"
    return "must-refuse" if broken.level == "MUST" else "advisory"


@functools.cache
def load(package: ModuleType) -> tuple[Scenario, ...]:
    """Import every module below ``package`` and return its scenarios in the order of their files and lines.

    Raises TypeError for a scenario without docstring, without a typed first parameter, or with an id that another has.
    """
    scenarios: dict[str, Scenario] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        topic = info.name.removeprefix(f"{package.__name__}.").replace("_", "-")
        for name, function in vars(module).items():
            if getattr(function, "__module__", None) == info.name and hasattr(function, _MARK):
                for scenario in _expand(f"{topic}.{name.replace('_', '-')}", function):
                    if scenario.id in scenarios:
                        raise TypeError(f"two scenarios have the id {scenario.id}")
                    scenarios[scenario.id] = scenario
    return tuple(scenarios.values())


def _expand(scenario_id: str, function: Callable[..., Any]) -> list[Scenario]:
    marks = dict(getattr(function, _MARK))
    description = inspect.getdoc(function)
    if not description:
        raise TypeError(f"the scenario {scenario_id} has no docstring: it is its published description")
    if "again" in marks:
        return [
            _again(f"{scenario_id}[{name}]", description.replace("{variant}", name), function, marks, name, other)
            for name, other in marks["variants"].items()
        ]
    variants, rules = marks.pop("variants"), marks.pop("rules")
    first = next(iter(inspect.signature(function).parameters), None)
    stage = getattr(typing.get_type_hints(function).get(first or ""), "stage", None)
    if stage is None:
        raise TypeError(f"the first parameter of {scenario_id} has no type that is a stage of a sign-in")
    common = {
        **marks, "function": function, "stage": stage, "breaks": rules,
        "bases": tuple(marks["bases"]), "cves": tuple(marks.get("cves", ())),
    }  # fmt: skip
    if variants is None:
        return [_scenario(scenario_id, description, common)]
    return [
        _scenario(
            f"{scenario_id}[{name}]",
            description.replace("{variant}", name),
            {**common, "variant": name, "value": value},
        )
        for name, value in variants.items()
    ]


def _again(
    scenario_id: str,
    description: str,
    function: Callable[..., Any],
    marks: Mapping[str, Any],
    name: str,
    other: Scenario,
) -> Scenario:
    return attrs.evolve(
        other, id=scenario_id, title=_title(description), description=description, function=function, bases=(),
        variant=name, value=other, given={**other.given, **marks["given"]}, veiled=marks["veiled"],
    )  # fmt: skip


def _scenario(scenario_id: str, description: str, rest: Mapping[str, Any]) -> Scenario:
    return Scenario(id=scenario_id, title=_title(description), description=description, **rest)


def _title(description: str) -> str:
    return description.partition("\n\n")[0].replace("\n", " ")
