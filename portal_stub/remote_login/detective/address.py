"""Mistakes with the address to which a remote login is sent. They show in the whole link, not in its query."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.suspect import Suspect

_PATH = "/login/sso"
_LONGEST = 4096
"""Characters of a link that is looked into."""
_MEND = "Send the browser to {}."


def _mistake(code: str, sentence: str, mend: str = _MEND) -> Suspect:
    return Suspect(code=code, sentence=sentence, mend=mend)


_TWO_SCHEMES = _mistake(
    "host-url-taken-for-url", "Your site puts http:// before what is a whole address already, or twice: {}."
)
_NO_SCHEME = _mistake(
    "host-url-without-scheme",
    "Your site redirects to {}, without http:// or https:// before it: host_url is a host, not an address. The browser "
    "looks for it as a page of your own site.",
)
_LITERAL = _mistake("host-url-not-filled-in", "Your link has {} where the portal's host belongs.")
_OTHER_SCHEME = _mistake("other-scheme", "Your site sends to {}, and this portal is at {}.")
_OTHER_PORT = _mistake(
    "other-port", "Your site sends to {}, and this portal is {}: host_url has the port in it, and is used as it comes."
)
_OTHER_HOST = _mistake(
    "other-host",
    "Your site sends to the host {}, and this portal is {}: host_url is not held against the portals that you serve, "
    "or the login was for another one.",
    "Check host_url against a list of your portals, and take that portal's address and secret. This one is {}.",
)
_DOUBLE_SLASH = _mistake(
    "double-slash",
    "The path is {}, with two slashes for one: your base URL ends in one, and your path begins with one.",
)
_PATH_MISSING = _mistake("path-missing", "The path is missing: your site sends the login to the portal's home.")
_OTHER_PATH = _mistake("other-path", "The path is {} in place of /login/sso.")
MISTAKES = (
    *(_TWO_SCHEMES, _NO_SCHEME, _LITERAL, _OTHER_SCHEME, _OTHER_PORT, _OTHER_HOST),
    *(_DOUBLE_SLASH, _PATH_MISSING, _OTHER_PATH),
)
"""Everything that is named here, for the table of mistakes."""


def suspects_of_address(link: str, settings: Settings) -> tuple[Suspect, ...]:
    """Return what is wrong with the address of a remote login's link: at most one for its host and one for its path.

    ``link`` is the whole link as text, with or without its query; one that begins with a slash is a path on this
    portal. Nothing is told of what cannot be read as an address. Nothing is raised.
    """
    address = re.split(r"[?#]", link.strip(), maxsplit=1)[0]
    if not address or len(address) > _LONGEST:
        return ()
    right = urlsplit(settings.base_url)
    wanted = f"{settings.base_url}{_PATH}"
    if address.startswith("/"):
        found = list(_of_the_path(address))
    else:
        try:
            found = list(_of_the_whole(address, urlsplit(address), right))
        except ValueError:
            return ()
    return tuple(Suspect(code=s.code, sentence=s.sentence, mend=s.mend.format(wanted)) for s in found)


def _of_the_whole(address: str, came: SplitResult, right: SplitResult) -> Iterator[Suspect]:
    host, own = came.netloc.rpartition("@")[2].lower(), right.netloc.lower()
    if "://" not in address:
        yield _NO_SCHEME.about(shown(address, 80))
    elif address.count("://") > 1 or host.rstrip(":") in ("http", "https"):
        yield _TWO_SCHEMES.about(shown(address, 80))
    elif re.search(r"host_?url|%7b|[{}$<>\[]", host) and not re.fullmatch(r"\[[0-9a-f:.]+\](:[0-9]+)?", host):
        yield _LITERAL.about(shown(host, 80))
    elif host != own and f"/{own}/" in f"{came.path.lower()}/":
        yield _NO_SCHEME.about(shown(address, 80))
    else:
        yield from _of_the_host(came.scheme, host, right)
        yield from _of_the_path(came.path)


def _of_the_host(scheme: str, host: str, right: SplitResult) -> Iterator[Suspect]:
    own = right.netloc.lower()
    if _with_port(scheme, host) == _with_port(right.scheme, own):
        return
    if _without_port(host) != _without_port(own):
        yield _OTHER_HOST.about(shown(host, 80), own)
    elif scheme == right.scheme:
        yield _OTHER_PORT.about(shown(host, 80), own)
    else:
        yield _OTHER_SCHEME.about(shown(f"{scheme}://{host}", 80), f"{right.scheme}://{own}")


def _of_the_path(path: str) -> Iterator[Suspect]:
    if path in (_PATH, f"{_PATH}/"):
        return
    if not path.strip("/"):
        yield _PATH_MISSING
    elif re.sub("/+", "/", path).rstrip("/") == _PATH:
        yield _DOUBLE_SLASH.about(shown(path, 80))
    else:
        yield _OTHER_PATH.about(shown(path, 80))


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]*$", "", host)


def _with_port(scheme: str, host: str) -> tuple[str, str]:
    return scheme, host if _without_port(host) != host else f"{host}:{443 if scheme == 'https' else 80}"
