"""Single logout (S14b): requests and answers of the identity provider, and the portal's own."""

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from portal_stub.accounts import attempts, logouts, sessions
from portal_stub.accounts.attempts import Received
from portal_stub.accounts.memory import OpenRequests
from portal_stub.accounts.tables import OPEN_LOGOUTS
from portal_stub.config import Settings
from portal_stub.saml.logout.arrival import Arrival, LogoutMemory
from portal_stub.saml.logout.judge import LogoutDiagnosis, judge_logout
from portal_stub.saml.logout.messages import public_logout_message
from portal_stub.saml.logout.send import Outgoing, logout_request, logout_response, outgoing
from portal_stub.web.guard import posting_elsewhere
from portal_stub.web.targets import WEB, offsite_target
from portal_stub.web.visit import drop_session, keep_browser, portal, visit

blueprint = Blueprint("single_logout", __name__)

_NAMED_SESSIONS = "saml.logout.named-sessions"
_OWN_HOST = "portal.redirect.own-host"


@blueprint.route("/login/saml/logout", methods=["GET", "POST"])
def take() -> ResponseReturnValue:
    """Take a logout request, or the answer to one: the single logout service."""
    if request.method == "POST":
        arrival = Arrival.from_form(list(request.form.items(multi=True)))
        message = "\n".join(value for name, value in arrival.pairs if name in ("SAMLRequest", "SAMLResponse"))
    else:
        arrival = Arrival.from_query(request.query_string)
        message = request.query_string.decode("ascii", "backslashreplace")
    here, now = portal(), visit().now
    with here.database.reading() as rows:
        memory = LogoutMemory(open_logouts=OpenRequests(rows, visit().browser, now, OPEN_LOGOUTS))
        diagnosis = judge_logout(arrival, visit().settings, now, memory, here.weaknesses)
    received = Received(method="logout", message=message, relay_state=arrival.relay_state)
    if diagnosis.granted and diagnosis.kind == "request":
        return _follow(diagnosis, received)
    return _conclude(diagnosis, received)


@blueprint.get("/logout/done")
def done() -> ResponseReturnValue:
    """Say how the logout went."""
    with portal().database.reading() as rows:
        told = attempts.told(rows, request.args.get("attempt", ""))
    found = told if told is not None and told.method == "logout" else None
    return render_template("logged_out.html", told=found, partial="partial" in request.args)


def offers_single_logout(settings: Settings) -> bool:
    """Say whether the identity provider is to be asked for a logout (S14)."""
    return settings.sso.enabled and settings.sso.method == "saml" and bool(settings.saml.slo_url)


def ask(principal: logouts.Principal) -> Response:
    """Send the browser to the identity provider with a request to end its session as well."""
    settings, now = visit().settings, visit().now
    browser = visit().browser or sessions.new_token()
    with portal().database.writing() as rows:
        request_id = logouts.open_logout(rows, browser, now)
    message = logout_request(settings, request_id, principal.name_id, principal.session_index, now)
    response = _send(outgoing(message, "SAMLRequest", None, settings, portal().keys.signing))
    keep_browser(response, browser)
    return response


def _follow(diagnosis: LogoutDiagnosis, received: Received) -> Response:
    """End the sessions that the request names, and answer it."""
    settings, now, weaknesses = visit().settings, visit().now, portal().weaknesses
    name_id = diagnosis.identity.email if diagnosis.identity else ""
    with portal().database.writing() as rows:
        if _NAMED_SESSIONS in weaknesses.without:
            # The portal that forgot whose session is whose ends them all, the one in this browser too.
            logouts.end_named(rows, name_id, ())
            sessions.end(rows, token=visit().session, browser=visit().browser)
        else:
            logouts.end_named(rows, name_id, diagnosis.session_indexes)
        _record(rows, diagnosis, received)
        gone = visit().session is None or sessions.current(rows, visit().session or "", now) is None
    answer = logout_response(settings, f"_{sessions.new_token()}", diagnosis.message_id or "", now)
    response = _send(outgoing(answer, "SAMLResponse", received.relay_state, settings, portal().keys.signing))
    if gone:
        drop_session(response)
    return response


def _conclude(diagnosis: LogoutDiagnosis, received: Received) -> Response:
    """Show what came of the message on a page of the portal's own. A refused one ends nobody's session."""
    with portal().database.writing() as rows:
        token = _record(rows, diagnosis, received)
        if diagnosis.granted and diagnosis.request_id is not None:
            logouts.close_logout(rows, diagnosis.request_id)
    elsewhere = None
    if diagnosis.granted and _OWN_HOST in portal().weaknesses.without:
        # The RelayState of an answer is not followed at all: the portal asked for nothing to come back.
        elsewhere = offsite_target(diagnosis.redirect_to or "", WEB)
    query = {"attempt": token} | ({"partial": "yes"} if diagnosis.partial else {})
    return make_response(redirect(elsewhere or f"/logout/done?{urlencode(query)}", 303))


def _record(rows: Connection, diagnosis: LogoutDiagnosis, received: Received) -> str:
    said = (public_logout_message(diagnosis), diagnosis.violations)
    secret = visit().settings.simple.secret
    return attempts.record(rows, received, diagnosis, said=said, secrets=(secret,), now=visit().now)


def _send(message: Outgoing) -> Response:
    if not message.fields:
        return make_response(redirect(message.address, 303))
    page = make_response(render_template("send_request.html", action=message.address, fields=message.fields))
    return posting_elsewhere(page, message.address)
