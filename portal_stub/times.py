"""Moments and differences in words, and the one format of time that SAML allows."""

import functools
import re
from datetime import UTC, datetime, timedelta

_UTC_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?Z")

_LONGEST_KEPT = 40
"""Several checks read the same time. What is far longer than any is not kept."""

LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


def parse_utc(text: str) -> datetime | None:
    """Return the moment that an xs:dateTime in UTC names (saml-core 1.3.3), or None for any other text.

    A fraction of a second is cut to microseconds.
    """
    return _parsed(text) if len(text) <= _LONGEST_KEPT else _parsed.__wrapped__(text)


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> datetime | None:
    match = _UTC_TIME.fullmatch(text)
    if match is None:
        return None
    microseconds = int((match[7] or "")[:6].ljust(6, "0"))
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, microseconds, tzinfo=UTC)
    except ValueError:
        return None


def written(moment: datetime) -> str:
    """Return ``moment`` (UTC) as text, to the second."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def later(moment: datetime, span: timedelta) -> datetime:
    """Return ``moment`` plus ``span``, or the last moment there is."""
    try:
        return moment + span
    except OverflowError:
        return LAST_MOMENT


def duration(span: timedelta) -> str:
    """Return the length of ``span`` in words, in its two greatest units: ``5 minutes 10 seconds``."""
    seconds = abs(int(span.total_seconds()))
    words = []
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words[:2]) or "0 seconds"


def difference(moment: datetime, now: datetime) -> str:
    """Return how far ``moment`` is from ``now``: ``5 minutes 10 seconds ago`` or ``... from now``."""
    return f"{duration(now - moment)} {'from now' if moment > now else 'ago'}"
