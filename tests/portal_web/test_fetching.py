"""Metadata from an address: bounded in size, time and ways, and every failure is a sentence."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from portal_stub.web.fetching import FetchProblem, fetched

Site = Callable[..., str]


def answer(body: bytes = b"<a/>", status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def site() -> Iterator[Site]:
    """Starts sites that send these bytes to whoever asks, and notes what was asked."""
    listening: list[socket.socket] = []

    def start(
        said: bytes, *, then: Callable[[socket.socket], None] | None = None, asked: list[bytes] | None = None
    ) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with closing(connection):
                    request = connection.recv(65536)
                    if asked is not None:
                        asked.append(request)
                    try:
                        connection.sendall(said)
                        if then is not None:
                            then(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return f"idp.localhost:{listener.getsockname()[1]}"

    yield start
    for listener in listening:
        # A thread that waits in accept() is woken by this; closing alone does not.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def problem(address: str, seconds: float = 10) -> str:
    with pytest.raises(FetchProblem) as raised:
        fetched(address, seconds)
    return str(raised.value)


def test_what_the_address_answers_is_returned_and_names_below_localhost_are_here(site: Site) -> None:
    asked: list[bytes] = []
    host = site(answer(b"<metadata/>"), asked=asked)
    assert fetched(f"http://{host}/a?é=1") == b"<metadata/>"
    assert asked[0].startswith(b"GET /a?%C3%A9=1 HTTP/1.1\r\n")
    assert f"\r\nHost: {host}\r\n".encode() in asked[0]


def test_a_redirect_is_followed_to_the_web_alone(site: Site) -> None:
    last = site(answer(b"<here/>"))
    assert (
        fetched(f"http://{site(answer(status='302 Found', headers=f'Location: http://{last}/x' + chr(13) + chr(10)))}/")
        == b"<here/>"
    )
    for place in ("file:///etc/passwd", "ftp://idp.localhost/", "//user@idp.localhost/"):
        first = site(answer(status="307 Away", headers=f"Location: {place}\r\n"))
        assert "begins with http://" in problem(f"http://{first}/")


def test_redirects_come_to_an_end(site: Site) -> None:
    asked: list[bytes] = []
    host = site(answer(status="301 Round", headers="Location: /again\r\n"), asked=asked)
    assert "to another still" in problem(f"http://{host}/")
    assert len(asked) == 4


@pytest.mark.parametrize("length", [True, False], ids=["told", "untold"])
def test_no_more_than_a_mebibyte_is_read(site: Site, length: bool) -> None:
    body = b"<" * (1024 * 1024 + 1)
    said = answer(body) if length else b"HTTP/1.0 200 OK\r\n\r\n" + body
    assert "more than 1048576 bytes" in problem(f"http://{site(said)}/")
    exactly = answer(body[1:]) if length else b"HTTP/1.0 200 OK\r\n\r\n" + body[1:]
    assert len(fetched(f"http://{site(exactly)}/")) == 1024 * 1024


def drip(connection: socket.socket) -> None:
    """Send a byte now and then, for as long as somebody listens."""
    pause = threading.Event()
    while True:
        connection.sendall(b" ")
        pause.wait(0.02)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n\r\n<",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n<",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"",
    ],
    ids=["body", "counted body", "header", "nothing"],
)
def test_a_site_that_drips_is_left(site: Site, said: bytes) -> None:
    assert "did not answer within 0.3 s" in problem(f"http://{site(said, then=drip)}/", 0.3)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (answer(status="404 Not Found"), "answers 404 'Not Found'"),
        (answer(status="500 \x1b[31m"), r"answers 500"),
        (answer(status="302 Found"), "answers 302"),
        (b"SSH-2.0-OpenSSH\r\n", "does not answer as a web server does"),
        (b"", "does not answer as a web server does"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>", "does not answer as a web server does"),
    ],
)
def test_what_is_no_answer_is_told(site: Site, said: bytes, sentence: str) -> None:
    told = problem(f"http://{site(said)}/")
    assert sentence.replace("'", "") in told
    assert told.isprintable()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(), "Nothing listens at idp.example"),
        (socket.gaierror(), "There is no host idp.example"),
        (TimeoutError(), "did not answer within 10 s"),
        (OSError("network is down"), "cannot be reached (network is down)"),
        (ssl.SSLError("wrong version number"), "does not speak TLS"),
        (ssl.SSLCertVerificationError("self-signed"), "is not trusted here"),
    ],
)
def test_why_a_site_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch, error: OSError, sentence: str) -> None:
    def fail(*_: object) -> socket.socket:
        raise error

    monkeypatch.setattr("socket.create_connection", fail)
    assert sentence in problem("https://idp.example/metadata")


def test_a_site_without_tls_is_told(site: Site) -> None:
    assert "does not speak TLS" in problem(f"https://{site(answer())}/")


@pytest.mark.parametrize("address", ["", "idp.example/m", "file:///etc/passwd", "http://[", "http://a:b@idp.example/"])
def test_what_is_no_address_of_the_web_is_not_asked(address: str) -> None:
    assert "begins with http://" in problem(address)


def test_a_name_that_no_host_can_have_is_told() -> None:
    assert "There is no host" in problem(f"http://{'x' * 70}.example/")
