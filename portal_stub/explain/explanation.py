"""What an explanation is made of. Every text in it is plain, with secrets hidden; pages escape it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import attrs

from portal_stub.config import Settings
from portal_stub.diagnosis import Finding, FindingOutcome
from portal_stub.saml.decryption import OwnKey
from portal_stub.suspect import Suspect
from rulebook.rules import Level

Method = Literal["simple", "saml", "logout"]


@attrs.frozen
class Piece:
    """A piece of text. ``marked`` is a difference, or a place where a rule is broken.

    A place has a number by which a rule links to it (``place``), and the numbers of the problems that stand there.
    """

    text: str
    marked: bool = False
    place: int = 0
    problems: tuple[int, ...] = ()


Text = tuple[Piece, ...]
Hide = Callable[[str], str]
"""Takes the secrets out of a text."""


@attrs.frozen
class Where:
    """Where in the message a rule is broken: in words, and the number of the place, 0 where it is not shown."""

    words: str
    place: int = 0


@attrs.frozen(kw_only=True)
class Judged:
    """One rule, and what came of it.

    ``number`` counts the problems (violated, not checked, warning) from 1, and is 0 for every other rule. ``expected``
    and ``got`` have their differing characters marked, and ``differences`` tells those in words. ``mend`` says what to
    do, most concrete sentence first.
    """

    rule: str
    level: Level
    clause: str
    statement: str
    outcome: FindingOutcome
    number: int = 0
    expected: Text = ()
    got: Text = ()
    differences: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()
    mend: tuple[str, ...] = ()
    reason: str = ""


@attrs.frozen(kw_only=True)
class Moment:
    """A time in the message: what it is, as it was sent, and what it meant when the message arrived.

    ``trouble`` is set where the sentence tells of something to mend.
    """

    name: str
    value: str
    sentence: str
    trouble: bool = False


@attrs.frozen(kw_only=True)
class NearMiss:
    """What came under a name that the portal does not look for, and what makes it look like one that it does."""

    name: str
    value: str
    sentence: str


@attrs.frozen(kw_only=True)
class Wanted:
    """What the portal looks for, under which names in which order, what it took, and what nearly was it.

    ``name`` and ``value`` are those of the first hit, empty where there is none.
    """

    what: str
    names: tuple[str, ...]
    needed: bool = False
    name: str = ""
    value: str = ""
    near: tuple[NearMiss, ...] = ()


@attrs.frozen(kw_only=True)
class Fact:
    """Something about the account, and from where it is taken."""

    what: str
    value: str
    source: str


@attrs.frozen(kw_only=True)
class Account:
    """The account that results, or would, if every rule were kept. ``known`` says whether it exists already."""

    facts: tuple[Fact, ...]
    known: str = ""


@attrs.frozen(kw_only=True)
class Message:
    """The message for people: its lines, with the places marked, and what was done to make it readable (``note``).

    ``raw`` is the message as it was kept; ``left_out`` says what is not shown, and why.
    """

    lines: tuple[Text, ...] = ()
    note: str = ""
    raw: str | None = None
    left_out: str = ""
    relay_state: str | None = None


@attrs.frozen(kw_only=True)
class Explanation:
    """One login attempt, explained. ``at`` is when it arrived (UTC)."""

    method: Method
    at: datetime
    granted: bool
    person: str | None
    headline: str
    suspects: tuple[Suspect, ...]
    rules: tuple[Judged, ...]
    moments: tuple[Moment, ...]
    wanted: tuple[Wanted, ...]
    others: tuple[Fact, ...]
    account: Account | None
    message: Message

    @property
    def problems(self) -> tuple[Judged, ...]:
        """The rules of which something is to be told, those that refuse first."""
        return tuple(judged for judged in self.rules if judged.number)

    def of(self, outcome: FindingOutcome) -> tuple[Judged, ...]:
        """Return the rules with this outcome."""
        return tuple(judged for judged in self.rules if judged.outcome == outcome)


@attrs.frozen(kw_only=True)
class Seen:
    """What a message shows beside its findings. ``where`` gives the places at which a rule is broken."""

    message: Message
    where: Mapping[str, tuple[Where, ...]] = attrs.field(factory=dict)
    moments: tuple[Moment, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    others: tuple[Fact, ...] = ()
    account: Account | None = None


@attrs.frozen(kw_only=True)
class Context:
    """In what light a message is read: its problems with their numbers, the settings, the moment, the own key.

    ``hide`` takes the secrets out of a text.
    """

    problems: Mapping[int, Finding]
    settings: Settings
    at: datetime
    hide: Hide
    own_key: OwnKey | None = None
