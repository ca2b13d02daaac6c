"""Whom a visitor trusts on https: what this machine trusts, and the certificates of the profile's ``ca_file``."""

import base64
import hashlib
import socket
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rulebook.strict_toml import FileProblem


def trusting(ca_file: str) -> ssl.SSLContext:
    """Return what verifies a site's certificate. Raises FileProblem for a ``ca_file`` that holds none."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            reason = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
            raise FileProblem(f"{ca_file}: 'ca_file' of the profile cannot be used ({reason}).") from None
    return context


def connect(url: str, seconds: float) -> socket.socket:
    """Connect to the site of this address; as in a browser, names below localhost are this machine. Raises OSError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = "127.0.0.1" if host.endswith(".localhost") else host
    made = socket.create_connection((here, parts.port or (443 if parts.scheme == "https" else 80)), timeout=seconds)
    # The head and the body of a request are sent one after the other: neither waits for the answer to the other.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def opened(url: str, trust: ssl.SSLContext | None, seconds: float) -> socket.socket:
    """Return a connection to the site of this address, with TLS where that begins with https://. Raises OSError.

    Without ``trust`` it is what this machine trusts, which takes long to read: only where there is TLS.
    """
    plain, parts = connect(url, seconds), urlsplit(url)
    if parts.scheme != "https":
        return plain
    try:
        return (trust or trusting("")).wrap_socket(plain, server_hostname=parts.hostname)
    except OSError:
        plain.close()
        raise


def pinned(urls: Iterable[str], ca_file: str, seconds: float) -> list[str]:
    """Return the arguments by which Chromium trusts the sites of these addresses as ``ca_file`` does.

    Chromium takes no file of certificates. It is told the keys that the sites prove to have under that file; where a
    site proves none, it is told nothing and judges by itself. Raises FileProblem.
    """
    if not ca_file:
        return []
    context = trusting(ca_file)
    found = (_key(url, context, seconds) for url in urls if urlsplit(url).scheme == "https")
    keys = sorted({key for key in found if key})
    return [f"--ignore-certificate-errors-spki-list={','.join(keys)}"] if keys else []


def _key(url: str, context: ssl.SSLContext, seconds: float) -> str:
    try:
        with connect(url, seconds) as plain, context.wrap_socket(plain, server_hostname=urlsplit(url).hostname) as site:
            shown = site.getpeercert(binary_form=True)
    except OSError:
        return ""
    key = x509.load_der_x509_certificate(shown or b"").public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return base64.b64encode(digest).decode()
