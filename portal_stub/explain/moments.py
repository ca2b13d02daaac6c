"""The times in a message, each as a sentence about the moment at which it arrived."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import attrs
from lxml import etree

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.explain.explanation import Context, Hide, Moment
from portal_stub.saml.moments import times
from portal_stub.times import duration, parse_utc, written

_UNDER_WAY = timedelta(seconds=10)
"""How long a message may be under way before its age says something about a clock."""
_HALF_HOUR = timedelta(minutes=30)
_MOST = 60
_MILLISECONDS = 12
"""Digits of a timestamp from which on it counts milliseconds: seconds have ten until the year 2286."""


def moments_of(elements: tuple[etree._Element, ...], context: Context) -> tuple[Moment, ...]:
    """Return every time of a Response and its assertions, in the order of the message, at most some dozens."""
    found = list(islice(_sent(elements), _MOST))
    issued = [parse_utc(value) for _, attribute, value in found if attribute == "IssueInstant"]
    agree = bool(issued) and all(moment is not None and abs(moment - context.at) <= _UNDER_WAY for moment in issued)
    drift = timedelta(seconds=context.settings.saml.allowed_drift_seconds)
    arrival = _Arrival(context.at, drift, agree, context.hide)
    return tuple(_moment_of(element, attribute, value, arrival) for element, attribute, value in found)


@attrs.frozen
class _Arrival:
    """When the message arrived, the allowed drift, and whether its times of issue show that the clocks agree."""

    at: datetime
    drift: timedelta
    agree: bool
    hide: Hide


def _sent(elements: tuple[etree._Element, ...]) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield each time once: those of an assertion are the Response's as well."""
    seen = set()
    for element, attribute, value in times(elements):
        if attribute in element.attrib and (element, attribute) not in seen:
            seen.add((element, attribute))
            yield element, attribute, value


def _moment_of(element: etree._Element, attribute: str, value: str, arrival: _Arrival) -> Moment:
    sentence, trouble = _told(attribute, parse_utc(value), arrival)
    name = f"{attribute} of {etree.QName(element).localname}"
    return Moment(name=name, value=shown(arrival.hide(value))[1:-1], sentence=sentence, trouble=trouble)


def _told(attribute: str, moment: datetime | None, arrival: _Arrival) -> tuple[str, bool]:
    if moment is None:
        return "It cannot be read: a time is written in UTC, such as 2026-01-31T12:00:00Z.", True
    ahead = moment - arrival.at
    if attribute == "IssueInstant":
        return _issued(ahead, arrival.drift)
    if attribute == "AuthnInstant":
        return f"The person was authenticated {_when(ahead)}.", ahead > arrival.drift
    if attribute == "NotBefore":
        return _valid_from(ahead, arrival)
    return _valid_until(attribute, ahead, arrival)


def _when(ahead: timedelta) -> str:
    if abs(ahead) < timedelta(seconds=1):
        return "as it arrived"
    return f"{duration(ahead)} {'after' if ahead > timedelta(0) else 'before'} it arrived"


def _issued(ahead: timedelta, drift: timedelta) -> tuple[str, bool]:
    """An ordinary message is issued in the moment in which it is sent, so this time shows the sender's clock."""
    if abs(ahead) <= _UNDER_WAY:
        return f"Made {_when(ahead)}: your clock and ours agree.", False
    made, clock = f"Made {_when(ahead)}", f"your clock is {duration(ahead)}"
    if ahead > timedelta(0):
        return f"{made}: {clock} ahead of ours.{_zone(ahead)}", True
    return f"{made}. Unless it lay about that long, {clock} behind ours.{_zone(ahead)}", -ahead > drift


def _valid_from(ahead: timedelta, arrival: _Arrival) -> tuple[str, bool]:
    if ahead <= timedelta(0):
        return f"It became valid {_when(ahead)}.", False
    late = f"It became valid {_when(ahead)}"
    if ahead <= arrival.drift:
        return f"{late}, which the allowed drift makes good.", False
    if arrival.agree:
        return f"{late}, although the clocks agree: let NotBefore be the time of issue, or earlier.{_zone(ahead)}", True
    return f"{late}: your clock is up to {duration(ahead)} ahead of ours.{_zone(ahead)}", True


def _valid_until(attribute: str, ahead: timedelta, arrival: _Arrival) -> tuple[str, bool]:
    what = "The session at the identity provider" if attribute.startswith("Session") else "It"
    if ahead > timedelta(0):
        return f"{what} was valid for another {duration(ahead)} when it arrived.", False
    ended = f"{what} had ended {_when(ahead)}"
    if -ahead < arrival.drift:
        return f"{ended}, which the allowed drift makes good.", False
    if arrival.agree:
        return f"{ended}, although the clocks agree: let it last for some minutes.{_zone(ahead)}", True
    clock = f"your clock is at least {duration(ahead)} behind ours"
    return f"{ended}: it came too late, or {clock}.{_zone(ahead)}", True


def _zone(ahead: timedelta) -> str:
    """Return a hint where a difference is nearly one of time zones."""
    halves = round(ahead / _HALF_HOUR)
    if not 1 <= abs(halves) <= 28 or abs(ahead - halves * _HALF_HOUR) > timedelta(minutes=2):
        return ""
    whole = duration(abs(halves) * _HALF_HOUR)
    return f" That is close to {whole}, as a time zone is: was local time written as UTC?"


def timestamp_of(text: str, settings: Settings, at: datetime) -> Iterator[Moment]:
    """Yield what the timestamp of a remote login meant when it arrived. The md5 profile has none."""
    if settings.simple.profile == "md5" or not text.strip():
        return
    sentence, trouble = _timestamp(text.strip(), settings, at)
    yield Moment(name="timestamp", value=shown(text)[1:-1], sentence=sentence, trouble=trouble)


def _timestamp(text: str, settings: Settings, at: datetime) -> tuple[str, bool]:
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdigit()):
        return "It cannot be read: it counts the seconds since 1970 in ASCII digits, such as 1463000000.", True
    if len(whole) >= _MILLISECONDS:
        read = _moment(int(whole[:18]) // 1000)
        near = "" if read is None or len(whole) > _MILLISECONDS + 2 else f" Read as milliseconds it is {written(read)}."
        return f"It has {len(whole)} digits, and seconds have ten.{near}", True
    sent = _moment(int(whole))
    if sent is None:
        return "It is no time of this age.", True
    ahead, simple = sent - at.replace(microsecond=0), settings.simple
    sentence, _ = _issued(ahead, timedelta(0))
    too_old, too_young = timedelta(seconds=simple.max_age_seconds), timedelta(seconds=simple.max_future_seconds)
    return f"{written(sent)}. {sentence}", not -too_old <= ahead <= too_young


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
