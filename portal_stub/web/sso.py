"""Where single sign-on arrives: the link of a remote login, and the Response of an identity provider."""

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import unquote

from flask import Blueprint, Response, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.exceptions import MethodNotAllowed

from portal_stub.accounts import attempts, memory, sessions, trials
from portal_stub.accounts.attempts import Received
from portal_stub.accounts.granting import TooLate, grant, refused, use_up
from portal_stub.accounts.trials import Trial
from portal_stub.diagnosis import Diagnosis, Finding
from portal_stub.messages import public_message, public_rules
from portal_stub.remote_login.detective import suspects_of_address
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.message import Binding, Memory, Post
from portal_stub.saml.metadata import metadata as portal_metadata
from portal_stub.weakness import SOUND
from portal_stub.web.login import enter
from portal_stub.web.targets import WEB, offsite_target, own_host_target
from portal_stub.web.visit import portal, trial_here, visit
from rulebook import rule

blueprint = Blueprint("sso", __name__)

_OWN_HOST = "portal.redirect.own-host"


@blueprint.route("/login/sso", methods=["GET", "POST"])
@blueprint.route("/login/sso/", methods=["GET", "POST"])
def remote_login() -> ResponseReturnValue:
    """Take the link of a remote login (R2). What is posted in its place is judged, and refused for that."""
    posted = request.method == "POST"
    query = b"&".join(filter(None, (request.query_string, request.get_data() if posted else b"")))
    trial = trial_here()
    weaknesses = SOUND if trial else portal().weaknesses
    with portal().database.reading() as rows:
        seen = memory.SeenAssertions(rows, visit().now)
        diagnosis = judge_link(query, visit().settings, visit().now, weaknesses, seen_links=seen, posted=posted)
    received = Received(method="simple", message=query.decode("ascii", "backslashreplace"))
    return _conclude(diagnosis, received, trial)


def hold_address() -> None:
    """Say what is wrong with the path where a remote login comes under another one than the portal's (R2).

    The path is read as it was asked for: the server takes one of two slashes at its beginning away.
    """
    sent = {name.removeprefix("amp;") for name in request.args}
    if request.method != "GET" or request.endpoint == "static" or not {"email", "hash"} <= sent:
        return
    asked = re.match(r"(?:https?://[^/?#]*)?([^?#]*)", request.environ.get("REQUEST_URI") or request.path)
    told = suspects_of_address(unquote(asked[1]) if asked and asked[1] else "/", visit().settings)
    if told:
        sentences = (f"{suspect.sentence} {suspect.mend}" for suspect in told)
        abort(404, " ".join(("This is a remote login, and this page does not take any.", *sentences)))


@blueprint.post("/login/saml")
def consume() -> ResponseReturnValue:
    """Take a Response: the assertion consumer service (S1)."""
    responses = [*request.form.getlist("SAMLResponse"), *request.args.getlist("SAMLResponse")]
    return _consume(responses, request.form.get("RelayState"), "post")


@blueprint.get("/login/saml")
def consume_from_address() -> ResponseReturnValue:
    """Say that a Response is posted, not sent by HTTP-Redirect. Only a portal that forgot this rule reads it."""
    responses = request.args.getlist("SAMLResponse")
    if not responses and trial_here() is None:
        raise MethodNotAllowed(valid_methods=["POST"])
    return _consume(responses, request.args.get("RelayState"), "redirect")


def _consume(responses: Sequence[str], relay_state: str | None, binding: Binding) -> Response:
    received = Received(method="saml", message="\n".join(responses) if responses else None, relay_state=relay_state)
    here, now, trial = portal(), visit().now, trial_here()
    first = responses[0] if responses else None
    post = Post(
        saml_response=first,
        relay_state=relay_state,
        further=tuple(responses[1:]),
        others=tuple(name for name in request.values if name not in ("SAMLResponse", "RelayState")),
        binding=binding,
        sender=request.remote_addr,
    )
    with here.database.reading() as rows:
        remembered = Memory(
            open_requests=memory.OpenRequests(rows, visit().browser, now),
            seen_assertions=memory.SeenAssertions(rows, now),
        )
        weaknesses = SOUND if trial else here.weaknesses
        diagnosis = judge_response(
            post, visit().settings, now, remembered, weaknesses, lambda: here.keys.encryption.key
        )
    return _conclude(diagnosis, received, trial)


@blueprint.get("/login/saml/metadata")
def metadata() -> ResponseReturnValue:
    """Show the portal's metadata (S2)."""
    keys = portal().keys
    xml = portal_metadata(visit().settings, keys.signing.certificate, keys.encryption.certificate)
    return Response(xml, mimetype="application/samlmetadata+xml")


def _conclude(diagnosis: Diagnosis, received: Received, trial: Trial | None) -> Response:
    """Sign the person in, or send them to the password form with the message (P5). Either is recorded (P11).

    A refused login changes nothing for somebody who is signed in already: else every site could sign people out.
    In a trial nobody is signed in, and the administrator is shown the diagnosis.
    """
    browser = visit().browser or sessions.new_token()
    if trial is not None:
        return _tried(diagnosis, received, browser, trial)
    if diagnosis.granted:
        try:
            return _signed_in(diagnosis, received, browser)
        except TooLate as late:
            diagnosis = refused(diagnosis, late.finding)
    with portal().database.writing() as rows:
        token = _record(rows, diagnosis, received)
    return make_response(redirect(f"/login/normal?attempt={token}", 303))


def _tried(diagnosis: Diagnosis, received: Received, browser: str, trial: Trial) -> Response:
    """Use up what a login uses up, so that a second use is found, and change nothing else."""
    if diagnosis.granted:
        try:
            with portal().database.writing() as rows:
                wanted = use_up(rows, diagnosis, browser, SOUND, visit().now)
            diagnosis = refused(diagnosis, _address(diagnosis, wanted)[1])
        except TooLate as late:
            diagnosis = refused(diagnosis, late.finding)
    with portal().database.writing() as rows:
        attempt_id = trials.keep(rows, trial, _record(rows, diagnosis, received))
    return make_response(redirect(f"/admin/attempts/{attempt_id}", 303))


def _signed_in(diagnosis: Diagnosis, received: Received, browser: str) -> Response:
    here, now, settings = portal(), visit().now, visit().settings
    drift = timedelta(seconds=settings.saml.allowed_drift_seconds)
    with here.database.writing() as rows:
        granted = grant(rows, diagnosis, browser, here.weaknesses, drift, now)
        sessions.end(rows, token=visit().session)
        address, finding = _address(diagnosis, granted.wanted)
        attempts.record(
            rows,
            received,
            refused(diagnosis, finding),
            said=("", ()),
            secrets=(settings.simple.secret,),
            now=now,
        )
    return enter(granted.session, browser, address)


def _record(rows: Connection, diagnosis: Diagnosis, received: Received) -> str:
    settings = visit().settings
    said = (public_message(diagnosis, settings), public_rules(diagnosis))
    return attempts.record(rows, received, diagnosis, said=said, secrets=(settings.simple.secret,), now=visit().now)


def _address(diagnosis: Diagnosis, first_wanted: str | None) -> tuple[str, Finding]:
    """Return where the person goes after a login, and what the attempt says about the target that was sent (P8)."""
    settings = visit().settings
    home = f"{settings.base_url}/"
    wanted = own_host_target(first_wanted, settings.base_url) if first_wanted else None
    waived = _OWN_HOST in portal().weaknesses.without
    # The relay state of an answer to our own request is ours: it is no target, unless a portal forgot that.
    target = diagnosis.redirect_to if diagnosis.request_id is None or waived else None
    if not target:
        return wanted or home, Finding(rule=_OWN_HOST, outcome="not-applicable", reason="no target was sent")
    own = own_host_target(target, settings.base_url)
    if own is not None:
        return own, Finding(rule=_OWN_HOST, outcome="ok")
    followed = (*WEB, "javascript") if waived else WEB if settings.follow_offsite_targets else ()
    elsewhere = offsite_target(target, followed)
    finding = Finding(
        rule=_OWN_HOST,
        outcome="not-applicable" if waived else "warning",
        reason="left out on purpose" if waived else "",
        expected=f"a page of {settings.base_url}",
        got=target,
        hint="The target was followed." if elsewhere else rule(_OWN_HOST).mend,
    )
    return elsewhere or wanted or home, finding
