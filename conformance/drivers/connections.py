"""Requests over connections that are kept open, as a browser keeps them. The address goes out as it stands.

The standard library's client, because those that stand above it rewrite an address (the case of ``%2b``), and a
signed query is what it is to the letter.
"""

import http.client
import select
import ssl
import string
import time
from collections import defaultdict
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlsplit

import attrs

from conformance.drivers.trust import opened, trusting
from conformance.drivers.visitor import Form, SiteFailed

SILENT = 1.0
"""How long a connection may have been silent to be used again, in seconds. Servers keep one for several."""


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
        self._idle: defaultdict[tuple[str, str], list[tuple[HTTPConnection, float]]] = defaultdict(list)

    def send(self, move: Form, headers: dict[str, str]) -> Answer:
        """Send a request and return the answer. Raises SiteFailed when there is none."""
        parts, connection, answer = urlsplit(move.url), None, None
        try:
            connection = self._connection(parts.scheme, parts.netloc)
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            # What a browser sends of an address that has more than ASCII in it, or blanks.
            sent = quote(target, safe=string.punctuation)
            body = None if move.body is None else move.body.encode()
            connection.request(move.method, sent, body, {"Host": parts.netloc.rpartition("@")[2], **headers})
            answer = _read(connection.getresponse())
        except TimeoutError:
            raise SiteFailed(parts.netloc, "did not answer in time") from None
        except (HTTPException, OSError) as error:
            raise SiteFailed(parts.netloc, f"dropped the connection ({error or type(error).__name__})") from None
        except ValueError as error:
            raise SiteFailed(parts.netloc, f"sent the browser to what is no address of a page ({error})") from None
        finally:
            if connection is not None and answer is None:
                connection.close()
        if connection.sock is not None:
            self._idle[parts.scheme, parts.netloc].append((connection, time.monotonic()))
        return answer

    def close(self) -> None:
        """Close every connection that is not in use."""
        for connections in self._idle.values():
            for connection, _ in connections:
                connection.close()
        self._idle.clear()

    def _connection(self, scheme: str, netloc: str) -> HTTPConnection:
        idle = self._idle[scheme, netloc]
        while idle:
            connection, since = idle.pop()
            # One that can be read between two requests was closed by the other side; one that was silent for long may
            # be closed in this moment, which is no fault of the site.
            if time.monotonic() - since < SILENT and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        if scheme not in ("http", "https"):
            raise ValueError(f"'{scheme}' is not http")
        connection = HTTPConnection(netloc, timeout=self._patience)
        connection.sock = opened(f"{scheme}://{netloc}", self._trust or trusting(""), self._patience)
        return connection


def _read(response: http.client.HTTPResponse) -> Answer:
    location = response.headers.get("Location")
    if location is not None:
        location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    cookies = tuple(response.headers.get_all("Set-Cookie", ()))
    return Answer(response.status, location, cookies, response.read())
