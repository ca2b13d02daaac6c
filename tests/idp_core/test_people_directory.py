import hashlib
import subprocess
import sys
import unicodedata

from email_validator import validate_email

from idp_sim.people import directory, impostor

PEOPLE = directory()


def test_there_are_forty_with_valid_ascii_addresses_of_their_own() -> None:
    assert len(PEOPLE) == 40
    assert len({person.email.casefold() for person in PEOPLE}) == 40
    for person in PEOPLE:
        for email in (person.email, impostor(person).email):
            assert email.isascii()
            assert validate_email(email, check_deliverability=False).normalized == email
        assert person.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")


def test_nobody_is_anybody_elses_impostor() -> None:
    addresses = {person.email for person in PEOPLE}
    assert not addresses & {impostor(person).email for person in PEOPLE}
    assert all(impostor(person).name != person.name for person in PEOPLE)


def test_names_are_awkward_in_all_the_promised_ways() -> None:
    scripts = {unicodedata.name(person.first[0]).split()[0] for person in PEOPLE}
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "CJK", "HANGUL", "DEVANAGARI", "THAI"} <= scripts
    names = [person.name for person in PEOPLE]
    assert any("'" in name for name in names)
    assert any("-" in name for name in names)
    assert any(not person.last for person in PEOPLE)
    assert max(map(len, names)) > 150
    assert any("+" in person.email for person in PEOPLE)
    assert all(person.first.strip() and person.phone.strip() and person.company.strip() for person in PEOPLE)


def test_another_process_has_the_same_people() -> None:
    script = (
        "from idp_sim.people import *; import hashlib; print(hashlib.sha256(repr(directory()).encode()).hexdigest())"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == hashlib.sha256(repr(PEOPLE).encode()).hexdigest()


def test_faker_is_imported_by_those_only_who_need_people() -> None:
    script = "import sys, idp_sim.people, idp_sim.cli; print('faker' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "False"
