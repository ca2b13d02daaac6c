"""Mistakes with the link itself: what was done to it on the way, and the query as it was meant to be."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from urllib.parse import quote, unquote_to_bytes

import attrs

from portal_stub.address import shown
from portal_stub.remote_login.link import PARAMETERS, parse_query

_VALUES = (b"name", b"email")
"""What a person has in it. What else is hashed has digits alone."""


@attrs.frozen(kw_only=True)
class Repair:
    """A mistake with the link: its sentence, with ``{}`` for what was found, and the query without it.

    ``queries`` yields what the query may have been, each with what is told of it; the first ``together`` are tried
    along with another mistake. ``plain_to_see`` returns what is told where the link shows the mistake by itself,
    whatever the hash is over, else None.
    """

    code: str
    sentence: str
    mend: str
    queries: Callable[[bytes], Iterable[tuple[str, bytes]]]
    together: int = 2
    plain_to_see: Callable[[bytes], str | None] = lambda _: None


def _replaced(pattern: bytes, by: bytes) -> Callable[[bytes], Iterator[tuple[str, bytes]]]:
    def queries(query: bytes) -> Iterator[tuple[str, bytes]]:
        mended = re.sub(pattern, by, query)
        if mended != query:
            yield "", mended

    return queries


def _found(pattern: bytes) -> Callable[[bytes], str | None]:
    return lambda query: "" if re.search(pattern, query) else None


_AMP = rb"&amp(?:;|%3[Bb])"
_TIMES = rb"(?:%[Cc]3%97|\xc3\x97|%[Dd]7|\xd7)tamp="
_U = rb"%(?:25)?u[0-9A-Fa-f]{4}"


def _changed(query: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return the query with the raw values of name and address changed."""
    pairs = (part.partition(b"=") for part in query.split(b"&"))
    return b"&".join(
        name + equals + (change(value) if unquote_to_bytes(name) in _VALUES else value) for name, equals, value in pairs
    )


def _plus(query: bytes) -> Iterator[tuple[str, bytes]]:
    """A plus in the address alone is likelier: blanks in a name may be written so."""
    for fields in ((b"email",), _VALUES):
        mended = re.sub(
            rb"(^|&)(%b)=([^&]*)" % b"|".join(fields),
            lambda found: found[0].replace(b"+", b"%2B"),
            query,
        )
        if mended != query:
            values = [value for name, value in parse_query(query) if name in fields and b" " in value]
            yield _shown(b"".join(values[-1:])), mended


def _ampersand(query: bytes) -> Iterator[tuple[str, bytes]]:
    """What follows name or address and is no parameter of the portal's belonged to it."""
    for only_bare in (False, True):
        parts: list[bytes] = []
        in_value = False
        for part in query.split(b"&"):
            name, equals, _ = part.partition(b"=")
            known = unquote_to_bytes(name).decode("utf-8", "replace") in PARAMETERS
            if in_value and not known and not (only_bare and equals):
                parts[-1] += b"%26" + part.replace(b"=", b"%3D")
            else:
                parts.append(part)
                in_value = known and unquote_to_bytes(name) in _VALUES
        mended = b"&".join(parts)
        if mended != query:
            first = next(value for name, value in parse_query(query) if name in _VALUES)
            yield _shown(first), mended


def _plus_and_ampersand(query: bytes) -> Iterator[tuple[str, bytes]]:
    for (told, once), at in product(_ampersand(query), range(2)):
        yield from ((told, mended) for _, mended in list(_plus(once))[at : at + 1])


def _not_utf_8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return True
    return False


def _windows_1252(query: bytes) -> Iterator[tuple[str, bytes]]:
    def recoded(value: bytes, blank: bytes) -> bytes:
        text = unquote_to_bytes(value.replace(b"+", blank)).decode("cp1252", "replace")
        return quote(text, safe="").encode()

    if _not_utf_8(query):
        for blank in (b" ", b"+"):
            yield "", _changed(query, lambda value, blank=blank: recoded(value, blank))  # type: ignore[misc]


def _javascript_escape(query: bytes) -> Iterator[tuple[str, bytes]]:
    def units(found: re.Match[str]) -> str:
        return chr(int(found[1] or found[2], 16))

    def read(value: bytes, blank: bytes) -> bytes:
        written = value.replace(b"%25u", b"%u").replace(b"+", blank).decode("latin-1")
        text = re.sub(r"%u([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})", units, written)
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return quote(whole, safe="").encode()

    if re.search(_U, query):
        for blank in (b" ", b"+"):
            yield "", _changed(query, lambda value, blank=blank: read(value, blank))  # type: ignore[misc]


def _shown(value: bytes) -> str:
    return shown(value.decode("utf-8", "replace"), 60)


_MARKED = re.compile(rb"[A-Za-z]\?|\?[A-Za-z]|\?\?")
"""A question mark that may have been a letter: beside a letter, or beside another one."""


def _name_with_marks(query: bytes) -> str | None:
    name = next((value for name, value in parse_query(query) if name == b"name"), b"")
    return _shown(name) if _MARKED.search(name) else None


REPAIRS: tuple[Repair, ...] = (
    Repair(
        code="amp-in-link",
        sentence="Your link has &amp; where & belongs: it was written for a page and sent as an address.",
        mend="Use & in a Location header and in every address that is not inside HTML.",
        queries=_replaced(_AMP, b"&"),
        plain_to_see=_found(_AMP),
    ),
    Repair(
        code="times-in-link",
        sentence="Your link has \u00d7tamp: an HTML page read the beginning of &timestamp as the sign \u00d7.",
        mend="Write &amp;timestamp in HTML, or put the timestamp first in the link.",
        queries=_replaced(_TIMES, b"&timestamp="),
        plain_to_see=_found(_TIMES),
    ),
    Repair(
        code="windows-1252-in-link",
        sentence="Your link has accented letters in Windows-1252 (Latin-1), as JavaScript's escape() or an old page "
        "writes them.",
        mend="Send UTF-8: encodeURIComponent() in JavaScript, and UTF-8 as the encoding of the page.",
        queries=_windows_1252,
        plain_to_see=lambda query: "" if _not_utf_8(query) and not re.search(_TIMES, query) else None,
    ),
    Repair(
        code="javascript-escape-in-link",
        sentence="Your link has letters as %u0142: JavaScript's escape() wrote them.",
        mend="Use encodeURIComponent() in place of escape().",
        queries=_javascript_escape,
        plain_to_see=_found(_U),
    ),
    Repair(
        code="plus-not-encoded",
        sentence="Your site puts a + into the link as it is, and it arrives as a blank: {}.",
        mend="Encode each value for the address: + is %2B.",
        queries=_plus,
    ),
    Repair(
        code="ampersand-not-encoded",
        sentence="Your site puts an & into the link as it is, and it ends the value: {} is all that arrived.",
        mend="Encode each value for the address: & is %26.",
        queries=_ampersand,
    ),
    Repair(
        code="plus-and-ampersand-not-encoded",
        sentence="Your site puts + and & into the link as they are: a + arrives as a blank, and an & ends the value: "
        "{} is all that arrived.",
        mend="Encode each value for the address: + is %2B, & is %26.",
        queries=_plus_and_ampersand,
    ),
    Repair(
        code="question-marks-in-link",
        sentence="Your link has {} for the name: where a question mark stands for a letter that is not ASCII, the hash "
        "is over another text than was sent.",
        mend="Encode the values as UTF-8 before they are put into the link, not as ASCII. Where the name is meant so, "
        "compare the secret with Admin > Security.",
        queries=lambda _: (),
        plain_to_see=_name_with_marks,
    ),
)
"""In the order in which they are named."""
