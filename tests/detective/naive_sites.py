"""Remote login pages as integrators wrote them: each makes one mistake, and none shares code with the detective.

A site is a function of the formula that its portal expects, a person, the secret and the time; it returns the query of
the link that the browser follows.
"""

# ruff: noqa: ARG005 - every site has one shape: formula, person, secret, time

import base64
import hashlib
import hmac
import html
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, quote_plus

HOST = "portal.localhost:5002"
TIMED = ("hmac-md5", "hmac-md5-salted")


class Person(NamedTuple):
    """Who signs in."""

    name: str
    email: str
    phone: str = "+43 1 555"
    company: str = "Acme"


JANE = Person("Jane Doe", "jane@example.com")
ZOE = Person("Zoë Müller", "zoe+test@example.com")
SEAN = Person('Seán "Jack" O\'Brien & Sons', "sean@example.org")
CHER = Person("Cher", "Cher@example.com")
XIUYING = Person("王秀英", "xiuying+desk@example.com")
LUKASZ = Person("Łukasz Dąb", "lukasz@example.com")
PEOPLE = (JANE, ZOE, SEAN, CHER, XIUYING, LUKASZ)

Text = str | bytes
Formula = Callable[..., str]
"""The hash of secret, name, email and timestamp."""
Site = Callable[[Formula, Person, str, int], str]


def joined(*values: Text) -> bytes:
    return b"".join(value.encode() if isinstance(value, str) else value for value in values)


def md5(*values: Text) -> str:
    return hashlib.md5(joined(*values)).hexdigest()


def hmac_md5(secret: Text, *values: Text) -> str:
    return hmac.new(joined(secret), joined(*values), "md5").hexdigest()


FORMULAS: dict[str, Formula] = {
    "md5": lambda secret, name, email, timestamp: md5(name, email, secret),
    "hmac-md5": hmac_md5,
    "hmac-md5-salted": lambda secret, name, email, timestamp: hmac_md5(secret, name, secret, email, timestamp),
}


def link(person: Person, timestamp: object, made: str, encode: Callable[[str], str] = quote_plus) -> str:
    pairs = {"name": person.name, "email": person.email, "timestamp": str(timestamp), "hash": made}
    pairs |= {"phone": person.phone, "company": person.company}
    return "&".join(f"{name}={encode(value)}" for name, value in pairs.items())


def right(f: Formula, p: Person, s: str, t: object) -> str:
    return link(p, t, f(s, p.name, p.email, str(t)))


def with_secret(change: Callable[[str], Text]) -> Site:
    return lambda f, p, s, t: link(p, t, f(change(s), p.name, p.email, str(t)))


def hashing(change: Callable[[str], Text]) -> Site:
    """Return a site that hashes name and address otherwise than it sends them."""
    return lambda f, p, s, t: link(p, t, f(s, change(p.name), change(p.email), str(t)))


def hashing_time(change: Callable[[int], object]) -> Site:
    return lambda f, p, s, t: link(p, t, f(s, p.name, p.email, str(change(t))))


def sending_time(change: Callable[[int], object]) -> Site:
    """Return a site that hashes what it sends, and has another timestamp."""
    return lambda f, p, s, t: right(f, p, s, change(t))


def writing(change: Callable[[str], str]) -> Site:
    return lambda f, p, s, t: link(p, t, change(f(s, p.name, p.email, str(t))))


def encoding(encode: Callable[[str], str]) -> Site:
    return lambda f, p, s, t: link(p, t, f(s, p.name, p.email, str(t)), encode)


def unencoded(f: Formula, p: Person, s: str, t: int) -> str:
    """A query put together as text; the browser writes blanks and accents as it can."""
    written = f"name={p.name}&email={p.email}&timestamp={t}&hash={f(s, p.name, p.email, str(t))}"
    return quote(written, safe="=&+@'\"")


def all_in_windows_1252(f: Formula, p: Person, s: str, t: int) -> str:
    name = p.name.encode("cp1252", "ignore")
    return link(p, t, f(s, name, p.email, str(t)), lambda value: quote_plus(value.encode("cp1252", "ignore")))


def escaped(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "".join(
        chr(code) if code < 128 and (chr(code).isalnum() or chr(code) in "@*_+-./")
        else f"%{code:02X}" if code < 256 else f"%u{code:04X}"
        for code in (int(units[at : at + 4], 16) for at in range(0, len(units), 4))
    )  # fmt: skip


def dot_net(text: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), quote_plus(text, safe="!*()"))


def without_first_zeros(digest: str) -> str:
    return "".join(f"{byte:x}" for byte in bytes.fromhex(digest))


def of_hex(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    return lambda digest: change(bytes.fromhex(digest)).decode()


def anybody(_: Person) -> bool:
    return True


def accented(person: Person) -> bool:
    return not person.name.isascii()


def western(person: Person) -> bool:
    """Whose accents Windows-1252 has."""
    return accented(person) and person.name.encode("cp1252", "replace").decode("cp1252") == person.name


def far(person: Person) -> bool:
    return any(ord(letter) > 255 for letter in person.name)


class Naive(NamedTuple):
    """A site, the one name of its mistake, whom it shows for, and the portals for which it is a mistake."""

    code: str
    site: Site
    shows: Callable[[Person], bool] = anybody
    profiles: tuple[str, ...] = ("md5", *TIMED)


SITES: tuple[Naive, ...] = (
    Naive("plain-md5", lambda f, p, s, t: link(p, t, md5(p.name, p.email, s)), profiles=TIMED),
    Naive("hmac-for-md5", lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, p.email, str(t))), profiles=("md5",)),
    Naive(
        "hmac-for-md5", lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, s, p.email, str(t))), profiles=("md5",)
    ),
    Naive(
        "secret-in-message",
        lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, s, p.email, str(t))),
        profiles=("hmac-md5",),
    ),
    Naive(
        "secret-not-in-message",
        lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, p.email, str(t))),
        profiles=("hmac-md5-salted",),
    ),
    Naive("timestamp-not-hashed", lambda f, p, s, t: link(p, t, f(s, p.name, p.email, "")), profiles=TIMED),
    Naive("timestamp-not-hashed", lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, p.email)), profiles=TIMED),
    Naive("timestamp-not-hashed", lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, s, p.email)), profiles=TIMED),
    Naive("md5-with-timestamp", lambda f, p, s, t: link(p, t, md5(p.name, p.email, str(t), s))),
    Naive("other-order", lambda f, p, s, t: link(p, t, f(s, p.email, p.name, str(t)))),
    Naive("other-order", lambda f, p, s, t: link(p, t, f(s, str(t), p.name, p.email)), profiles=TIMED),
    Naive("phone-or-company-hashed", lambda f, p, s, t: link(p, t, f(s, p.name, p.email + p.phone, str(t)))),
    Naive("phone-or-company-hashed", lambda f, p, s, t: link(p, t, f(s, p.name, p.email, f"{t}{p.company}")),
          profiles=TIMED),
    Naive("secret-and-message-swapped", lambda f, p, s, t: link(p, t, hmac_md5(p.name + p.email + str(t), s)),
          profiles=("hmac-md5",)),
    Naive("other-digest", lambda f, p, s, t: link(
        p, t, hmac.new(s.encode(), joined(p.name, p.email, str(t)), "sha256").hexdigest()), profiles=("hmac-md5",)),
    Naive("secret-ends-in-blank", with_secret(lambda s: s + "\n")),
    Naive("secret-ends-in-blank", with_secret(lambda s: s + "\r\n")),
    Naive("secret-ends-in-blank", with_secret(lambda s: s + " ")),
    Naive("secret-begins-with-blank", with_secret(lambda s: " " + s), profiles=TIMED),
    Naive("secret-begins-with-blank", with_secret(lambda s: b"\xef\xbb\xbf" + s.encode())),
    Naive("secret-hex-decoded", with_secret(bytes.fromhex)),
    Naive("secret-in-upper-case", with_secret(str.upper)),
    Naive("address-for-secret", with_secret(lambda s: f"http://{HOST}")),
    Naive("address-for-secret", with_secret(lambda s: f"https://{HOST}/")),
    Naive("address-for-secret", with_secret(lambda s: HOST.partition(":")[0])),
    Naive("no-secret", with_secret(lambda s: "")),
    Naive("another-secret", with_secret(lambda s: "f" * 32)),
    Naive("question-marks-hashed", hashing(lambda v: v.encode("ascii", "replace")), accented),
    Naive("question-marks-hashed", hashing(lambda v: v.encode("cp1252", "replace")), lambda p: p in (XIUYING, LUKASZ)),
    Naive("windows-1252-hashed", hashing(lambda v: v.encode("cp1252", "ignore")), western),
    Naive("utf-8-twice-hashed", hashing(lambda v: v.encode().decode("latin-1")), accented),
    Naive("percent-encoded-hashed", hashing(quote_plus)),
    Naive("percent-encoded-hashed", hashing(dot_net)),
    Naive("percent-encoded-hashed", hashing(lambda v: quote(v, safe="-_.!~*'()"))),
    Naive("percent-encoded-hashed", lambda f, p, s, t: link(p, t, f(s, quote(p.name), p.email, str(t))),
          lambda p: p != CHER),
    Naive("javascript-escape-hashed", hashing(escaped), accented),
    Naive("html-escaped-hashed", hashing(html.escape), lambda p: p == SEAN),
    Naive("html-escaped-hashed", hashing(lambda v: html.escape(v, quote=False)), lambda p: p == SEAN),
    Naive("stray-blank", lambda f, p, s, t: link(p, t, f(s, f"{p.name} ", p.email, str(t)))),
    Naive("stray-blank", lambda f, p, s, t: link(p, t, f(s, f" {p.name}", p.email, str(t)))),
    Naive("stray-blank", lambda f, p, s, t: link(p, t, f(s, p.name, f"{p.email}\n", str(t)))),
    Naive("stray-blank", lambda f, p, s, t: link(p, t, f(s, p.name, p.email, f"{t}\n")), profiles=TIMED),
    Naive("stray-blank", lambda f, p, s, t: link(p._replace(name=f"{p.name} "), t, f(s, p.name, p.email, str(t)))),
    Naive("stray-blank", lambda f, p, s, t: link(p, t, f(s, p.name.replace(" ", "  ", 1), p.email, str(t))),
          lambda p: " " in p.name),
    Naive("stray-blank-sent", lambda f, p, s, t: right(f, p._replace(email=f"{p.email}\n"), s, t)),
    Naive("stray-blank-sent", sending_time(lambda t: f"{t}\n"), profiles=TIMED),
    Naive("address-in-lower-case", lambda f, p, s, t: link(p, t, f(s, p.name, p.email.lower(), str(t))),
          lambda p: p == CHER),
    Naive("login-name-hashed", lambda f, p, s, t: link(p, t, f(s, p.name, p.email.partition("@")[0], str(t)))),
    Naive("login-name", lambda f, p, s, t: right(f, p._replace(email="jdoe"), s, t)),
    Naive("login-name", lambda f, p, s, t: link(p._replace(email="jdoe"), t, f(s, p.name, p.email, str(t)))),
    Naive("clock-read-twice", hashing_time(lambda t: t - 1), profiles=TIMED),
    Naive("clock-read-twice", hashing_time(lambda t: t + 20), profiles=TIMED),
    Naive("other-precision-hashed", hashing_time(lambda t: f"{t}417"), profiles=TIMED),
    Naive("other-precision-hashed", lambda f, p, s, t: link(p, f"{t}.417", f(s, p.name, p.email, str(t))),
          profiles=TIMED),
    Naive("other-precision-hashed", lambda f, p, s, t: link(p, f"{t}417", f(s, p.name, p.email, str(t))),
          profiles=TIMED),
    Naive("other-precision-hashed", lambda f, p, s, t: link(p, f"{t}.417", f(s, p.name, p.email, f"{t},417")),
          profiles=TIMED),
    Naive("milliseconds", sending_time(lambda t: t * 1000 + 417), profiles=TIMED),
    Naive("milliseconds", sending_time(lambda t: f"{t}417.25"), profiles=TIMED),
    Naive("decimal-comma", sending_time(lambda t: f"{t},417"), profiles=TIMED),
    *(
        Naive("local-time", sending_time(lambda t, hours=hours: t + int(hours * 3600)), profiles=TIMED)  # type: ignore[misc]
        for hours in (2, -5, 5.5, 5.75, -3.5, 14)
    ),
    Naive("hash-in-upper-case", writing(str.upper)),
    Naive("hash-in-base64", writing(of_hex(base64.b64encode))),
    Naive("hash-with-dashes", writing(lambda digest: bytes.fromhex(digest).hex("-").upper())),
    Naive("hash-ends-in-blank", writing(lambda digest: f"{digest}\n")),
    Naive("counted-in-characters", lambda f, p, s, t: link(p, t, hmac_md5(
        s, joined(p.name, p.email, str(t))[: len(p.name + p.email + str(t))])), accented, profiles=("hmac-md5",)),
    Naive("counted-in-characters", lambda f, p, s, t: link(p, t, hmac_md5(
        s, joined(p.name, s, p.email, str(t))[: len(p.name + s + p.email + str(t))])), accented,
        profiles=("hmac-md5-salted",)),
    Naive("counted-in-characters", lambda f, p, s, t: link(p, t, md5(
        joined(p.name, p.email, s)[: len(p.name + p.email + s)])), accented, profiles=("md5",)),
    Naive("amp-in-link", lambda f, p, s, t: right(f, p, s, t).replace("&", "&amp;")),
    Naive("amp-in-link", lambda f, p, s, t: right(f, p, s, t).replace("&timestamp", "&amp;timestamp"), profiles=TIMED),
    Naive("times-in-link", lambda f, p, s, t: right(f, p, s, t).replace("&timestamp", quote("\u00d7tamp"))),
    Naive("times-in-link", lambda f, p, s, t: right(f, p, s, t).replace("&timestamp", "%D7tamp")),
    Naive("plus-not-encoded", unencoded, lambda p: "+" in p.email),
    Naive("ampersand-not-encoded", unencoded, lambda p: "&" in p.name),
    Naive("plus-and-ampersand-not-encoded", lambda f, p, s, t: unencoded(
        f, p._replace(name="Tom & Jerry & Co", email="tom+jerry@example.com"), s, t)),
    Naive("windows-1252-in-link", encoding(lambda v: quote_plus(v.encode("cp1252", "ignore"))), western),
    Naive("windows-1252-in-link", all_in_windows_1252, western),
    Naive("windows-1252-in-link", encoding(escaped), lambda p: western(p) and not far(p)),
    Naive("javascript-escape-in-link", encoding(escaped), far),
    Naive("question-marks-in-link", encoding(lambda v: quote_plus(v.encode("ascii", "replace"))),
          accented),
)  # fmt: skip
