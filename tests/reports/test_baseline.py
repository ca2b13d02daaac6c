"""Known failures are held both ways: what the baseline says and the run does not bear out fails the run."""

from datetime import date
from pathlib import Path

import attrs
import pytest

from conformance.baseline import Baseline, Entry, Held, from_run, hold, holding, load, to_toml
from conformance.case import all_cases
from conformance.events import Exit, Verdict, Writer, exit_code
from conformance.report import write_all
from conformance.report.view import view
from rulebook.strict_toml import FileProblem
from tests.reports.test_compare import case, run

TODAY = date(2026, 11, 24)
KNOWN = "saml.audience.missing"
OTHER = "saml.audience.two-restrictions"
ENTRY = Entry(target="stub", verdict="fail", reason="It has no audience.", review_by=date(2027, 1, 1), cases=(KNOWN,))


def test_a_known_failure_does_not_fail_the_run() -> None:
    failed = run(case("fail", KNOWN), case("pass", OTHER))
    held = hold(Baseline(known=(ENTRY,)), failed, TODAY)
    assert held == Held(reasons={KNOWN: "It has no audience."}, problems=())
    assert exit_code(failed) is Exit.FAILED
    assert exit_code(failed, held.reasons.keys()) is Exit.PASSED


def test_another_failure_still_does() -> None:
    failed = run(case("fail", KNOWN), case("fail", OTHER))
    assert exit_code(failed, hold(Baseline(known=(ENTRY,)), failed, TODAY).reasons.keys()) is Exit.FAILED


@pytest.mark.parametrize(
    ("entry", "verdict", "sentence"),
    [
        (ENTRY, "pass", f"{KNOWN} is a known failure (fail), and passes. Take it out of the baseline."),
        (ENTRY, "crash", f"{KNOWN} is known for 'fail', and the verdict is 'crash': Because."),
        (ENTRY, "skipped", f"{KNOWN} is a known failure (fail), and is skipped: Because. Nothing needs the entry."),
        (
            attrs.evolve(ENTRY, review_by=date(2026, 11, 23)),
            "fail",
            f"The review of {KNOWN} was due on 2026-11-23, 1 day ago. Look into it again, and set 'review_by' anew.",
        ),
        (
            attrs.evolve(ENTRY, target="acme"),
            "fail",
            "No entry of the baseline is for stub. It knows acme.",
        ),
    ],
)
def test_what_is_not_borne_out_is_a_problem(entry: Entry, verdict: Verdict, sentence: str) -> None:
    assert hold(Baseline(known=(entry,)), run(case(verdict, KNOWN)), TODAY).problems == (sentence,)


def test_an_entry_for_a_case_that_was_not_selected_is_left_alone() -> None:
    assert hold(Baseline(known=(ENTRY,)), run(case("pass", OTHER)), TODAY).problems == ()


def test_the_day_of_the_review_is_still_in_time() -> None:
    on_the_day = attrs.evolve(ENTRY, review_by=TODAY)
    assert hold(Baseline(known=(on_the_day,)), run(case("fail", KNOWN)), TODAY).problems == ()


def test_what_is_written_from_a_run_is_read_back_and_holds(tmp_path: Path) -> None:
    failed = run(case("fail", KNOWN, "It was accepted."), case("crash", OTHER, "It hung."), case("pass", "saml.a.b"))
    path = tmp_path / "known.toml"
    path.write_text(to_toml(from_run(failed, Baseline(), TODAY)), encoding="utf-8")
    read_back = load(path, [KNOWN, OTHER])
    assert [(entry.verdict, entry.reason, entry.cases) for entry in read_back.known] == [
        ("fail", "It was accepted.", (KNOWN,)),
        ("crash", "It hung.", (OTHER,)),
    ]
    held = hold(read_back, failed, TODAY)
    assert held.reasons == {KNOWN: "It was accepted.", OTHER: "It hung."}
    assert held.problems == ()


def test_writing_anew_keeps_words_and_other_targets_and_drops_what_passes() -> None:
    foreign = attrs.evolve(ENTRY, target="acme")
    before = Baseline(known=(attrs.evolve(ENTRY, cases=(KNOWN, OTHER)), foreign))
    after = from_run(run(case("fail", KNOWN), case("pass", OTHER)), before, TODAY)
    assert after.known == (ENTRY, foreign)


def test_how_a_forged_identity_gets_in_is_withheld() -> None:
    forged = case("fail", KNOWN, "Signed in as the forged identity.")
    forged = attrs.evolve(forged, observed=attrs.evolve(forged.observed, result="as-forged"))
    assert [entry.reason for entry in from_run(run(forged), Baseline(), TODAY).known] == ["withheld"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('cases = ["saml.audience.misssing"]', "Did you mean 'saml.audience.missing'?"),
        (f'cases = ["{KNOWN}", "{KNOWN}"]', f"'{KNOWN}' stands twice for stub."),
        ("cases = []", "an entry for stub needs 'cases' and a 'reason'."),
        (f'cases = ["{KNOWN}"]\nreviewby = 2027-01-01', "unknown key 'known.0.reviewby'. Did you mean 'review_by'?"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(
        f'[[known]]\ntarget = "stub"\nverdict = "fail"\nreason = "x"\nreview_by = 2027-01-01\n{text}\n',
        encoding="utf-8",
    )
    with pytest.raises(FileProblem) as caught:
        load(path, [KNOWN, OTHER])
    assert problem in str(caught.value)


def test_a_review_date_must_be_a_date(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(
        f'[[known]]\ntarget = "stub"\nverdict = "fail"\nreason = "x"\nreview_by = "soon"\ncases = ["{KNOWN}"]\n',
        encoding="utf-8",
    )
    with pytest.raises(FileProblem, match="expected a date such as 2027-01-31, got 'soon'"):
        load(path, [KNOWN])


def test_without_a_baseline_nothing_is_known() -> None:
    assert holding(None, [], write=False)(run(case("fail", KNOWN))) == Held()


def test_reports_tell_known_failures_from_others(tmp_path: Path) -> None:
    failed = run(case("fail", KNOWN), case("pass", OTHER))
    shown = view(failed, tmp_path, {}, {KNOWN: "It has no audience."})
    assert shown.headline == "Nothing new speaks against stub in 2 cases. 1 known failure of the baseline not counted."
    with Writer(tmp_path, failed.header) as writer:
        for event in failed.cases:
            writer.case(event)
        writer.finish(1.0)
    write_all(writer.run, tmp_path, {KNOWN: "It has no audience."})
    assert (
        '<skipped type="known-failure" message="It has no audience. (Because.)"' in (tmp_path / "junit.xml").read_text()
    )
    assert "**Known:** It has no audience." in (tmp_path / "summary.md").read_text()
    assert "<strong>Known failure:</strong> It has no audience." in (tmp_path / "index.html").read_text()


def test_the_cases_of_these_tests_exist() -> None:
    assert {KNOWN, OTHER} <= {one.id for one in all_cases()}
