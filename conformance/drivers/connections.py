"""Requests over connections that are kept open, as a browser keeps them. The address goes out as it stands.

The standard library's client, because those that stand above it rewrite an address (the case of ``%2b``), and a
signed query is what it is to the letter.
"""

import contextlib
import http.client
import ssl
import string
from collections import defaultdict
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, quote, urlsplit

import attrs

from conformance.drivers.trust import opened
from conformance.drivers.visitor import Form, SiteFailed


@attrs.frozen
class Answer:
    """What a site answered. ``cookies`` are the values of its Set-Cookie headers."""

    status: int
    location: str | None
    cookies: tuple[str, ...]
    body: bytes


class Connections:
    """Connections of any number of visitors and threads.

    ``patience`` is how long an answer may take, in seconds; ``trust`` verifies the certificates of sites.
    """

    def __init__(self, patience: float, trust: ssl.SSLContext | None = None) -> None:
        self._patience, self._trust = patience, trust
        self._idle: defaultdict[tuple[str, str], list[HTTPConnection]] = defaultdict(list)

    def send(self, move: Form, headers: dict[str, str]) -> Answer:
        """Send a request and return the answer. Raises SiteFailed when there is none."""
        parts = urlsplit(move.url)
        try:
            return self._answer(parts, move, {"Host": parts.netloc.rpartition("@")[2], **headers})
        except TimeoutError:
            raise SiteFailed(parts.netloc, "did not answer in time") from None
        except (HTTPException, OSError) as error:
            raise SiteFailed(parts.netloc, f"dropped the connection ({error or type(error).__name__})") from None
        except ValueError as error:
            raise SiteFailed(parts.netloc, f"sent the browser to what is no address of a page ({error})") from None

    def close(self) -> None:
        """Close every connection that is not in use."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _answer(self, parts: SplitResult, move: Form, headers: dict[str, str]) -> Answer:
        # As in a browser: a connection that was kept may be closed by the site in this moment, and another is tried.
        with contextlib.suppress(IndexError, ConnectionError):
            return self._over(self._idle[parts.scheme, parts.netloc].pop(), parts, move, headers)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"'{parts.scheme}' is not http")
        connection = HTTPConnection(parts.netloc, timeout=self._patience)
        connection.sock = opened(f"{parts.scheme}://{parts.netloc}", self._trust, self._patience)
        return self._over(connection, parts, move, headers)

    def _over(self, connection: HTTPConnection, parts: SplitResult, move: Form, headers: dict[str, str]) -> Answer:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        body = None if move.body is None else move.body.encode()
        try:
            # Encoded is what a browser encodes of an address: blanks, and what is not ASCII.
            connection.request(move.method, quote(target, safe=string.punctuation), body, headers)
            answer = _read(connection.getresponse())
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._idle[parts.scheme, parts.netloc].append(connection)
        return answer


def _read(response: http.client.HTTPResponse) -> Answer:
    location = response.headers.get("Location")
    if location is not None:
        location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    cookies = tuple(response.headers.get_all("Set-Cookie", ()))
    return Answer(response.status, location, cookies, response.read())
