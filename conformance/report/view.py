"""What a report shows of a run: its events, with the rules, titles, messages and pictures that belong to them."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from conformance.events import BROKEN, CaseEvent, Run, Verdict, case_file, count
from conformance.report.message import Message, read_message
from conformance.report.titles import place_in
from conformance.report.words import OF_A_PORTAL, Words, words_for
from idp_sim.catalogue import NOTHING
from rulebook import RULES, Rule

WORST_FIRST: tuple[Verdict, ...] = ("crash", "fail", "wrong-reason", "inconclusive", "advisory", "skipped", "pass")

HEADINGS: Mapping[Verdict, str] = {
    "crash": "Crashed",
    "fail": "Failed",
    "wrong-reason": "Wrong reason",
    "inconclusive": "Inconclusive",
    "advisory": "Advisory",
    "skipped": "Skipped",
    "pass": "Passed",
}

# What XML 1.0 (2.2) cannot hold, halves of surrogate pairs among it. A page may have shown any of it.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return the text with characters that no report can hold written as escapes."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@attrs.frozen(kw_only=True)
class CaseView:
    """One case as a report shows it. ``title`` is empty for a case that this version does not know."""

    event: CaseEvent
    title: str
    rule: Rule | None
    message: Message | None
    picture: str | None
    """The screenshot of a case that did not pass, in base64."""
    known: str = ""
    """Why the failure is known, where the baseline holds it."""
    words: Words = OF_A_PORTAL

    @property
    def topic(self) -> str:
        """The id without its last part."""
        return self.event.id.partition("[")[0].partition("@")[0].rpartition(".")[0]

    @property
    def reason(self) -> str:
        """Why the verdict is not ``pass``, in words."""
        return printable(self.event.reason or "")

    @property
    def demanded(self) -> str:
        """What the rule demands."""
        return self.words.outcomes[self.event.outcome]

    @property
    def observed(self) -> str:
        """What the person experienced, in one phrase."""
        return self.words.results[self.event.observed.result]

    @property
    def person(self) -> str:
        """Who was signed in, if somebody was."""
        return printable(self.event.observed.person or "")

    @property
    def shown(self) -> str:
        """The message that the page showed."""
        return printable(self.event.observed.message or "")

    @property
    def proof(self) -> str:
        """How the verdict was proved."""
        return self.words.proofs[self.event.proof] if self.event.proof else ""


@attrs.frozen(kw_only=True)
class RunView:
    """A whole run as a report shows it; ``cases`` stand in the catalogue's order, those that it does not know last."""

    run: Run
    cases: tuple[CaseView, ...]

    @property
    def words(self) -> Words:
        """The words for what was judged."""
        return words_for(self.run)

    @property
    def target(self) -> str:
        """What was judged, in one word."""
        return printable(str(self.run.header.target.get("name", "the target")))

    def target_facts(self) -> list[tuple[str, str]]:
        """Return what else is known of the target, as names and values."""
        facts = {name: value for name, value in self.run.header.target.items() if name != "name" and value}
        return [
            (printable(name), printable(", ".join(map(str, value)) if isinstance(value, list) else str(value)))
            for name, value in facts.items()
        ]

    @property
    def cut_off(self) -> str:
        """The sentence that tells of a run that was cut off, or the empty string."""
        if self.run.complete:
            return ""
        return f"This run was cut off: {len(self.cases)} of {self.run.header.selected} cases have a verdict."

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        counts = self.run.counts
        known = sum(bool(case.known) for case in self.cases)
        beside = f" {known} known failure{'s' * (known != 1)} of the baseline not counted." if known else ""
        judged = len(self.cases) - counts["skipped"]
        unknown = count(case.event.verdict for case in self.cases if not case.known)
        broken = sum(unknown[verdict] for verdict in BROKEN)
        if broken:
            return f"{broken} of {judged} cases speak against {self.target}.{beside}"
        if unknown["inconclusive"]:
            return f"{unknown['inconclusive']} of {judged} cases are inconclusive.{beside}"
        if not judged:
            return "No case was run."
        if self.cut_off:
            return f"Nothing speaks against {self.target} so far, but the run did not come to its end.{beside}"
        return f"Nothing {'new ' * bool(known)}speaks against {self.target} in {judged} cases.{beside}"

    def groups(self) -> list[tuple[Verdict, list[CaseView]]]:
        """Return the cases of each verdict that was given, the worst verdict first."""
        of = {verdict: [case for case in self.cases if case.event.verdict == verdict] for verdict in WORST_FIRST}
        return [(verdict, cases) for verdict, cases in of.items() if cases]


def view(run: Run, directory: Path, titles: Mapping[str, str], known: Mapping[str, str] = NOTHING) -> RunView:
    """Put together what reports show.

    Messages and pictures are looked for in the report folder ``directory``; ``titles`` are those of the cases by id,
    in the catalogue's order, and ``known`` the reasons of known failures likewise.
    """
    words, place = words_for(run), place_in(titles)
    shown = [
        attrs.evolve(_case(event, titles.get(event.id, ""), directory, known.get(event.id, "")), words=words)
        for event in sorted(run.cases, key=lambda event: place(event.id))
    ]
    return RunView(run=run, cases=tuple(shown))


def _case(event: CaseEvent, title: str, directory: Path, known: str) -> CaseView:
    return CaseView(
        event=event,
        title=title,
        rule=RULES.get(event.rule or ""),
        message=read_message(directory, event.id),
        picture=None if event.verdict == "pass" else _picture(case_file(directory, event.id, ".png")),
        known=printable(known),
    )


def _picture(path: Path) -> str | None:
    return base64.b64encode(path.read_bytes()).decode() if path.is_file() else None
