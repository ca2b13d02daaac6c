"""The visitor without a browser: what it makes of a site that is no better than it must be."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from conformance.drivers.http import HttpVisitors


@pytest.fixture
def hangs_up() -> Iterator[str]:
    """A site that keeps a connection open after its answer, and closes it in the moment when it is used again."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHere")
            connection.recv(65536)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://site.localhost:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_connection_that_is_over_is_no_fault_of_the_site(hangs_up: str) -> None:
    with contextlib.closing(HttpVisitors(patience=5)) as visitors:
        visitor = visitors()
        visitor.open(hangs_up)
        visitor.open(hangs_up)
        assert visitor.read({}).status == 200
