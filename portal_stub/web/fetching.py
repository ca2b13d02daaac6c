"""Fetching metadata from an address that an administrator has typed; never for anything that a message says."""

import contextlib
import http.client
import socket
import ssl
import string
import threading
import time
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
    too_slow = FetchProblem(f"{site} did not answer within {seconds:g} s. Is the address right, and does it run?")
    try:
        connection = _connected(parts, deadline)
    except TimeoutError:
        raise too_slow from None
    except (OSError, UnicodeError) as error:
        raise FetchProblem(_why_not(site, error)) from None
    # A site that sends a byte now and then never times out by itself.
    slow = threading.Event()
    watch = threading.Timer(max(0.0, deadline - time.monotonic()), _cut_off, (connection, slow))
    watch.daemon = True
    watch.start()
    try:
        found = _read(connection, parts)
        if slow.is_set():
            raise TimeoutError
    except (http.client.HTTPException, OSError) as error:
        if slow.is_set() or isinstance(error, TimeoutError):
            raise too_slow from None
        raise FetchProblem(f"{site} does not answer as a web server does ({type(error).__name__}).") from None
    finally:
        watch.cancel()
        connection.close()
    return found


def _connected(parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    # Browsers know every name below localhost; the system's resolver often does not.
    place = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    patience = max(0.1, deadline - time.monotonic())
    opened = socket.create_connection((place, port), patience)
    if secure:
        try:
            opened = ssl.create_default_context().wrap_socket(opened, server_hostname=host)
        except BaseException:
            opened.close()
            raise
    connection = http.client.HTTPConnection(host, port, timeout=patience)
    connection.sock = opened
    return connection


def _read(connection: http.client.HTTPConnection, parts: SplitResult) -> bytes | str:
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.putrequest("GET", quote(target, safe=string.punctuation), skip_host=True)
    connection.putheader("Host", parts.netloc)
    connection.putheader("Accept", "application/samlmetadata+xml, application/xml, text/xml")
    connection.putheader("Connection", "close")
    connection.endheaders()
    answer = connection.getresponse()
    place = answer.getheader("Location")
    if answer.status in (301, 302, 303, 307, 308) and place:
        return place
    if answer.status != HTTPStatus.OK:
        raise FetchProblem(f"{parts.netloc} answers {answer.status} {shown(answer.reason, 60)[1:-1]}, and no metadata.")
    body = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise FetchProblem(
            f"{parts.netloc} sends more than {MAX_BYTES} bytes. Save the part of your identity provider."
        )
    return body


def _cut_off(connection: http.client.HTTPConnection, slow: threading.Event) -> None:
    slow.set()
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _why_not(site: str, error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {site} is not trusted here ({error.verify_message}). Open the address in your "
            "browser, save the metadata, and give the file."
        )
    if isinstance(error, ssl.SSLError):
        return f"{site} does not speak TLS. Is it http:// that is meant?"
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {site}. Does the identity provider run, and is the port right?"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"There is no host {site}. Is the name right?"
    return f"{site} cannot be reached ({error})."
