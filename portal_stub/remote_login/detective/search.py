"""The search for the fewest mistakes that lead to the hash that came."""

import hmac
import re
from collections.abc import Iterator
from itertools import chain, combinations, islice
from typing import Any, NamedTuple

from portal_stub.config import Settings
from portal_stub.remote_login.detective import formulas, hashed, written
from portal_stub.remote_login.detective.arrival import REPAIRS, Repair
from portal_stub.remote_login.detective.made import PROFILES, Made, Mistake
from portal_stub.remote_login.hashes import FORMULAS
from portal_stub.remote_login.link import PARAMETERS, parse_query
from portal_stub.suspect import Suspect

_MOST_HASHED = 1024
"""Bytes of all values together: a person's name and address are shorter by far, and the work grows with them."""
_WRITTEN_HASH = re.compile(rb"[0-9A-Za-z+/=_ \r\n-]{16,200}")
"""What the mistakes make of a digest. What looks otherwise is not searched for."""
_SHOWN_WHEN_RIGHT = "windows-1252-in-link"
"""What is told although the hash is right: it is over the bytes that were sent, and they are not UTF-8."""

MISTAKES = (
    *(*formulas.MISTAKES, *formulas.DIGESTS, *hashed.SECRETS, *hashed.VALUES),
    *(*hashed.SECRETS_AFTER_VALUES, *written.WRITING, *written.LENGTHS, *hashed.TIMES),
)
"""All mistakes with the hash, in the order in which they are named; what has the most ways comes last."""

LAST_RESORT = Suspect(
    code="another-secret",
    sentence="Nothing that was tried leads to your hash. Most likely it was made with another secret: another "
    "portal's, or this portal's from before it was made anew. It may also be over other values than the link has.",
    mend="Compare the secret on your side with Admin > Security, letter by letter; then print what you hash.",
)


class _Link(NamedTuple):
    """The hash that came, and how a right site makes it of the values that came."""

    hash: bytes
    right: Made

    def fits(self, made: Made) -> bool:
        return hmac.compare_digest(made.hash, self.hash)


class _Arrival(NamedTuple):
    repair: Repair
    told: str
    query: bytes

    def suspect(self) -> Suspect:
        return Suspect(code=self.repair.code, sentence=self.repair.sentence.format(self.told), mend=self.repair.mend)


class _Change(NamedTuple):
    mistake: Mistake
    told: str
    fields: dict[str, Any]


Explained = tuple[bytes, tuple[Suspect, ...]]


def explained(query: bytes, settings: Settings) -> Explained | None:
    """Return the query as it was meant, and what leads from it to the hash: the fewest mistakes.

    None where nothing does, or where there is nothing to be explained: no secret, no hash even once the link is mended,
    or values of a length that no person has.
    """
    came = _read(query, settings)
    if came is not None and came.fits(came.right):
        return query, tuple(each for each in _seen(query) if each.code == _SHOWN_WHEN_RIGHT)
    return next(chain(_by_one(query, came, settings), _by_two(query, came, settings)), None)


def unexplained(query: bytes, settings: Settings) -> tuple[Suspect, ...]:
    """Return what is told where nothing leads to the hash: what the link shows by itself, or else the last resort."""
    came = _read(query, settings)
    last = came is not None and re.fullmatch(rb"[0-9a-f]{32}", came.hash)
    return tuple(islice(_seen(query), 1)) or ((LAST_RESORT,) if last else ())


def _by_one(query: bytes, came: _Link | None, settings: Settings) -> Iterator[Explained]:
    """What the way did comes first: an address with a blank had a plus, whatever else would make one of it."""
    for arrival in _arrivals(query):
        link = _read(arrival.query, settings)
        if link is not None and link.fits(link.right):
            yield arrival.query, (arrival.suspect(),)
    if came is None:
        return
    for mistake in MISTAKES:
        for told, made in mistake.ways(came.right):
            if came.fits(made):
                yield query, (_suspect([(mistake, told)], settings),)


def _by_two(query: bytes, came: _Link | None, settings: Settings) -> Iterator[Explained]:
    """Two of the way, one of the way and one of the hash, two of the hash: in this order."""
    arrivals = list(_arrivals(query, together=True))
    for first in arrivals:
        for second in _arrivals(first.query, together=True):
            link = _read(second.query, settings)
            if second.repair is not first.repair and link is not None and link.fits(link.right):
                yield second.query, (first.suspect(), second.suspect())
    for arrival in arrivals:
        link = _read(arrival.query, settings)
        if link is None:
            continue
        for change in _changes(link.right):
            if link.fits(link.right._replace(**change.fields)):
                told = _suspect([(change.mistake, change.told)], settings)
                yield arrival.query, (arrival.suspect(), told)
    if came is None:
        return
    for changes, made in _pairs(came.right):
        if came.fits(made):
            yield query, (_suspect([(change.mistake, change.told) for change in changes], settings),)


def _pairs(right: Made) -> Iterator[tuple[tuple[_Change, _Change], Made]]:
    changes = list(_changes(right))
    for one, other in combinations(changes, 2):
        if other.fields.keys().isdisjoint(one.fields):
            yield (one, other), right._replace(**one.fields, **other.fields)
    # How long a message is depends on everything else in it.
    for one in changes:
        changed = right._replace(**one.fields)
        for mistake in written.LENGTHS if "length" not in one.fields else ():
            for told, made in mistake.ways(changed):
                yield (one, _Change(mistake, told, {})), made


def _changes(right: Made) -> Iterator[_Change]:
    """Yield what mistakes change in how the hash is made: of each mistake the likeliest ways."""
    for mistake in MISTAKES:
        for told, made in islice(mistake.ways(right), mistake.together):
            changed = {
                field: after for field, before, after in zip(Made._fields, right, made, strict=True) if after != before
            }
            if changed:
                yield _Change(mistake, told, changed)


def _arrivals(query: bytes, *, together: bool = False) -> Iterator[_Arrival]:
    for repair in REPAIRS:
        for told, mended in islice(repair.queries(query), repair.together if together else None):
            yield _Arrival(repair, told, mended)


def _seen(query: bytes) -> Iterator[Suspect]:
    for repair in REPAIRS:
        told = repair.plain_to_see(query)
        if told is not None:
            yield _Arrival(repair, told, query).suspect()


def _values(query: bytes) -> dict[str, bytes]:
    """Return the first value of each parameter, empty where it was not sent."""
    sent = dict(reversed(parse_query(query)))
    return {name: sent.get(name.encode(), b"") for name in PARAMETERS}


def _read(query: bytes, settings: Settings) -> _Link | None:
    """Return the link, or None where there is nothing to be searched for."""
    simple, sent = settings.simple, _values(query)
    values: dict[str, Any] = {name: sent[name] for name in ("name", "email", "timestamp", "phone", "company")}
    if not simple.secret or not _WRITTEN_HASH.fullmatch(sent["hash"]) or sum(map(len, values.values())) > _MOST_HASHED:
        return None
    means, parts = PROFILES[simple.profile]
    secret = simple.secret.encode()
    return _Link(sent["hash"], Made(parts=parts, means=means, secret=secret, host=settings.host, **values))


def _suspect(found: list[tuple[Mistake, str]], settings: Settings) -> Suspect:
    formula = FORMULAS[settings.simple.profile]
    sentences = [mistake.sentence.format(told) for mistake, told in found]
    if any(mistake in formulas.MISTAKES for mistake, _ in found):
        sentences.append(f"This portal expects {formula}.")
    return Suspect(
        code="+".join(mistake.code for mistake, _ in found),
        sentence=" ".join(sentences),
        mend=" ".join(mistake.mend.format(formula) for mistake, _ in found),
    )
