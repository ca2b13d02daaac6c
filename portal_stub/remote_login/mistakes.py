"""What integrators do wrong with the hash of a remote login: each mistake as what their site did instead.

A mistake changes the ``Made``: what was hashed, with which secret, by which formula, and how the digest was written.
The detective makes the hash anew with one mistake, or two, and compares it with the one that came.
"""

import base64
import hashlib
import hmac
import html
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import attrs

from portal_stub.config import Profile

SECONDS_APART = 10
"""How far two readings of the clock may lie apart, in seconds."""
_FORMS_OF_ADDRESS = ("https://{}", "https://{}/", "http://{}", "http://{}/", "{}")


@attrs.frozen(kw_only=True)
class Made:
    """How a site makes the hash. The values are bytes, as they are hashed; ``key`` is the secret as the site has it.

    ``limit`` is how many bytes of the message are hashed, where a site counts them wrong.
    """

    name: bytes
    email: bytes
    timestamp: bytes
    phone: bytes
    company: bytes
    key: bytes
    host: str
    formula: str
    limit: int | None = None
    written: Callable[[bytes], bytes] = lambda digest: digest.hex().encode()

    @property
    def hash(self) -> bytes:
        """The hash as it stands in the link."""
        message = FORMULAS[self.formula](self)[: self.limit]
        if self.formula.startswith("md5"):
            return self.written(hashlib.md5(message).digest())  # noqa: S324 - the protocol's own formula
        return self.written(hmac.digest(self.key, message, "md5"))

    def but_values(self, change: Callable[[bytes], bytes]) -> "Made":
        """Return what is made when name, address, phone and company are changed before they are hashed."""
        return attrs.evolve(
            self,
            name=change(self.name),
            email=change(self.email),
            phone=change(self.phone),
            company=change(self.company),
        )


FORMULAS: dict[str, Callable[[Made], bytes]] = {
    "md5": lambda m: m.name + m.email + m.key,
    "hmac-md5": lambda m: m.name + m.email + m.timestamp,
    "hmac-md5-salted": lambda m: m.name + m.key + m.email + m.timestamp,
    "md5-timestamp-secret": lambda m: m.name + m.email + m.timestamp + m.key,
    "md5-secret-first": lambda m: m.key + m.name + m.email + m.timestamp,
    "no-timestamp": lambda m: m.name + m.email,
    "secret-last": lambda m: m.name + m.email + m.timestamp + m.key,
    "email-first": lambda m: m.email + m.name + m.timestamp,
    "timestamp-first": lambda m: m.timestamp + m.name + m.email,
    "timestamp-between": lambda m: m.name + m.timestamp + m.email,
    "phone": lambda m: m.name + m.email + m.phone + m.timestamp,
    "phone-last": lambda m: m.name + m.email + m.timestamp + m.phone,
    "company": lambda m: m.name + m.email + m.company + m.timestamp,
    "company-last": lambda m: m.name + m.email + m.timestamp + m.company,
    "phone-company": lambda m: m.name + m.email + m.phone + m.company + m.timestamp,
    "phone-company-last": lambda m: m.name + m.email + m.timestamp + m.phone + m.company,
}
"""What is hashed, by name; those called md5 have no key."""

FORMULA_IN_WORDS: dict[Profile, str] = {
    "md5": "MD5 over name + email + secret",
    "hmac-md5": "HMAC-MD5 over name + email + timestamp",
    "hmac-md5-salted": "HMAC-MD5 over name + secret + email + timestamp",
}


@attrs.frozen(kw_only=True)
class Mistake:
    """A mistake by name. ``part`` is what it is about: two mistakes about one part are not tried together.

    ``ways`` yields what the site makes with this mistake, each with a word on the details for ``{}`` of the sentence.
    """

    code: str
    part: str
    sentence: str
    mend: str
    ways: Callable[[Made], Iterator[tuple[str, Made]]]


def _one(change: Callable[[Made], Made]) -> Callable[[Made], Iterator[tuple[str, Made]]]:
    def ways(made: Made) -> Iterator[tuple[str, Made]]:
        yield "", change(made)

    return ways


def _formulas(*names: str) -> Callable[[Made], Iterator[tuple[str, Made]]]:
    def ways(made: Made) -> Iterator[tuple[str, Made]]:
        for name in names:
            if name != made.formula:
                yield "", attrs.evolve(made, formula=name)

    return ways


def _values(change: Callable[[bytes], bytes]) -> Callable[[Made], Iterator[tuple[str, Made]]]:
    return _one(lambda made: made.but_values(change))


def _with_salt(made: Made) -> Iterator[tuple[str, Made]]:
    if made.formula == "hmac-md5":
        yield "", attrs.evolve(made, formula="hmac-md5-salted")
        yield "", attrs.evolve(made, formula="secret-last")


def _without_salt(made: Made) -> Iterator[tuple[str, Made]]:
    if made.formula == "hmac-md5-salted":
        yield "", attrs.evolve(made, formula="hmac-md5")


def _stray(made: Made) -> Iterator[tuple[str, Made]]:
    for field in ("name", "email", "timestamp"):
        value = getattr(made, field)
        for end, word in ((b" ", "a blank"), (b"\n", "a line break"), (b"\r\n", "a line break"), (b"\t", "a tab")):
            yield f"the {field} ends in {word}", attrs.evolve(made, **{field: value + end})
        yield f"the {field} begins with a blank", attrs.evolve(made, **{field: b" " + value})


def _secret_ends(made: Made) -> Iterator[tuple[str, Made]]:
    for end, word in ((b"\n", "a line break"), (b"\r\n", "a line break"), (b" ", "a blank"), (b"\t", "a tab")):
        yield word, attrs.evolve(made, key=made.key + end)


def _hex_decoded(made: Made) -> Iterator[tuple[str, Made]]:
    try:
        yield "", attrs.evolve(made, key=bytes.fromhex(made.key.decode()))
    except ValueError:
        return


def _portal_address(made: Made) -> Iterator[tuple[str, Made]]:
    for form in _FORMS_OF_ADDRESS:
        yield form.format(made.host), attrs.evolve(made, key=form.format(made.host).encode())


def _read_twice(made: Made) -> Iterator[tuple[str, Made]]:
    if made.timestamp.isdigit() and len(made.timestamp) < 12:
        for apart in range(1, SECONDS_APART + 1):
            for sign in (-1, 1):
                words = f"{apart} second{'s' if apart > 1 else ''} {'later' if sign > 0 else 'earlier'}"
                yield words, attrs.evolve(made, timestamp=b"%d" % (int(made.timestamp) + sign * apart))


def _other_precision(made: Made) -> Iterator[tuple[str, Made]]:
    digits = made.timestamp
    whole = digits.partition(b".")[0].partition(b",")[0]
    if whole != digits:
        yield "whole seconds", attrs.evolve(made, timestamp=whole)
        yield "a decimal comma", attrs.evolve(made, timestamp=digits.replace(b".", b","))
        yield "a decimal point", attrs.evolve(made, timestamp=digits.replace(b",", b"."))
    elif digits.isdigit() and len(digits) > 12:
        yield "seconds", attrs.evolve(made, timestamp=digits[:-3])
    elif digits.isdigit():
        for thousandth in range(1000):
            yield "milliseconds", attrs.evolve(made, timestamp=b"%b%03d" % (digits, thousandth))


def _counted_in_characters(made: Made) -> Iterator[tuple[str, Made]]:
    message = FORMULAS[made.formula](made)
    characters = len(message.decode("utf-8", "replace"))
    if characters < len(message):
        yield "", attrs.evolve(made, limit=characters)


def _recoded(encoding: str, errors: str = "replace") -> Callable[[bytes], bytes]:
    return lambda value: value.decode("utf-8", "replace").encode(encoding, errors)


def escape(value: bytes) -> bytes:
    """Return what JavaScript's ``escape()`` makes of a text in UTF-8 (ECMA-262 B.2.1.1)."""
    units = value.decode("utf-8", "replace").encode("utf-16-be")
    codes = [int.from_bytes(units[start : start + 2]) for start in range(0, len(units), 2)]
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./"
    written = (chr(c) if chr(c) in plain else f"%{c:02X}" if c < 256 else f"%u{c:04X}" for c in codes)
    return "".join(written).encode()


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        code="plain-md5",
        part="formula",
        sentence="Your hash is plain MD5 over name + email + secret, the formula of before 2013.",
        mend="Use HMAC with MD5, with the shared secret as the key, and hash the timestamp as well.",
        ways=_formulas("md5"),
    ),
    Mistake(
        code="hmac-for-md5",
        part="formula",
        sentence="Your hash is an HMAC over name, email and timestamp, and this portal is set to plain MD5.",
        mend="Set the portal to the profile that your site uses; an HMAC is the better one.",
        ways=lambda made: _formulas("hmac-md5", "hmac-md5-salted")(made) if made.formula == "md5" else iter(()),
    ),
    Mistake(
        code="secret-in-message",
        part="formula",
        sentence="Your hash has the secret in the message as well as for the key, as the formula of 2016 has it.",
        mend="Leave the secret out of the message, or set the portal to the profile hmac-md5-salted.",
        ways=_with_salt,
    ),
    Mistake(
        code="secret-not-in-message",
        part="formula",
        sentence="Your hash leaves the secret out of the message, as the formula of before 2016 does.",
        mend="Hash name + secret + email + timestamp, or set the portal to the profile hmac-md5.",
        ways=_without_salt,
    ),
    Mistake(
        code="timestamp-not-hashed",
        part="formula",
        sentence="Your hash is an HMAC over name + email, without the timestamp.",
        mend="Append the timestamp, as the link has it, to what is hashed.",
        ways=_formulas("no-timestamp"),
    ),
    Mistake(
        code="md5-with-timestamp",
        part="formula",
        sentence="Your hash is plain MD5 over the values, the timestamp and the secret one after another.",
        mend="Use HMAC with MD5: the secret is its key, and no part of what is hashed.",
        ways=_formulas("md5-timestamp-secret", "md5-secret-first"),
    ),
    Mistake(
        code="other-order",
        part="formula",
        sentence="Your hash has the values in another order.",
        mend="Hash them in the order name, email, timestamp, with nothing between them.",
        ways=_formulas("email-first", "timestamp-first", "timestamp-between"),
    ),
    Mistake(
        code="phone-or-company-hashed",
        part="formula",
        sentence="Your hash covers the phone number or the company as well.",
        mend="Leave phone and company out of what is hashed.",
        ways=_formulas("phone", "phone-last", "company", "company-last", "phone-company", "phone-company-last"),
    ),
    Mistake(
        code="secret-ends-in-blank",
        part="secret",
        sentence="Your secret ends in {}.",
        mend="Trim the secret where your site reads it.",
        ways=_secret_ends,
    ),
    Mistake(
        code="secret-hex-decoded",
        part="secret",
        sentence="Your site turns the secret from hex digits into bytes before it uses it.",
        mend="Use the 32 characters of the secret as they are.",
        ways=_hex_decoded,
    ),
    Mistake(
        code="secret-in-upper-case",
        part="secret",
        sentence="Your secret is in upper case.",
        mend="Use the secret as the portal shows it.",
        ways=_one(lambda made: attrs.evolve(made, key=made.key.upper())),
    ),
    Mistake(
        code="address-for-secret",
        part="secret",
        sentence="Your site uses the portal's address ({}) in place of the shared secret.",
        mend="Use the shared secret that Admin > Security shows.",
        ways=_portal_address,
    ),
    Mistake(
        code="no-secret",
        part="secret",
        sentence="Your site hashes with an empty secret.",
        mend="See why your site finds no secret: a setting with another name, or a variable that is not set.",
        ways=_one(lambda made: attrs.evolve(made, key=b"")),
    ),
    Mistake(
        code="question-marks-hashed",
        part="values",
        sentence="Your site hashes a question mark in place of each letter that is not ASCII.",
        mend="Turn the values into UTF-8, not into ASCII, before you hash them.",
        ways=_values(_recoded("ascii")),
    ),
    Mistake(
        code="windows-1252-hashed",
        part="values",
        sentence="Your site hashes accented letters as Windows-1252 (Latin-1), and sends them as UTF-8.",
        mend="Turn the values into UTF-8 before you hash them.",
        ways=_values(_recoded("cp1252")),
    ),
    Mistake(
        code="percent-encoded-hashed",
        part="values",
        sentence="Your site hashes the values after it has encoded them for the address.",
        mend="Hash first, encode afterwards.",
        ways=lambda made: (
            ("", made.but_values(change))
            for change in (
                *(lambda value: quote(value, safe="").encode(), lambda value: quote_plus(value).encode()),
                *(lambda value: quote(value, safe="").lower().encode(), lambda value: quote(value, "@").encode()),
            )
        ),
    ),
    Mistake(
        code="javascript-escape-hashed",
        part="values",
        sentence="Your site hashes what JavaScript's escape() makes of the values.",
        mend="Hash the values themselves, and use encodeURIComponent() for the address.",
        ways=_values(escape),
    ),
    Mistake(
        code="html-escaped-hashed",
        part="values",
        sentence="Your site hashes the values as they are written in HTML (&amp; for &).",
        mend="Hash the values before they are escaped for a page.",
        ways=_values(lambda value: html.escape(value.decode("utf-8", "replace")).encode()),
    ),
    Mistake(
        code="stray-blank",
        part="values",
        sentence="What your site hashes has a stray character that the link has not: {}.",
        mend="Trim each value once, before it is hashed and sent; a name without a first or a last part has no blank.",
        ways=_stray,
    ),
    Mistake(
        code="address-in-lower-case",
        part="values",
        sentence="Your site hashes the address in lower case and sends it as it was typed.",
        mend="Hash and send the same text.",
        ways=_one(lambda made: attrs.evolve(made, email=made.email.lower())),
    ),
    Mistake(
        code="clock-read-twice",
        part="timestamp",
        sentence="Your site hashes another timestamp than it sends, {}: it reads the clock twice.",
        mend="Read the clock once, and use that one value for the hash and for the link.",
        ways=_read_twice,
    ),
    Mistake(
        code="other-precision-hashed",
        part="timestamp",
        sentence="Your site hashes the timestamp with {}, and sends it otherwise.",
        mend="Hash the timestamp exactly as the link has it: whole seconds.",
        ways=_other_precision,
    ),
    Mistake(
        code="counted-in-characters",
        part="length",
        sentence="Your site hashes only as many bytes as the text has characters, so the end is cut off.",
        mend="Pass the length in bytes: an accented letter has two.",
        ways=_counted_in_characters,
    ),
    Mistake(
        code="hash-in-upper-case",
        part="writing",
        sentence="Your hash is right, but in upper case.",
        mend="Write the hash in lower-case hex digits.",
        ways=_one(lambda made: attrs.evolve(made, written=lambda digest: digest.hex().upper().encode())),
    ),
    Mistake(
        code="zeros-lost",
        part="writing",
        sentence="Your hash has lost zeros, those at its beginning or the first digit of a byte.",
        mend="Write each byte of the hash with two hex digits (%02x).",
        ways=lambda made: (
            ("", attrs.evolve(made, written=written))
            for written in (
                lambda digest: digest.hex().lstrip("0").encode(),
                lambda digest: "".join(f"{byte:x}" for byte in digest).encode(),
            )
        ),
    ),
    Mistake(
        code="hash-in-base64",
        part="writing",
        sentence="Your hash is right, but written in base64.",
        mend="Write the hash in lower-case hex digits.",
        ways=_one(lambda made: attrs.evolve(made, written=base64.b64encode)),
    ),
)
"""In the order in which they are named: of two that lead to the same hash, the first."""
