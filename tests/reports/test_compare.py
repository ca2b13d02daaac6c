"""Two runs side by side, and many targets: nothing that has become worse is missed, and nothing else is told."""

import attrs
import pytest

from conformance.comparison import compare
from conformance.events import CaseEvent, Footer, Observed, Result, Run, Verdict, count
from conformance.report.targets import side_by_side, to_html, to_markdown
from tests.reports.sample_run import HEADER

ID = "saml.audience.missing"


def case(verdict: Verdict, case_id: str = ID, reason: str = "", person: str | None = None) -> CaseEvent:
    result: Result | None = (
        None if verdict == "skipped" else "refused" if verdict in ("pass", "advisory") else "as-signed"
    )
    return CaseEvent(
        id=case_id,
        outcome="must-refuse",
        verdict=verdict,
        observed=Observed(result=result, person=person),
        seconds=0.1,
        reason=reason or (None if verdict == "pass" else "Because."),
    )


def run(*cases: CaseEvent, name: str = "stub") -> Run:
    header = attrs.evolve(HEADER, selected=len(cases), target={"name": name})
    return Run(header=header, cases=cases, footer=Footer(counts=count(one.verdict for one in cases), seconds=1.0))


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "fail", "regressed"),
        ("pass", "skipped", "regressed"),
        ("pass", "inconclusive", "regressed"),
        ("wrong-reason", "fail", "regressed"),
        ("fail", "pass", "fixed"),
        ("crash", "wrong-reason", "fixed"),
        ("fail", "crash", "changed reason"),
        ("pass", "advisory", "changed reason"),
        ("pass", "pass", None),
    ],
)
def test_what_has_become_of_a_case(before: Verdict, after: Verdict, kind: str | None) -> None:
    found = compare(run(case(before)), run(case(after)))
    assert [difference.kind for difference in found.differences] == ([kind] if kind else [])
    assert found.regressed is (kind == "regressed")


def test_a_case_that_came_or_went_is_told_and_is_no_regression() -> None:
    found = compare(run(case("pass", "saml.a.old")), run(case("pass", "saml.a.new")))
    assert [(one.id, one.kind) for one in found.differences] == [("saml.a.old", "gone"), ("saml.a.new", "new")]
    assert not found.regressed
    assert found.summary == "0 regressed, 0 fixed, 1 new, 1 gone, 0 changed reason, 0 the same"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            case("fail", reason="Signed in as Jane Doe <jane@example.com>.", person="Jane Doe <jane@example.com>"),
            case("fail", reason="Signed in as Zoë A <zoe@example.org>.", person="Zoë A <zoe@example.org>"),
            True,
        ),
        (case("crash", reason="portal.localhost:41235 hung"), case("crash", reason="portal.localhost:9 hung"), True),
        (case("fail", reason="No _3f9a8b7c6d5e4f3a2b1c"), case("fail", reason="No _1122334455667788"), True),
        (case("fail", reason="The audience is wrong."), case("fail", reason="The issuer is wrong."), False),
    ],
)  # fmt: skip
def test_a_reason_is_the_same_but_for_people_ports_and_identifiers(
    one: CaseEvent, other: CaseEvent, same: bool
) -> None:
    assert (not compare(run(one), run(other)).differences) is same


def test_a_run_that_was_cut_off_is_a_regression_whatever_it_holds() -> None:
    whole = run(case("pass"))
    found = compare(whole, attrs.evolve(whole, footer=None))
    assert found.regressed
    assert found.remarks == ("The new run was cut off: 1 of 1 cases have a verdict.",)


def test_other_targets_are_remarked() -> None:
    assert compare(run(case("pass")), run(case("pass"), name="acme")).remarks == ("The targets differ: stub and acme.",)


def test_the_odd_one_out_stands_first() -> None:
    runs = [run(case("pass"), name="a"), run(case("fail"), name="b"), run(case("pass"), name="c")]
    shown = side_by_side(runs, {ID: "No audience."})
    assert [(name, found[0][1:]) for name, found in shown.anomalies()] == [("b", ("fail", "pass"))]
    assert f"| b | `{ID}` | fail | pass |" in to_markdown(shown)
    assert f"<code>{ID}</code>: fail; the others: pass. No audience." in to_html(shown)
    assert shown.headline == "1 cases at 3 targets: 0 pass everywhere, in 1 one target does what no other does."


@pytest.mark.parametrize("verdicts", [("pass", "fail"), ("pass", "pass", "fail", "fail"), ("pass", "fail", "skipped")])
def test_without_a_majority_nobody_is_odd(verdicts: tuple[Verdict, ...]) -> None:
    shown = side_by_side([run(case(verdict), name=str(place)) for place, verdict in enumerate(verdicts)], {})
    assert not list(shown.anomalies())
    assert len(shown.uneven) == 1


def test_the_cases_stand_in_the_order_of_the_catalogue() -> None:
    runs = [run(case("pass", "saml.b"), case("pass", "saml.unknown"), case("pass", "saml.a"))]
    assert [row.id for row in side_by_side(runs, {"saml.a": "A.", "saml.b": "B."}).rows] == [
        "saml.a", "saml.b", "saml.unknown",
    ]  # fmt: skip


def test_a_run_without_the_case_is_not_taken_for_a_pass() -> None:
    shown = side_by_side([run(case("pass")), run(case("pass", "saml.a.other"), name="b")], {})
    assert {row.id for row in shown.uneven} == {ID, "saml.a.other"}


def test_what_a_baseline_withholds_is_not_told() -> None:
    told = "Signed in as Mallory, whom nobody signed."
    runs = [run(case("pass"), name="a"), run(case("fail", reason=told), name="b"), run(case("pass"), name="c")]
    shown = side_by_side(runs, {ID: "No audience."}, {"a": {}, "b": {ID: "withheld"}, "c": {}}.__getitem__)
    assert not list(shown.anomalies())
    assert f"| `{ID}` | · | x | · |" in to_markdown(shown)
    assert told not in to_html(shown)
    assert f'title="{ID}, b: withheld.' in to_html(shown)


def test_a_known_failure_is_shown_with_its_reason() -> None:
    runs = [run(case("fail", reason="Let in."), name="a")]
    assert "Let in. It never looks." in to_html(side_by_side(runs, {}, {"a": {ID: "It never looks."}}.__getitem__))


def test_a_run_without_a_browser_says_so() -> None:
    seen, plain = run(case("pass"), name="a"), run(case("pass"), name="b")
    plain = attrs.evolve(plain, header=attrs.evolve(plain.header, driver="http"))
    assert [line.endswith("(without a browser)") for line in side_by_side([seen, plain], {}).summaries] == [False, True]
