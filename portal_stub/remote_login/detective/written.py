"""Mistakes with the length of what is hashed, and with writing the digest down."""

import base64
from collections.abc import Callable, Iterator

from portal_stub.remote_login.detective.made import Made, Mistake, Ways


def _shorter(made: Made) -> Iterator[tuple[str, Made]]:
    message = made.message
    text = message.decode("utf-8", "replace")
    counted = (len(text), len(text.encode("utf-16-le")) // 2)
    for length in dict.fromkeys(count for count in counted if count < len(message)):
        yield f"{length} of {len(message)} bytes", made._replace(length=length)


def _writing(*forms: tuple[str, Callable[[bytes], bytes]]) -> Ways:
    return lambda made: ((told, made._replace(write=write)) for told, write in forms)


LENGTHS = (
    Mistake(
        code="counted-in-characters",
        sentence="Your site hashes {}: as many bytes as the text has characters, so the end is cut off.",
        mend="Pass the length in bytes: an accented letter has two.",
        ways=_shorter,
    ),
)

WRITING = (
    Mistake(
        code="hash-in-upper-case",
        sentence="Your hash is written in upper case.",
        mend="Write the hash in lower-case hex digits.",
        ways=_writing(("", lambda digest: digest.hex().upper().encode())),
    ),
    Mistake(
        code="zeros-lost",
        sentence="Your hash has lost {}.",
        mend="Write each byte of the hash with two hex digits (%02x).",
        ways=_writing(
            ("the zeros at its beginning", lambda digest: digest.hex().lstrip("0").encode()),
            (
                "zeros: the first digit of each byte that is less than 16",
                lambda digest: "".join(f"{byte:x}" for byte in digest).encode(),
            ),
        ),
    ),
    Mistake(
        code="hash-with-dashes",
        sentence="Your hash is written with dashes between its bytes.",
        mend="Take the dashes out and write the hash in lower-case hex digits.",
        ways=_writing(
            ("", lambda digest: digest.hex("-").upper().encode()),
            ("", lambda digest: digest.hex("-").encode()),
        ),
    ),
    Mistake(
        code="hash-in-base64",
        sentence="Your hash is written in base64.",
        mend="Write the hash in lower-case hex digits.",
        ways=_writing(
            ("", base64.b64encode),
            ("", lambda digest: base64.b64encode(digest).replace(b"+", b" ")),
            ("", base64.urlsafe_b64encode),
            ("", lambda digest: base64.b64encode(digest.hex().encode())),
        ),
    ),
    Mistake(
        code="hash-ends-in-blank",
        sentence="Your hash has {} before or after it.",
        mend="Trim the hash before it is put into the link.",
        ways=_writing(
            ("a line break", lambda digest: digest.hex().encode() + b"\n"),
            ("a line break", lambda digest: digest.hex().encode() + b"\r\n"),
            ("a blank", lambda digest: digest.hex().encode() + b" "),
            ("a blank", lambda digest: b" " + digest.hex().encode()),
        ),
    ),
)
