"""Readers of the event stream: each turns a run into one report."""

from collections.abc import Mapping
from pathlib import Path

from conformance.events import Run
from conformance.report.html import to_html
from conformance.report.junit import to_junit
from conformance.report.markdown import to_markdown
from conformance.report.titles import titles_for
from conformance.report.view import view
from idp_sim.catalogue import NOTHING

__all__ = ["write_all"]


def write_all(run: Run, directory: Path, known: Mapping[str, str] = NOTHING) -> None:
    """Write ``junit.xml``, ``summary.md`` and ``index.html`` of a run beside its stream of events in ``directory``.

    ``known`` are the reasons of the failures that a baseline holds, by case id.
    """
    shown = view(run, directory, titles_for(run), known)
    (directory / "junit.xml").write_bytes(to_junit(shown))
    (directory / "summary.md").write_text(to_markdown(shown), encoding="utf-8")
    (directory / "index.html").write_text(to_html(shown), encoding="utf-8")
