"""What the parameters of a remote login say, and those that travel beside a SAML message."""

import re
from datetime import UTC, datetime

from idp_sim.decode.facts import Facts, Section, distance, short, shown, stamp
from idp_sim.decode.unwrap import Pairs

_SECONDS = re.compile(r"(\d{1,11})(?:\.\d+)?", re.ASCII)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


def remote_login(pairs: Pairs, now: datetime) -> Section:
    """Return the parameters of a remote login, decoded."""
    told = []
    for name, value in _readable(pairs):
        if name == "timestamp":
            told.append((name, _timestamp(value, now)))
        elif name == "hash":
            told.append((name, _hash(value)))
        else:
            told.append((shown(name), shown(value) or "(empty)"))
    return Section("Remote login", tuple(told))


def beside(pairs: Pairs) -> tuple[Section, ...]:
    """Return what came in the same query or form as a message."""
    told: Facts = tuple(
        (shown(name), (short(value) if name == "SigAlg" else shown(value)) or "(empty)")
        for name, value in _readable(pairs)
    )
    return (Section("Beside the message", told),) if told else ()


def _readable(pairs: Pairs) -> list[tuple[str, str]]:
    return [
        (name.decode("utf-8", "backslashreplace"), value.decode("utf-8", "backslashreplace")) for name, value in pairs
    ]


def _timestamp(value: str, now: datetime) -> str:
    match = _SECONDS.fullmatch(value)
    try:
        found = datetime.fromtimestamp(int(match[1]), UTC) if match else None
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        return f"{shown(value)}, which is no time in seconds since 1970 (now {int(now.timestamp())})"
    return f"{shown(value)}, that is {stamp(found)}, {distance(found, now)}"


def _hash(value: str) -> str:
    kind = "lower-case hex digits" if _HEX.fullmatch(value) else "characters, not all of them lower-case hex digits"
    return f"{shown(value) or '(empty)'} ({len(value)} {kind}; MD5 has 32)"
