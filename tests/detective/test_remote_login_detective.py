"""Every mistake that integrators make with a remote login, committed on purpose, is named, and nothing else is."""

# ruff: noqa: ARG005 - every site has one shape: formula, person, secret, time

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal_stub.app import create_app
from portal_stub.config import Profile, Settings, SimpleSettings, SsoSettings
from portal_stub.mistakes_table import markdown
from portal_stub.remote_login.detective import MISTAKES, OTHERS, suspects, suspects_of_address
from portal_stub.remote_login.detective import search as detective_search
from portal_stub.remote_login.detective.made import Made
from portal_stub.remote_login.judge import judge
from tests.detective.naive_sites import (
    FORMULAS,
    JANE,
    LUKASZ,
    PEOPLE,
    SITES,
    ZOE,
    Naive,
    Person,
    Site,
    hmac_md5,
    link,
    md5,
    right,
    without_first_zeros,
)

SECRET = "0a3c4dcc3b5aa765d61d8327deb882cf"
SENT = 1400000000
NOW = datetime.fromtimestamp(SENT + 2, UTC)
HOST = "http://portal.localhost:5002"
PROFILES: tuple[Profile, ...] = get_args(Profile)


def settings(**simple: Any) -> Settings:
    return Settings(
        sso=SsoSettings(enabled=True, method="simple"), simple=SimpleSettings(**{"secret": SECRET, **simple})
    )


def named(query: str, **simple: Any) -> list[str]:
    assert not judge(query.encode(), settings(**simple), NOW).granted, "the mistake is none"
    return [suspect.code for suspect in suspects(query.encode(), settings(**simple), NOW)]


CASES = [
    pytest.param(naive, profile, id=f"{number}-{naive.code}-{profile}")
    for number, naive in enumerate(SITES)
    for profile in naive.profiles
]


@pytest.mark.parametrize(("naive", "profile"), CASES)
def test_each_mistake_is_named_alone_and_shows_for_nobody_else(naive: Naive, profile: Profile) -> None:
    assert any(map(naive.shows, PEOPLE))
    for person in PEOPLE:
        query = naive.site(FORMULAS[profile], person, SECRET, SENT)
        if naive.shows(person):
            assert named(query, profile=profile) == [naive.code], person
        else:
            assert naive.code not in {s.code for s in suspects(query.encode(), settings(profile=profile), NOW)}, person


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("write", [lambda digest: digest.lstrip("0"), without_first_zeros], ids=["leading", "each"])
def test_zeros_that_are_lost_are_named(write: Any, profile: Profile) -> None:
    for person in PEOPLE:
        numbered = (person._replace(name=f"{person.name} {number}") for number in count())
        for _ in range(3):
            each, digest = next(
                (each, digest)
                for each in numbered
                if (digest := FORMULAS[profile](SECRET, each.name, each.email, str(SENT))).startswith("0")
            )
            assert named(link(each, SENT, write(digest)), profile=profile) == ["zeros-lost"]


def test_every_mistake_that_can_be_named_is_committed_here() -> None:
    of_addresses = {code for _, codes in ADDRESSES for code in codes}
    assert {each.code for each in (*MISTAKES, *OTHERS)} == (
        {naive.code for naive in SITES} | of_addresses | {"zeros-lost", "back-dated"}
    )


TOGETHER: dict[str, tuple[Site, Person]] = {
    "plain-md5+secret-ends-in-blank": (lambda f, p, s, t: link(p, t, md5(p.name, p.email, s, "\n")), JANE),
    "plain-md5+windows-1252-hashed": (
        lambda f, p, s, t: link(p, t, md5(p.name.encode("cp1252"), p.email, s)), ZOE
    ),
    "plain-md5+counted-in-characters": (
        lambda f, p, s, t: link(p, t, md5((p.name + p.email + s).encode()[: len(p.name + p.email + s)])), ZOE
    ),
    "secret-hex-decoded+windows-1252-hashed": (
        lambda f, p, s, t: link(p, t, hmac_md5(bytes.fromhex(s), p.name.encode("cp1252"), p.email, str(t))), ZOE
    ),
    "timestamp-not-hashed+hash-in-upper-case": (
        lambda f, p, s, t: link(p, t, hmac_md5(s, p.name, p.email).upper()), JANE
    ),
    "percent-encoded-hashed+clock-read-twice": (
        lambda f, p, s, t: link(p, t, hmac_md5(s, "%C5%81ukasz+D%C4%85b", "lukasz%40example.com", str(t - 1))), LUKASZ
    ),
    "stray-blank+hash-in-upper-case": (
        lambda f, p, s, t: link(p, t, hmac_md5(s, f"{p.name} ", p.email, str(t)).upper()), JANE
    ),
}  # fmt: skip


@pytest.mark.parametrize("codes", TOGETHER)
def test_two_mistakes_together_are_one_suspect(codes: str) -> None:
    site, person = TOGETHER[codes]
    assert named(site(FORMULAS["hmac-md5"], person, SECRET, SENT)) == [codes]


def test_what_the_way_did_is_told_beside_what_the_site_did() -> None:
    made = md5(JANE.name, JANE.email, SECRET)
    assert named(link(JANE, SENT, made).replace("&", "&amp;")) == ["amp-in-link", "plain-md5"]


def test_what_the_way_did_is_told_where_nothing_explains_the_hash() -> None:
    query = link(JANE, SENT, "0" * 32).replace("&timestamp", "%C3%97tamp")
    assert named(query) == ["times-in-link"]


def test_a_hash_is_told_by_its_formula_beside_the_one_that_is_expected() -> None:
    (told,) = suspects(link(JANE, SENT, md5(JANE.name, JANE.email, SECRET)).encode(), settings(), NOW)
    assert "MD5(name + email + secret)" in told.sentence
    assert "This portal expects HMAC-MD5(secret, name + email + timestamp)." in told.sentence
    (told,) = suspects(
        link(JANE, SENT, hmac_md5(SECRET, JANE.name, JANE.email, str(SENT + 1))).encode(), settings(), NOW
    )
    assert "1400000001 is hashed, 1 second later than 1400000000 in the link" in told.sentence


def test_what_is_the_same_to_the_letter_is_told_with_both_causes() -> None:
    (told,) = suspects(link(JANE, SENT, hmac_md5(SECRET, "Jane Doe ", JANE.email, str(SENT))).encode(), settings(), NOW)
    assert "ends in a blank, as first name + ' ' + last name does where one of them is empty" in told.sentence


def test_a_secret_that_follows_the_address_is_the_other_cause_in_plain_md5() -> None:
    query = link(JANE, SENT, md5(JANE.name, JANE.email, "\n", SECRET)).encode()
    (told,) = suspects(query, settings(profile="md5"), NOW)
    assert "the hashed email ends in a line break, or else the secret begins with it" in told.sentence
    salted = link(JANE, SENT, hmac_md5(SECRET, JANE.name, " ", SECRET, JANE.email, str(SENT))).encode()
    (told,) = suspects(salted, settings(profile="hmac-md5-salted"), NOW)
    assert "the secret begins" not in told.sentence


def test_a_text_may_be_counted_in_the_units_of_utf_16() -> None:
    person = Person("Zo\u00eb \U0001f600", "zoe@example.com")
    text = f"{person.name}{person.email}{SENT}"
    units = len(text.encode("utf-16-le")) // 2
    assert len(text) < units < len(text.encode())
    assert named(link(person, SENT, hmac_md5(SECRET, text.encode()[:units]))) == ["counted-in-characters"]


UNENCODED = {
    "name=A%2BB+C&email=a+b@example.com": ("plus-not-encoded", "A+B C", "a+b@example.com"),
    "name=A+B%20C&email=a+b@example.com": ("plus-not-encoded", "A+B C", "a+b@example.com"),
    "name=Tom%20&%20Jerry&email=a@example.com": ("ampersand-not-encoded", "Tom & Jerry", "a@example.com"),
    "name=Tom%20&%20Jerry&utm=1&email=a@example.com": ("ampersand-not-encoded", "Tom & Jerry", "a@example.com"),
    "name=R&D=fun&email=a@example.com": ("ampersand-not-encoded", "R&D=fun", "a@example.com"),
    "name=A&B&C&email=a@example.com": ("ampersand-not-encoded", "A&B&C", "a@example.com"),
    "name=Zo??%20M??ller&email=a@example.com": ("question-marks-in-link", "Zo\u00eb M\u00fcller", "a@example.com"),
    "name=Zo%3F%3F&email=a@example.com": ("question-marks-in-link", "Zo\u00eb", "a@example.com"),
    "name=Mary+O%27Hara&email=a%2Bb@example.com": ("percent-encoded-hashed", "Mary%20O%27Hara", "a+b@example.com"),
    "name=Jane++Doe&email=a@example.com": ("stray-blank", "Jane Doe", "a@example.com"),
    "name=%C5%BDan+M%C3%BCller&email=a@example.com": (
        "windows-1252-hashed", "\u017dan M\u00fcller".encode("latin-1", "replace"), "a@example.com",
    ),
    "name=Jane+Doe&email=a%2Bb@example.com": ("percent-encoded-hashed", "Jane Doe", "a%2Bb%40example.com"),
}  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("sent", UNENCODED)
def test_what_was_hashed_is_found_in_what_arrived(sent: str, profile: Profile) -> None:
    code, name, email = UNENCODED[sent]
    query = f"{sent}&timestamp={SENT}&hash={FORMULAS[profile](SECRET, name, email, str(SENT))}"
    assert named(query, profile=profile) == [code]


@pytest.mark.parametrize(("off", "code"), [(7200, "local-time"), (-7200, "local-time"), (-600, "back-dated")])
def test_a_time_that_is_off_is_told_by_how_much(off: int, code: str) -> None:
    query = right(FORMULAS["hmac-md5"], JANE, SECRET, SENT + off)
    assert named(query, max_age_seconds=30) == [code]
    told = suspects(query.encode(), settings(max_age_seconds=30), NOW)[0].sentence
    side = "ahead of" if off > 0 else "behind"
    assert (f"2 hours {side} our clock" in told) == (code == "local-time"), told


@pytest.mark.parametrize("off", [-2700, -100000, 600, 1000])
def test_a_time_that_no_mistake_explains_is_left_to_the_rules(off: int) -> None:
    assert named(right(FORMULAS["hmac-md5"], JANE, SECRET, SENT + off)) == []


def test_a_hash_and_a_time_that_are_both_wrong_are_both_told() -> None:
    sent = (SENT + 7200) * 1000
    query = link(JANE, sent, hmac_md5(SECRET, JANE.name, JANE.email, str(sent)).upper())
    assert named(query) == ["hash-in-upper-case", "milliseconds", "local-time"]


ADDRESSES = [
    (f"{HOST}//login/sso", ["double-slash"]),
    ("//login/sso", ["double-slash"]),
    (f"{HOST}/login//sso", ["double-slash"]),
    (f"{HOST}/", ["path-missing"]),
    (HOST, ["path-missing"]),
    (f"{HOST}/sso", ["other-path"]),
    ("https://portal.localhost:5002/login/sso", ["other-scheme"]),
    ("https://portal.localhost:5002//login/sso", ["other-scheme", "double-slash"]),
    ("http://desk.example/login/sso", ["other-host"]),
    ("http://portal.localhost/login/sso", ["other-port"]),
    ("http://http://portal.localhost:5002/login/sso", ["host-url-taken-for-url"]),
    ("http://http//portal.localhost:5002/login/sso", ["host-url-taken-for-url"]),
    ("portal.localhost:5002/login/sso", ["host-url-without-scheme"]),
    ("http://intranet.example/portal.localhost:5002/login/sso", ["host-url-without-scheme"]),
    ("http://host_url/login/sso", ["host-url-not-filled-in"]),
    ("http://{host_url}/login/sso", ["host-url-not-filled-in"]),
    ("http://%7Bhost_url%7D/login/sso", ["host-url-not-filled-in"]),
]


@pytest.mark.parametrize("query", ["", "?name=http://x//y&hash=1"])
@pytest.mark.parametrize(("url", "codes"), ADDRESSES)
def test_a_wrong_address_is_named(url: str, codes: list[str], query: str) -> None:
    told = suspects_of_address(f"{url}{query}", settings())
    assert [suspect.code for suspect in told] == codes
    assert all(f"{HOST}/login/sso" in suspect.mend for suspect in told) or codes == ["other-host"]


@pytest.mark.parametrize(
    "url", [f"{HOST}/login/sso", f"{HOST}/login/sso/?x=//", "/login/sso", "HTTP://PORTAL.localhost:5002/login/sso"]
)
def test_the_right_address_is_not_suspected(url: str) -> None:
    assert suspects_of_address(url, settings()) == ()


def test_the_port_that_a_scheme_has_by_itself_is_no_other() -> None:
    portal = Settings(base_url="https://desk.example")
    assert suspects_of_address("https://desk.example:443/login/sso", portal) == ()
    assert [s.code for s in suspects_of_address("http://desk.example/login/sso", portal)] == ["other-scheme"]


@given(
    name=st.text(min_size=1, max_size=60),
    email=st.emails(),
    age=st.integers(0, 1800),
    fraction=st.sampled_from(["", ".5", ".417"]),
    profile=st.sampled_from(PROFILES),
)
def test_a_login_that_is_accepted_is_never_suspected(
    name: str, email: str, age: int, fraction: str, profile: Profile
) -> None:
    sent = f"{SENT - age}{fraction}"
    person = Person(name.encode("utf-8", "replace").decode(), email)
    query = right(FORMULAS[profile], person, SECRET, sent).encode()
    now = datetime.fromtimestamp(SENT, UTC)
    assume(judge(query, settings(profile=profile), now).granted)
    assert suspects(query, settings(profile=profile), now) == ()


@given(name=st.text(max_size=40), email=st.emails(), profile=st.sampled_from(PROFILES), seed=st.integers(0, 2**128 - 1))
def test_a_random_hash_is_explained_by_nothing(name: str, email: str, profile: Profile, seed: int) -> None:
    person = Person(name.encode("utf-8", "replace").decode().replace("?", ""), email)
    assert named(link(person, SENT, f"{seed:032x}"), profile=profile) == ["another-secret"]
    assert named(link(person, SENT, f"{seed:016x}"[:16] + "!"), profile=profile) == []


@given(st.binary(max_size=300))
def test_any_query_is_looked_into(query: bytes) -> None:
    suspects(query, settings(), NOW)
    suspects_of_address(query.decode("latin-1"), settings())


_PIECES = st.sampled_from(
    [b"name=", b"email=", b"timestamp=1400000000", b"hash=" + b"0" * 32, b"&", b"&amp;", b"+", b"%u0141", b"%FC",
     b"%C3%97tamp=", b"?", b"a?b", b"username=", b"=", b"%", b"x@example.com", b"\xff", b" ", b",", b"%0A"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_any_query_that_looks_like_a_link_is_looked_into(query: bytes) -> None:
    for profile in PROFILES:
        suspects(query, settings(profile=profile), NOW)


HOSTILE = {
    "cut": b"name=a&b&" * 400,
    "cut-with-equals": b"name=a&b=c&" * 350,
    "plus": b"name=" + b"a+" * 490 + b"&email=" + b"b+" * 10 + b"@x.org",
    "escape": b"name=" + b"%u0141%FC" * 100 + b"&email=a+b@x.org%C3%97tamp=1&amp;x=1&y",
    "marks": b"name=a?b?" + b"c" * 900,
    "words": b"name=" + b"a " * 490,
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("sent", HOSTILE)
def test_no_link_costs_much(sent: str, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []

    class Counted(detective_search._Link):
        def fits(self, made: Made) -> bool:
            hashed.append(len(made.message))
            return super().fits(made)

    monkeypatch.setattr(detective_search, "_Link", Counted)
    query = HOSTILE[sent][:4000] + b"&email=a b@x.org&timestamp=1400000000&hash=" + b"0" * 32
    suspects(query, settings(profile=profile), NOW)
    assert hashed
    assert len(hashed) < 12000
    assert sum(hashed) < 12_000_000


@pytest.mark.parametrize("long", [b"name=", b"phone=", b"email=a@"])
def test_values_that_no_person_has_are_not_searched(long: bytes) -> None:
    query = long + b"a" * 1025 + b"&timestamp=1400000000&hash=" + b"0" * 32
    assert suspects(query, settings(), NOW) == ()


def test_what_is_longer_than_any_link_is_not_looked_into() -> None:
    assert suspects(link(JANE, SENT, "0" * 32).encode() + b"&x=" + b"y" * 4096, settings(), NOW) == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_secret_and_the_right_hash_are_never_told(profile: Profile) -> None:
    for naive in SITES:
        for person in (JANE._replace(name=f"Jane {SECRET}"), ZOE):
            if profile not in naive.profiles or not naive.shows(person):
                continue
            query = naive.site(FORMULAS[profile], person, SECRET, SENT).encode()
            told = " ".join(f"{s.sentence} {s.mend}" for s in suspects(query, settings(profile=profile), NOW))
            assert told
            assert SECRET not in told
            assert FORMULAS[profile](SECRET, *person[:2], str(SENT)) not in told


def test_the_published_table_is_up_to_date() -> None:
    written = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m portal_stub.mistakes_table > docs/mistakes.md"
    assert "| `plain-md5` |" in written


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(settings(), f"sqlite:///{tmp_path / 'portal.sqlite'}")


def opened(app: Flask, path: str, query: str) -> tuple[int, str]:
    """Ask for the path to the letter: a client of the tests would read '//login' as a host."""
    environ = EnvironBuilder(base_url=HOST).get_environ()
    environ |= {"PATH_INFO": "/" + path.lstrip("/"), "QUERY_STRING": query, "REQUEST_URI": f"{path}?{query}"}
    content, status, _ = run_wsgi_app(app, environ, buffered=True)
    return int(status.split()[0]), b"".join(content).decode()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "The path is missing"),
        ("//login/sso", "with two slashes for one"),
        ("/login//sso", "with two slashes for one"),
        ("/sso", "in place of /login/sso"),
        ("/login", "in place of /login/sso"),
        ("/login/normal", "in place of /login/sso"),
        ("/%C3%BC", "The path is &#39;/ü&#39;"),
    ],
)
@pytest.mark.parametrize("amp", ["&", "&amp;"])
def test_a_login_at_a_wrong_address_is_told_what_is_wrong(app: Flask, path: str, told: str, amp: str) -> None:
    status, page = opened(app, path, right(FORMULAS["hmac-md5"], JANE, SECRET, SENT).replace("&", amp))
    assert status == 404
    assert told in page
    assert f"Send the browser to {HOST}/login/sso." in page


def test_a_login_at_the_right_address_and_pages_without_one_are_as_ever(app: Flask) -> None:
    login = right(FORMULAS["hmac-md5"], JANE, SECRET, SENT)
    assert opened(app, "/login/sso", login)[0] == 303
    assert opened(app, "/login/sso/", login)[0] == 303
    assert opened(app, "/", "email=a")[0] == 200
    assert opened(app, "/static/portal.css", login)[0] == 200
    assert "remote login" not in opened(app, "/nowhere", "")[1]
