"""Where single sign-on arrives: the link of a remote login, and the Response of an identity provider."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from portal_stub.accounts import attempts, memory, sessions
from portal_stub.accounts.attempts import Received
from portal_stub.accounts.granting import Granted, TooLate, grant, refused
from portal_stub.diagnosis import Diagnosis, Finding
from portal_stub.messages import public_message, public_rules
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.message import Binding, Memory, Post
from portal_stub.saml.metadata import metadata as portal_metadata
from portal_stub.web.login import enter
from portal_stub.web.targets import WEB, offsite_target, own_host_target
from portal_stub.web.visit import portal, visit
from rulebook import rule

blueprint = Blueprint("sso", __name__)

_OWN_HOST = "portal.redirect.own-host"


@blueprint.route("/login/sso", methods=["GET", "POST"])
@blueprint.route("/login/sso/", methods=["GET", "POST"])
def remote_login() -> ResponseReturnValue:
    """Take the link of a remote login (R2). What is posted in its place is judged, and refused for that."""
    posted = request.method == "POST"
    query = b"&".join(filter(None, (request.query_string, request.get_data() if posted else b"")))
    with portal().database.reading() as rows:
        seen = memory.SeenAssertions(rows, visit().now)
        diagnosis = judge_link(
            query, visit().settings, visit().now, portal().weaknesses, seen_links=seen, posted=posted
        )
    return _conclude(diagnosis, Received(method="simple", message=query.decode("ascii", "backslashreplace")))


@blueprint.post("/login/saml")
def consume() -> ResponseReturnValue:
    """Take a Response: the assertion consumer service (S1)."""
    responses = [*request.form.getlist("SAMLResponse"), *request.args.getlist("SAMLResponse")]
    return _consume(responses, request.form.get("RelayState"), "post")


@blueprint.get("/login/saml")
def consume_from_address() -> ResponseReturnValue:
    """Say that a Response is posted, not sent by HTTP-Redirect. Only a portal that forgot this rule reads it."""
    responses = request.args.getlist("SAMLResponse")
    if not responses:
        raise MethodNotAllowed(valid_methods=["POST"])
    return _consume(responses, request.args.get("RelayState"), "redirect")


def _consume(responses: Sequence[str], relay_state: str | None, binding: Binding) -> Response:
    received = Received(method="saml", message="\n".join(responses) if responses else None, relay_state=relay_state)
    here, now = portal(), visit().now
    first = responses[0] if responses else None
    post = Post(
        saml_response=first,
        relay_state=relay_state,
        further=tuple(responses[1:]),
        binding=binding,
        sender=request.remote_addr,
    )
    with here.database.reading() as rows:
        remembered = Memory(
            open_requests=memory.OpenRequests(rows, visit().browser, now),
            seen_assertions=memory.SeenAssertions(rows, now),
        )
        diagnosis = judge_response(
            post, visit().settings, now, remembered, here.weaknesses, lambda: here.keys.encryption.key
        )
    return _conclude(diagnosis, received)


@blueprint.get("/login/saml/metadata")
def metadata() -> ResponseReturnValue:
    """Show the portal's metadata (S2)."""
    keys = portal().keys
    xml = portal_metadata(visit().settings, keys.signing.certificate, keys.encryption.certificate)
    return Response(xml, mimetype="application/samlmetadata+xml")


def _conclude(diagnosis: Diagnosis, received: Received) -> Response:
    """Sign the person in, or send them to the password form with the message (P5). Either is recorded (P11).

    A refused login changes nothing for somebody who is signed in already: else every site could sign people out.
    """
    browser = visit().browser or sessions.new_token()
    if diagnosis.granted:
        try:
            return _signed_in(diagnosis, received, browser)
        except TooLate as late:
            diagnosis = refused(diagnosis, late.finding)
    return make_response(redirect(f"/login/normal?attempt={_record(diagnosis, received)}", 303))


def _signed_in(diagnosis: Diagnosis, received: Received, browser: str) -> Response:
    here, now, settings = portal(), visit().now, visit().settings
    drift = timedelta(seconds=settings.saml.allowed_drift_seconds)
    with here.database.writing() as rows:
        granted = grant(rows, diagnosis, browser, here.weaknesses, drift, now)
        sessions.end(rows, token=visit().session)
        address, finding = _address(diagnosis, granted)
        attempts.record(
            rows,
            received,
            refused(diagnosis, finding),
            said=("", ()),
            secrets=(settings.simple.secret,),
            now=now,
        )
    return enter(granted.session, browser, address)


def _record(diagnosis: Diagnosis, received: Received) -> str:
    settings = visit().settings
    said = (public_message(diagnosis, settings), public_rules(diagnosis))
    with portal().database.writing() as rows:
        return attempts.record(rows, received, diagnosis, said=said, secrets=(settings.simple.secret,), now=visit().now)


def _address(diagnosis: Diagnosis, granted: Granted) -> tuple[str, Finding]:
    """Return where the person goes after a login, and what the attempt says about the target that was sent (P8)."""
    settings = visit().settings
    home = f"{settings.base_url}/"
    wanted = own_host_target(granted.wanted, settings.base_url) if granted.wanted else None
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
