import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.events import (
    VERDICTS,
    CaseEvent,
    Event,
    Exit,
    Observed,
    Run,
    Verdict,
    Writer,
    count,
    exit_code,
    from_dict,
    from_line,
    read,
    summary_line,
    to_line,
)
from rulebook.strict_toml import FileProblem
from tests.reports.sample_run import CASES, HEADER, footer_of, write_sample

SCHEMA = json.loads((Path(__file__).parents[2] / "fixtures/schemas/events.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
BY_VERDICT = {case.verdict: case for case in CASES}


def run_of(*verdicts: Verdict, selected: int | None = None, finished: bool = True) -> Run:
    cases = tuple(attrs.evolve(BY_VERDICT[verdict], id=f"a.case-{n}") for n, verdict in enumerate(verdicts))
    header = attrs.evolve(HEADER, selected=len(cases) if selected is None else selected)
    return Run(header=header, cases=cases, footer=footer_of({}) if finished else None)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    run = read(write_sample(tmp_path / "deep" / "report"))
    assert run.header == attrs.evolve(HEADER, selected=len(CASES))
    assert run.complete
    # A lone surrogate survives as well: the sample holds one.
    assert run.cases == CASES
    assert run.footer is not None
    assert run.footer.seconds == 12.34
    assert run.footer.counts == run.counts


def test_every_line_of_a_run_fits_the_published_schema(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    lines = (write_sample(tmp_path) / "events.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(CASES) + 2
    for line in lines:
        VALIDATOR.validate(json.loads(line))


def test_the_fields_of_a_case_stand_in_the_agreed_order() -> None:
    assert list(json.loads(to_line(CASES[0]))) == [
        "event", "id", "rule", "outcome", "verdict", "expected", "observed", "proof", "seconds", "reason",
    ]  # fmt: skip
    assert list(json.loads(to_line(HEADER))) == [
        "event", "schema", "suite", "target", "driver", "started", "clock_offset", "selected",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "passed"},
        {"outcome": "must"},
        {"rule": 3},
        {"observed": None},
        {"observed": {"result": None, "person": None, "message": None, "rules": []}},
        {"verdict": "fail"},
        {"extra": 1},
        {"proof": "word"},
    ],
)
def test_schema_and_reader_refuse_the_same_cases(change: dict[str, Any]) -> None:
    fields = {**CASES[1].as_dict(), **change}
    with pytest.raises(ValidationError):
        VALIDATOR.validate(fields)
    with pytest.raises(FileProblem):
        from_dict(fields, "line 1")


def test_a_case_without_its_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="'fail' needs its reason"):
        attrs.evolve(BY_VERDICT["fail"], reason="")


def test_a_skipped_case_has_no_observed_result() -> None:
    with pytest.raises(ValueError, match="skipped case was not run"):
        attrs.evolve(BY_VERDICT["skipped"], observed=Observed(result="refused"))


def test_a_case_in_an_inconclusive_batch_may_not_have_been_run() -> None:
    unrun = attrs.evolve(BY_VERDICT["inconclusive"], observed=Observed())
    VALIDATOR.validate(unrun.as_dict())


def test_an_empty_reason_is_none() -> None:
    assert attrs.evolve(CASES[0], reason="").reason is None


printed = st.text(st.characters(exclude_categories=()), min_size=1, max_size=40)
cases = st.builds(
    CaseEvent,
    id=printed,
    rule=st.none() | printed,
    outcome=st.sampled_from(["must-accept", "must-refuse", "never-as-forged", "advisory"]),
    verdict=st.sampled_from([verdict for verdict in VERDICTS if verdict != "skipped"]),
    expected=st.lists(printed, max_size=3).map(tuple),
    observed=st.builds(
        Observed,
        result=st.sampled_from(["refused", "as-signed", "as-forged", "as-other", "crash"]),
        person=st.none() | printed,
        message=st.none() | printed,
        rules=st.lists(printed, max_size=3).map(tuple),
    ),
    proof=st.none() | st.sampled_from(["declared", "message", "control", "identity"]),
    seconds=st.floats(min_value=0, max_value=1e6),
    reason=printed,
)


@given(cases)
def test_any_case_survives_being_written_and_is_one_line(case: CaseEvent) -> None:
    line = to_line(case)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line, "line") == case


@given(st.binary(max_size=80))
def test_a_line_that_is_no_event_is_refused_plainly(line: bytes) -> None:
    with pytest.raises(FileProblem, match=r"^line 7: "):
        from_line(line, "line 7")


def complaint(fields: dict[str, Any]) -> str:
    try:
        from_dict(fields, "line 7")
    except FileProblem as problem:
        return str(problem)
    return "line 7 was taken"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([HEADER, CASES[3]]), st.data())
def test_a_value_of_the_wrong_kind_is_refused_plainly_or_taken(event: Event, data: st.DataObject) -> None:
    fields = event.as_dict()
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(json_values)
    assert complaint(fields).startswith("line 7")


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_run_cut_in_its_last_line_is_readable(tmp_path: Path, cut: int) -> None:
    stream = write_sample(tmp_path, finish=False) / "events.ndjson"
    content = stream.read_bytes()
    stream.write_bytes(content[:-cut])
    run = read(tmp_path)
    assert not run.complete
    # Only the line feed is missing after a cut of 1: that case was certain.
    assert len(run.cases) == len(CASES) - (cut > 1)


@given(st.integers(min_value=0))
def test_wherever_a_run_is_cut_it_is_readable_or_says_why_not(tmp_path_factory: Any, place: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    stream = write_sample(folder) / "events.ndjson"
    content = stream.read_bytes()
    kept = content[: place % len(content)]
    stream.write_bytes(kept)
    if len(kept) < content.index(b"\n"):
        with pytest.raises(FileProblem):
            read(folder)
    else:
        assert len(read(folder).cases) <= len(CASES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a header"),
        (to_line(CASES[0]), "not a header"),
        (to_line(HEADER) + b"{}\n", "line 2: expected an event of kind header, case, footer"),
        (to_line(HEADER) * 2, "nothing but cases"),
        (to_line(HEADER) + to_line(CASES[0]) * 2, "two verdicts"),
        (to_line(HEADER).replace(b'"schema": 1', b'"schema": 2'), "expected events of schema 1, got 2"),
        (to_line(HEADER) + b"nonsense\n" + to_line(CASES[0]), "line 2: expected one JSON object"),
    ],
)
def test_what_is_no_stream_of_events_is_refused_plainly(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "events.ndjson").write_bytes(content)
    with pytest.raises(FileProblem, match=why):
        read(tmp_path)


def test_a_missing_stream_is_refused_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be read"):
        read(tmp_path / "nowhere.ndjson")


def test_each_line_is_there_as_soon_as_it_is_written(tmp_path: Path) -> None:
    with Writer(tmp_path, HEADER) as writer:
        for number, case in enumerate(CASES, start=1):
            writer.case(case)
            assert len(read(tmp_path).cases) == number
    assert not read(tmp_path).complete


def test_a_run_as_it_is_written_is_what_is_read_of_it(tmp_path: Path) -> None:
    odd = attrs.evolve(CASES[0], id="odd", observed=Observed(result="as-signed", message="half a pair: \ud83d"))
    with Writer(tmp_path, HEADER) as writer:
        assert writer.run == read(tmp_path)
        for case in (*CASES, odd):
            writer.case(case)
        assert writer.run == read(tmp_path)
        writer.finish(1.5)
    assert writer.run == read(tmp_path)
    assert writer.run.counts == writer.run.footer.counts  # type: ignore[union-attr]


def test_a_case_cannot_be_written_twice(tmp_path: Path) -> None:
    with Writer(tmp_path, HEADER) as writer:
        writer.case(CASES[0])
        with pytest.raises(ValueError, match="has its verdict already"):
            writer.case(CASES[0])


def test_a_new_run_removes_what_the_old_one_left_and_nothing_else(tmp_path: Path) -> None:
    write_sample(tmp_path)
    mine = [tmp_path / "notes.txt", tmp_path / "cases" / "notes.txt"]
    for path in [*mine, tmp_path / "junit.xml", tmp_path / "index.html", tmp_path / "summary.md"]:
        path.write_text("old", encoding="utf-8")
    Writer(tmp_path, HEADER).close()
    left = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted([*mine, tmp_path / "events.ndjson"])


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (run_of("pass", "advisory", "skipped"), Exit.PASSED),
        (run_of("advisory"), Exit.PASSED),
        (run_of("pass", "fail", "inconclusive"), Exit.FAILED),
        (run_of("pass", "wrong-reason"), Exit.FAILED),
        (run_of("crash", "inconclusive"), Exit.FAILED),
        (run_of("pass", "inconclusive"), Exit.INCONCLUSIVE),
        (run_of(), Exit.NOTHING_SELECTED),
        (run_of("skipped", "skipped"), Exit.NOTHING_SELECTED),
        (run_of("fail", finished=False), Exit.INTERRUPTED),
        (run_of("pass", selected=2), Exit.INTERRUPTED),
    ],
)
def test_the_exit_code_follows_from_the_verdicts(run: Run, code: Exit) -> None:
    assert exit_code(run) == code


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: code.value for code in Exit} == {
        "INTERNAL_ERROR": 3, "INTERRUPTED": 2, "USAGE": 4, "NOTHING_SELECTED": 5, "FAILED": 1, "INCONCLUSIVE": 6,
        "PASSED": 0,
    }  # fmt: skip


def test_the_last_line_names_every_verdict_in_the_agreed_words(tmp_path: Path) -> None:
    assert summary_line(read(write_sample(tmp_path))) == (
        "2 passed, 1 failed, 1 wrong-reason, 1 crashed, 1 inconclusive, 1 advisory, 1 skipped in 12.3 s"
    )


def test_every_verdict_is_counted() -> None:
    assert count([]) == dict.fromkeys(VERDICTS, 0)
    assert count(["pass", "pass", "crash"])["pass"] == 2
