"""The kill matrix of the whole catalogue: every case bites, for the stated reason, and the published page is true."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.case import all_cases
from conformance.matrix import Matrix, Weakness, all_weaknesses, word_for
from conformance.matrix_live import build, problems
from conformance.report.weaknesses import to_html, to_markdown, view
from conformance.verdict import Observation

DOCS = Path(__file__).parents[2] / "docs"
CASES = {case.id: case for case in all_cases()}
ALTERED, EXPIRED = CASES["saml.signature.altered@assertion"], CASES["saml.times.expired"]


@contextlib.contextmanager
def quietly(_what: str, _length: int) -> Iterator[Callable[[int], None]]:
    yield lambda _done: None


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return build(all_cases(), 2, quietly, browser=False)


def weakness(name: str) -> Weakness:
    return next(known for known in all_weaknesses() if known.name == name)


@pytest.mark.whole_matrix
def test_every_case_bites_and_the_matrix_is_diagonal(matrix: Matrix) -> None:
    assert problems(matrix, all_cases()) == []


@pytest.mark.whole_matrix
@pytest.mark.parametrize(("name", "write"), [("weaknesses.html", to_html), ("weaknesses.md", to_markdown)])
def test_the_published_matrix_is_this_one(matrix: Matrix, name: str, write: Callable[..., str]) -> None:
    published = (DOCS / name).read_text(encoding="utf-8")
    assert published == write(view(matrix)), "write it anew: conformance weaknesses --report docs"


def test_what_is_wrong_with_a_matrix_is_said() -> None:
    found = {
        "saml.signature.altered@assertion": {
            "without=saml.signature.digest": "fail",
            "without=saml.time.format": "fail",
        },
        EXPIRED.id: {},
        "saml.sound.plain@assertion": {},
    }
    cases = tuple(CASES[name] for name in found)
    assert problems(Matrix(rows=found), cases) == [
        f"{ALTERED.id} finds without=saml.time.format though it breaks another rule, and no reason is known.",
        f"{EXPIRED.id} does not find without=saml.conditions.not-on-or-after, whose rule it breaks.",
        f"{EXPIRED.id} finds nothing.",
    ]


def test_a_weakness_that_nothing_finds_is_named_when_all_cases_were_put_to_it() -> None:
    rows = {case.id: {"without=saml.signature.digest": "fail"} for case in all_cases()}
    said = problems(Matrix(rows=rows), all_cases())
    assert "without=saml.conditions.audience is found by nothing." in said
    assert "without=saml.signature.one-assertion is found by nothing." not in said  # One guard beside others.


@pytest.mark.parametrize(
    ("case", "result", "word"),
    [
        ("saml.signature.altered@assertion", "as-forged", "fail"),
        ("saml.signature.altered@assertion", "crash", "crash"),
        ("saml.sound.plain@assertion", "refused", "fail"),
        ("saml.sound.plain@assertion", "as-signed", ""),
    ],
)
def test_a_verdict_other_than_pass_is_an_entry(case: str, result: str, word: str) -> None:
    seen = Observation(result=result, message="no")  # type: ignore[arg-type]
    assert word_for(CASES[case], seen, "refused") == word


def test_leaving_out_a_guard_is_met_by_the_cases_of_its_property() -> None:
    assert weakness("without=saml.signature.one-assertion").is_met_by(CASES["saml.signature-wrapping.forged-before"])
    assert not weakness("without=saml.signature.one-assertion").is_met_by(ALTERED)
