"""Mistakes with the secret, with the values and with the time as they are hashed."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any
from urllib.parse import quote, quote_plus

from portal_stub.address import mailbox, shown
from portal_stub.remote_login.detective.made import Made, Mistake, Ways

_SECONDS_APART = 30
"""How far two readings of the clock may lie apart, in seconds."""
_SAFE = ("", "!'()*", "!()*", "*", "/", "@", "!'()*/@:;,&=+$?#")
"""What rawurlencode, encodeURIComponent, .NET, Java, Python, a hand-written one, and encodeURI leave as it is."""
_STRAY = ((b" ", "a blank"), (b"\n", "a line break"), (b"\r\n", "a line break"), (b"\t", "a tab"))
_HASHED = ("name", "email", "timestamp")
_NAME_PARTS = ", as first name + ' ' + last name does where one of them is empty"


def _key(change: Callable[[Made], Iterable[tuple[str, bytes]]]) -> Ways:
    return lambda made: ((told, made._replace(secret=secret)) for told, secret in change(made))


def _secret_ends(made: Made) -> Iterator[tuple[str, bytes]]:
    yield from ((word, made.secret + end) for end, word in _STRAY)


def _secret_begins(made: Made) -> Iterator[tuple[str, bytes]]:
    yield from ((word, end + made.secret) for end, word in _STRAY)
    yield "a byte order mark", b"\xef\xbb\xbf" + made.secret


def _hex_decoded(made: Made) -> Iterator[tuple[str, bytes]]:
    try:
        yield "", bytes.fromhex(made.secret.decode())
    except ValueError:
        return


def _address(made: Made) -> Iterator[tuple[str, bytes]]:
    for host in dict.fromkeys((made.host, made.host.partition(":")[0])):
        for form in ("https://{}", "http://{}", "https://{}/", "http://{}/", "{}", "https://{}/login/sso",
                     "http://{}/login/sso"):  # fmt: skip
            yield form.format(host), form.format(host).encode()


def _values(*changes: Callable[[bytes], bytes]) -> Ways:
    """Return the ways in which name, address, phone and company are changed, then the name or the address alone."""

    def ways(made: Made) -> Iterator[tuple[str, Made]]:
        tried = set()
        for fields, change in product((("name", "email", "phone", "company"), ("name",), ("email",)), changes):
            new: dict[str, Any] = {field: change(getattr(made, field)) for field in fields}
            changed = made._replace(**new)
            if changed != made and changed not in tried:
                tried.add(changed)
                told = changed.name if changed.name != made.name else changed.email
                yield shown(told.decode("utf-8", "replace"), 60), changed

    return ways


def _recoded(encoding: str) -> Callable[[bytes], bytes]:
    return lambda value: value.decode("utf-8", "replace").encode(encoding, "replace")


def _encoded(encode: Callable[..., str], safe: str, digits: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda value: re.sub("%..", lambda found: digits(found[0]), encode(value, safe)).encode()


_PERCENT = [
    _encoded(encode, safe, digits)
    for digits, safe, encode in product((str.upper, str.lower), _SAFE, (quote_plus, quote))
]


def escape(value: bytes) -> bytes:
    """Return what JavaScript's ``escape()`` makes of a text in UTF-8 (ECMA-262 B.2.1.1)."""
    units = value.decode("utf-8", "replace").encode("utf-16-be")
    codes = [int.from_bytes(units[start : start + 2]) for start in range(0, len(units), 2)]
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./"
    return "".join(chr(c) if chr(c) in plain else f"%{c:02X}" if c < 256 else f"%u{c:04X}" for c in codes).encode()


def _stray(made: Made) -> Iterator[tuple[str, Made]]:
    """A field is sent with a stray character and hashed without, or the reverse."""
    for field in _HASHED:
        value, parts = getattr(made, field), _NAME_PARTS if field == "name" else ""
        for trimmed in dict.fromkeys((value.strip(), value.rstrip(), value.lstrip())):
            if trimmed != value:
                told = f"the {field} in the link begins or ends with a blank or a line break{parts}"
                yield told, made._replace(**{field: trimmed})
    hashed = [field for field in _HASHED if field in made.parts]
    for end, word in _STRAY:
        for field in hashed:
            also = _NAME_PARTS if (field, end) == ("name", b" ") else ""
            if made.means == "hash" and made.parts[made.parts.index(field) + 1 :][:1] == ("secret",):
                also += ", or else the secret begins with it"
            yield f"the hashed {field} ends in {word}{also}", made._replace(**{field: getattr(made, field) + end})
    for end, word in _STRAY:
        for field in hashed:
            parts = _NAME_PARTS if (field, end) == ("name", b" ") else ""
            told = f"the hashed {field} begins with {word}{parts}"
            yield told, made._replace(**{field: end + getattr(made, field)})
    yield from _double_blanks(made)


def _double_blanks(made: Made) -> Iterator[tuple[str, Made]]:
    """A middle name that is empty; a page shows one blank where there are two."""
    words = made.name.split(b" ")
    for at in range(1, min(len(words), 5)):
        doubled = b" ".join(words[:at]) + b"  " + b" ".join(words[at:])
        yield "the hashed name has two blanks where the link has one", made._replace(name=doubled)
    if b"  " in made.name:
        single = b" ".join(filter(None, words))
        yield "the name in the link has two blanks where the hashed one has one", made._replace(name=single)


def _lower_case(made: Made) -> Iterator[tuple[str, Made]]:
    if made.email != made.email.lower():
        yield "", made._replace(email=made.email.lower())


def _login_name(made: Made) -> Iterator[tuple[str, Made]]:
    if b"@" in made.email:
        name = mailbox(made.email.decode("utf-8", "replace"))
        yield shown(name, 60), made._replace(email=name.encode())


def _read_twice(made: Made) -> Iterator[tuple[str, Made]]:
    if made.timestamp.isdigit() and len(made.timestamp) < 12:
        for apart in range(1, _SECONDS_APART + 1):
            for sign in (-1, 1):
                hashed = b"%d" % (int(made.timestamp) + sign * apart)
                seconds = f"{apart} second{'s' if apart > 1 else ''} {'later' if sign > 0 else 'earlier'}"
                told = f"{hashed.decode()} is hashed, {seconds} than {made.timestamp.decode()} in the link"
                yield told, made._replace(timestamp=hashed)


def _other_precision(made: Made) -> Iterator[tuple[str, Made]]:
    digits = made.timestamp
    whole, point, _ = digits.replace(b",", b".").partition(b".")
    if point:
        yield "in whole seconds", made._replace(timestamp=whole)
        other, comma = (b",", "comma") if b"." in digits else (b".", "point")
        yield f"with a decimal {comma}", made._replace(timestamp=digits.translate(bytes.maketrans(b".,", other * 2)))
    elif digits.isdigit() and len(digits) > 12:
        yield "in seconds", made._replace(timestamp=digits[:-3])
    elif digits.isdigit():
        for thousandth in range(1000):
            yield "in milliseconds", made._replace(timestamp=b"%b%03d" % (digits, thousandth))


SECRETS: tuple[Mistake, ...] = (
    Mistake(
        code="secret-ends-in-blank",
        sentence="Your secret ends in {}.",
        mend="Trim the secret where your site reads it.",
        ways=_key(_secret_ends),
    ),
    Mistake(
        code="secret-hex-decoded",
        sentence="Your site turns the secret from hex digits into bytes before it uses it.",
        mend="Use the 32 characters of the secret as they are.",
        ways=_key(_hex_decoded),
    ),
    Mistake(
        code="secret-in-upper-case",
        sentence="Your secret is in upper case.",
        mend="Use the secret as the portal shows it.",
        ways=_key(lambda made: [("", made.secret.upper())]),
    ),
    Mistake(
        code="address-for-secret",
        sentence="Your site uses the portal's address, {}, in place of the shared secret.",
        mend="Use the shared secret that Admin > Security shows.",
        ways=_key(_address),
    ),
    Mistake(
        code="no-secret",
        sentence="Your site hashes with an empty secret.",
        mend="See why your site finds no secret: a setting with another name, or a variable that is not set.",
        ways=_key(lambda _: [("", b"")]),
    ),
)

SECRETS_AFTER_VALUES = (
    Mistake(
        code="secret-begins-with-blank",
        sentence="Your secret begins with {}.",
        mend="Trim the secret where your site reads it.",
        ways=_key(_secret_begins),
    ),
)
"""Where the secret follows the address in what is hashed, this is to the letter a stray character after the address."""

VALUES: tuple[Mistake, ...] = (
    Mistake(
        code="question-marks-hashed",
        sentence="Your site hashes {}: a question mark in place of each letter that is not ASCII.",
        mend="Turn the values into UTF-8, not into ASCII, before you hash them.",
        ways=_values(_recoded("ascii"), lambda value: re.sub(rb"[\x80-\xff]", b"?", value)),
    ),
    Mistake(
        code="windows-1252-hashed",
        sentence="Your site hashes accented letters as Windows-1252 (Latin-1), and sends them as UTF-8.",
        mend="Turn the values into UTF-8 before you hash them.",
        ways=_values(_recoded("cp1252"), _recoded("latin-1")),
    ),
    Mistake(
        code="utf-8-twice-hashed",
        sentence="Your site hashes {}: it turns what is UTF-8 already into UTF-8 once more.",
        mend="Turn the values into UTF-8 once.",
        ways=_values(lambda value: value.decode("latin-1").encode()),
    ),
    Mistake(
        code="percent-encoded-hashed",
        sentence="Your site hashes {}: the values after they were encoded for the address.",
        mend="Hash first, encode afterwards.",
        ways=_values(*_PERCENT),
        together=8,
    ),
    Mistake(
        code="javascript-escape-hashed",
        sentence="Your site hashes {}, which JavaScript's escape() made.",
        mend="Hash the values themselves, and use encodeURIComponent() for the address.",
        ways=_values(escape),
    ),
    Mistake(
        code="html-escaped-hashed",
        sentence="Your site hashes {}: the values as they are written in HTML.",
        mend="Hash the values before they are escaped for a page.",
        ways=_values(
            lambda value: html.escape(value.decode("utf-8", "replace"), quote=False).encode(),
            lambda value: html.escape(value.decode("utf-8", "replace")).encode(),
            lambda value: html.escape(value.decode("utf-8", "replace")).replace("&#x27;", "&#039;").encode(),
            lambda value: html.escape(value.decode("utf-8", "replace")).replace("&#x27;", "&#39;").encode(),
            lambda value: html.escape(value.decode("utf-8", "replace")).replace("&#x27;", "'").encode(),
        ),
    ),
    Mistake(
        code="stray-blank",
        sentence="Your site does not hash what it sends: {}.",
        mend="Trim each value once, then hash and send that one; join first and last name only where both are there.",
        ways=_stray,
        together=9,
    ),
    Mistake(
        code="address-in-lower-case",
        sentence="Your site hashes the address in lower case and sends it as it was typed.",
        mend="Hash and send the same text.",
        ways=_lower_case,
    ),
    Mistake(
        code="login-name-hashed",
        sentence="Your site hashes the login name {} and sends the address.",
        mend="Hash the address that stands in the link.",
        ways=_login_name,
    ),
)

TIMES: tuple[Mistake, ...] = (
    Mistake(
        code="clock-read-twice",
        sentence="Your site hashes another timestamp than it sends: {}. It reads the clock twice.",
        mend="Read the clock once, and use that one value for the hash and for the link.",
        ways=_read_twice,
    ),
    Mistake(
        code="other-precision-hashed",
        sentence="Your site hashes the timestamp {}, and sends it otherwise.",
        mend="Hash the timestamp exactly as the link has it, and send whole seconds.",
        ways=_other_precision,
        together=2,
    ),
)
