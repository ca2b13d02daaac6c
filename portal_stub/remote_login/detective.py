"""Names the mistake by which a remote login's link came out as it did.

A hash is explained when it comes out to the letter once the mistake is made. First what the way did to the link is
undone, then every mistake of ``mistakes.py`` is tried by itself, then every two together.
"""

import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from urllib.parse import urlsplit

import attrs

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.remote_login.link import PARAMETERS, Received, parse_query
from portal_stub.remote_login.mistakes import FORMULA_IN_WORDS, MISTAKES, Made, Mistake
from portal_stub.suspect import Suspect
from portal_stub.times import duration

_LONGEST = 4096
"""Bytes of a query that is looked into: what is longer was not made by mistake."""
_WAYS_TOGETHER = 60
"""Ways of one mistake that are tried together with another mistake: the thousand milliseconds are tried alone."""
_ZONE = 900
"""Seconds by which the zones of the world differ: quarters of an hour."""
_NEAR = 90
"""How far from a whole number of quarters the age of a link may be that a wrong zone explains, in seconds."""
_TEN_MINUTES = 600
_MILLISECONDS = re.compile(rb"[0-9]{12,14}")
_SECONDS = re.compile(rb"[0-9]{1,11}")


@attrs.frozen
class _Arrival:
    """The values as they left the site, if ``suspect`` happened to them on the way."""

    values: dict[str, bytes]
    suspect: Suspect | None = None


def suspects(query: bytes, settings: Settings, now: datetime) -> tuple[Suspect, ...]:
    """Return the mistakes that explain the raw query of a refused link, none where nothing explains it.

    ``now`` (UTC) is when the link arrived. What happened to the hash and what is wrong with the time or the address are
    told apart, one suspect for each; two mistakes that explain one hash only together are one suspect.
    """
    link = Received(pairs=parse_query(query), settings=settings, now=now)
    if len(query) > _LONGEST or not settings.simple.secret:
        return ()
    for arrival in _arrivals(link, query):
        found = None if not arrival.values["hash"].strip() else _explained(arrival.values, settings)
        if found is not None:
            of_the_way = () if arrival.suspect is None else (arrival.suspect,)
            return (*of_the_way, *found, *_of_the_values(arrival.values, settings, now))
    # The hash fits nothing, but what the way did to the link is there to see.
    seen = [arrival.suspect for arrival in _arrivals(link, query) if arrival.suspect in _PLAIN_TO_SEE]
    other = (_ANOTHER_SECRET,) if re.fullmatch(rb"[0-9a-f]{32}", link.raw("hash")) else ()
    return tuple(suspect for suspect in seen[:1] if suspect is not None) or other


_ANOTHER_SECRET = Suspect(
    code="another-secret",
    sentence="Nothing that was tried leads to your hash. Most likely it was made with another secret: another "
    "portal's, or this portal's from before it was made anew. It may also be over other values than the link has.",
    mend="Compare the secret on your side with Admin > Security, letter by letter; then print what you hash.",
)


def suspects_of_address(url: str, settings: Settings) -> tuple[Suspect, ...]:
    """Return what is wrong with the address, without its query, to which a remote login was sent."""
    right = urlsplit(settings.base_url)
    try:
        came = urlsplit(url)
        host = came.netloc
    except ValueError:
        return ()
    wanted = f"{settings.base_url}/login/sso"
    mend = f"Send the browser to {wanted}, with the host that host_url gives."

    def suspect(code: str, sentence: str) -> tuple[Suspect, ...]:
        return (Suspect(code=code, sentence=sentence, mend=mend),)

    if came.path.count("://") or host.partition(":")[0] in ("http", "https"):
        return suspect("host-url-taken-for-url", "Your site puts http:// before what is a whole address already.")
    if "host_url" in host or (host and host != right.netloc and host.rpartition(":")[0] == right.netloc):
        return suspect("host-url-taken-for-url", "Your site does not take host_url for a host and a port.")
    if host and came.scheme != right.scheme:
        return suspect("other-scheme", f"Your site sends to {came.scheme}://, and the portal is at {right.scheme}://.")
    if host and host.lower() != right.netloc.lower():
        return suspect("other-host", f"Your site sends to the host {shown(host)}, and the portal is {right.netloc}.")
    if came.path.rstrip("/") == "/login/sso":
        return ()
    if came.path.lstrip("/").rstrip("/") == "login/sso":
        return suspect("double-slash", "The address has two slashes before login/sso: your base URL ends in one.")
    return suspect("path-missing", f"The address has the path {shown(came.path or '/')} in place of /login/sso.")


def _arrivals(link: Received, query: bytes) -> Iterator[_Arrival]:
    """Yield the values as they came, then as they may have been before they were spoilt on the way."""
    came = {name: link.raw(name) for name in PARAMETERS}
    yield _Arrival(came)
    for name, value in link.pairs:
        if name.startswith(b"amp;") and name[4:].decode("utf-8", "replace") in PARAMETERS:
            others = {n[4:].decode(): v for n, v in link.pairs if n.startswith(b"amp;") and n[4:].isalpha()}
            repaired = {**came, **{n: v for n, v in others.items() if n in PARAMETERS}}
            yield _Arrival(repaired, _AMP)
            break
        before, times, after = value.partition("\u00d7tamp=".encode())
        if times and name.decode("utf-8", "replace") in PARAMETERS:
            yield _Arrival({**came, name.decode(): before, "timestamp": after}, _TIMES)
    if b" " in came["email"].strip():
        yield _Arrival({**came, "email": came["email"].replace(b" ", b"+")}, _PLUS)
    yield from _cut(came, query)
    if any(_is_not_utf_8(came[name]) for name in ("name", "email")):
        recoded = {name: value.decode("cp1252", "replace").encode() for name, value in came.items()}
        yield _Arrival(recoded, _LATIN)
    if b"%u" in query or b"%25u" in query:
        recoded = {name: _unescaped(value) for name, value in came.items()}
        yield _Arrival(recoded, _ESCAPE)


def _cut(came: dict[str, bytes], query: bytes) -> Iterator[_Arrival]:
    """Put back what an unencoded ``&`` took from the name: the part after it became a parameter of its own."""
    parts = query.split(b"&")
    for first, second in pairwise(parts):
        field = first.partition(b"=")[0].decode("utf-8", "replace")
        if field in ("name", "email") and second.partition(b"=")[0].decode("utf-8", "replace") not in PARAMETERS:
            tail = parse_query(second.replace(b"=", b"%3D"))
            whole = came[field] + b"&" + (tail[0][0] if tail else b"")
            yield _Arrival({**came, field: whole}, _AMPERSAND)


def _is_not_utf_8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


def _unescaped(value: bytes) -> bytes:
    text = re.sub(r"%u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), value.decode("latin-1"))
    return text.encode("utf-8", "replace")


def _suspect(code: str, sentence: str, mend: str) -> Suspect:
    return Suspect(code=code, sentence=sentence, mend=mend)


_AMP = _suspect(
    "amp-in-link",
    "Your link has &amp; where & belongs: it was written for a page and sent as an address.",
    "Use & in a Location header and in every address that is not inside HTML.",
)
_TIMES = _suspect(
    "times-in-link",
    "Your link has \u00d7tamp: an HTML page read the beginning of &timestamp as the sign \u00d7.",
    "Write &amp;timestamp in HTML, or put the timestamp first in the link.",
)
_PLUS = _suspect(
    "plus-not-encoded",
    "Your site puts a + into the address as it is, and it arrives as a blank.",
    "Encode each value for the address: + is %2B.",
)
_AMPERSAND = _suspect(
    "ampersand-not-encoded",
    "Your site puts an & into the address as it is, and it cuts the value in two.",
    "Encode each value for the address: & is %26.",
)
_LATIN = _suspect(
    "windows-1252-in-link",
    "Your link has accented letters in Windows-1252 (Latin-1), as JavaScript's escape() or an old page writes them.",
    "Send UTF-8: encodeURIComponent() in JavaScript, and UTF-8 as the encoding of the page.",
)
_ESCAPE = _suspect(
    "javascript-escape-in-link",
    "Your link has letters as %u0142: JavaScript's escape() wrote them.",
    "Use encodeURIComponent() in place of escape().",
)
_PLAIN_TO_SEE = (_AMP, _TIMES)


def _explained(values: dict[str, bytes], settings: Settings) -> tuple[Suspect, ...] | None:
    """Return why the hash is what it is: nothing where it is right, one suspect, or None where nothing explains it."""
    simple, came = settings.simple, values["hash"]
    right = Made(
        name=values["name"], email=values["email"], timestamp=values["timestamp"], phone=values["phone"],
        company=values["company"], key=simple.secret.encode(), host=settings.host, formula=simple.profile,
    )  # fmt: skip
    if hmac.compare_digest(right.hash, came):
        return ()
    for mistake in MISTAKES:
        for detail, made in mistake.ways(right):
            if hmac.compare_digest(made.hash, came):
                return (_told([(mistake, detail)], settings),)
    for one, other in combinations(MISTAKES, 2):
        if one.part != other.part:
            for detail, once in _few(one, right):
                for further, twice in _few(other, once):
                    if hmac.compare_digest(twice.hash, came):
                        return (_told([(one, detail), (other, further)], settings),)
    return None


def _few(mistake: Mistake, made: Made) -> list[tuple[str, Made]]:
    found = list(mistake.ways(made))
    return found if len(found) <= _WAYS_TOGETHER else []


def _told(found: list[tuple[Mistake, str]], settings: Settings) -> Suspect:
    code = "+".join(mistake.code for mistake, _ in found)
    sentences = [mistake.sentence.format(detail) for mistake, detail in found]
    if any(mistake.part == "formula" for mistake, _ in found):
        sentences.append(f"This portal expects {FORMULA_IN_WORDS[settings.simple.profile]}.")
    return Suspect(code=code, sentence=" ".join(sentences), mend=" ".join(mistake.mend for mistake, _ in found))


def _of_the_values(values: dict[str, bytes], settings: Settings, now: datetime) -> Iterator[Suspect]:
    """Yield what is wrong with the values although the hash is explained: the login name, and the time."""
    email = values["email"].decode("utf-8", "replace")
    if email.strip() and "@" not in email:
        yield _LOGIN_NAME.about(shown(email))
    if settings.simple.profile != "md5":
        yield from _of_the_time(values["timestamp"], settings, now)


def _of_the_time(timestamp: bytes, settings: Settings, now: datetime) -> Iterator[Suspect]:
    if re.fullmatch(rb"[0-9]+,[0-9]+", timestamp):
        yield _DECIMAL_COMMA
    elif _MILLISECONDS.fullmatch(timestamp):
        yield _IN_MILLISECONDS
    elif _SECONDS.fullmatch(timestamp.partition(b".")[0]):
        age = int(now.timestamp()) - int(timestamp.partition(b".")[0])
        simple = settings.simple
        if -simple.max_future_seconds <= age <= simple.max_age_seconds:
            return
        quarters = round(age / _ZONE)
        off = duration(timedelta(seconds=abs(quarters * _ZONE)))
        if quarters and abs(age - quarters * _ZONE) <= _NEAR and abs(quarters) <= 14 * 4:
            yield _LOCAL_TIME.about(f"{off} {'behind' if age > 0 else 'ahead of'}")
        elif abs(age - _TEN_MINUTES) <= _NEAR:
            yield _BACK_DATED


_DECIMAL_COMMA = _suspect(
    "decimal-comma",
    "Your timestamp has a decimal comma: your site writes numbers by the rules of its language.",
    "Send whole seconds, written without the rules of a language.",
)
_IN_MILLISECONDS = _suspect(
    "milliseconds", "Your site sends milliseconds.", "Divide by 1000 and cut the fraction: the portal wants seconds."
)
_LOGIN_NAME = _suspect(
    "login-name",
    "Your site sends {} as the address: that is a login name.",
    "Send the person's email address in 'email'.",
)
_LOCAL_TIME = _suspect(
    "local-time",
    "Your timestamp is {} our clock, as it is when the local time is taken for UTC. A link that was kept for so long "
    "looks the same.",
    "Send the seconds since 1970 in UTC, as time() gives them, without adding a zone.",
)
_BACK_DATED = _suspect(
    "back-dated",
    "Your timestamp is ten minutes old on arrival: your site dates links back.",
    "Send the present moment: this portal takes no links that are so old.",
)
OTHERS = (
    *(_AMP, _TIMES, _PLUS, _AMPERSAND, _LATIN, _ESCAPE, _LOGIN_NAME, _IN_MILLISECONDS, _DECIMAL_COMMA, _LOCAL_TIME),
    *(_BACK_DATED, _ANOTHER_SECRET),
)
"""What is named beside the mistakes with the hash, for the table of mistakes."""
