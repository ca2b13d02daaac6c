"""An explanation as a page, as one file, and as plain values for JSON."""

import functools
from importlib.resources import files
from typing import Any

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from portal_stub.explain.explanation import Explanation, Judged, Text, Wanted
from portal_stub.times import written

_STYLES = ("portal.css", "diagnosis.css")


def html(explanation: Explanation) -> str:
    """Return the explanation as one HTML file that needs nothing beside it: no network, no script."""
    folder = files("portal_stub") / "web" / "static"
    style = Markup("".join((folder / name).read_text(encoding="utf-8") for name in _STYLES))  # noqa: S704 - our own files
    return _templates().get_template("file.html").render(explanation=explanation, style=style, notes=())


def fragment(explanation: Explanation, notes: tuple[str, ...] = ()) -> Markup:
    """Return the explanation as what stands below the heading of a page. ``notes`` are the page's own sentences."""
    page = _templates().get_template("explanation.html").render(explanation=explanation, notes=notes)
    return Markup(page)  # noqa: S704 - the template has escaped it


def plain(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain values, as it is saved (fixtures/schemas/explanation.schema.json)."""
    account, message = explanation.account, explanation.message
    return {
        "schema": 1,
        "method": explanation.method,
        "at": written(explanation.at),
        "granted": explanation.granted,
        "person": explanation.person,
        "headline": explanation.headline,
        "violations": sorted(judged.rule for judged in explanation.of("violated")),
        "suspects": [attrs.asdict(suspect) for suspect in explanation.suspects],
        "rules": [_rule(judged) for judged in explanation.rules],
        "times": [attrs.asdict(moment) for moment in explanation.moments],
        "attributes": [_wanted(wanted) for wanted in explanation.wanted],
        "others": [attrs.asdict(fact) for fact in explanation.others],
        "account": None if account is None else attrs.asdict(account),
        "message": {
            "readable": "\n".join(_joined(line) for line in message.lines),
            "note": message.note,
            "as_received": message.raw,
            "left_out": message.left_out,
            "relay_state": message.relay_state,
        },
    }


def _rule(judged: Judged) -> dict[str, Any]:
    return {
        "rule": judged.rule,
        "level": judged.level,
        "clause": judged.clause,
        "statement": judged.statement,
        "outcome": judged.outcome,
        "expected": _joined(judged.expected),
        "got": _joined(judged.got),
        "differences": list(judged.differences),
        "where": [where.words for where in judged.where],
        "mend": list(judged.mend),
        "reason": judged.reason,
    }


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {**attrs.asdict(wanted), "names": list(wanted.names), "near": [attrs.asdict(miss) for miss in wanted.near]}


def _joined(text: Text) -> str:
    return "".join(piece.text for piece in text)


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("portal_stub.explain"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(groups=GROUPS, written=written)
    return environment


GROUPS = (("ok", "kept"), ("not-applicable", "not applicable"))
"""The rules that are not told one by one: each outcome, and what it is called."""
