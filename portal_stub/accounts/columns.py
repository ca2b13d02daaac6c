"""Column types that take whatever a stranger sends and give back what the portal works with."""

import hashlib
import re
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept as naive UTC: not every database knows time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC without its zone."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone."""
        return value.replace(tzinfo=UTC) if value else None


class AnyText(TypeDecorator[str]):
    """Text from outside. What no database can hold (NUL, half of a surrogate pair) becomes a replacement character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text with what cannot be stored replaced."""
        return storable(value) if value is not None else None


def storable(text: str) -> str:
    """Return ``text`` with NUL and lone surrogates replaced by U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text)


def digest(text: str) -> str:
    """Return the key under which something of any length and content is found (64 hex digits of SHA-256)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
