"""Admin > Security: single sign-on set up by an administrator (P1 to P3)."""

import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal_stub.accounts import overrides, sessions
from portal_stub.config import Settings
from portal_stub.web.guard import admins_only, sender
from portal_stub.web.security_form import FORM_NAMES, METADATA, choices, fill
from portal_stub.web.visit import portal, visit

blueprint = Blueprint("security", __name__)


@blueprint.get("/admin/security")
@admins_only
def show() -> ResponseReturnValue:
    """Show the settings, and once what was said about the form that was saved."""
    person = visit().person
    notice = person.notice if person else None
    if person is not None and notice is not None:
        with portal().database.writing() as rows:
            sessions.notify(rows, person, None)
    return _page(visit().settings, (notice or "").splitlines(), {}, request.args)


@blueprint.post("/admin/security")
@admins_only
def save() -> ResponseReturnValue:
    """Save the form, at once in force, or show it again with a sentence beside each field that is wrong."""
    person = sender(with_token=True)
    filled = fill(visit().settings, request.form)
    if filled.mistakes:
        return _page(filled.settings, (), filled.mistakes, request.form), 422
    return _saved(person, filled.settings, ("The settings were saved and are in force.", *filled.notes))


@blueprint.post("/admin/security/secret")
@admins_only
def regenerate() -> ResponseReturnValue:
    """Make a new shared secret (P2). Links made with the old one no longer open."""
    settings = overrides.with_value(visit().settings, "simple.secret", secrets.token_hex(16))
    return _saved(sender(with_token=True), settings, ("A new shared secret was saved. The old one no longer opens.",))


def _saved(person: sessions.Person, settings: Settings, notes: tuple[str, ...]) -> Response:
    with portal().in_force.saving(settings) as rows:
        sessions.notify(rows, person, "\n".join(notes))
    return make_response(redirect("/admin/security", 303))


def _page(settings: Settings, notes: object, mistakes: Mapping[str, str], typed: Mapping[str, str]) -> str:
    def value(name: str) -> object:
        """What stands in the field: what was typed where it was wrong, else what is set."""
        if name in mistakes and not choices(name):
            return typed.get(FORM_NAMES.get(name, name), "")
        return "" if name == METADATA else overrides.value_of(settings, name)

    return render_template(
        "security.html",
        settings=settings,
        value=value,
        choices=choices,
        mistakes=mistakes,
        notes=notes,
        form_name=lambda name: FORM_NAMES.get(name, name),
    )
