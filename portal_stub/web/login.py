"""Logging in and out: where a visitor is sent, the form that always works, and the way out (P4, P5, P8, P9)."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal_stub.accounts import attempts, contacts, logouts, memory, sessions
from portal_stub.config import Settings
from portal_stub.saml.request import post_form, redirect_url
from portal_stub.web.guard import hold_token, posting_elsewhere
from portal_stub.web.single_logout import ask, offers_single_logout
from portal_stub.web.targets import own_host_target, with_host_url
from portal_stub.web.visit import drop_session, keep_browser, keep_session, portal, visit

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def start() -> ResponseReturnValue:
    """Start the method that is set (P4), or show the form when none can be started."""
    settings = visit().settings
    if not _start_url(settings):
        return redirect("/login/normal", 302)
    if settings.sso.method == "simple":
        return redirect(with_host_url(settings.simple.remote_login_url, settings.host), 302)
    return _start_saml(settings)


@blueprint.get("/support/login")
def support() -> ResponseReturnValue:
    """Start single sign-on when it is on, and show the form when it is off (P4)."""
    return start() if visit().settings.sso.enabled else normal()


@blueprint.get("/login/normal")
def normal() -> ResponseReturnValue:
    """Show the password form, and the message of the failed login that led here (P4, P5)."""
    token = request.args.get("attempt", "")
    message, rules = "", ""
    if token:
        with portal().database.reading() as rows:
            told = attempts.told(rows, token)
            if told is not None:
                message, rules = told.public_message, " ".join(sorted(told.public_rules))
    return _form(message, rules)


@blueprint.post("/login/normal")
def log_in() -> ResponseReturnValue:
    """Log in with a password."""
    here, now = portal(), visit().now
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    with here.database.reading() as rows:
        contact = contacts.find(rows, email)
    fits = contacts.password_fits(contacts.password_hash_of(contact), password)
    if contact is None or not fits:
        message = "Email address or password is wrong. Check both and try again."
        return _form(message, "", email), 403
    browser = visit().browser or sessions.new_token()
    with here.database.writing() as rows:
        wanted = sessions.wanted(rows, visit().browser, now)
        sessions.forget_wanted(rows, browser)
        sessions.end(rows, token=visit().session)
        session = sessions.start(rows, contact, browser, now)
    base_url = visit().settings.base_url
    return enter(session, browser, (wanted and own_host_target(wanted, base_url)) or f"{base_url}/")


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    """End the session, then go to be signed out at the identity provider, or to the address that is set (P9, S14)."""
    person = visit().person
    if person is not None:
        hold_token(person)
        with portal().database.writing() as rows:
            principal = logouts.principal_of(rows, person.session)
            sessions.end(rows, token=person.session)
        if principal is not None and offers_single_logout(visit().settings):
            response = ask(principal)
            drop_session(response)
            return response
    response = make_response(redirect(_logout_url(visit().settings), 303))
    drop_session(response)
    return response


def enter(session: str, browser: str, address: str) -> Response:
    """Send the browser to ``address`` with its new session."""
    response = make_response(redirect(address, 303))
    keep_browser(response, browser)
    keep_session(response, session)
    return response


def _start_saml(settings: Settings) -> Response:
    now = visit().now
    browser = visit().browser or sessions.new_token()
    with portal().database.writing() as rows:
        request_id = memory.open_request(rows, browser, sessions.wanted(rows, visit().browser, now), now)
    signer = portal().keys.signing if settings.saml.sign_requests else None
    # The relay state says nothing about the visitor: the page they asked for stays here, with the request.
    if settings.saml.request_binding == "post":
        action, fields = post_form(settings, request_id, now, request_id, signer)
        page = make_response(render_template("send_request.html", action=action, fields=fields))
        response = posting_elsewhere(page, action)
    else:
        response = make_response(redirect(redirect_url(settings, request_id, now, request_id, signer), 302))
    keep_browser(response, browser)
    return response


def _form(message: str, rules: str, email: str = "") -> str:
    settings = visit().settings
    return render_template(
        "login.html",
        message=message,
        rules=rules,
        email=email,
        sso=bool(_start_url(settings)),
        not_set=settings.sso.enabled and not _start_url(settings),
    )


def _start_url(settings: Settings) -> str:
    if not settings.sso.enabled:
        return ""
    return settings.simple.remote_login_url if settings.sso.method == "simple" else settings.saml.login_url


def _logout_url(settings: Settings) -> str:
    if settings.sso.enabled and settings.sso.method == "simple" and settings.simple.remote_logout_url:
        return with_host_url(settings.simple.remote_logout_url, settings.host)
    if settings.sso.enabled and settings.sso.method == "saml" and settings.saml.logout_url:
        return settings.saml.logout_url
    return f"{settings.base_url}/"
