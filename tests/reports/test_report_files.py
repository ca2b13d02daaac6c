import base64
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from conformance.case import all_cases
from conformance.events import VERDICTS, CaseEvent, Observed, Proof, Result, case_file, read
from conformance.idp.probes import all_probes
from conformance.report import write_all
from conformance.report.html import to_html
from conformance.report.junit import to_junit
from conformance.report.markdown import to_markdown
from conformance.report.message import read_message
from conformance.report.view import HEADINGS, WORST_FIRST, RunView, view
from conformance.report.words import OF_A_PORTAL, OF_AN_IDENTITY_PROVIDER
from idp_sim.catalogue import Outcome
from tests.reports.sample_run import CASES, PIXEL, write_sample

TITLES = {case.id: f"Title of {case.id}" for case in CASES}


@pytest.fixture
def shown(tmp_path: Path) -> RunView:
    return view(read(write_sample(tmp_path)), tmp_path, TITLES)


@pytest.fixture
def cut_off(tmp_path: Path) -> RunView:
    return view(read(write_sample(tmp_path, *CASES[:2], selected=8, finish=False)), tmp_path, TITLES)


def parsed(document: str) -> etree._Element:
    return etree.fromstring(document.encode(), etree.HTMLParser(encoding="utf-8"))


def page(shown: RunView) -> etree._Element:
    return parsed(to_html(shown))


def text_of(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def case_on(whole: etree._Element, case_id: str) -> etree._Element:
    return next(found for found in whole.iter("details") if found.get("id") == case_id)


def test_cases_stand_in_the_order_of_the_catalogue_whichever_was_decided_first(tmp_path: Path) -> None:
    unknown = attrs.evolve(CASES[0], id="saml.sound.of-another-version")
    run = read(write_sample(tmp_path, unknown, *reversed(CASES)))
    assert [case.event.id for case in view(run, tmp_path, TITLES).cases] == [*TITLES, unknown.id]


def test_all_reports_are_written_beside_the_stream(tmp_path: Path) -> None:
    write_all(read(write_sample(tmp_path)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "events.ndjson", "junit.xml", "summary.md", "index.html", "cases",
    }  # fmt: skip


def test_the_page_shows_the_titles_of_the_catalogue(tmp_path: Path) -> None:
    known = all_cases()[0]
    write_all(read(write_sample(tmp_path, attrs.evolve(CASES[0], id=known.id))), tmp_path)
    assert known.scenario.title in text_of(parsed((tmp_path / "index.html").read_text(encoding="utf-8")))


def test_the_page_shows_the_titles_of_the_probes(tmp_path: Path) -> None:
    known = all_probes()[0]
    run = read(write_sample(tmp_path, attrs.evolve(CASES[0], id=known.id)))
    header = attrs.evolve(run.header, target={"name": "acme", "kind": "identity-provider"})
    write_all(attrs.evolve(run, header=header), tmp_path)
    assert known.title in text_of(parsed((tmp_path / "index.html").read_text(encoding="utf-8")))


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICTS) == set(HEADINGS) == set(WORST_FIRST)
    for words in (OF_A_PORTAL, OF_AN_IDENTITY_PROVIDER):
        assert set(words.meanings) == set(VERDICTS)
        assert set(words.outcomes) == set(get_args(Outcome))
        assert set(words.results) == {*get_args(Result), None}
        assert set(words.proofs) == set(get_args(Proof))


def test_a_report_speaks_of_what_was_judged(tmp_path: Path) -> None:
    run = read(write_sample(tmp_path))

    def page_about(kind: str) -> str:
        about = attrs.evolve(run, header=attrs.evolve(run.header, target={"name": "it", "kind": kind}))
        return text_of(page(view(about, tmp_path, TITLES)))

    assert "The portal did what the protocol forbids" in page_about("stub")
    of_a_provider = page_about("identity-provider")
    assert "The identity provider did what the protocol forbids" in of_a_provider
    assert "The portal did what" not in of_a_provider


def test_junit_maps_each_verdict(shown: RunView) -> None:
    suite = ET.fromstring(to_junit(shown))[0]
    got = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    expected = {
        "pass": [], "fail": ["failure"], "wrong-reason": ["failure"], "crash": ["failure"],
        "inconclusive": ["error"], "advisory": ["system-out"], "skipped": ["skipped"],
    }  # fmt: skip
    assert got == {case.id: expected[case.verdict] for case in CASES}
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "8", "failures": "3", "errors": "1", "skipped": "1"}
    assert suite.find(".//skipped").get("message") == "needs a browser: cookies and SameSite"  # type: ignore[union-attr]


def test_junit_of_a_run_cut_off_holds_an_error(cut_off: RunView) -> None:
    suite = ET.fromstring(to_junit(cut_off))[0]
    error = suite.find(".//error")
    assert error is not None
    assert error.get("message") == "This run was cut off: 2 of 8 cases have a verdict."
    assert (suite.get("tests"), suite.get("errors")) == ("3", "1")


def test_markdown_tells_the_counts_and_why(shown: RunView) -> None:
    text = to_markdown(shown)
    assert "3 of 7 cases speak against stub." in text
    assert "| 2 | 1 | 1 | 1 | 1 | 1 | 1 |" in text
    assert "| saml.form.blank@response | saml.response.readable | portal.localhost answered 500 |" in text
    assert "| 1 | needs a browser: cookies and SameSite |" in text
    assert "cut off" not in text


def test_markdown_escapes_what_the_portal_said(shown: RunView) -> None:
    assert r"\| \<b\>really\</b\>" in to_markdown(shown)


def test_markdown_of_a_run_cut_off_says_so(cut_off: RunView) -> None:
    assert "> **This run was cut off: 2 of 8 cases have a verdict.**" in to_markdown(cut_off)


def test_the_page_groups_the_worst_first(shown: RunView) -> None:
    whole = page(shown)
    assert [case.get("data-verdict") for case in whole.xpath("//details[@data-verdict]")] == [
        "crash", "fail", "wrong-reason", "inconclusive", "advisory", "skipped", "pass", "pass",
    ]  # fmt: skip


def test_the_page_shows_all_that_is_known_of_a_failure(shown: RunView) -> None:
    failure = case_on(page(shown), "saml.addressing.other-audience@assertion")
    text = text_of(failure)
    for part in (
        "Title of saml.addressing.other-audience@assertion",
        "It must be refused. Signed in as مريم",
        "saml-core 2.5.1.4",
        "Every audience restriction",
        "Enter the portal's entity ID as audience",
        "<saml:Subject>zoë@example.org</saml:Subject>",
    ):
        assert part in text
    (picture,) = failure.xpath(".//img/@src")
    assert base64.b64decode(picture.removeprefix("data:image/png;base64,")) == PIXEL
    assert failure.get("open") is not None


def test_only_a_case_that_did_not_pass_has_its_picture(shown: RunView) -> None:
    pictured = {case.event.verdict for case in shown.cases if case.picture}
    assert pictured == {"fail", "crash"}


def test_the_page_says_how_a_refusal_was_proved(shown: RunView) -> None:
    assert "The page itself declares the rule" in text_of(case_on(page(shown), "remote-login.hash.wrong"))


def test_the_page_needs_nothing_from_elsewhere(shown: RunView) -> None:
    whole = page(shown)
    addresses = whole.xpath("//@src | //@href | //@action")
    assert [address[:5] for address in addresses] == ["data:"] * len(addresses)
    assert "url(" not in whole.xpath("string(//style)")
    (policy,) = whole.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")


def test_what_the_portal_said_is_text_and_nothing_else(shown: RunView) -> None:
    whole = page(shown)
    assert len(whole.xpath("//script")) == 1
    wrong = case_on(whole, "saml.addressing.other-destination[port]@both")
    assert r"<script>alert('page')</script> *now*\x00\ud800" in text_of(wrong)


def test_only_a_run_that_was_cut_off_says_so(shown: RunView, cut_off: RunView) -> None:
    assert page(shown).xpath("//*[@role='alert']") == []
    (notice,) = page(cut_off).xpath("//*[@role='alert']")
    assert text_of(notice).startswith("This run was cut off: 2 of 8 cases have a verdict.")


def test_a_long_list_of_failures_is_shown_closed(tmp_path: Path) -> None:
    many = [attrs.evolve(CASES[2], id=f"a.case-{number}") for number in range(13)]
    whole = page(view(read(write_sample(tmp_path, *many)), tmp_path, {}))
    assert whole.xpath("//details[@data-verdict][@open]") == []


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        ("pass", "Nothing speaks against stub in 1 cases."),
        ("inconclusive", "1 of 1 cases are inconclusive."),
        ("skipped", "No case was run."),
    ],
)
def test_the_headline_promises_no_more_than_was_judged(tmp_path: Path, verdict: str, headline: str) -> None:
    case = next(case for case in CASES if case.verdict == verdict)
    assert view(read(write_sample(tmp_path, case)), tmp_path, {}).headline == headline


def test_a_headline_beside_a_cut_is_not_a_success(cut_off: RunView) -> None:
    assert cut_off.headline == "Nothing speaks against stub so far, but the run did not come to its end."


@pytest.mark.parametrize(
    ("suffix", "content", "note", "text"),
    [
        (".b64", b"", "blank", ""),
        (".b64", b"%%%", "Not base64", "%%%"),
        (".b64", base64.b64encode(b"<a><b/></a>"), "laid out", "<a>\n  <b/>\n</a>"),
        (".b64", base64.b64encode(b"\xff<"), "not XML", "\\xff<"),
        (
            ".url",
            b"http://p/?a=%C3%AB&b=%ff&c=",
            "link",
            "http://p/?a=%C3%AB&b=%ff&c=\n\n    a = ë\n    b = \\xff\n    c = ",
        ),
    ],
)
def test_messages_are_made_readable(tmp_path: Path, suffix: str, content: bytes, note: str, text: str) -> None:
    path = case_file(tmp_path, "a.case", suffix)  # type: ignore[arg-type]
    path.parent.mkdir()
    path.write_bytes(content)
    message = read_message(tmp_path, "a.case")
    assert message is not None
    assert note in message.note
    assert message.text == text
    assert message.file == f"cases/a.case{suffix}"


def shown_of(document: str, folder: Path) -> str:
    path = case_file(folder, "a.case", ".b64")
    path.parent.mkdir()
    path.write_bytes(base64.b64encode(document.encode()))
    message = read_message(folder, "a.case")
    assert message is not None
    return message.text


def test_a_message_that_asks_for_a_file_does_not_get_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    text = shown_of(f'<!DOCTYPE a [<!ENTITY f SYSTEM "{secret.as_uri()}">]><a>&f;</a>', tmp_path)
    assert "&f;" in text
    assert "the secret" not in text


def test_a_message_that_would_swell_is_shown_as_it_is(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    document = f'<!DOCTYPE a [<!ENTITY e0 "boom">{entities}]><a>&e11;</a>'
    assert len(shown_of(document, tmp_path)) < 2 * len(document)


@given(st.binary(max_size=60), st.booleans(), st.text(st.characters(exclude_categories=()), min_size=1, max_size=30))
def test_any_message_and_any_words_of_a_portal_give_readable_reports(
    tmp_path_factory: pytest.TempPathFactory, sent: bytes, link: bool, said: str
) -> None:
    case = CaseEvent(
        id="a.case",
        outcome="must-refuse",
        verdict="fail",
        observed=Observed(result="as-other", person=said, message=said),
        seconds=1,
        reason=said,
    )
    folder = write_sample(tmp_path_factory.mktemp("any"), case)
    case_file(folder, "a.case", ".url" if link else ".b64").write_bytes(sent)
    shown = view(read(folder), folder, {})
    ET.fromstring(to_junit(shown))
    to_markdown(shown).encode()
    assert len(page(shown).xpath("//details[@data-verdict]")) == 1
