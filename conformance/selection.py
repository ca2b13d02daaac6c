"""SELECT: which cases a person names on the command line (command-line.md, Identities)."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from idp_sim.aliases import aliases, today, told
from rulebook.strict_toml import nearest


class Selectable(Protocol):
    """A case, or a probe: it has an id, and rules by which it may be named."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of its rules."""


T = TypeVar("T", bound=Selectable)


def select(cases: Sequence[T], patterns: Iterable[str]) -> tuple[tuple[T, ...], list[str]]:
    """Return the cases that the patterns name, in the order of the catalogue, and what is to be said of the patterns.

    That is a sentence for each that names no case, and for each that is an old id. A pattern is an exact case id (also
    one that the case had before), a glob in which only ``*`` and ``?`` are special, ``rule:GLOB``, or ``not:GLOB``,
    which takes away. Without a pattern that adds, all cases are meant.
    """
    added, taken, remarks = set[str](), set[str](), list[str]()
    adds = False
    for pattern in patterns:
        takes = pattern.startswith("not:")
        adds |= not takes
        word = pattern.removeprefix("not:")
        if word in aliases():
            remarks.append(told(word))
        found = _matching(cases, today(word))
        if not found:
            remarks.append(f"No case matches '{pattern}'.{_nearest(cases, pattern)}")
        (taken if takes else added).update(found)
    chosen = (added if adds else {case.id for case in cases}) - taken
    return tuple(case for case in cases if case.id in chosen), remarks


def matches(glob: str, text: str) -> bool:
    """Whether the whole text matches the glob, in which only ``*`` and ``?`` are special."""
    return re.fullmatch(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def _matching(cases: Sequence[Selectable], pattern: str) -> set[str]:
    if pattern.startswith("rule:"):
        glob = pattern.removeprefix("rule:")
        return {case.id for case in cases if any(matches(glob, rule) for rule in case.rules)}
    exact = {case.id for case in cases if case.id == pattern}
    return exact or {case.id for case in cases if matches(pattern, case.id)}


def _nearest(cases: Sequence[Selectable], pattern: str) -> str:
    if "rule:" in pattern:
        return nearest(pattern, sorted({f"rule:{rule}" for case in cases for rule in case.rules}))
    return nearest(pattern.removeprefix("not:"), [case.id for case in cases])
