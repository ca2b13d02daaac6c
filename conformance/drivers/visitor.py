"""What a person can do at a browser, whichever driver does it."""

import time
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl

import attrs

from idp_sim.catalogue import NOTHING


class SiteFailed(Exception):
    """A site answered with a server error, did not answer in time, or dropped the connection. ``host`` names it."""

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host} {what}")
        self.host = host


class NotOnPage(LookupError):
    """What the person was to choose, fill in or press is not on the page; the text says what and where."""


class Unsupported(Exception):
    """The driver cannot do what the case needs; the text is the reason for skipping it."""


@attrs.frozen
class Query:
    """What to read on a page: the text of the first element that matches the CSS selector, or one of its attributes."""

    selector: str
    attribute: str | None = None


@attrs.frozen
class Shown:
    """A page as a person sees it: its address, its HTTP status and the texts asked for (``None``: not on the page)."""

    url: str
    status: int
    texts: Mapping[str, str | None]


@attrs.frozen
class Form:
    """A request by which the browser moved to another page: method, address and, for a POST, its body.

    ``at`` is when it was sent, by the clock of ``time.perf_counter``.
    """

    method: str
    url: str
    body: str | None = None
    at: float = attrs.field(factory=lambda: time.perf_counter(), eq=False, repr=False)  # noqa: PLW0108 - a test's clock

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The fields of the body, decoded."""
        return parse_qsl(self.body or "", keep_blank_values=True)

    def field(self, name: str) -> str | None:
        """The first value of a field of the body."""
        return next((value for key, value in self.fields if key == name), None)


class Visitor(Protocol):
    """One person with one browser of their own (cookies and history are not shared with other visitors).

    Every method that loads a page waits until the browser rests, follows redirects and self-submitting forms on
    the way, and raises SiteFailed when a site fails.
    """

    @property
    def url(self) -> str:
        """The address of the page that is shown."""

    @property
    def status(self) -> int:
        """The HTTP status of the page that is shown."""

    @property
    def moves(self) -> Sequence[Form]:
        """Every request by which the browser moved to another page, in order."""

    def open(self, url: str) -> None:
        """Type an address."""

    def fill(self, fields: Mapping[str, str]) -> None:
        """Fill in fields of the page, by their names: texts, lists, and radio buttons by their values.

        Raises NotOnPage for a field that the page has not, or that does not offer the value.
        """

    def tick(self, name: str, *, on: bool) -> None:
        """Tick or clear a box."""

    def press(self, selector: str, fields: Mapping[str, str] = NOTHING) -> None:
        """Press a button or a link, after filling in these fields, and wait for the page to which it leads.

        Raises NotOnPage.
        """

    def wait_for(self, selector: str, press: str = "") -> None:
        """Wait until something is shown, on this page or the next; if need be, press a button first.

        Raises NotOnPage when that does not come to pass.
        """

    def post(self, action: str, fields: Sequence[tuple[str, str]]) -> None:
        """Send a form to ``action`` from a page of another site, as a self-submitting page does."""

    def back(self) -> None:
        """Press the Back button."""

    def second_tab(self) -> "Visitor":
        """Open a second tab: the same person, the same cookies."""

    def with_same_cookies(self) -> "Visitor":
        """Return another person's browser that holds a copy of this one's cookies."""

    def read(self, queries: Mapping[str, Query]) -> Shown:
        """Read the page that is shown."""

    def html(self) -> str:
        """Return the page that is shown, as HTML."""

    def look(self, url: str, queries: Mapping[str, Query]) -> Shown:
        """Read another page of the same site with this visitor's session, without leaving this one where possible."""

    def picture(self) -> bytes | None:
        """Return a PNG of the page that is shown, where the driver can draw one."""

    def leave(self) -> None:
        """Close the browser window and forget its cookies."""


class VisitorFactory(Protocol):
    """Makes visitors; ``slow`` asks for one whose sign-in takes longer than two minutes (see ``chromium``)."""

    def __call__(self, *, slow: bool = False) -> Visitor:
        """Return a visitor with a fresh browser profile. Raises Unsupported where the driver cannot."""
