"""Helpers for scenarios about addresses: one part of an address is another, the rest is as it was."""

from collections.abc import Callable
from urllib.parse import urlsplit

Change = Callable[[str], str]


def _host(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"elsewhere.localhost{port}").geturl()


def _port(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{(parts.port or 443) + 1}").geturl()


def _scheme(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(scheme="http" if parts.scheme == "https" else "https").geturl()


def _path(url: str) -> str:
    return urlsplit(url)._replace(path="/elsewhere").geturl()


def _slash(url: str) -> str:
    return url.removesuffix("/") if url.endswith("/") else f"{url}/"


def _case(url: str) -> str:
    parts = urlsplit(url)
    if parts.path.strip("/"):
        return parts._replace(path=parts.path.upper()).geturl()
    return parts._replace(netloc=parts.netloc.upper()).geturl()


OTHER: dict[str, Change] = {
    "host": _host,
    "port": _port,
    "scheme": _scheme,
    "path": _path,
    "case": _case,
    "slash": _slash,
    "query": lambda url: f"{url}?portal=elsewhere",
    "longer": lambda url: f"{url}.elsewhere.localhost",
    "shorter": lambda url: url[:-1],
    "inside": lambda url: f"https://elsewhere.localhost/{url}",
}
"""One part of an address at a time: some portals ignore one and refuse another. Of the last three the first begins
with the right address, the second is its beginning, and the third has it inside."""
