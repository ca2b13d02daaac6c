"""A case: a scenario on one base, with the control that must be accepted beside it."""

import functools
from collections.abc import Iterator
from typing import Any

import attrs

import conformance.scenarios
import idp_sim.scenarios
from idp_sim.catalogue import VEIL, Outcome, Scenario, load
from idp_sim.login import Base

Given = tuple[tuple[str, Any], ...]

ENCRYPTED_CONTROL = "saml.encryption.assertion"


@attrs.frozen(kw_only=True)
class Case:
    """One scenario, put to a target on one base. Its id is the same everywhere (command-line.md, Identities)."""

    scenario: Scenario
    base: Base | None = None

    @property
    def id(self) -> str:
        """``TOPIC.NAME[VARIANT]@BASE``; the base only where the scenario runs on several."""
        return f"{self.scenario.id}@{self.base}" if len(self.scenario.bases) > 1 else self.scenario.id

    @property
    def outcome(self) -> Outcome:
        """What the rule demands of this case."""
        if self.base is not None and self.base in self.scenario.outcome_on:
            return self.scenario.outcome_on[self.base]
        return self.scenario.outcome

    @property
    def expected(self) -> tuple[str, ...]:
        """The rules for which it is to be refused, sorted; none where it is not to be refused."""
        return () if self.outcome == "must-accept" else tuple(sorted(rule.id for rule in self.scenario.breaks))

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that it breaks."""
        return tuple(rule.id for rule in self.scenario.breaks)

    @property
    def declared(self) -> tuple[str, ...]:
        """The rules that a portal which declares rules names in its refusal: the broken ones, or the veil over them."""
        return (VEIL,) if (self.base or "assertion") in self.scenario.veiled else self.expected

    @property
    def protocol(self) -> str:
        """The protocol with which the case signs in: the scenario's own, or the one that its variant names."""
        if self.scenario.protocol == "portal":
            return self.scenario.variant or "saml"
        return "saml" if self.scenario.protocol == "saml-logout" else self.scenario.protocol

    @property
    def control(self) -> "Control":
        """The sound login that must be accepted before and after this case."""
        return Control(
            protocol=self.protocol,
            base=self.base or "assertion",
            start=self.scenario.start,
            given=tuple(sorted(self.scenario.given.items())),
            logout=self.scenario.protocol == "saml-logout",
            scenario=ENCRYPTED_CONTROL if self.scenario.encrypted else "",
        )


@attrs.frozen(kw_only=True)
class Control:
    """What the controls of a case have in common with it; cases with equal controls can share them."""

    protocol: str
    base: Base
    start: str
    given: Given
    logout: bool = False
    """Whether the control is a sound logout rather than a sound login."""
    scenario: str = ""
    """The id of the sound scenario that it performs; empty for the plainest of all."""


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Return every case of the catalogue: scenarios of the simulator first, then those of the referee."""
    return tuple(case for scenario in _scenarios() for case in _on_bases(scenario))


def _scenarios() -> Iterator[Scenario]:
    yield from load(idp_sim.scenarios)
    yield from load(conformance.scenarios)


def _on_bases(scenario: Scenario) -> Iterator[Case]:
    if not scenario.bases:
        yield Case(scenario=scenario)
    for base in scenario.bases:
        yield Case(scenario=scenario, base=base)
