"""Admin > Login attempts: what came, what each check found, and what the person was told (P11)."""

import base64
import binascii
from urllib.parse import unquote_plus

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from lxml import etree

from portal_stub.accounts import attempts
from portal_stub.accounts.attempts import Attempt
from portal_stub.web.guard import admins_only
from portal_stub.web.visit import portal

blueprint = Blueprint("attempts", __name__)

_A_PAGE = 50
_GREATEST_ID = 2**63 - 1
_ORDER = ("violated", "not-checked", "warning", "ok", "not-applicable")


@blueprint.get("/admin/attempts")
@admins_only
def listing() -> ResponseReturnValue:
    """Show the latest attempts, fifty a page."""
    before = request.args.get("before", "")
    limit = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    with portal().database.reading() as rows:
        found = attempts.latest(rows, _A_PAGE + 1, limit)
    older = found[_A_PAGE - 1].id if len(found) > _A_PAGE else None
    return render_template("attempts.html", attempts=found[:_A_PAGE], older=older, is_first=limit is None)


@blueprint.get("/admin/attempts/<int:attempt_id>")
@admins_only
def detail(attempt_id: int) -> ResponseReturnValue:
    """Show one attempt with every finding."""
    attempt = None
    if attempt_id <= _GREATEST_ID:
        with portal().database.reading() as rows:
            attempt = attempts.by_id(rows, attempt_id)
    if attempt is None:
        abort(404, "There is no login attempt with this number.")
    findings = sorted(attempts.findings_of(attempt), key=lambda finding: _ORDER.index(finding.outcome))
    return render_template("attempt.html", attempt=attempt, findings=findings, readable=_readable(attempt))


def _readable(attempt: Attempt) -> str | None:
    """Return the message for people: the query's parameters one a line, or the XML indented; ``None`` if neither."""
    if attempt.message is None:
        return None
    if attempt.method == "simple" or (attempt.method == "logout" and "=" in attempt.message.rstrip("=")):
        return "\n".join(unquote_plus(pair) for pair in attempt.message.split("&"))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
    try:
        document = etree.fromstring(base64.b64decode(attempt.message), parser)
        etree.indent(document, "  ")
        return etree.tostring(document, encoding="unicode")
    except (etree.LxmlError, binascii.Error, ValueError):
        return None
