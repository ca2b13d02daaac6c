"""One request of a browser as a capture has it, whichever tool wrote the capture."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import attrs

Pairs = tuple[tuple[str, str], ...]
"""Names and values, percent-decoded."""


class NoCapture(ValueError):
    """The bytes are no capture that is read; the text says what was expected and what came."""


@attrs.frozen(kw_only=True)
class Exchange:
    """A request and where its answer led.

    ``body`` is the form as it is encoded for the way, empty where there was none. ``unread`` says why it is missing or
    of no use. ``at`` (UTC) is when it was captured, by the clock that ``clock`` names; None where nothing tells.
    ``leads_to`` is the address to which the answer redirected, ``keeps_form`` whether the form goes there as well.
    ``note`` is what a reader of the diagnosis must know.
    """

    method: str
    url: str
    body: str = ""
    unread: str = ""
    at: datetime | None = None
    clock: str = ""
    leads_to: str = ""
    keeps_form: bool = False
    note: str = ""

    @property
    def query(self) -> str:
        """The query of the address, still percent-encoded."""
        return self.url.partition("#")[0].partition("?")[2]

    @property
    def place(self) -> tuple[str, str]:
        """The host with its port, in lower case, and the path; both empty for what is no address."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return "", ""
        return parts.netloc.rpartition("@")[2].lower(), parts.path


def fields(encoded: str) -> Pairs:
    """Return the fields of a form or a query; bytes that are not UTF-8 are marked."""
    return tuple(parse_qsl(encoded, keep_blank_values=True, errors="replace"))


def values(pairs: Pairs, name: str) -> list[str]:
    """Return every value of that name, in order."""
    return [value for known, value in pairs if known == name]


# What JSON holds may be of any type: these look at it without surprise.


def document(content: bytes) -> Any:
    """Return what the JSON holds. Raises NoCapture for what is none."""
    try:
        return json.loads(content)
    except RecursionError:
        raise NoCapture("it looks like JSON, but is nested too deep to be read") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NoCapture(f"it looks like JSON, but is broken or cut off: {error.msg} at {where}") from None
    except ValueError as error:
        raise NoCapture(f"it looks like JSON, but cannot be read: {error}") from None


def text(value: Any) -> str:
    """Return a string that can be written as UTF-8, empty for what is no string. Half a surrogate pair is marked."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else ""


def table(value: Any) -> Mapping[str, Any]:
    """Return the object, an empty one for whatever is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> Sequence[Any]:
    """Return the list, an empty one for whatever is none."""
    return value if isinstance(value, list) else ()


def moment(found: datetime) -> datetime | None:
    """Return the moment in UTC; None for one that names no zone, or that no login was ever captured at."""
    if found.tzinfo is None or not 1970 < found.year < 9999:
        return None
    return found.astimezone(UTC)


def iso_moment(written: str) -> datetime | None:
    """Return the moment that an ISO 8601 time with its zone names, or None."""
    try:
        return moment(datetime.fromisoformat(written))
    except ValueError:
        return None


def absolute(url: str, target: str) -> str:
    """Return where a redirect of ``url`` leads, empty where it leads nowhere."""
    try:
        return urljoin(url, target) if target else ""
    except ValueError:
        return ""
