"""The rules, loaded once from the TOML files beside this module."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import attrs

from rulebook.strict_toml import nearest, read_table, structure

Level = Literal["MUST", "SHOULD"]
Side = Literal["portal", "identity-provider"]


@attrs.frozen
class Rule:
    """One thing that the protocol demands of a portal.

    A property is enforced by no check alone; the rules whose ``guard_of`` names it enforce it together. ``upon`` is who
    must keep the rule.
    """

    id: str
    level: Level
    clause: str
    statement: str
    mend: str
    guard_of: str | None = None
    property: bool = False
    upon: Side = "portal"


class UnknownRule(LookupError):
    """A rule id that is not in the rule book."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"There is no rule '{rule_id}'.{nearest(rule_id, RULES)}")


def _load() -> Mapping[str, Rule]:
    rules: dict[str, Rule] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for rule_id, table in read_table(path).items():
            if rule_id in rules:
                raise ValueError(f"{path.name}: the rule '{rule_id}' is written twice")
            rules[rule_id] = structure({"id": rule_id, **table}, Rule, f"{path.name}: {rule_id}")
    for known in rules.values():
        if known.guard_of is not None and not rules[known.guard_of].property:
            raise ValueError(f"'{known.id}' guards '{known.guard_of}', which is not a property")
    return MappingProxyType(rules)


RULES: Mapping[str, Rule] = _load()


def rule(rule_id: str) -> Rule:
    """Return the rule with this id. Raises UnknownRule, which names the nearest one."""
    try:
        return RULES[rule_id]
    except KeyError:
        raise UnknownRule(rule_id) from None


def guards_of(property_id: str) -> frozenset[str]:
    """Return the ids of the rules that together enforce the property."""
    return frozenset(known.id for known in RULES.values() if known.guard_of == property_id)
