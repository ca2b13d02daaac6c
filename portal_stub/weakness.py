"""What a portal forgot: checks left out by name, and naive readers. Only for showing that a broken login bites.

A naive reader reads one part of a login as a portal that was broken into read it. It is one function, marked with
``@naive``; its name is its name on the command line, its docstring its published description.
"""

import functools
import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Set
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import attrs

from rulebook import RULES, UnknownRule, rule
from rulebook.rules import guards_of
from rulebook.strict_toml import nearest

Part = Literal[
    "field", "document", "assertion", "name-id", "attributes", "address", "text", "logout", "link", "fingerprint",
    "habit", "logout-habit", "link-habit",
]  # fmt: skip
"""What a naive reader reads.

``field``: ``(str) -> bytes``, how the form field SAMLResponse becomes the bytes of a message.
``document``: ``(bytes) -> root``, how the bytes of a SAML message become a tree.
``assertion``: ``(Received) -> element or None``, which assertion of the message is believed. None: the message is left
to the sound checks, and no rule is forgotten for it.
``name-id``: ``(assertion) -> elements``, which NameIDs are the subject's.
``attributes``: ``(assertion) -> (name, elements) pairs``, under which names the attributes come, with their values.
``address``: ``(expected, got) -> bool``, whether an address or an entity ID is the expected one.
``logout``: ``(ReceivedLogout) -> element or None``, which logout message is believed; None as for an assertion.
``text``: ``(element) -> str``, what the text of an element is.
``link``: ``(pairs) -> pairs``, which parameters of a remote login's link are read.
``fingerprint``: ``(own, stored) -> bool``, whether a certificate with this fingerprint (hex digits) is the one whose
fingerprint was stored, in the words in which it was stored.
``habit``: ``(Received) -> bool``, whether a sign-in that keeps every rule is not as this portal is used to; so are
``logout-habit``: ``(ReceivedLogout) -> bool``, and ``link-habit``: ``(Received, query) -> bool``.
"""

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen(kw_only=True)
class NaiveReader:
    """One way to read naively.

    ``forgets`` are the rules that a portal that reads so does not enforce; ``loosens`` are those that it enforces less
    strictly, ``tightens`` those that it enforces more strictly than they are: sound sign-ins find it.
    """

    name: str
    description: str
    part: Part
    forgets: frozenset[str]
    loosens: frozenset[str]
    tightens: frozenset[str]
    read: Callable[..., Any]

    def refuses(self, *arrived: Any) -> bool:
        """Return whether this habit refuses what arrived; what it cannot read, it leaves to the rules."""
        try:
            return bool(self.read(*arrived))
        except Exception:
            _log.debug("the habit %s cannot read this", self.name, exc_info=True)
            return False


_found: dict[str, NaiveReader] = {}


def naive(
    part: Part, *, forgets: Set[str] = frozenset(), loosens: Set[str] = frozenset(), tightens: Set[str] = frozenset()
) -> Callable[[F], F]:
    """Mark a function as a naive reader of this part. A property among ``forgets`` stands for its guards.

    Raises UnknownRule for a rule that is not in the rule book, TypeError for a function without docstring.
    """
    rules = frozenset(rule(rule_id).id for rule_id in _with_guards(forgets))
    looser, tighter = (frozenset(rule(rule_id).id for rule_id in rule_ids) for rule_ids in (loosens, tightens))

    def mark(read: F) -> F:
        if not read.__doc__:
            raise TypeError(f"the naive reader {read.__name__} has no docstring: it is its published description")
        name = read.__name__.replace("_", "-")
        description = " ".join(read.__doc__.split())
        _found[name] = NaiveReader(
            name=name, description=description, part=part, forgets=rules, loosens=looser, tightens=tighter, read=read
        )
        return read

    return mark


@functools.cache
def naive_readers() -> Mapping[str, NaiveReader]:
    """Return every naive reader by its name."""
    for package in ("portal_stub.saml.naive", "portal_stub.remote_login.naive"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    return MappingProxyType(_found)


class UnknownWeakness(LookupError):
    """A rule to leave out, or a naive reader, that does not exist."""


@attrs.frozen
class Weaknesses:
    """The rules left out and the names of the naive readers in force."""

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
        if weaknesses.naive:
            for reader in sorted(weaknesses.naive - naive_readers().keys()):
                raise UnknownWeakness(f"There is no naive reader '{reader}'.{nearest(reader, naive_readers())}")
        return attrs.evolve(weaknesses, without=_with_guards(weaknesses.without))

    def reader(self, part: Part) -> NaiveReader | None:
        """Return the naive reader in force for this part, if there is one."""
        if not self.naive:
            return None
        return next((found for name in sorted(self.naive) if (found := naive_readers()[name]).part == part), None)

    @property
    def forgotten(self) -> frozenset[str]:
        """The rules that are never enforced. What a reader of messages forgets depends on what it believes."""
        readers = (naive_readers()[name] for name in self.naive)
        return self.without.union(*(reader.forgets for reader in readers if reader.part not in ("assertion", "logout")))


def _with_guards(rule_ids: Iterable[str]) -> frozenset[str]:
    named = frozenset(rule_ids)
    return named.union(*(guards_of(rule_id) for rule_id in named))


SOUND = Weaknesses()
