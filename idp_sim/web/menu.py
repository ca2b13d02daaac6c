"""What the sign-in page and the catalogue offer: people, and scenarios by topic. Made once for a simulator."""

import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import attrs

from idp_sim.catalogue import Outcome, Scenario
from idp_sim.login import BASES, Base
from idp_sim.people import Person
from idp_sim.web.problem import Problem
from rulebook.strict_toml import nearest

Protocol = Literal["saml", "saml-logout", "remote-login"]

OUTCOME_WORDS: Mapping[Outcome, str] = MappingProxyType(
    {
        "must-accept": "must accept",
        "must-refuse": "must refuse",
        "never-as-forged": "never as forged",
        "advisory": "advisory",
    }
)


@attrs.frozen(kw_only=True)
class Topic:
    """The scenarios of one module, under the first sentence of its docstring."""

    id: str
    sentence: str
    scenarios: tuple[Scenario, ...]


@attrs.frozen(kw_only=True)
class Menu:
    """People and scenarios as they can be chosen, found by what a form sends."""

    people: Mapping[str, Person]
    scenarios: Mapping[str, Scenario]

    def topics(self, protocol: Protocol | None = None) -> tuple[Topic, ...]:
        """Return the topics of one protocol, or of all; the topic of the sound ones comes first."""
        by_topic: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios.values():
            if protocol in (None, scenario.protocol):
                by_topic.setdefault(scenario.topic, []).append(scenario)
        topics = [
            Topic(id=topic, sentence=_sentence(scenarios[0]), scenarios=tuple(scenarios))
            for topic, scenarios in by_topic.items()
        ]
        return tuple(sorted(topics, key=lambda topic: not topic.id.endswith(".sound")))

    def person(self, email: str) -> Person:
        """Return the person with this address. Raises Problem, which names the nearest one."""
        if email in self.people:
            return self.people[email]
        if not email:
            raise Problem("No person is chosen", "The field 'person' came empty or not at all; it holds an address.")
        raise Problem("There is no such person", f"The directory has no '{email}'.{nearest(email, self.people)}")

    def scenario(self, scenario_id: str, status: int = 400) -> Scenario:
        """Return the scenario with this id. Raises Problem with ``status``, which names the nearest one."""
        if scenario_id in self.scenarios:
            return self.scenarios[scenario_id]
        if not scenario_id:
            raise Problem("No scenario is chosen", "The field 'scenario' came empty or not at all; it holds an id.")
        near = nearest(scenario_id, self.scenarios)
        raise Problem("There is no such scenario", f"The catalogue has no '{scenario_id}'.{near}", status)


def menu(people: Iterable[Person], scenarios: Iterable[Scenario]) -> Menu:
    """Make the menu of these people and scenarios, in their order."""
    return Menu(
        people=MappingProxyType({person.email: person for person in people}),
        scenarios=MappingProxyType({scenario.id: scenario for scenario in scenarios}),
    )


def default_scenario(protocol: Protocol) -> str:
    """Return the id of the scenario that is chosen until the person chooses another: the sound one."""
    return f"{protocol}.sound.plain"


def bases_of(scenario: Scenario) -> tuple[Base, ...]:
    """Return the parts that may be signed in this scenario: those it names, else any."""
    return scenario.bases or BASES


def marks_of(scenario: Scenario) -> tuple[str, ...]:
    """Return what a person must know before choosing the scenario, in short phrases."""
    marks = [_need(key, value) for key, value in scenario.given.items()]
    if scenario.start == "idp":
        marks.append("begins here")
    if scenario.needs_browser:
        marks.append(f"needs a real browser: {scenario.needs_browser}")
    marks += [f"{OUTCOME_WORDS[outcome]} when signed: {base}" for base, outcome in scenario.outcome_on.items()]
    return tuple(marks)


_TRUSTED = {"trusts": "the key", "trusts_second": "a second identity provider by the key"}


def _need(key: str, value: object) -> str:
    if key in _TRUSTED:
        return f"needs a portal that trusts {_TRUSTED[key]} {', '.join(str(value).split())}"
    if key == "encrypted":
        return "needs a portal with an encryption certificate"
    return f"needs a portal set to {key} = {_toml(value)}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _sentence(scenario: Scenario) -> str:
    document = sys.modules[scenario.function.__module__].__doc__ or ""
    return document.strip().partition("\n\n")[0].replace("\n", " ")
