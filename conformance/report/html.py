"""``index.html``: the run as one page that needs nothing else, now or in ten years."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.events import summary_line
from conformance.report.view import HEADINGS, WORST_FIRST, RunView, printable
from rulebook import RULES

OPEN_AT_MOST = 12
"""So many cases of one verdict other than ``pass`` or ``skipped`` are shown open; more would bury the overview."""

_TEMPLATES = Environment(
    loader=PackageLoader("conformance.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def to_html(shown: RunView) -> str:
    """Return the run as one HTML document: style, script and pictures are inside it."""
    return document(
        "report.html",
        "report.css",
        "report.js",
        shown=shown,
        run=shown.run,
        counts=shown.run.counts,
        summary=summary_line(shown.run),
        verdicts=WORST_FIRST,
        headings=HEADINGS,
        meanings=shown.words.meanings,
        rules=RULES,
        open_at_most=OPEN_AT_MOST,
        printable=printable,
    )


def document(template: str, style_name: str, script_name: str | None, **values: object) -> str:
    """Return a page of ours with its style and script inside, and the hashes by which its policy allows them."""
    style, script = _own(style_name), _own(script_name) if script_name else ""
    return _TEMPLATES.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file, and nothing that a run brought
        script=Markup(script),  # noqa: S704 - likewise
        style_hash=_hash(style),
        script_hash=_hash(script),
        **values,
    )


def _own(name: str) -> str:
    return files("conformance.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """Return the content's hash as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
