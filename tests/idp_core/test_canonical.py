"""What is written directly is byte for byte what the tree's way, signed by signxml, gives."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp_sim.keyring import Keyring
from idp_sim.login import BASES, SUCCESS, SamlLogin, Status
from idp_sim.mint import Case, cases_of
from idp_sim.people import Person
from idp_sim.perform import by_tree
from idp_sim.saml import canonical
from tests.idp_core.logins import SCENARIOS, saml_login

KEYRING = Keyring.ephemeral()
PLANS = [
    case
    for case in cases_of(SCENARIOS)
    if case.base is not None and case.scenario.stage == "plan" and not case.scenario.encrypted
]


def written(login: SamlLogin) -> bytes:
    return canonical.write(login, KEYRING, by_tree)


def is_direct(login: SamlLogin) -> bool:
    """Whether no tree is made for a login once its shape is known."""

    def counted(*arguments: Any) -> bytes:
        calls.append(arguments)
        return by_tree(*arguments)

    calls: list[object] = []
    canonical.write(login, KEYRING, counted)
    calls.clear()
    canonical.write(login.but(seed="another"), KEYRING, counted)
    return not calls


# Any character that XML allows, with those that it escapes more often than by chance.
CHARACTERS = st.one_of(
    st.sampled_from("&<>\"'\r\n\t %{}\u00a0\u2028é☺"),
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
)
TEXTS = st.text(CHARACTERS, max_size=20)
PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters='&<>"'), max_size=20)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn


@st.composite
def logins(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> SamlLogin:
    some = st.none() | texts
    person = Person(draw(texts), draw(texts), draw(texts), "", "")
    changes: dict[str, Any] = {
        "in_response_to": some, "relay_state": some, "issuer": some, "response_issuer": some, "destination": some,
        "recipient": some, "audience": some, "confirmed_request": some, "name_id": some, "name_id_format": some,
        "session_index": texts, "issue_instant": MOMENTS, "not_before": st.none() | MOMENTS,
        "not_on_or_after": st.none() | MOMENTS, "confirmed_until": st.none() | MOMENTS, "authn_instant": MOMENTS,
        "session_until": st.none() | MOMENTS, "time_precision": st.sampled_from(["seconds", "milliseconds"]),
        "attributes": st.lists(st.tuples(texts, texts), max_size=4).map(tuple), "base": st.sampled_from(BASES),
        "prefixes": st.sampled_from([("samlp", "saml"), (None, "saml"), ("samlp", None), (None, None), ("p", "p")]),
        "status": st.builds(Status, st.sampled_from([SUCCESS, "urn:other"]), some, some),
        "with_assertion": st.booleans(), "signing_key": st.sampled_from(["signing", "rogue"]),
        "certificates": st.sampled_from([("signing",), ("rogue", "signing"), ()]),
    }  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(changes))))
    login = saml_login(seed=draw(st.sampled_from("12"))).but(person=person)
    return login.but(**{name: draw(changes[name]) for name in sorted(chosen)})


@given(logins(PRINTABLE))
@example(saml_login(name_id="100 % of {0}@example.com", relay_state="%s"))
@example(saml_login(attributes=(("", ""), ("FirstName", ""))))
def test_the_bytes_are_those_of_the_tree(login: SamlLogin) -> None:
    for _ in range(2):  # The first of a shape is made both ways.
        assert written(login) == by_tree(login, KEYRING)


@given(logins(TEXTS))
def test_so_they_are_whatever_must_be_escaped(login: SamlLogin) -> None:
    for _ in range(2):
        assert written(login) == by_tree(login, KEYRING)


@pytest.mark.parametrize("char", list("&<>\"'\r\n\t\x85\xa0\u2028"))
def test_what_xml_escapes_is_escaped_in_a_known_shape_too(char: str) -> None:
    login = saml_login(attributes=(("company", "One"),))
    written(login)
    other = login.but(name_id=f"a{char}b", destination=f"http://{char}", attributes=(("company", f"{char}Two"),))
    assert written(other) == by_tree(other, KEYRING)


@pytest.mark.parametrize("text", ["\0", "\ud800", "\ufffe", "\x0b"])
def test_what_xml_cannot_hold_fails_as_it_does_in_the_tree(text: str) -> None:
    written(saml_login())
    with pytest.raises(ValueError, match=r"XML compatible|surrogates not allowed"):
        written(saml_login(name_id=f"a{text}@example.com"))


@pytest.mark.parametrize("case", PLANS, ids=lambda case: case.id)
def test_every_planned_deviation_is_what_the_tree_makes_of_it(case: Case) -> None:
    assert case.base is not None
    for person in (Person("Ada", "One", "ada@example.com", "", ""), Person("Bob", "Two", "bob@example.com", "", "")):
        login = case.scenario.apply(saml_login(base=case.base, seed=person.first).but(person=person))
        if login.signature_algorithm == "rsa-sha256":  # Others may be random.
            assert written(login) == by_tree(login, KEYRING)


@pytest.mark.parametrize("base", BASES)
def test_an_ordinary_login_makes_no_tree(base: str) -> None:
    assert is_direct(saml_login(base=base))
    assert is_direct(saml_login(base=base, attributes=(("company", "Zoë Straße 東京"),)))


@pytest.mark.parametrize(
    "changes",
    [{"signing_key": "ec"}, {"signature_algorithm": "rsa-sha512"}, {"name_id": "a&b@example.com"}],
    ids=lambda changes: next(iter(changes)),
)
def test_any_other_goes_by_the_tree(changes: dict[str, str]) -> None:
    assert not is_direct(saml_login(**changes))


def test_what_follows_from_no_text_goes_by_the_tree() -> None:
    """Such as a random value: the first message of a shape is made both ways and compared."""
    numbers = iter(range(100))

    def numbered(login: SamlLogin, keyring: Keyring) -> bytes:
        return by_tree(login, keyring).replace(b"</samlp:Response>", b"<!--%d--></samlp:Response>" % next(numbers))

    made = [canonical.write(saml_login(), KEYRING, numbered) for _ in range(3)]
    assert len(set(made)) == 3
    assert all(b"<!--" in message for message in made)


def test_equal_ids_fail_as_they_do_in_the_tree() -> None:
    login = saml_login(base="both")
    written(login)
    with pytest.raises(Exception, match="Ambiguous"):
        written(login.but(assertion_id=login.response_id))


def test_shapes_are_not_kept_without_end() -> None:
    for number in range(canonical._MOST_SHAPES + 20):
        canonical._shapes[number] = None
    written(saml_login(status=Status(second="a shape that no other test has")))
    assert len(canonical._shapes) <= canonical._MOST_SHAPES
