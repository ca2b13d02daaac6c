"""What a portal forgot: checks left out by name, and naive readers. Only for showing that a broken login bites."""

from collections.abc import Iterable

import attrs

from rulebook import RULES, UnknownRule
from rulebook.rules import guards_of
from rulebook.strict_toml import nearest

NAIVE_READERS: dict[str, str] = {
    "first-assertion": "Reads the first assertion of the document, once any signature in it has verified.",
    "last-assertion": "Reads the last assertion of the document, once any signature in it has verified.",
    "text-of-first-node": "Reads a text only up to the first comment in it.",
}


class UnknownWeakness(LookupError):
    """A rule to leave out, or a naive reader, that does not exist."""


@attrs.frozen
class Weaknesses:
    """The rules left out and the naive readers in force."""

    without: frozenset[str] = frozenset()
    naive: frozenset[str] = frozenset()

    @classmethod
    def named(cls, without: Iterable[str] = (), naive: Iterable[str] = ()) -> "Weaknesses":
        """Return the weaknesses with these names. To leave out a property is to leave out its guards.

        Raises UnknownWeakness, which names the nearest one.
        """
        weaknesses = cls(frozenset(without), frozenset(naive))
        for rule_id in sorted(weaknesses.without - RULES.keys()):
            raise UnknownWeakness(str(UnknownRule(rule_id)))
        for reader in sorted(weaknesses.naive - NAIVE_READERS.keys()):
            raise UnknownWeakness(f"There is no naive reader '{reader}'.{nearest(reader, NAIVE_READERS)}")
        guards = (guards_of(rule_id) for rule_id in weaknesses.without)
        return attrs.evolve(weaknesses, without=weaknesses.without.union(*guards))


SOUND = Weaknesses()
