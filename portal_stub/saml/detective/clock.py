"""Times that do not hold: a clock that is off, local time for UTC, a validity of nothing, a zone in place of the Z."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from portal_stub.address import shown
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.judge import judge
from portal_stub.saml.message import OFFLINE
from portal_stub.saml.moments import times
from portal_stub.saml.received import Received
from portal_stub.suspect import Suspect
from portal_stub.times import duration, parse_utc

_KEPT = " Or the message was kept for so long before it came here."

_CLOCK = Suspect(
    code="clock-off",
    sentence="The identity provider's clock is {} ours: all its times hold by a clock that is off by so much.{}",
    mend="Set the clock of the identity provider by NTP.",
)
_LOCAL = Suspect(
    code="local-time",
    sentence="The times are {} our clock, as they are when local time is written with a Z, which means UTC.{}",
    mend="Let the identity provider write its times in UTC.",
)
_NO_TIME = Suspect(
    code="no-validity",
    sentence="{} says NotOnOrAfter {}, and that is {} the message was issued: it was never valid.",
    mend="Set how long a Response is valid at the identity provider: some minutes.",
)
_ZONE = Suspect(
    code="time-with-zone",
    sentence="The time {} is written with the zone's offset. SAML wants it in UTC, with a Z.",
    mend="Let the identity provider write its times in UTC, such as 2026-01-31T12:00:00Z.",
)
_NO_ZONE = Suspect(
    code="time-without-zone",
    sentence="The time {} does not say its zone: the Z at its end is missing.",
    mend="Let the identity provider write its times in UTC, such as 2026-01-31T12:00:00Z.",
)
MISTAKES = (_CLOCK, _LOCAL, _NO_TIME, _ZONE, _NO_ZONE)

_OF_TIMES = frozenset(
    {
        *("saml.conditions.not-before", "saml.conditions.not-on-or-after", "saml.confirmation.not-on-or-after"),
        *("saml.response.issue-instant", "saml.response.issued-recently", "saml.session.not-on-or-after"),
        *("saml.statement.authn-instant", "saml.conditions.order"),
    }
)
_HALF_HOUR, _QUARTER = 1800, 900
_ODD_ZONES = frozenset({"05:45", "08:45", "12:45", "13:45"})
_FURTHEST = 14 * 3600
_NEAR = 30
"""How far from a zone a difference may be, in seconds: the clocks' own drift and the way of the message."""
_WITH_OFFSET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,20}[+-][0-9]{2}:?[0-9]{2}")
_WITHOUT_ZONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,20}")


def _clock(received: Received) -> Iterator[Suspect]:
    """All the times are off alike where every rule about them would hold at the moment of the IssueInstant."""
    issued = parse_utc(received.response.get("IssueInstant", ""))
    in_assertion = parse_utc(received.assertion.get("IssueInstant", ""))
    if issued is None or in_assertion is None or abs(issued - in_assertion) > received.drift:
        return
    at_issue = judge(received.post, received.settings, issued, OFFLINE, own_key=received.own_key)
    if not _OF_TIMES.isdisjoint(at_issue.violations):
        yield from _never_valid(received, issued)
        return
    behind = received.now - issued
    side, kept = ("behind", _KEPT) if behind > timedelta(0) else ("ahead of", "")
    zone = _zone(abs(behind.total_seconds()))
    if zone is not None:
        yield _LOCAL.about(f"{duration(zone)} {side}", kept)
    else:
        yield _CLOCK.about(f"{duration(behind)} {side}", kept)


def _zone(seconds: float) -> timedelta | None:
    """Return the zone of the world that is so far from UTC, or None."""
    quarters = round(seconds / _QUARTER)
    nearest = quarters * _QUARTER
    if not quarters or abs(seconds - nearest) > _NEAR or nearest > _FURTHEST:
        return None
    hours, minutes = divmod(nearest // 60, 60)
    return timedelta(seconds=nearest) if not nearest % _HALF_HOUR or f"{hours:02}:{minutes}" in _ODD_ZONES else None


def _never_valid(received: Received, issued: datetime) -> Iterator[Suspect]:
    """What ends at or before its own beginning."""
    for place, attribute, text in times([received.assertion]):
        end = parse_utc(text)
        if attribute == "NotOnOrAfter" and end is not None and end <= min(issued, received.now):
            when = "just when" if end == issued else f"{duration(issued - end)} before"
            name = "The assertion" if str(place.tag).endswith("}Conditions") else "The confirmation of the subject"
            yield _NO_TIME.about(name, text, when)
            return


def _format(received: Received) -> Iterator[Suspect]:
    elements = [element for element in (received.envelope, received.assertion_if_any) if element is not None]
    wrong = next((text for _, _, text in times(elements) if parse_utc(text) is None), "")
    if _WITH_OFFSET.fullmatch(wrong):
        yield _ZONE.about(shown(wrong))
    elif _WITHOUT_ZONE.fullmatch(wrong):
        yield _NO_ZONE.about(shown(wrong))


EXPLAINERS: tuple[Explainer, ...] = (
    (_OF_TIMES, _clock),
    (frozenset({"saml.time.format"}), _format),
)
