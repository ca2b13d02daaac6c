"""The link of a remote login as received, percent-decoded to bytes by our own hand (portal-contract R3, R4)."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from urllib.parse import unquote_to_bytes

import attrs

from portal_stub.config import Settings

HASHED = ("name", "email", "timestamp", "hash")
PARAMETERS = (*HASHED, "phone", "company", "redirect_to")


def parse_query(query: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the pairs of name and value of a raw query, percent-decoded; a ``+`` is a space (R3)."""
    pairs = []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if part:
            pairs.append((_decode(name), _decode(value)))
    return tuple(pairs)


def _decode(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


@attrs.frozen(kw_only=True)
class Received:
    """What the checks look at: the pairs of the query, the settings, the present moment (UTC), the rules left out.

    ``seen_links`` are the ids of the links that were accepted and could be again; ``None`` means offline. ``posted``
    tells that parameters came in the body of a form.
    """

    pairs: tuple[tuple[bytes, bytes], ...]
    settings: Settings
    now: datetime
    waived: frozenset[str] = frozenset()
    seen_links: Container[str] | None = None
    posted: bool = False
    values: Mapping[str, Sequence[bytes]] = attrs.field(init=False)

    @values.default
    def _values(self) -> Mapping[str, Sequence[bytes]]:
        values: dict[str, list[bytes]] = {name: [] for name in PARAMETERS}
        for name, value in self.pairs:
            known = name.decode("utf-8", "replace")
            if known in values:
                values[known].append(value)
        return values

    @property
    def id(self) -> str:
        """What the portal remembers of a link that it accepts once."""
        return f"remote login {self.text('hash')}"

    def raw(self, name: str) -> bytes:
        """Return the first value of the parameter as bytes, empty when it was not sent."""
        return next(iter(self.values[name]), b"")

    def text(self, name: str) -> str:
        """Return the first value as text, with a mark in place of bytes that are not UTF-8."""
        return self.raw(name).decode("utf-8", "replace")

    @property
    def unclear(self) -> str:
        """The first hashed parameter that was sent more than once, or the empty string."""
        return next((name for name in HASHED if len(self.values[name]) > 1), "")

    def blank(self, name: str) -> bool:
        """Return whether the parameter is missing, or has nothing but blanks in it."""
        return not self.text(name).strip()
