"""The accounts below the pages: what is unique, what is used up, and what outlives a restart."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import false, select

import portal_stub.accounts.database
from portal_stub.accounts import attempts, contacts, memory, overrides, sessions
from portal_stub.accounts.columns import digest, storable
from portal_stub.accounts.database import Database, DatabaseProblem
from portal_stub.accounts.granting import TooLate, grant, refused
from portal_stub.accounts.tables import CONTACTS
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, Finding, Identity
from portal_stub.weakness import SOUND
from tests.portal_web.portal_bench import AGENT, CUSTOMER, START, settings

LATER = START + timedelta(minutes=5)


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = Database("sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/portal.db")
    yield opened
    opened.close()


def granted(**more: Any) -> Diagnosis:
    sound = Diagnosis(
        findings=(Finding(rule="saml.assertion.once", outcome="ok"),),
        identity=Identity(email="jane@example.com", name="Jane"),
        assertion_id="_a",
        remember_until=LATER,
    )
    return attrs.evolve(sound, **more)


def test_letter_case_does_not_make_another_person(database: Database) -> None:
    with database.writing() as rows:
        first = contacts.welcome(rows, Identity(email="jane@example.com", name="Jane"), START)
        second = contacts.welcome(rows, Identity(email="JANE@Example.COM", name="Jane"), START)
        assert first.id == second.id


def test_letters_that_only_look_alike_make_another_person(database: Database) -> None:
    with database.writing() as rows:
        contacts.seed(rows, [attrs.evolve(AGENT, email="kim@portal.example")], START)
        stranger = contacts.welcome(rows, Identity(email="\u212aim@portal.example", name="K"), START)
        assert stranger.role == "customer"
        assert contacts.find(rows, "KIM@portal.example") not in (stranger, None)


def test_accounts_that_exist_stay_as_they_are(database: Database) -> None:
    for name in ("Carl", "Charles"):
        with database.writing() as rows:
            contacts.seed(rows, [attrs.evolve(CUSTOMER, name=name, password=name)], START)
    with database.reading() as rows:
        contact = contacts.find(rows, CUSTOMER.email)
        assert contact is not None
        assert contact.name == "Carl"
        assert contacts.password_fits(contacts.password_hash_of(contact), "Carl")


def test_of_an_address_that_is_given_twice_the_first_account_is_made(database: Database) -> None:
    twice = attrs.evolve(CUSTOMER, email=CUSTOMER.email.upper(), name="Twice")
    with database.writing() as rows:
        contacts.seed(rows, [CUSTOMER, twice], START)
        found = contacts.find(rows, CUSTOMER.email)
        assert found is not None
        assert found.name == CUSTOMER.name


def test_accounts_that_another_process_has_just_made_do_not_keep_the_others_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as rows:
        contacts.seed(rows, [CUSTOMER], START)
    monkeypatch.setattr(contacts, "_KNOWN", select(CONTACTS.c.key).where(false()))
    with database.writing() as rows:
        contacts.seed(rows, [attrs.evolve(CUSTOMER, name="Charles"), AGENT], START)
        found = [contacts.find(rows, account.email) for account in (CUSTOMER, AGENT)]
        assert [contact and contact.name for contact in found] == [CUSTOMER.name, AGENT.name]


def test_an_administrator_is_made_once_and_only_where_there_is_none(database: Database) -> None:
    with database.writing() as rows:
        contacts.welcome(rows, Identity(email=contacts.ADMINISTRATOR, name="Early bird"), START)
        password = contacts.ensure_administrator(rows, START)
        assert contacts.ensure_administrator(rows, START) is None
    with database.reading() as rows:
        found = contacts.find(rows, contacts.ADMINISTRATOR)
        assert found is not None
        assert (found.role, found.admin) == ("agent", True)
        assert password
        assert contacts.password_fits(contacts.password_hash_of(found), password)


def test_an_assertion_is_new_once_until_it_expires(database: Database) -> None:
    for now, is_new in ((START, True), (START, False), (LATER - timedelta(seconds=1), False), (LATER, True)):
        with database.writing() as rows:
            assert memory.remember_assertion(rows, "_a", now + (LATER - START), now) is is_new
            if is_new:
                seen = memory.SeenAssertions(rows, now)
                assert "_a" in seen
                assert "_b" not in seen
                assert 1 not in seen


def test_an_assertion_without_an_end_is_remembered_for_a_day(database: Database) -> None:
    with database.writing() as rows:
        memory.remember_assertion(rows, "_a", None, START)
    with database.reading() as rows:
        assert "_a" in memory.SeenAssertions(rows, START + timedelta(hours=23))
        assert "_a" not in memory.SeenAssertions(rows, START + timedelta(hours=24))


def test_a_request_is_used_up_by_its_own_browser_only(database: Database) -> None:
    with database.writing() as rows:
        request = memory.open_request(rows, "mine", "/page", START)
    with database.reading() as rows:
        assert request in memory.OpenRequests(rows, "mine", START)
    for browser in ("other", None):
        with database.writing() as rows:
            assert request not in memory.OpenRequests(rows, browser, START)
            assert memory.close_request(rows, request, browser, START) == (False, None)
    for expected in ((True, "/page"), (False, None)):
        with database.writing() as rows:
            assert memory.close_request(rows, request, "mine", START) == expected
    with database.reading() as rows:
        assert request not in memory.OpenRequests(rows, "mine", START)


def test_a_request_closes_by_itself_after_an_hour(database: Database) -> None:
    with database.writing() as rows:
        request = memory.open_request(rows, "browser", None, START)
    end = START + timedelta(hours=1)
    with database.reading() as rows:
        assert request in memory.OpenRequests(rows, "browser", end - timedelta(seconds=1))
        assert request not in memory.OpenRequests(rows, "browser", end)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_what_is_blank_does_not_replace_what_is_stored(database: Database, blank: str | None) -> None:
    sent = Identity(email="jane@example.com", name="Jane", phone="1", company="ACME")
    with database.writing() as rows:
        contacts.welcome(rows, sent, START)
        contact = contacts.welcome(rows, attrs.evolve(sent, phone=blank, company=blank), START)
        assert (contact.phone, contact.company) == ("1", "ACME")


def test_of_many_concurrent_replays_one_is_granted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/portal.db")
    together = threading.Barrier(8)
    outcomes: list[str] = []

    def log_in(number: int) -> None:
        together.wait()
        try:
            with database.writing() as rows:
                grant(rows, granted(), f"browser {number}", SOUND, timedelta(0), START)
            outcomes.append("granted")
        except TooLate as late:
            outcomes.append(late.finding.rule)

    threads = [threading.Thread(target=log_in, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert sorted(outcomes) == ["granted", *["saml.assertion.once"] * 7]


def test_a_login_that_came_too_late_leaves_nothing_behind(database: Database) -> None:
    with database.writing() as rows:
        memory.remember_assertion(rows, "_a", LATER, START)
    with pytest.raises(TooLate), database.writing() as rows:
        grant(rows, granted(), "browser", SOUND, timedelta(0), START)
    with database.reading() as rows:
        assert contacts.find(rows, "jane@example.com") is None


def test_only_a_granted_login_can_be_granted(database: Database) -> None:
    violated = Finding(rule="saml.assertion.once", outcome="violated")
    for diagnosis in (granted(identity=None), refused(granted(), violated)):
        with pytest.raises(ValueError, match="only a login that is granted"), database.writing() as rows:
            grant(rows, diagnosis, "browser", SOUND, timedelta(0), START)


def test_a_finding_takes_the_place_of_the_one_for_its_rule() -> None:
    diagnosis = refused(granted(), Finding(rule="saml.assertion.once", outcome="violated"))
    assert diagnosis.violations == ("saml.assertion.once",)
    assert not diagnosis.granted
    assert len(diagnosis.findings) == 1


def test_a_session_is_found_by_its_secret_only(database: Database) -> None:
    with database.writing() as rows:
        contacts.seed(rows, [CUSTOMER], START)
        contact = contacts.find(rows, CUSTOMER.email)
        assert contact is not None
        token = sessions.start(rows, contact, "browser", START)
    with database.reading() as rows:
        person = sessions.current(rows, token, START)
        assert person is not None
        assert person.email == CUSTOMER.email
        assert sessions.current(rows, digest(token), START) is None
        assert sessions.current(rows, token + "x", START) is None


def test_overrides_that_no_longer_fit_are_passed_over() -> None:
    base = settings()
    changed = {"saml.fingerprint": "ab", "saml.gone": 1, "simple.profile": "sha512", "base_url": "http://x", "x": 1}
    after = overrides.applied(base, changed)
    assert after == attrs.evolve(base, saml=attrs.evolve(base.saml, fingerprint="ab"))


def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    base = Settings()
    for is_first in (True, False):
        database = Database(f"sqlite:///{tmp_path}/folder/portal.db")
        if is_first:
            with database.writing() as rows:
                changed = overrides.with_value(base, "saml.fingerprint", "ab")
                overrides.save(rows, base, changed)
                memory.remember_assertion(rows, "_a", LATER, START)
                request = memory.open_request(rows, "browser", None, START)
        with database.reading() as rows:
            assert overrides.read(rows) == {"saml.fingerprint": "ab"}
            assert "_a" in memory.SeenAssertions(rows, START)
            assert request in memory.OpenRequests(rows, "browser", START)
        database.close()
    assert (tmp_path / "folder" / "portal.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "is not the address of a database"),
        ("oracle9://x", "is not the address of a database"),
        ("sqlite:////dev/null/x/portal.db", "cannot be opened"),
        ("sqlite:////dev", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(url: str, says: str) -> None:
    with pytest.raises(DatabaseProblem, match=says):
        Database(url)


def test_a_database_that_another_program_keeps_to_itself_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_stub.accounts.database, "_PATIENCE", 0)
    Database(f"sqlite:///{tmp_path}/portal.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "portal.db")) as another:
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem, match="cannot be opened: database is locked"):
            Database(f"sqlite:///{tmp_path}/portal.db")


def test_a_password_in_the_address_of_a_database_is_not_shown() -> None:
    with pytest.raises(DatabaseProblem) as problem:
        Database("postgresql+nodriver://me:hidden@localhost/x")
    assert "hidden" not in str(problem.value)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_can_be_stored(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text)
    assert "\0" not in kept
    kept.encode("utf-8")


def test_a_long_message_is_cut_and_says_so() -> None:
    cut = attempts.masked("x" * 300_000, ())
    assert cut is not None
    assert cut.endswith("... (cut; 300000 characters came)")
    assert len(cut) < 270_000
