"""Every mistake that integrators make with a remote login, committed on purpose, is named, and nothing else is."""

# ruff: noqa: ARG005 - every site has one shape: person, secret, time

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_stub.app import create_app
from portal_stub.config import Profile, Settings, SimpleSettings, SsoSettings
from portal_stub.mistakes_table import markdown
from portal_stub.remote_login.detective import suspects, suspects_of_address
from portal_stub.remote_login.hashes import login_hash
from portal_stub.remote_login.judge import judge
from portal_stub.remote_login.mistakes import MISTAKES
from tests.detective.naive_sites import EVERYBODY, WHERE_IT_SHOWS, Person, Site, digest, hashing, link, plain, right

SECRET = "0a3c4dcc3b5aa765d61d8327deb882cf"
SENT = 1400000000
NOW = datetime.fromtimestamp(SENT + 2, UTC)
PEOPLE = (
    Person("Jane Doe", "jane@example.com"),
    Person("Zoë Müller", "zoe+test@example.com"),
    Person("Seán O'Brien & Sons", "sean@example.org"),
    Person("王秀英", "xiuying@example.com"),
)


def settings(**simple: Any) -> Settings:
    return Settings(
        sso=SsoSettings(enabled=True, method="simple"), simple=SimpleSettings(**{"secret": SECRET, **simple})
    )


def named(query: str, **simple: Any) -> list[str]:
    assert not judge(query.encode(), settings(**simple), NOW).granted, "the mistake is none"
    return [suspect.code for suspect in suspects(query.encode(), settings(**simple), NOW)]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.email)
@pytest.mark.parametrize("code", EVERYBODY)
def test_each_mistake_is_named_alone(code: str, person: Person) -> None:
    assert named(EVERYBODY[code](person, SECRET, SENT)) == [code]


@pytest.mark.parametrize("code", WHERE_IT_SHOWS)
def test_each_mistake_that_some_people_bring_out_is_named_alone(code: str) -> None:
    site, person = WHERE_IT_SHOWS[code]
    assert named(site(person, SECRET, SENT)) == [code]


def test_every_mistake_of_the_table_is_committed_here() -> None:
    assert {mistake.code for mistake in MISTAKES} <= {*EVERYBODY, *WHERE_IT_SHOWS, *OTHER_PROFILES}


OTHER_PROFILES: dict[str, tuple[Profile, Site]] = {
    "hmac-for-md5": ("md5", hashing(lambda p, s, t: digest(s, p.name, p.email, str(t)))),
    "secret-not-in-message": ("hmac-md5-salted", hashing(lambda p, s, t: digest(s, p.name, p.email, str(t)))),
    "plain-md5": ("hmac-md5-salted", hashing(lambda p, s, t: plain(p.name, p.email, s))),
}


@pytest.mark.parametrize("code", OTHER_PROFILES)
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.email)
def test_a_formula_of_another_time_is_named(code: str, person: Person) -> None:
    profile, site = OTHER_PROFILES[code]
    assert named(site(person, SECRET, SENT), profile=profile) == [code]


TOGETHER: dict[str, tuple[Site, Person]] = {
    "plain-md5+secret-ends-in-blank": (hashing(lambda p, s, t: plain(p.name, p.email, s, "\n")), PEOPLE[0]),
    "secret-hex-decoded+windows-1252-hashed": (
        hashing(
            lambda p, s, t: digest(bytes.fromhex(s), p.name.encode("cp1252"), p.email.encode("cp1252"), str(t)),
        ),
        Person("Zoë Müller", "zoe@example.com"),
    ),
    "timestamp-not-hashed+hash-in-upper-case": (
        hashing(lambda p, s, t: digest(s, p.name, p.email).upper()),
        PEOPLE[0],
    ),
}


@pytest.mark.parametrize("codes", TOGETHER)
def test_two_mistakes_together_are_named(codes: str) -> None:
    site, person = TOGETHER[codes]
    assert named(site(person, SECRET, SENT)) == [codes]


def test_what_the_way_did_is_told_beside_what_the_site_did() -> None:
    query = link(PEOPLE[0], SENT, plain(PEOPLE[0].name, PEOPLE[0].email, SECRET)).replace("&", "&amp;")
    assert named(query) == ["amp-in-link", "plain-md5"]


@pytest.mark.parametrize(("off", "code"), [(7200, "local-time"), (-7200, "local-time"), (-600, "back-dated")])
def test_a_time_that_is_off_is_told_by_how_much(off: int, code: str) -> None:
    query = right(PEOPLE[0], SECRET, SENT + off)
    assert named(query, max_age_seconds=30) == [code]
    told = suspects(query.encode(), settings(max_age_seconds=30), NOW)[0].sentence
    assert ("2 h" in told or "2 hours" in told) == (code == "local-time"), told


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://portal.localhost:5002//login/sso", "double-slash"),
        ("http://portal.localhost:5002/", "path-missing"),
        ("http://portal.localhost:5002", "path-missing"),
        ("https://portal.localhost:5002/login/sso", "other-scheme"),
        ("http://desk.example/login/sso", "other-host"),
        ("http://http://portal.localhost:5002/login/sso", "host-url-taken-for-url"),
    ],
)
def test_a_wrong_address_is_named(url: str, code: str) -> None:
    assert [suspect.code for suspect in suspects_of_address(url, settings())] == [code]


@pytest.mark.parametrize("end", ["", "/"])
def test_the_right_address_is_not_suspected(end: str) -> None:
    assert suspects_of_address(f"http://portal.localhost:5002/login/sso{end}", settings()) == ()


@given(
    name=st.text(min_size=1),
    email=st.emails(),
    age=st.integers(0, 1800),
    profile=st.sampled_from(["md5", "hmac-md5", "hmac-md5-salted"]),
)
def test_a_right_hash_is_never_suspected(name: str, email: str, age: int, profile: Profile) -> None:
    raw = name.encode("utf-8", "replace").decode()
    made = login_hash(profile, SECRET.encode(), raw.encode(), email.encode(), str(SENT - age).encode()).decode()
    query = link(Person(raw, email), SENT - age, made).encode()
    now = datetime.fromtimestamp(SENT, UTC)
    assert suspects(query, settings(profile=profile), now) == ()


@given(st.binary(max_size=300))
def test_any_query_is_looked_into(query: bytes) -> None:
    suspects(query, settings(), NOW)
    suspects_of_address(query.decode("latin-1"), settings())


def test_the_secret_and_the_right_hash_are_never_told() -> None:
    for site in EVERYBODY.values():
        query = site(PEOPLE[0], SECRET, SENT).encode()
        told = " ".join(f"{s.sentence} {s.mend}" for s in suspects(query, settings(), NOW))
        assert SECRET not in told
        assert digest(SECRET, *PEOPLE[0][:2], str(SENT)) not in told


def test_the_published_table_is_up_to_date() -> None:
    written = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m portal_stub.mistakes_table > docs/mistakes.md"


def test_a_login_at_a_wrong_address_is_told_what_is_wrong(tmp_path: Path) -> None:
    app = create_app(settings(), f"sqlite:///{tmp_path / 'portal.sqlite'}")
    answer = app.test_client().get(f"/?{right(PEOPLE[0], SECRET, SENT)}", base_url="http://portal.localhost:5002")
    assert answer.status_code == 200
    answer = app.test_client().get(f"/sso?{right(PEOPLE[0], SECRET, SENT)}", base_url="http://portal.localhost:5002")
    assert answer.status_code == 404
    assert "in place of /login/sso" in answer.text
