"""Single logout at the simulator: logouts that begin here, and those that portals ask for (saml-profiles 4.4)."""

from collections.abc import Mapping

import attrs
from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from idp_sim.catalogue import CannotPerform, Start
from idp_sim.config import Portal
from idp_sim.logout import Kind, Logout, LogoutForm
from idp_sim.perform_logout import KIND_OF, perform_logout
from idp_sim.saml.logout import PortalsLogout, read_logout
from idp_sim.saml.request import UnreadableRequest
from idp_sim.saml.request_signature import WrongSignature, in_message, in_query
from idp_sim.web.menu import Topic
from idp_sim.web.pages import Site, site
from idp_sim.web.problem import Problem
from idp_sim.web.visit import portal_named, unknown_portal
from rulebook.strict_toml import nearest

logout_pages = Blueprint("logout_pages", __name__)

_DEFAULTS: Mapping[Kind, str] = {
    "request": "saml.logout.request[redirect]",
    "response": "saml.logout.response[redirect]",
}


@logout_pages.get("/saml/logout/start")
def start() -> ResponseReturnValue:
    """Begin a logout here: choose whose session ends, and with which logout request."""
    here = site()
    portal = portal_named(request.args.get("portal"), here.config)
    _check_slo(portal)
    return _page(portal, "request", {}, sessions=here.sessions.at_portal(portal.name))


@logout_pages.route("/saml/slo", methods=["GET", "POST"])
def single_logout() -> ResponseReturnValue:
    """Take a portal's logout request, and offer the answers to it; or take its answer to a logout that began here."""
    here = site()
    asked, is_request = _read()
    portal = here.config.with_entity_id(asked.issuer)
    if portal is None:
        raise unknown_portal(asked.issuer, None)
    _check_slo(portal)
    if asked.destination is not None and asked.destination not in (here.config.slo_url, request.base_url):
        raise Problem(
            "The message is meant for another place",
            f"The Destination of the logout message of portal '{portal.name}' is not this single logout service.",
            mend="Enter our address as the identity provider's single logout address.",
            lines=(f"ours:        {here.config.slo_url}", f"Destination: {asked.destination}"),
        )
    _check_signature(asked, portal)
    if not is_request:
        return render_template("logout_answered.html", portal=portal, answer=asked)
    here.sessions.forget(portal.name, asked.name_id, asked.session_indexes)
    carried = {"in_response_to": asked.id, "relay_state": asked.relay_state, "name_id": asked.name_id}
    return _page(portal, "response", {name: value for name, value in carried.items() if value is not None})


@logout_pages.get("/saml/logout/scenarios/<any('request', 'response'):kind>")
def scenarios(kind: Kind) -> ResponseReturnValue:
    """Give the list from which a logout is chosen, for the page to show when it is asked for."""
    return render_template("scenarios.html", topics=_topics(site(), kind), protocol="saml-logout")


@logout_pages.post("/saml/logout/send")
def send() -> ResponseReturnValue:
    """Perform the chosen logout, and send the browser to the portal with it."""
    here = site()
    portal = portal_named(request.form.get("portal"), here.config)
    _check_slo(portal)
    scenario = here.menu.scenario(request.form.get("scenario", ""))
    logout = _answer(here, portal) if "in_response_to" in request.form else _request(here, portal)
    try:
        sent = perform_logout(logout, here.config.keyring, scenario)
    except CannotPerform as error:
        raise Problem("The scenario cannot be performed", str(error)) from None
    if isinstance(sent, LogoutForm):
        return render_template("post.html", form=sent, portal=portal)
    return redirect(sent.url)


def _request(here: Site, portal: Portal) -> Logout:
    sessions = here.sessions.at_portal(portal.name)
    chosen, other = request.form.get("session", ""), request.form.get("other", "")
    for name in filter(None, (chosen, other)):
        if name not in sessions:
            text = f"No session '{name}' is known at portal '{portal.name}'.{nearest(name, sessions)}"
            raise Problem("There is no such session", text, mend="Sign in at the portal first.")
    if not chosen:
        raise Problem("No session is chosen", "The field 'session' came empty or not at all.")
    session = sessions[chosen]
    logout = Logout(
        kind="request", person=session.person, portal=portal, at=here.clock(), issuer=here.config.entity_id,
        name_id=session.name_id, session_indexes=(session.session_index,),
    )  # fmt: skip
    return attrs.evolve(logout, forged=sessions[other].person) if other else logout


def _answer(here: Site, portal: Portal) -> Logout:
    asked, name_id = request.form, request.form.get("name_id", "")
    person = here.menu.people.get(name_id) or next(iter(here.menu.people.values()))
    return Logout(
        kind="response", person=person, portal=portal, at=here.clock(), issuer=here.config.entity_id,
        in_response_to=asked["in_response_to"], relay_state=asked.get("relay_state"),
    )  # fmt: skip


def _page(portal: Portal, kind: Kind, hidden: Mapping[str, str], sessions: Mapping[str, object] | None = None) -> str:
    return render_template(
        "log_out.html",
        portal=portal,
        kind=kind,
        hidden={"portal": portal.name, **hidden},
        sessions=sessions,
        offered=f"/saml/logout/scenarios/{kind}",
        default=_DEFAULTS[kind],
    )


def _topics(here: Site, kind: Kind) -> tuple[Topic, ...]:
    starts: list[Start] = [start for start in KIND_OF if KIND_OF[start] == kind]
    found = (
        attrs.evolve(topic, scenarios=tuple(known for known in topic.scenarios if known.start in starts))
        for topic in here.menu.topics("saml-logout")
    )
    return tuple(sorted((topic for topic in found if topic.scenarios), key=lambda topic: topic.id != "saml.logout"))


def _read() -> tuple[PortalsLogout, bool]:
    posted = request.method == "POST"
    values = request.form if posted else request.args
    is_request = "SAMLRequest" in values
    text = values.get("SAMLRequest" if is_request else "SAMLResponse", "")
    try:
        asked = read_logout(text, values.get("RelayState"), is_request=is_request, by_redirect=not posted)
    except UnreadableRequest as error:
        raise Problem("The logout message cannot be read", str(error), mend="Start again at the portal.") from None
    return asked, is_request


def _check_signature(asked: PortalsLogout, portal: Portal) -> None:
    """Raise Problem for a message that is not signed by the portal; where no certificate is known, nothing is said."""
    if not portal.request_certificates:
        return
    try:
        signature = in_message(asked.xml) if request.method == "POST" else in_query(request.query_string)
        if signature is None:
            raise WrongSignature("a signature", "none", "Sign every logout message (saml-profiles 4.4.4.1).")
        signature.verify(portal.request_certificates)
    except WrongSignature as wrong:
        raise Problem(
            "The signature of the logout message is wrong",
            f"The logout message of portal '{portal.name}' is not signed as it must be. Nothing is done.",
            mend=wrong.mend,
            lines=(f"expected: {wrong.expected}", f"got:      {wrong.got}"),
        ) from None


def _check_slo(portal: Portal) -> None:
    if not portal.takes_logouts:
        raise Problem(
            "The portal takes no logout messages",
            f"Nothing is known of a single logout service of portal '{portal.name}'.",
            mend="Add its address to portals.toml, or read the portal's metadata:",
            lines=('slo_url = "https://PORTAL-HOST/login/saml/logout"',),
        )
