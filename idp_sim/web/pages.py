"""The simulator's addresses. Each view turns a request into a value of the core, and a value into a page."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import cast

import attrs
from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from idp_sim.catalogue import CannotPerform
from idp_sim.config import Simulator
from idp_sim.keyring import PUBLISHED
from idp_sim.login import BASES
from idp_sim.perform import perform
from idp_sim.saml.metadata import idp_metadata
from idp_sim.saml.request import UnreadableRequest, from_post, from_redirect
from idp_sim.stages import Form
from idp_sim.web import visit as visits
from idp_sim.web.facts import facts
from idp_sim.web.issued import Sessions
from idp_sim.web.menu import Menu, Protocol, default_scenario
from idp_sim.web.problem import Problem
from idp_sim.web.visit import Visit

pages = Blueprint("pages", __name__)


@attrs.frozen(kw_only=True)
class Site:
    """What every view needs: the simulator, what it offers, and the present moment (UTC)."""

    config: Simulator
    menu: Menu
    clock: Callable[[], datetime]
    sessions: Sessions = attrs.field(factory=Sessions)

    @functools.cached_property
    def metadata(self) -> bytes:
        """The simulator's own metadata."""
        certificates = [self.config.keyring.certificate(name) for name in PUBLISHED]
        return idp_metadata(self.config.entity_id, self.config.sso_url, certificates, self.config.slo_url)

    @functools.cached_property
    def people(self) -> Markup:
        """The people of the sign-in page as HTML. They are the same on every visit and by far its most."""
        shown = render_template("people.html", people=self.menu.people.values())
        return Markup(shown)  # noqa: S704  the template has escaped what it shows


def site() -> Site:
    """Return the site of the application that serves the present request."""
    return cast(Site, current_app.extensions["idp_sim"])


@pages.get("/")
def home() -> ResponseReturnValue:
    """Show the portals served here, with links to both ways to begin at the identity provider."""
    return render_template("home.html", config=site().config, facts=facts(site().config))


@pages.route("/saml/sso", methods=["GET", "POST"])
def sso() -> ResponseReturnValue:
    """Take an authentication request by HTTP-Redirect or HTTP-POST (saml-bindings 3.4, 3.5)."""
    try:
        if request.method == "POST":
            asked = from_post(request.form.get("SAMLRequest", ""), request.form.get("RelayState"))
        else:
            query = request.query_string
            asked = from_redirect(request.args.get("SAMLRequest", ""), request.args.get("RelayState"), query)
    except UnreadableRequest as error:
        raise Problem("The request cannot be read", str(error), mend="Start again at the portal.") from None
    config = site().config
    return _sign_in_page(visits.of_request(asked, config, (config.sso_url, request.base_url)))


@pages.get("/saml/start")
def start() -> ResponseReturnValue:
    """Begin a SAML login here (saml-profiles 4.1.5)."""
    return _sign_in_page(visits.of_start(request.args.get("portal"), site().config))


@pages.get("/remote-login")
def remote_login() -> ResponseReturnValue:
    """Take a visitor whom a portal sends for a remote login (portal-contract R1, R10)."""
    return _sign_in_page(visits.of_remote_login(request.args.getlist("host_url"), site().config))


def _sign_in_page(visit: Visit) -> str:
    first = next(iter(site().menu.people.values())).name
    return render_template(
        "sign_in.html",
        visit=visit,
        people=site().people,
        first=first,
        offered=f"/sign-in/scenarios/{visit.protocol}",
        default=default_scenario(visit.protocol),
        bases=BASES,
    )


@pages.get("/sign-in/scenarios/<any('saml', 'remote-login'):protocol>")
def scenarios(protocol: Protocol) -> ResponseReturnValue:
    """Give the list from which a scenario is chosen, for the sign-in page to show when it is asked for."""
    return render_template("scenarios.html", topics=site().menu.topics(protocol), protocol=protocol)


@pages.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Perform the chosen sign-in, and send the browser back to the portal with it."""
    here = site()
    login, scenario = visits.chosen(request.form, here.config, here.menu, here.clock())
    try:
        result = perform(login, here.config.keyring, scenario)
    except CannotPerform as error:
        raise Problem("The scenario cannot be performed", str(error)) from None
    if isinstance(result, Form):
        if not scenario.breaks:
            here.sessions.add(result.login)
        return render_template("post.html", form=result, portal=result.login.portal)
    return redirect(result.url)


@pages.get("/saml/metadata")
def metadata() -> ResponseReturnValue:
    """Serve the simulator's metadata (saml-metadata 4.1.1 names the media type)."""
    return Response(site().metadata, mimetype="application/samlmetadata+xml")


@pages.get("/saml/logout")
@pages.get("/remote-logout")
def signed_out() -> ResponseReturnValue:
    """Say that the person is signed out, and which portal sent them, when ``host_url`` says so (portal-contract R9)."""
    host_url = request.args.get("host_url", "")
    return render_template("signed_out.html", host_url=host_url, portal=site().config.with_host_url(host_url))


@pages.get("/catalogue")
def catalogue() -> ResponseReturnValue:
    """Show every scenario with the rule that it breaks."""
    return render_template("catalogue.html", topics=site().menu.topics(), count=len(site().menu.scenarios))


@pages.get("/catalogue/<scenario_id>")
def scenario(scenario_id: str) -> ResponseReturnValue:
    """Show one scenario; a case id is understood too, its base left aside."""
    known = site().menu.scenario(scenario_id.partition("@")[0], status=404)
    return render_template("scenario.html", scenario=known)
