"""Names the mistake by which a remote login's link came out as it did. It explains a refusal, and grants nothing.

A hash is explained when it comes out to the letter once the mistake is made. Every mistake is made by itself, and every
one that the way made with the link is undone; then every two together that change different things. Of two that lead to
the same hash, the one that stands first in its list is named. The work is bounded, whatever is sent.
"""

from datetime import datetime

from portal_stub.config import Settings
from portal_stub.remote_login.detective import address, arrival, moments
from portal_stub.remote_login.detective.address import suspects_of_address
from portal_stub.remote_login.detective.search import LAST_RESORT, MISTAKES, explained, unexplained
from portal_stub.remote_login.link import Received, parse_query
from portal_stub.suspect import Suspect

__all__ = ["MISTAKES", "OTHERS", "suspects", "suspects_of_address"]

_LONGEST = 4096
"""Bytes of a query that is looked into: what is longer was not made by mistake."""
_SHORTEST_SECRET = 4
"""Characters of a secret that is kept out of the sentences: less would take letters out of every word."""
_SAID_BY = {
    "milliseconds": "other-precision-hashed",
    "decimal-comma": "other-precision-hashed",
    "stray-blank-sent": "stray-blank",
}
"""What a value shows by itself, and the mistake with the hash that says it as well."""

OTHERS: tuple[arrival.Repair | Suspect, ...] = (*arrival.REPAIRS, *moments.MISTAKES, LAST_RESORT, *address.MISTAKES)
"""Everything that is named beside the mistakes with the hash, for the table of mistakes."""


def suspects(query: bytes, settings: Settings, now: datetime) -> tuple[Suspect, ...]:
    """Return the mistakes that explain the raw query of a refused link, none where nothing explains it.

    ``now`` (UTC) is when the link arrived. What is wrong with the hash and what is wrong with the time or the address
    are told apart, one suspect for each; two mistakes that explain one hash only together are one suspect. Where
    nothing explains the hash, the last resort says so. Neither the secret nor the right hash is told. Nothing is
    raised.
    """
    if len(query) > _LONGEST:
        return ()
    meant, named = explained(query, settings) or (query, unexplained(query, settings))
    facts = list(moments.of_the_values(Received(pairs=parse_query(meant), settings=settings, now=now)))
    if moments.LOGIN_NAME.code in {fact.code for fact in facts}:
        named = tuple(each for each in named if each is not LAST_RESORT)  # the address may well be what was hashed
    codes = {code for each in named for code in each.code.split("+")}
    told = [*named, *(fact for fact in facts if _SAID_BY.get(fact.code) not in codes)]
    return tuple(_without_secret(each, settings.simple.secret) for each in told)


def _without_secret(suspect: Suspect, secret: str) -> Suspect:
    if len(secret) < _SHORTEST_SECRET:
        return suspect
    return Suspect(
        code=suspect.code,
        sentence=suspect.sentence.replace(secret, "[the secret]"),
        mend=suspect.mend.replace(secret, "[the secret]"),
    )
