"""The canary: a loopback listener that nobody may ask for anything.

Some broken sign-ins name its address, as an external entity or a reference. A portal that fetches what a message
names touches it, and that alone is a failure, whatever it then makes of the message.
"""

import http.client
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self
from urllib.parse import quote, urlsplit

_TOUCHED = "/touched/"


class Canary:
    """A listener on a free loopback port. A path names the person whose sign-in named it; touches are counted."""

    here: ClassVar[dict[str, "Canary"]] = {}
    """Those that listen in this process, by their addresses."""

    def __init__(self) -> None:
        self._touches: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._touches))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # A short interval: shutting down waits for the end of one.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.here[self.url] = self

    def touches_since_last_asked(self, email: str) -> int:
        """Return how often the canary was touched for this person's sign-ins since it was last asked."""
        return self._touches.pop(quote(email), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        del self.here[self.url]
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()


def touches_since_last_asked(canary_url: str, email: str) -> int:
    """Ask the canary at this address as ``Canary.touches_since_last_asked`` does, in whichever process it listens."""
    if canary_url in Canary.here:
        return Canary.here[canary_url].touches_since_last_asked(email)
    connection = http.client.HTTPConnection(urlsplit(canary_url).netloc, timeout=5)
    try:
        connection.request("GET", f"{_TOUCHED}{quote(email)}")
        return int(connection.getresponse().read())
    finally:
        connection.close()


def _handler(touches: "Counter[str]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(_TOUCHED):
                self._answer(str(touches.pop(self.path.removeprefix(_TOUCHED), 0)))
            else:
                # The portal may ask for anything below the person's own path.
                touches[self.path.lstrip("/").partition("/")[0].partition("?")[0]] += 1
                self._answer("touched")

        do_HEAD = do_POST = do_GET  # noqa: N815 - the names that the standard library calls

        def _answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing: the count is the record."""

    return Handler
