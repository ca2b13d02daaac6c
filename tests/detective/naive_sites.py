"""Remote login pages as integrators wrote them: each makes one mistake, and none shares code with the detective.

A site is a function from a person, the secret and the time to the query of the link that the browser follows.
"""

# ruff: noqa: ARG005 - every site has one shape: person, secret, time

import hashlib
import hmac
import html
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, quote_plus

HOST = "portal.localhost:5002"


class Person(NamedTuple):
    """Who signs in."""

    name: str
    email: str
    phone: str = "+43 1 555"
    company: str = "Acme"


Site = Callable[[Person, str, int], str]


def digest(secret: str | bytes, *values: str | bytes) -> str:
    key = secret.encode() if isinstance(secret, str) else secret
    message = b"".join(value.encode() if isinstance(value, str) else value for value in values)
    return hmac.new(key, message, "md5").hexdigest()


def plain(*values: str) -> str:
    return hashlib.md5("".join(values).encode()).hexdigest()


def link(person: Person, timestamp: object, made: str, encode: Callable[[str], str] = quote_plus) -> str:
    pairs = {"name": person.name, "email": person.email, "timestamp": str(timestamp), "hash": made}
    pairs |= {"phone": person.phone, "company": person.company}
    return "&".join(f"{name}={encode(value)}" for name, value in pairs.items())


def hashing(values: Callable[[Person, str, int], str]) -> Site:
    """Return a site that sends the right link, but for the hash."""
    return lambda p, s, t: link(p, t, values(p, s, t))


def sending(timestamp: Callable[[int], object]) -> Site:
    """Return a site that hashes what it sends, and has another timestamp."""
    return lambda p, s, t: link(p, timestamp(t), digest(s, p.name, p.email, str(timestamp(t))))


def right(p: Person, s: str, t: int) -> str:
    return link(p, t, digest(s, p.name, p.email, str(t)))


def escaped(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "@*_+-./") else
                   f"%{ord(c):02X}" if ord(c) < 256 else f"%u{ord(c):04X}" for c in text)  # fmt: skip


def hashing_as(change: Callable[[str], str | bytes]) -> Site:
    return hashing(lambda p, s, t: digest(s, change(p.name), change(p.email), str(t)))


def unencoded(p: Person, s: str, t: int) -> str:
    return f"name={p.name}&email={p.email}&timestamp={t}&hash={digest(s, p.name, p.email, str(t))}".replace(" ", "%20")


def cut(p: Person, s: str, t: int) -> str:
    message = f"{p.name}{p.email}{t}".encode()
    return link(p, t, digest(s, message[: len(message.decode())]))


EVERYBODY: dict[str, Site] = {
    "plain-md5": hashing(lambda p, s, t: plain(p.name, p.email, s)),
    "secret-in-message": hashing(lambda p, s, t: digest(s, p.name, s, p.email, str(t))),
    "timestamp-not-hashed": hashing(lambda p, s, t: digest(s, p.name, p.email)),
    "md5-with-timestamp": hashing(lambda p, s, t: plain(p.name, p.email, str(t), s)),
    "other-order": hashing(lambda p, s, t: digest(s, p.email, p.name, str(t))),
    "phone-or-company-hashed": hashing(lambda p, s, t: digest(s, p.name, p.email, p.phone, str(t))),
    "secret-ends-in-blank": hashing(lambda p, s, t: digest(s + "\n", p.name, p.email, str(t))),
    "secret-hex-decoded": hashing(lambda p, s, t: digest(bytes.fromhex(s), p.name, p.email, str(t))),
    "secret-in-upper-case": hashing(lambda p, s, t: digest(s.upper(), p.name, p.email, str(t))),
    "address-for-secret": hashing(lambda p, s, t: digest(f"http://{HOST}", p.name, p.email, str(t))),
    "no-secret": hashing(lambda p, s, t: digest("", p.name, p.email, str(t))),
    "stray-blank": hashing(lambda p, s, t: digest(s, f"{p.name} ", p.email, str(t))),
    "clock-read-twice": hashing(lambda p, s, t: digest(s, p.name, p.email, str(t - 1))),
    "other-precision-hashed": hashing(lambda p, s, t: digest(s, p.name, p.email, f"{t}417")),
    "hash-in-upper-case": hashing(lambda p, s, t: digest(s, p.name, p.email, str(t)).upper()),
    "hash-in-base64": hashing(lambda p, s, t: b64encode(bytes.fromhex(digest(s, p.name, p.email, str(t)))).decode()),
    "percent-encoded-hashed": hashing_as(quote_plus),
    "milliseconds": sending(lambda t: t * 1000 + 417),
    "decimal-comma": sending(lambda t: f"{t},417"),
    "local-time": sending(lambda t: t + 2 * 3600),
    "amp-in-link": lambda p, s, t: right(p, s, t).replace("&", "&amp;"),
    "another-secret": hashing(lambda p, s, t: digest("f" * 32, p.name, p.email, str(t))),
}
"""What goes wrong whoever signs in, where the portal is set to hmac-md5."""

WHERE_IT_SHOWS: dict[str, tuple[Site, Person]] = {
    "windows-1252-hashed": (hashing_as(lambda v: v.encode("cp1252")), Person("Zoë Müller", "zoe@example.com")),
    "question-marks-hashed": (
        hashing_as(lambda v: v.encode("ascii", "replace")),
        Person("Łukasz Dąb", "lukasz@example.com"),
    ),
    "javascript-escape-hashed": (hashing_as(escaped), Person("Łukasz Dąb", "lukasz@example.com")),
    "html-escaped-hashed": (hashing_as(html.escape), Person("Tom & Jerry", "tom@example.com")),
    "address-in-lower-case": (
        hashing(lambda p, s, t: digest(s, p.name, p.email.lower(), str(t))),
        Person("Jane Doe", "Jane.Doe@Example.com"),
    ),
    "counted-in-characters": (cut, Person("Zoë Müller", "zoe@example.com")),
    "zeros-lost": (
        hashing(lambda p, s, t: "".join(f"{b:x}" for b in bytes.fromhex(digest(s, p.name, p.email, str(t))))),
        Person("Zoë Müller", "zoe@example.com"),
    ),
    "times-in-link": (
        lambda p, s, t: right(p, s, t).replace("&timestamp", quote("\u00d7tamp")),
        Person("Jane Doe", "jane@example.com"),
    ),
    "plus-not-encoded": (unencoded, Person("Jane Doe", "jane+test@example.com")),
    "ampersand-not-encoded": (unencoded, Person("Tom & Jerry", "tom@example.com")),
    "windows-1252-in-link": (
        lambda p, s, t: link(p, t, digest(s, p.name, p.email, str(t)), lambda v: quote(v, encoding="cp1252")),
        Person("Zoë Müller", "zoe@example.com"),
    ),
    "javascript-escape-in-link": (
        lambda p, s, t: link(p, t, digest(s, p.name, p.email, str(t)), escaped),
        Person("Łukasz Dąb", "lukasz@example.com"),
    ),
    "login-name": (right, Person("Jane Doe", "jdoe")),
}
"""What goes wrong only for some people, with one of them."""
