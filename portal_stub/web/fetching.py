"""Fetching metadata from an address that an administrator has typed; never for anything that a message says."""

import contextlib
import http.client
import socket
import ssl
import string
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from portal_stub.address import shown
from portal_stub.saml.xml import MAX_BYTES
from portal_stub.web.targets import is_web_address

_SECONDS = 10
_MOST_REDIRECTS = 3


class FetchProblem(Exception):
    """Nothing could be fetched; the text says from where, why, and what to do."""


def fetched(address: str, seconds: float = _SECONDS) -> bytes:
    """Return what an http or https address answers: at most a mebibyte, within ``seconds`` in all, without a proxy.

    Up to three redirects are followed, to http and https alone. Certificates are verified as the system does. Raises
    FetchProblem.
    """
    deadline = time.monotonic() + seconds
    for _ in range(_MOST_REDIRECTS + 1):
        if not is_web_address(address):
            raise FetchProblem(f"Expected an address that begins with http:// or https://, got {shown(address, 80)}.")
        found = _answer(address, deadline, seconds)
        if isinstance(found, bytes):
            return found
        address = urljoin(address, found)
    raise FetchProblem(f"The address sends from one to the next, and after {_MOST_REDIRECTS} of them to another still.")


def _answer(address: str, deadline: float, seconds: float) -> bytes | str:
    """Return the body, or where it is found."""
    parts = urlsplit(address)
    site = parts.netloc
    slow = threading.Event()
    try:
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(_connected(parts, deadline))
            stack.enter_context(_cut_off(opened, deadline, slow))
            found = _read(stack.enter_context(contextlib.closing(_spoken(parts, opened))), parts)
        if slow.is_set():
            raise TimeoutError
    except (http.client.HTTPException, OSError, UnicodeError) as error:
        if slow.is_set() or isinstance(error, TimeoutError):
            sentence = f"{site} did not answer within {seconds:g} s. Is the address right, and does it run?"
            raise FetchProblem(sentence) from None
        raise FetchProblem(_why_not(site, error)) from None
    return found


def _connected(parts: SplitResult, deadline: float) -> socket.socket:
    host = parts.hostname or ""
    # Browsers know every name below localhost; the system's resolver often does not.
    place = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return socket.create_connection((place, port), max(0.1, deadline - time.monotonic()))


@contextlib.contextmanager
def _cut_off(opened: socket.socket, deadline: float, slow: threading.Event) -> Iterator[None]:
    """End the connection at the deadline, whoever holds it then: what sends a byte now and then never times out."""
    with opened.dup() as held:

        def cut() -> None:
            slow.set()
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

        watch = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


def _spoken(parts: SplitResult, opened: socket.socket) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port)
    secure = parts.scheme == "https"
    connection.sock = ssl.create_default_context().wrap_socket(opened, server_hostname=host) if secure else opened
    return connection


def _read(connection: http.client.HTTPConnection, parts: SplitResult) -> bytes | str:
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.putrequest("GET", quote(target, safe=string.punctuation), skip_host=True)
    connection.putheader("Host", parts.netloc)
    connection.putheader("Accept", "application/samlmetadata+xml, application/xml, text/xml")
    connection.putheader("Connection", "close")
    connection.endheaders()
    with connection.getresponse() as answer:
        place = answer.getheader("Location")
        if answer.status in (301, 302, 303, 307, 308) and place:
            return place
        if answer.status != HTTPStatus.OK:
            reason = shown(answer.reason, 60)[1:-1]
            raise FetchProblem(f"{parts.netloc} answers {answer.status} {reason}, and no metadata.")
        body = answer.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise FetchProblem(
                f"{parts.netloc} sends more than {MAX_BYTES} bytes. Save the part of your identity provider."
            )
        if answer.length:
            raise http.client.IncompleteRead(body, answer.length)
        return body


def _why_not(site: str, error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {site} is not trusted here ({error}). Open the address in your "
            "browser, save the metadata, and give the file."
        )
    if isinstance(error, ssl.SSLError):
        return f"{site} does not speak TLS. Is it http:// that is meant?"
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {site}. Does the identity provider run, and is the port right?"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"There is no host {site}. Is the name right?"
    if isinstance(error, http.client.HTTPException | ConnectionError):
        return f"{site} does not answer as a web server does ({type(error).__name__})."
    return f"{site} cannot be reached ({error})."
