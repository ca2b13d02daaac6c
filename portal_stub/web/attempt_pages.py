"""Admin > Login attempts: what came, what was found in it and why, and what the person was told (P11)."""

import json
import re
from collections.abc import Callable

import attrs
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal_stub.accounts import attempts, contacts, trials
from portal_stub.accounts.attempts import Attempt
from portal_stub.explain import Explanation, explain, html, plain
from portal_stub.explain.pages import fragment
from portal_stub.saml.message import Post
from portal_stub.web.guard import admins_only
from portal_stub.web.visit import portal, visit

blueprint = Blueprint("attempts", __name__)

_A_PAGE = 50
_GREATEST_ID = 2**63 - 1
_LEAST_HASH = 16
"""Characters of a hash that is masked in a file: fewer are no hash, and would be found everywhere."""
_HASH = re.compile(r"(?:^|&)hash=([^&]+)", re.IGNORECASE)
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


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
    """Show the whole diagnosis of one attempt."""
    attempt, checked = _found(attempt_id)
    diagnosis = fragment(_explained(attempt, _secrets()))
    return render_template("attempt.html", attempt=attempt, checked=checked, diagnosis=diagnosis)


@blueprint.get("/admin/attempts/<int:attempt_id>/diagnosis.html")
@admins_only
def save_html(attempt_id: int) -> ResponseReturnValue:
    """Give the diagnosis as one file for people."""
    return _file(attempt_id, html, "html", "text/html")


@blueprint.get("/admin/attempts/<int:attempt_id>/diagnosis.json")
@admins_only
def save_json(attempt_id: int) -> ResponseReturnValue:
    """Give the diagnosis as one file for programs."""
    return _file(attempt_id, lambda found: json.dumps(plain(found), indent=2) + "\n", "json", "application/json")


def _file(attempt_id: int, written: Callable[[Explanation], str], suffix: str, mimetype: str) -> Response:
    """A file is handed on, so the digits of a hash are masked in it, the wrong ones as well."""
    attempt, _ = _found(attempt_id)
    hashes = _HASH.findall(attempt.message or "") if attempt.method == "simple" else []
    secrets = (*_secrets(), *(found for found in hashes if len(found) >= _LEAST_HASH))
    response = Response(written(_explained(attempt, secrets)), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="login-{attempt.id}.{suffix}"'
    return response


def _found(attempt_id: int) -> tuple[Attempt, bool]:
    """Return the attempt, and whether it was part of a check. Ends the request where there is none."""
    attempt = None
    if attempt_id <= _GREATEST_ID:
        with portal().database.reading() as rows:
            attempt = attempts.by_id(rows, attempt_id)
            checked = attempt is not None and trials.was_checked(rows, attempt_id)
    if attempt is None:
        abort(404, "There is no login attempt with this number.")
    return attempt, checked


def _secrets() -> tuple[str, ...]:
    return (visit().settings.simple.secret,)


def _explained(attempt: Attempt, secrets: tuple[str, ...]) -> Explanation:
    explanation = explain(
        _message(attempt),
        attempts.findings_of(attempt),
        visit().settings,
        attempt.at,
        granted=attempt.granted,
        person=attempt.person,
        method=attempt.method,
        own_key=lambda: portal().keys.encryption.key,
        hide=lambda text: attempts.masked(text, secrets) or "",
    )
    if explanation.account is None:
        return explanation
    known = _known(explanation.account.facts[0].value)
    return attrs.evolve(explanation, account=attrs.evolve(explanation.account, known=known))


def _message(attempt: Attempt) -> bytes | Post:
    message = attempt.message
    if attempt.method == "simple" or (attempt.method == "logout" and message and "=" in message.rstrip("=")):
        # Bytes outside ASCII were written out when the query was kept.
        return _BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), (message or "").encode("utf-8"))
    return Post(saml_response=message, relay_state=attempt.relay_state)


def _known(email: str) -> str:
    with portal().database.reading() as rows:
        contact = contacts.find(rows, email)
    if contact is None:
        return "Nobody has this address yet: a login that is granted makes a new contact, a customer."
    role = {"agent": "the agent", "customer": "the customer"}.get(contact.role, contact.role)
    return f"It is that of {role} {contact.name}, whom a login that is granted signs in."
