"""Admin > Check: an integrator's identity provider or remote login page, held against every rule.

What is given is saved as the portal's settings, and a trial begins in this browser: its logins are judged and shown,
and nobody is signed in.
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding
from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal_stub.accounts import overrides, sessions, trials
from portal_stub.accounts.trials import Trial
from portal_stub.config import Method, Settings
from portal_stub.remote_login.hashes import FORMULAS
from portal_stub.saml.identity import COMPANY, FIRST_NAME, LAST_NAME, PHONE
from portal_stub.saml.metadata import NAME_ID_FORMATS
from portal_stub.web import check_form
from portal_stub.web.guard import admins_only, sender
from portal_stub.web.security_form import Filled, choices
from portal_stub.web.visit import drop_trial, keep_trial, portal, trial_here, visit

blueprint = Blueprint("check", __name__)

_MOST_ATTEMPTS = 20
_ATTRIBUTES = (("First name", FIRST_NAME), ("Last name", LAST_NAME), ("Phone", PHONE), ("Company", COMPANY))


@blueprint.get("/admin/check")
@admins_only
def show() -> ResponseReturnValue:
    """Show the check that goes on and what came of it, or the forms that begin one."""
    person, now = sender(), visit().now
    with portal().database.reading() as rows:
        trial = trials.of(rows, person, now)
        came = trials.attempts_in(rows, trial, _MOST_ATTEMPTS) if trial else []
    if trial is None:
        return _forms(visit().settings, {}, {})
    notice = (person.notice or "").splitlines()
    if notice:
        with portal().database.writing() as rows:
            sessions.notify(rows, person, None)
    return render_template(
        "check_running.html",
        trial=trial,
        came=came,
        notes=notice,
        bound=_is_bound(trial),
        settings=visit().settings,
        formula=FORMULAS[visit().settings.simple.profile],
        attributes=_ATTRIBUTES,
        name_id_format=NAME_ID_FORMATS[0],
        certificate=_encryption_certificate() if trial.method == "saml" else "",
    )


@blueprint.post("/admin/check/saml")
@admins_only
def begin_saml() -> ResponseReturnValue:
    """Trust the identity provider that was given, and begin the check of it."""
    sender(with_token=True)
    uploaded = request.files.get(check_form.METADATA_FILE)
    return _begun(check_form.identity_provider(visit().settings, request.form, uploaded), "saml")


@blueprint.post("/admin/check/simple")
@admins_only
def begin_remote_login() -> ResponseReturnValue:
    """Trust the remote login page that was given, and begin the check of it."""
    sender(with_token=True)
    return _begun(check_form.remote_login_page(visit().settings, request.form), "simple")


@blueprint.post("/admin/check/end")
@admins_only
def end() -> ResponseReturnValue:
    """End the check: logins sign people in again."""
    person = sender(with_token=True)
    with portal().database.writing() as rows:
        trials.end(rows, person)
    response = make_response(redirect("/admin/check", 303))
    drop_trial(response)
    return response


def _begun(filled: Filled, method: Method) -> ResponseReturnValue:
    if filled.mistakes:
        return _forms(filled.settings, filled.mistakes, request.form), 422
    person = sender()
    notes = ("What you gave was saved as this portal's settings, and is in force for everybody.", *filled.notes)
    with portal().in_force.saving(filled.settings) as rows:
        sessions.notify(rows, person, "\n".join(notes))
        token = trials.begin(rows, person, method, visit().now)
    response = make_response(redirect("/admin/check", 303))
    keep_trial(response, token)
    return response


def _forms(settings: Settings, mistakes: Mapping[str, str], typed: Mapping[str, str]) -> str:
    stored = {check_form.CERTIFICATE: settings.saml.certificate or settings.saml.fingerprint}

    def value(name: str) -> str:
        """What stands in the field: what was typed where something was wrong, else what is set."""
        if name in typed:
            return typed[name]
        if name in stored:
            return stored[name]
        return str(overrides.value_of(settings, name)) if "." in name else ""

    return render_template("check.html", value=value, mistakes=mistakes, choices=choices)


def _is_bound(trial: Trial) -> bool:
    """Say whether this is the browser in which the check goes on: whether it kept its cookie, and sent it."""
    here = trial_here()
    return here is not None and here.key == trial.key


def _encryption_certificate() -> str:
    return portal().keys.encryption.certificate.public_bytes(Encoding.PEM).decode("ascii")
