"""The rule book, and the strict reading of files that people write."""

from pathlib import Path
from typing import Literal

import attrs
import pytest

from rulebook import RULES, UnknownRule, rule
from rulebook.rules import guards_of
from rulebook.strict_toml import FileProblem, nearest, read, read_table, structure


@attrs.frozen
class Inner:
    colour: Literal["red", "green"] = "red"
    amount: int = 1


@attrs.frozen
class Outer:
    name: str
    on: bool = False
    inner: Inner = attrs.field(factory=Inner)
    several: tuple[Inner, ...] = ()


def test_every_rule_says_all_that_is_asked_of_it() -> None:
    for known in RULES.values():
        assert known.level in ("MUST", "SHOULD")
        assert known.statement.endswith(".")
        assert known.mend.endswith(".")
        assert any(source in known.clause for source in ("saml-", "xmldsig-core", "portal-contract")), known.id


def test_only_a_property_has_guards() -> None:
    for known in RULES.values():
        assert bool(guards_of(known.id)) is known.property


def test_an_unknown_rule_names_the_nearest() -> None:
    assert rule("saml.conditions.audience").level == "MUST"
    with pytest.raises(UnknownRule, match=r"Did you mean 'saml\.conditions\.audience'\?"):
        rule("saml.condition.audience")
    assert nearest("qqqq", RULES) == ""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "'name' is missing"),
        ({"name": "x", "onn": True}, "unknown key 'onn'. Did you mean 'on'?"),
        ({"name": 1}, "'name': expected a text, got 1"),
        ({"name": "x", "on": "yes"}, "'on': expected true or false, got 'yes'"),
        ({"name": "x", "inner": {"amount": True}}, "'inner.amount': expected a whole number, got True"),
        ({"name": "x", "inner": {"colour": "gren"}}, "'inner.colour': expected one of red, green, got 'gren'"),
        ({"name": "x", "inner": {"color": "red"}}, "unknown key 'inner.color'. Did you mean 'colour'?"),
        ({"name": "x", "several": [{}, {"amount": "1"}]}, "'several.1.amount': expected a whole number, got '1'"),
    ],
)
def test_a_slip_of_the_pen_is_told_in_plain_words(table: dict[str, object], said: str) -> None:
    with pytest.raises(FileProblem) as told:
        structure(table, Outer, "portal.toml")
    assert str(told.value).startswith("portal.toml: ")
    assert said in str(told.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "good.toml"
    path.write_text('name = "x"\n[inner]\ncolour = "green"\n[[several]]\namount = 2\n')
    assert read(path, Outer) == Outer("x", inner=Inner("green"), several=(Inner(amount=2),))


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"\xff", "not UTF-8"), (b"name = ", "not valid TOML")]
)
def test_a_file_that_is_no_toml_is_told(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileProblem, match=said):
        read_table(path)
