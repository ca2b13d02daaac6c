"""Where a browser is sent: the portal's own pages, and the addresses that an administrator has set."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, quote, unquote, urlsplit

_LONGEST = 2000
_NEVER_IN_A_TARGET = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_AROUND = "".join(map(chr, range(0x21)))
_DEFAULT_PORTS = {"http": 80, "https": 443}
WEB = tuple(_DEFAULT_PORTS)


def own_host_target(target: str, base_url: str) -> str | None:
    """Return the absolute address of ``target`` on the portal's own host, or ``None`` when it is not there (P8).

    A target is a path that begins with one slash, or an absolute address with the portal's scheme, host and port.
    What browsers read differently from each other or from the standard (backslashes, blanks, control characters,
    user information) is refused rather than guessed. The pages that log in are no targets: they would go in circles.
    """
    if len(target) > _LONGEST or target.startswith("//") or _NEVER_IN_A_TARGET.search(target):
        return None
    path = target if target.startswith("/") else _path_on(target, base_url)
    if path is None or re.match(r"/+(login|logout)(?![^/?#])", path):
        return None
    return base_url + quote(path, safe="/?#%:@!$&'()*+,;=-._~[]")


def offsite_target(target: str, schemes: Collection[str]) -> str | None:
    """Return ``target`` as browsers read it (WHATWG URL 4.4) if it has one of these schemes, wherever it leads.

    Blanks and controls around it and line breaks and tabs in it are left out, a backslash is a slash, and two slashes
    or more begin a host. What is encoded still is decoded once more, as careless portals do.
    """
    read = re.sub(r"[\t\r\n]", "", unquote(target).strip(_AROUND)).replace("\\", "/")
    if read.startswith("//"):
        read = "http://" + read.lstrip("/")
    read = re.sub(r"^(https?):/*", r"\1://", read)
    parts = _split(read)
    return quote(read, safe="/?#%:@!$&'()*+,;=-._~[]") if parts and parts.scheme in schemes else None


def with_host_url(address: str, host: str) -> str:
    """Return the address with ``host_url`` added to its query, by ``?`` or ``&`` (R1, R9)."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, f"host_url={quote(host, safe=':')}") if part)
    return parts._replace(query=query).geturl()


def is_web_address(address: str) -> bool:
    """Say whether a browser may be sent there: an absolute http or https address without user information."""
    if _NEVER_IN_A_TARGET.search(address):
        return False
    parts = _split(address)
    return parts is not None and parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.username is None


def origin(address: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of an address, with the scheme's own port where none is given."""
    parts = _split(address)
    if parts is None or parts.username is not None or parts.password is not None:
        return None
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _path_on(target: str, base_url: str) -> str | None:
    parts = _split(target)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or origin(target) != origin(base_url):
        return None
    path = parts._replace(scheme="", netloc="").geturl()
    if path.startswith("//"):
        return None
    return path if path.startswith("/") else f"/{path}"


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts
