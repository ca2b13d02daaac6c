"""Mistakes that the values show by themselves, although the hash over them is right."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.remote_login.link import Received
from portal_stub.suspect import Suspect
from portal_stub.times import duration

_QUARTERS = (4, 8, 10, 12, 14, 16, 18, 20, 22, 23, 24, 26, 28, 32, 35, 36, 38, 40, 42, 44, 48, 51, 52, 55, 56)
"""By how many quarters of an hour the clocks of the world differ from UTC, to either side."""
_NEAR = 90
"""How far from that the age of a link may be that a wrong zone explains, in seconds."""
_TEN_MINUTES = 600
_KEPT = "A link that was kept for so long looks the same."
_MILLISECONDS = re.compile(r"([0-9]{9,11})[0-9]{3}(?:[.,][0-9]+)?")
_SECONDS = re.compile(r"([0-9]{1,11})(?:[.,][0-9]+)?")

LOGIN_NAME = Suspect(
    code="login-name",
    sentence="Your site sends {} as the address: that is a login name.",
    mend="Send the person's email address in 'email'.",
)
_STRAY = Suspect(
    code="stray-blank-sent",
    sentence="The {} in your link has a blank or a line break at its beginning or end.",
    mend="Trim each value once, before it is hashed and sent.",
)
_MILLISECONDS_SENT = Suspect(
    code="milliseconds",
    sentence="Your site sends milliseconds: {}.",
    mend="Divide by 1000 and cut the fraction: the portal wants seconds.",
)
_DECIMAL_COMMA = Suspect(
    code="decimal-comma",
    sentence="Your timestamp has a decimal comma, {}: your site writes numbers by the rules of its language.",
    mend="Send whole seconds, written without the rules of a language.",
)
_LOCAL_TIME = Suspect(
    code="local-time",
    sentence="Your timestamp is {} our clock, as it is when a local time is taken for UTC. {}",
    mend="Send the seconds since 1970 in UTC, as time() gives them, without adding a zone.",
)
_BACK_DATED = Suspect(
    code="back-dated",
    sentence="Your timestamp is ten minutes old on arrival: your site dates links back.",
    mend="Send the present moment, and set your server's clock by NTP: this portal takes no links that are so old.",
)
MISTAKES = (LOGIN_NAME, _STRAY, _MILLISECONDS_SENT, _DECIMAL_COMMA, _LOCAL_TIME, _BACK_DATED)
"""Everything that is named here, for the table of mistakes."""


def of_the_values(link: Received) -> Iterator[Suspect]:
    """Yield what is wrong with the address and with the time: one suspect for each at most."""
    email = link.text("email")
    if email.strip() and "@" not in email:
        yield LOGIN_NAME.about(shown(email, 60))
    timed = link.settings.simple.profile != "md5"
    for field in ("email", "timestamp") if timed else ("email",):
        value = link.text(field)
        if value.strip() != value and value.strip():
            yield _STRAY.about(field)
    if timed:
        yield from _of_the_time(link.text("timestamp").strip(), link.settings, link.now)


def _of_the_time(timestamp: str, settings: Settings, now: datetime) -> Iterator[Suspect]:
    if "," in timestamp and _SECONDS.fullmatch(timestamp):
        yield _DECIMAL_COMMA.about(shown(timestamp, 40))
    milliseconds = _MILLISECONDS.fullmatch(timestamp)
    if milliseconds:
        yield _MILLISECONDS_SENT.about(timestamp)
    seconds = milliseconds or _SECONDS.fullmatch(timestamp)
    if seconds is None:
        return
    age, simple = int(now.timestamp()) - int(seconds[1]), settings.simple
    if -simple.max_future_seconds <= age <= simple.max_age_seconds:
        return
    zone = next((quarters * 900 for quarters in _QUARTERS if abs(abs(age) - quarters * 900) <= _NEAR), None)
    if zone is not None:
        off = f"{duration(timedelta(seconds=zone))} {'behind' if age > 0 else 'ahead of'}"
        yield _LOCAL_TIME.about(off, _KEPT if age > 0 else "A clock that is wrong by so much looks the same.")
    elif abs(age - _TEN_MINUTES) <= _NEAR:
        yield _BACK_DATED
