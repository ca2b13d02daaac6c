"""A logout message as it arrives: the parameters of a query, or the fields of a form, each as it was received."""

from collections.abc import Container, Sequence
from typing import Literal
from urllib.parse import unquote_plus

import attrs

Binding = Literal["redirect", "post"]
MESSAGES = ("SAMLRequest", "SAMLResponse")


@attrs.frozen(kw_only=True)
class Arrival:
    """What arrived at the single logout service. Names are decoded.

    Values of a query are as received, percent-encoded: their octets are what is signed (saml-bindings 3.4.4.1).
    """

    binding: Binding
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def from_query(cls, query: bytes) -> "Arrival":
        """Return what a query holds, which may be any bytes."""
        parts = (part.partition("=") for part in query.decode("latin-1").split("&") if part)
        return cls(binding="redirect", pairs=tuple((unquote_plus(name), value) for name, _, value in parts))

    @classmethod
    def from_form(cls, fields: Sequence[tuple[str, str]]) -> "Arrival":
        """Return what a form holds."""
        return cls(binding="post", pairs=tuple(fields))

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of this parameter, as received."""
        return tuple(value for found, value in self.pairs if found == name)

    def decoded(self, value: str) -> str:
        """Return a value as it was before it was put into the query."""
        return unquote_plus(value) if self.binding == "redirect" else value

    @property
    def relay_state(self) -> str | None:
        """The RelayState, decoded; the first if there are several."""
        return next((self.decoded(value) for value in self.values("RelayState")), None)


@attrs.frozen(kw_only=True)
class LogoutMemory:
    """What the portal remembers: the IDs of its logout requests that are open in this browser. ``None``: offline."""

    open_logouts: Container[str] | None = None
