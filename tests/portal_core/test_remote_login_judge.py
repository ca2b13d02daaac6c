"""Remote logins: the published vectors, the diagonal, the weaknesses, the exact limits."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import attrs
import pytest

from portal_stub.config import Profile, Settings, SimpleSettings, SsoSettings
from portal_stub.diagnosis import Diagnosis, Identity
from portal_stub.remote_login.checks import CHECKS
from portal_stub.remote_login.hashes import login_hash
from portal_stub.remote_login.judge import judge
from portal_stub.weakness import SOUND, Weaknesses
from rulebook import RULES

SECRET = "0123456789abcdef0123456789abcdef"
SENT = 1400000000
NOW = datetime.fromtimestamp(SENT + 60, UTC)
REMOTE_PAGE = "remote-login.host-url.known"
"""A rule for the page that sends the login, not for the portal."""

Pairs = list[tuple[str, bytes]]


def settings(**simple: Any) -> Settings:
    return Settings(
        sso=SsoSettings(enabled=True, method="simple"), simple=SimpleSettings(**{"secret": SECRET, **simple})
    )


def hashed(
    name: bytes = b"Jane Doe",
    email: bytes = b"jane@example.com",
    timestamp: bytes = b"1400000000",
    secret: str = SECRET,
) -> bytes:
    return login_hash("hmac-md5", secret.encode(), name, email, timestamp)


def pairs(**changes: bytes | None) -> Pairs:
    """The parameters of a sound login, the hash made over what is sent unless it is given."""
    sent: dict[str, bytes | None] = {
        "name": b"Jane Doe", "email": b"jane@example.com", "timestamp": b"1400000000", **changes,
    }  # fmt: skip
    if "hash" not in sent:
        sent["hash"] = hashed(sent["name"] or b"", sent["email"] or b"", sent["timestamp"] or b"")
    return [(name, value) for name, value in sent.items() if value is not None]


def query(sent: Iterable[tuple[str, bytes]]) -> bytes:
    return "&".join(f"{name}={quote_plus(value)}" for name, value in sent).encode()


def diagnose(
    sent: Pairs, given: Settings | None = None, now: datetime = NOW, weaknesses: Weaknesses = SOUND
) -> Diagnosis:
    return judge(query(sent), given or settings(), now, weaknesses)


VECTORS = [
    ("md5", "Jane Doe", "jane@example.com", "485b40eaa28a2d437d8f43d077bbb09a"),
    ("hmac-md5", "Jane Doe", "jane@example.com", "abdc164d0a0b5e7968b2c1c52876c07a"),
    ("hmac-md5-salted", "Jane Doe", "jane@example.com", "59c96abd7d52b7966e885640df5c3252"),
    ("md5", "Zoë Müller", "zoe+test@example.com", "ea108a79e4cf112f6d4e5b696780e4fc"),
    ("hmac-md5", "Zoë Müller", "zoe+test@example.com", "9341a57c995ba0a00ecfdc7168e5a2d3"),
    ("hmac-md5-salted", "Zoë Müller", "zoe+test@example.com", "a24fb43b49e8908734139384a78cefdf"),
]


@pytest.mark.parametrize(("profile", "name", "email", "digits"), VECTORS)
def test_published_vectors_are_accepted_in_their_profile_alone(
    profile: Profile, name: str, email: str, digits: str
) -> None:
    sent = pairs(name=name.encode(), email=email.encode(), hash=digits.encode())
    assert diagnose(sent, settings(profile=profile)).identity == Identity(email=email, name=name)
    for other in ("md5", "hmac-md5", "hmac-md5-salted"):
        granted = diagnose(sent, settings(profile=other)).granted
        assert granted is (other == profile)


def test_the_published_vector_of_the_salted_profile() -> None:
    digits = login_hash("hmac-md5-salted", b"123", b"Joe Bloggs", b"joe@joe.org", b"1602324610")
    assert digits == b"3d4b54ff08b74733437e757fa6fb44fa"


@attrs.frozen(kw_only=True)
class Broken:
    """A link that deviates once. ``nobody``: no one could be signed in by it."""

    rule: str
    sent: Callable[[], Pairs]
    settings: Callable[[], Settings] = settings
    nobody: bool = False


def broken(rule: str, *, nobody: bool = False, **changes: bytes | None) -> Broken:
    return Broken(rule=rule, sent=lambda: pairs(**changes), nobody=nobody)


BROKEN = [
    Broken(rule="portal.sso.enabled", sent=pairs, settings=lambda: attrs.evolve(settings(), sso=SsoSettings())),
    Broken(
        rule="portal.sso.enabled",
        sent=pairs,
        settings=lambda: attrs.evolve(settings(), sso=SsoSettings(enabled=True, method="saml")),
    ),
    broken("remote-login.query.utf-8", name="Zoë".encode("latin-1")),
    Broken(rule="remote-login.query.utf-8", sent=lambda: [*pairs(), ("unknown", b"\xff")]),
    Broken(rule="remote-login.query.once", sent=lambda: [*pairs(), ("name", b"Forged")]),
    Broken(rule="remote-login.query.once", sent=lambda: [*pairs(), ("hash", b"0" * 32)]),
    Broken(rule="remote-login.query.once", sent=lambda: [("timestamp", b"1400000001"), *pairs()]),
    Broken(rule="remote-login.query.once", sent=lambda: [*pairs(phone=b"1"), ("phone", b"2")]),
    broken("remote-login.name.present", name=None),
    broken("remote-login.name.present", name=b" "),
    broken("remote-login.name.printable", name=b"Jane\0Doe"),
    broken("remote-login.name.printable", name="Jane \u202eeoD".encode()),
    broken("remote-login.name.printable", name=b"J" * 256),
    broken("remote-login.email.present", email=None, nobody=True),
    broken("remote-login.email.present", email=b"", nobody=True),
    broken("remote-login.email.address", email=b"jane"),
    broken("remote-login.email.address", email=b"jane @example.com"),
    broken("remote-login.timestamp.present", timestamp=None),
    broken("remote-login.timestamp.present", timestamp=b""),
    *(
        broken("remote-login.timestamp.format", timestamp=text)
        for text in (
            b"now", b"-5", b"+1400000000", b"1400000000,5", b"1400000000.", b"14e8", b" 1400000000", b"1400000000\n",
            "١٤٠٠٠٠٠٠٠٠".encode(), b"2014-05-13T16:53:20Z",
        )
    ),
    broken("remote-login.timestamp.not-too-old", timestamp=b"1399998259"),
    broken("remote-login.timestamp.not-too-old", timestamp=b"0"),
    broken("remote-login.timestamp.not-in-future", timestamp=b"1400000091"),
    broken("remote-login.timestamp.not-in-future", timestamp=b"1400000000000"),
    broken("remote-login.timestamp.not-in-future", timestamp=b"9" * 10_000),
    broken("remote-login.hash.present", hash=None),
    broken("remote-login.hash.present", hash=b" "),
    broken("remote-login.hash.matches", hash=b"0" * 32),
    broken("remote-login.hash.matches", hash=hashed().upper()),
    broken("remote-login.hash.matches", hash=hashed()[:31]),
    broken("remote-login.hash.matches", hash=hashed() + b"0"),
    broken("remote-login.hash.matches", hash="ä".encode()),
    broken("remote-login.hash.matches", hash=hashed(secret="another")),
    broken("remote-login.hash.matches", name=b"Forged", hash=hashed()),
    broken("remote-login.hash.matches", email=b"forged@example.com", hash=hashed()),
    broken("remote-login.hash.matches", timestamp=b"1400000001", hash=hashed()),
    Broken(
        rule="remote-login.hash.matches",
        sent=lambda: pairs(hash=hashed(secret="")),
        settings=lambda: settings(secret=""),
    ),
]  # fmt: skip
CASES = [pytest.param(case, id=f"{number}-{case.rule}") for number, case in enumerate(BROKEN)]


@pytest.mark.parametrize("case", CASES)
def test_the_one_rule_that_was_broken_is_named_and_no_other(case: Broken) -> None:
    diagnosis = diagnose(case.sent(), case.settings())
    assert diagnosis.violations == (case.rule,)
    assert not diagnosis.granted
    assert [found.rule for found in diagnosis.findings if found.outcome == "not-checked"] == []
    told = next(found for found in diagnosis.findings if found.outcome == "violated")
    assert told.expected
    assert told.got
    assert told.hint


@pytest.mark.parametrize("case", CASES)
def test_the_portal_that_forgot_the_rule_signs_the_person_in(case: Broken) -> None:
    diagnosis = diagnose(case.sent(), case.settings(), weaknesses=Weaknesses.named(without=[case.rule]))
    assert diagnosis.violations == ()
    assert diagnosis.granted is not case.nobody


@pytest.mark.parametrize("case", CASES)
def test_a_portal_that_forgot_another_rule_still_refuses(case: Broken) -> None:
    for other in ("remote-login.hash.present", "remote-login.query.once", "remote-login.timestamp.present"):
        if other != case.rule:
            forgot = Weaknesses.named(without=[other])
            assert not diagnose(case.sent(), case.settings(), weaknesses=forgot).granted


def test_every_rule_has_a_check_and_a_deviation_here() -> None:
    rules = {rule_id for rule_id in RULES if rule_id.startswith("remote-login.")} - {REMOTE_PAGE}
    assert rules | {"portal.sso.enabled"} == set(CHECKS) == {case.rule for case in BROKEN} | BESIDE_THE_QUERY


BESIDE_THE_QUERY = {"remote-login.query.link", "remote-login.link.once"}
"""What these rules look at is not in the query."""


def test_what_is_posted_is_no_link() -> None:
    assert judge(query(pairs()), settings(), NOW, posted=True).violations == ("remote-login.query.link",)


def test_a_link_is_accepted_once_where_the_portal_is_set_to_it() -> None:
    once = attrs.evolve(settings(), simple=attrs.evolve(settings().simple, links_once=True))
    first = judge(query(pairs()), once, NOW, seen_links=())
    assert first.granted
    assert first.link_id is not None
    assert first.remember_until == NOW + timedelta(seconds=1830)
    again = judge(query(pairs()), once, NOW, seen_links=(first.link_id,))
    assert again.violations == ("remote-login.link.once",)
    assert judge(query(pairs()), settings(), NOW, seen_links=(first.link_id,)).granted
    assert judge(query(pairs()), settings(), NOW).link_id is None


def test_a_name_of_255_letters_or_in_a_right_to_left_script_is_a_name() -> None:
    assert diagnose(pairs(name=b"J" * 255)).granted
    assert diagnose(pairs(name="נועה כהן".encode())).granted


@pytest.mark.parametrize("seconds", [-30, 0, 1800])
def test_both_ends_of_the_window_are_inside(seconds: int) -> None:
    assert diagnose(pairs(), now=datetime.fromtimestamp(SENT + seconds, UTC)).granted


@pytest.mark.parametrize(("seconds", "rule"), [(-31, "not-in-future"), (1801, "not-too-old")])
def test_a_second_more_is_outside(seconds: int, rule: str) -> None:
    diagnosis = diagnose(pairs(), now=datetime.fromtimestamp(SENT + seconds, UTC))
    assert diagnosis.violations == (f"remote-login.timestamp.{rule}",)
    wider = settings(max_age_seconds=1801, max_future_seconds=31)
    assert diagnose(pairs(), wider, datetime.fromtimestamp(SENT + seconds, UTC)).granted


def test_a_fraction_is_hashed_raw_and_its_integer_part_is_tested() -> None:
    sent = pairs(timestamp=b"1400000000.999")
    assert diagnose(sent, now=datetime.fromtimestamp(SENT - 30, UTC)).granted
    assert diagnose(pairs(timestamp=b"1400000000.999", hash=hashed())).violations == ("remote-login.hash.matches",)


def test_the_md5_profile_ignores_a_timestamp() -> None:
    for timestamp in (None, b"1", b"never"):
        sent = pairs(timestamp=timestamp, hash=b"485b40eaa28a2d437d8f43d077bbb09a")
        diagnosis = diagnose(sent, settings(profile="md5"))
        assert diagnosis.granted
        assert {found.outcome for found in diagnosis.findings if ".timestamp." in found.rule} == {"not-applicable"}


def test_what_is_outside_the_hash_is_taken_and_the_unknown_is_ignored() -> None:
    sent = [("utm", b"1"), ("utm", b"2"), *pairs(phone=b" +1 555 ", company=b"", redirect_to=b"/support/tickets")]
    diagnosis = diagnose(sent[::-1])
    assert diagnosis.identity == Identity(email="jane@example.com", name="Jane Doe", phone="+1 555")
    assert diagnosis.redirect_to == "/support/tickets"
    assert diagnosis.granted


@pytest.mark.parametrize("space", [b"+", b"%20"])
def test_a_space_is_a_plus_or_percent_20(space: bytes) -> None:
    link = b"name=Jane" + space + b"Doe&email=jane%40example.com&timestamp=1400000000&hash=" + hashed()
    assert judge(link, settings(), NOW).granted


def test_a_plus_that_was_not_encoded_is_a_space_in_the_address() -> None:
    link = b"name=Jane&email=jane+x@example.com&timestamp=1400000000&hash=" + hashed(b"Jane", b"jane+x@example.com")
    assert set(judge(link, settings(), NOW).violations) == {"remote-login.email.address", "remote-login.hash.matches"}


def test_of_repeated_values_the_first_is_read_by_the_portal_that_forgot() -> None:
    forgot = Weaknesses.named(without=["remote-login.query.once"])
    forged_first = [("name", b"Forged"), ("email", b"forged@example.com"), *pairs()]
    assert diagnose(forged_first, weaknesses=forgot).person == "forged@example.com"
    wrong = [("name", b"Forged"), *pairs(hash=b"0" * 32)]
    assert diagnose(wrong, weaknesses=forgot).violations == ("remote-login.hash.matches",)


def test_the_expected_hash_and_the_secret_are_never_told() -> None:
    for profile in ("md5", "hmac-md5", "hmac-md5-salted"):
        diagnosis = diagnose(pairs(hash=b"0" * 32), settings(profile=profile))
        right = login_hash(profile, SECRET.encode(), b"Jane Doe", b"jane@example.com", b"1400000000").decode()
        assert right not in repr(diagnosis)
        assert SECRET not in repr(diagnosis)


def test_milliseconds_are_recognised() -> None:
    diagnosis = diagnose(pairs(timestamp=b"1400000060000"))
    assert "milliseconds" in next(found.hint for found in diagnosis.findings if found.outcome == "violated")


def test_an_unverified_login_has_no_identity() -> None:
    assert diagnose(pairs(hash=b"0" * 32)).identity is None
    assert diagnose([*pairs(), ("name", b"Forged")]).identity is None
