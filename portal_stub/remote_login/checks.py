"""The checks of a remote login, one a rule (portal-contract R3 to R7)."""

import hmac
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from portal_stub.address import address_problem, shown
from portal_stub.checks import Checks, Found, NotApplicable, ok, violated
from portal_stub.remote_login.hashes import FORMULAS, login_hash
from portal_stub.remote_login.link import HASHED, Received
from portal_stub.times import duration, written

CHECKS: Checks[Received] = Checks()

_SECONDS = re.compile(rb"([0-9]+)(?:\.[0-9]+)?")
_MOST_DIGITS = 15
_LONGEST_NAME = 255
_TURNS_DIRECTION = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes of UAX 9, 3.1: the letters of right-to-left scripts are none of them."""
_MOST_COMBINATIONS = 1000


@CHECKS.enforces("portal.sso.enabled")
def sso_enabled(link: Received) -> Found:
    """The toggle and the method of Admin > Security."""
    sso = link.settings.sso
    if not sso.enabled:
        return violated("single sign-on switched on", "it is switched off")
    if sso.method != "simple":
        return violated("the method 'simple'", f"the portal is set to the method '{sso.method}'")
    return ok()


@CHECKS.enforces("remote-login.query.utf-8")
def query_utf_8(link: Received) -> Found:
    """Every name and value, those of unknown parameters included."""
    for name, value in link.pairs:
        for part in (name, value):
            try:
                part.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"byte 0x{part[error.start]:02X} in {shown(name.decode('latin-1'))}"
                return violated("UTF-8", f"{where} is not UTF-8: {shown(part.decode('latin-1'))}")
    return ok()


@CHECKS.enforces("remote-login.query.link")
def query_link(link: Received) -> Found:
    """What is posted is kept in no address bar and in no log of the way: two readers of it may differ."""
    return (
        violated("a link that the browser follows (GET)", "parameters in the body of a form") if link.posted else ok()
    )


@CHECKS.enforces("remote-login.link.once")
def link_once(link: Received) -> Found:
    """By its hash, and only where the portal is set to it."""
    if not link.settings.simple.links_once:
        return ok("the portal takes a link as often as it comes")
    if link.seen_links is None:
        raise NotApplicable("offline")
    seen = not link.blank("hash") and link.id in link.seen_links
    return violated("a link that was not used before", "one that was") if seen else ok()


@CHECKS.enforces("remote-login.query.once")
def query_once(link: Received) -> Found:
    """Unknown parameters are ignored (R3), so only the known ones count."""
    repeated = [f"'{name}' {len(values)} times" for name, values in link.values.items() if len(values) > 1]
    return violated("each parameter once", ", ".join(repeated)) if repeated else ok()


@CHECKS.enforces("remote-login.name.present")
def name_present(link: Received) -> Found:
    """A person needs a name."""
    return _present(link, "name")


@CHECKS.enforces("remote-login.name.printable")
def name_printable(link: Received) -> Found:
    """A name is shown on every page and stored in a column."""
    if link.blank("name"):
        raise NotApplicable("no name was sent")
    name = link.text("name")
    if len(name) > _LONGEST_NAME:
        return violated(f"at most {_LONGEST_NAME} characters", f"{len(name)} characters")
    odd = next((character for character in name if _is_control(character)), None)
    return ok() if odd is None else violated("a name without controls", f"{shown(name)} has the character {odd!a}")


@CHECKS.enforces("remote-login.email.present")
def email_present(link: Received) -> Found:
    """A person is known by the address."""
    return _present(link, "email")


@CHECKS.enforces("remote-login.email.address")
def email_address(link: Received) -> Found:
    """By the syntax of addresses; nothing is looked up."""
    if link.blank("email"):
        raise NotApplicable("no email was sent")
    email = link.text("email")
    problem = address_problem(email)
    return violated("an email address", f"{shown(email)}: {problem}") if problem else ok(email)


@CHECKS.enforces("remote-login.timestamp.present")
def timestamp_present(link: Received) -> Found:
    """The md5 profile has no timestamp and ignores one (R3)."""
    _timed_profile(link)
    return _present(link, "timestamp")


@CHECKS.enforces("remote-login.timestamp.format")
def timestamp_format(link: Received) -> Found:
    """ASCII digits, and a fraction perhaps (R5)."""
    raw = _timestamp(link)
    if _SECONDS.fullmatch(raw):
        return ok(link.text("timestamp"))
    return violated("seconds since 1970 in ASCII digits, such as 1463000000", shown(link.text("timestamp")))


@CHECKS.enforces("remote-login.timestamp.not-too-old")
def timestamp_not_too_old(link: Received) -> Found:
    """Inclusive (R6)."""
    age, most = _age(link), link.settings.simple.max_age_seconds
    return ok(_age_in_words(link, age)) if age <= most else _bad_time(link, age, f"at most {_words(most)} old")


@CHECKS.enforces("remote-login.timestamp.not-in-future")
def timestamp_not_in_future(link: Received) -> Found:
    """Inclusive (R6)."""
    age, most = _age(link), link.settings.simple.max_future_seconds
    if -age <= most:
        return ok(_age_in_words(link, age))
    return _bad_time(link, age, f"at most {_words(most)} in the future")


@CHECKS.enforces("remote-login.hash.present")
def hash_present(link: Received) -> Found:
    """Without it, nothing says who made the link."""
    return _present(link, "hash")


@CHECKS.enforces("remote-login.hash.matches")
def hash_matches(link: Received) -> Found:
    """Compared as bytes and in constant time (R4). The expected hash is never told: it would open the portal."""
    if link.blank("hash"):
        raise NotApplicable("no hash was sent")
    if link.unclear and "remote-login.query.once" not in link.waived:
        raise NotApplicable(f"'{link.unclear}' was sent more than once, so it is unclear which value was hashed")
    simple = link.settings.simple
    if simple.profile != "md5" and link.blank("timestamp") and "remote-login.timestamp.present" not in link.waived:
        raise NotApplicable("the timestamp did not arrive, so what was hashed is not known")
    expected = f"32 lower-case hex digits: {FORMULAS[simple.profile]}"
    if not simple.secret:
        return violated(expected, "the portal has no shared secret", "Set a shared secret on the portal.")
    values = [link.values[name] or (b"",) for name in HASHED]
    for name, email, timestamp, sent in islice(product(*values), _MOST_COMBINATIONS):
        right = login_hash(simple.profile, simple.secret.encode("utf-8"), name, email, timestamp)
        if hmac.compare_digest(right, sent):
            return ok()
    return violated(expected, f"{shown(link.text('hash'))}, which is another")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or unicodedata.bidirectional(character) in _TURNS_DIRECTION


def _present(link: Received, name: str) -> Found:
    if not link.values[name]:
        return violated(f"the parameter '{name}'", "it was not sent")
    return violated(f"a value in '{name}'", "it is blank") if link.blank(name) else ok()


def _timed_profile(link: Received) -> None:
    if link.settings.simple.profile == "md5":
        raise NotApplicable("the md5 profile has no timestamp")


def _timestamp(link: Received) -> bytes:
    _timed_profile(link)
    if link.blank("timestamp"):
        raise NotApplicable("no timestamp was sent")
    return link.raw("timestamp")


def _age(link: Received) -> int:
    """Return the age in seconds, negative in the future. Only the integer part is tested (R5)."""
    match = _SECONDS.fullmatch(_timestamp(link))
    if match is None:
        raise NotApplicable("the timestamp cannot be read")
    digits = match[1].lstrip(b"0")
    # A number of thousands of digits is far in the future whatever it says, and costly to convert.
    sent = int(digits or b"0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
    return int(link.now.timestamp()) - sent


def _bad_time(link: Received, age: int, expected: str) -> Found:
    hint = "These look like milliseconds: send whole seconds." if -age > 10**12 else ""
    return violated(expected, _age_in_words(link, age), hint)


def _age_in_words(link: Received, age: int) -> str:
    now = link.now.astimezone(UTC)
    try:
        sent = written(datetime.fromtimestamp(int(now.timestamp()) - age, UTC))
    except (OverflowError, ValueError, OSError):
        return f"{shown(link.text('timestamp'), 40)}, far in the future"
    return f"{sent}, {_words(age)} {'ago' if age >= 0 else 'from now'}; it is now {written(now)}"


def _words(seconds: int) -> str:
    return duration(timedelta(seconds=seconds))
