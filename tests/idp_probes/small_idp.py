"""A small identity provider that is sound, or wrong in one way on purpose; and a remote login page of the same kind."""

import secrets
from collections.abc import Collection
from datetime import timedelta

import attrs
from flask import Flask, Response, redirect, render_template_string, request
from flask.typing import ResponseReturnValue

from idp_sim.config import ENTITY_ID, Portal, RemoteLoginPortal
from idp_sim.keyring import Keyring
from idp_sim.login import EMAIL_ADDRESS, UNSPECIFIED, RemoteLogin, SamlLogin, Status
from idp_sim.logout import Logout, LogoutQuery
from idp_sim.people import Person
from idp_sim.perform import perform
from idp_sim.perform_logout import perform_logout
from idp_sim.saml.logout import read_logout
from idp_sim.saml.metadata import idp_metadata
from idp_sim.saml.request import AuthnRequest, UnreadableRequest, from_post, from_redirect
from idp_sim.saml.request_signature import WrongSignature
from idp_sim.stages import Form, Link

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PERSON = Person("Lara", "Lab", "lara.lab@example.com", "", "")
ZOE = Person("Zoë", "Müller", "zoe+test@example.com", "", "")
PEOPLE = {"lab": ("right", PERSON), "zoe": ("right too", ZOE)}

LOGIN = """<!doctype html><title>Log in</title>
<form action="/search"><input type="search" name="q"><button>Search</button></form>
<form method="post" action="/login"><input type="hidden" name="to" value="{{ to }}">
<input type="hidden" name="method" value="{{ method }}"><input type="hidden" name="csrf" value="token">
{% for name, value in fields %}<input type="hidden" name="carried-{{ name }}" value="{{ value }}">{% endfor %}
{% if problem %}<p>{{ problem }}</p>{% endif %}
{% if not given %}<label>User name <input name="username"></label>
{% else %}<input type="hidden" name="username" value="{{ given }}">{% endif %}
{% if not pages or given %}<label>Password <input type="password" name="pw"></label>{% endif %}
<button type="submit">Log in</button></form>"""

POST = """<!doctype html><title>On your way</title><body onload="document.forms[0].submit()">
<form method="post" action="{{ action }}">{% for name, value in fields %}
<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}<button>Go on</button></form>"""


@attrs.define
class SmallIdp:
    """``faults`` are the names of what it does wrong; ``pages`` on how many pages it asks who the person is."""

    portal: Portal
    base_url: str
    faults: Collection[str] = ()
    pages: int = 1
    keyring: Keyring = attrs.field(factory=Keyring.ephemeral)
    sessions: dict[str, tuple[str, str]] = attrs.field(factory=dict)
    """By cookie: the user, and the seed of the IDs that one who reuses IDs reuses."""

    def app(self) -> Flask:
        app = Flask("small_idp", static_folder=None)
        for path, view in (
            ("/metadata", self.metadata),
            ("/sso", self.sso),
            ("/login", self.login),
            ("/start", self.start),
            ("/slo", self.slo),
            ("/remote-login", self.remote_login),
            ("/remote-logout", self.remote_logout),
        ):
            app.add_url_rule(path, endpoint=path, view_func=view, methods=["GET", "POST"])
        return app

    def metadata(self) -> ResponseReturnValue:
        slo = None if "offers no logout" in self.faults else f"{self.base_url}/slo"
        xml = idp_metadata(ENTITY_ID, f"{self.base_url}/sso", [self.keyring.certificate("signing")], slo)
        if "wants signed requests" in self.faults:
            xml = xml.replace(b'WantAuthnRequestsSigned="false"', b'WantAuthnRequestsSigned="true"')
        return Response(xml, mimetype="application/samlmetadata+xml")

    # Who is it?

    def _user(self) -> str | None:
        known = self.sessions.get(request.cookies.get("small_session", ""))
        return known[0] if known else None

    def _ask(self, to: str, fields: Collection[tuple[str, str]], problem: str = "", given: str = "") -> str:
        method = request.form.get("method", "post" if request.method == "POST" else "get")
        return render_template_string(
            LOGIN, to=to, fields=fields, problem=problem, given=given, pages=self.pages > 1, method=method
        )

    def login(self) -> ResponseReturnValue:
        user, to = request.form["username"], request.form["to"]
        fields = [(name[8:], value) for name, value in request.form.items() if name.startswith("carried-")]
        if "pw" not in request.form:
            return self._ask(to, fields, given=user)
        right = user in PEOPLE and request.form["pw"] == PEOPLE[user][0]
        if not right and "takes any password" not in self.faults:
            return self._ask(to, fields, problem="That is wrong.")
        token = secrets.token_hex(8)
        self.sessions[token] = (user, secrets.token_hex(8))
        answer = self._go_on(to, fields, user, token)
        answer.set_cookie("small_session", token, httponly=True, samesite="None", secure=True)
        return answer

    def _go_on(self, to: str, fields: Collection[tuple[str, str]], user: str, token: str) -> Response:
        given = dict(fields)
        if to == "remote-login":
            return self._send_link(given.get("host_url", ""), user)
        asked = None
        if to == "sso":
            binding = from_post if request.form["method"] == "post" else from_redirect
            asked = binding(given["SAMLRequest"], given.get("RelayState"))
        return Response(self._send(asked, user, token))

    # SAML.

    def sso(self) -> ResponseReturnValue:
        try:
            if request.method == "POST":
                asked = from_post(request.form["SAMLRequest"], request.form.get("RelayState"))
            else:
                asked = from_redirect(request.args["SAMLRequest"], request.args.get("RelayState"), request.query_string)
        except UnreadableRequest as error:
            return f"The request cannot be read: {error}", 400
        if problem := self._problem(asked):
            return f"<h1>Sorry</h1><p>{problem}</p>", 403
        user = self._user()
        forced = asked.requested.force_authn and "ignores ForceAuthn" not in self.faults
        if asked.requested.is_passive and "shows a page for IsPassive" not in self.faults and (user is None or forced):
            return self._refuse(asked, "Responder", "NoPassive")
        known = (EMAIL_ADDRESS, UNSPECIFIED, None)
        if asked.name_id_format not in known and "gives any Format" not in self.faults:
            return self._refuse(asked, "Requester", "InvalidNameIDPolicy")
        if user is None or forced:
            fields = [(name, value) for name, value in request.values.items() if name in ("SAMLRequest", "RelayState")]
            return self._ask("sso", fields)
        return self._send(asked, user, request.cookies["small_session"])

    def _problem(self, asked: AuthnRequest) -> str:
        if asked.issuer != self.portal.entity_id and "answers anybody" not in self.faults:
            return f"Nobody knows {asked.issuer}."
        if asked.destination != f"{self.base_url}/sso" and "ignores Destination" not in self.faults:
            return "That is for somebody else."
        if asked.acs_url != self.portal.acs_url and not {"answers anywhere", "answers on the host"} & set(self.faults):
            return "There is no such assertion consumer service."
        host = self.portal.base_url
        if "answers on the host" in self.faults and not (asked.acs_url or "").startswith(host):
            return "There is no such host."
        if asked.signature is None:
            wants = "wants signed requests" in self.faults and "takes unsigned requests" not in self.faults
            return "Sign it." if wants else ""
        if "ignores signatures" not in self.faults:
            try:
                asked.signature.verify(self.portal.request_certificates)
            except WrongSignature as wrong:
                return f"The signature is wrong: {wrong}"
        return "Signed requests are not understood." if "refuses signed requests" in self.faults else ""

    def start(self) -> ResponseReturnValue:
        user = self._user()
        return self._ask("start", []) if user is None else self._send(None, user, request.cookies["small_session"])

    def _refuse(self, asked: AuthnRequest, code: str, second: str) -> str:
        login = SamlLogin(
            person=PERSON,
            portal=self.portal,
            in_response_to=asked.id,
            relay_state=asked.relay_state,
            status=Status(STATUS + code, STATUS + second),
        )
        return self._page(perform(login, self.keyring))

    def _send(self, asked: AuthnRequest | None, user: str, token: str) -> str:
        person = PEOPLE[user][1] if user in PEOPLE else PERSON
        login = SamlLogin(person=person, portal=self.portal)
        if asked is not None:
            login = login.but(in_response_to=asked.id, relay_state=asked.relay_state)
        if "loses RelayState" in self.faults:
            login = login.but(relay_state=None)
        if "cuts RelayState" in self.faults and login.relay_state:
            login = login.but(relay_state=login.relay_state[:64])
        if "reuses IDs" in self.faults:
            login = login.but(seed="the same for ever")
        if "reuses IDs of a session" in self.faults:
            login = login.but(seed=self.sessions.get(token, ("", "new"))[1])
        if "writes another audience" in self.faults:
            login = login.but(audience="https://another.example")
        if "signs in somebody else" in self.faults:
            login = login.but(name_id="somebody.else@example.com")
        if "lives an hour ahead" in self.faults:
            login = login.but(at=login.at + timedelta(hours=1))
        if "answers a request that was not made" in self.faults and asked is None:
            login = login.but(in_response_to="_never")
        if "gives any Format" in self.faults and asked is not None:
            login = login.but(name_id_format=EMAIL_ADDRESS)
        form = perform(login, self.keyring)
        assert isinstance(form, Form)
        if asked is not None and asked.acs_url:
            form = attrs.evolve(form, action=asked.acs_url)
        return self._page(form)

    def _page(self, form: Form | Link) -> str:
        assert isinstance(form, Form)
        return render_template_string(POST, action=form.action, fields=form.fields)

    def slo(self) -> ResponseReturnValue:
        relay_state = request.args.get("RelayState")
        asked = read_logout(request.args["SAMLRequest"], relay_state, is_request=True, by_redirect=True)
        if "keeps the session" not in self.faults:
            self.sessions.pop(request.cookies.get("small_session", ""), None)
        if "does not answer logouts" in self.faults:
            return "You are signed out."
        answer = Logout(kind="response", person=PERSON, portal=self.portal, in_response_to=asked.id)
        if "answers logouts unsoundly" in self.faults:
            answer = answer.but(in_response_to="_another")
        sent = perform_logout(answer, self.keyring)
        assert isinstance(sent, LogoutQuery)
        return redirect(sent.url)

    # Remote login.

    def remote_login(self) -> ResponseReturnValue:
        host = request.args.get("host_url", "")
        if host not in self.portal.host_urls and "ignores host_url" not in self.faults:
            return f"Nobody knows {host}.", 403
        user = self._user()
        return self._ask("remote-login", [("host_url", host)]) if user is None else self._send_link(host, user)

    def _send_link(self, host: str, user: str) -> Response:
        login = RemoteLogin(person=PEOPLE[user][1] if user in PEOPLE else PERSON, portal=self.portal)
        if "back-dates" in self.faults:
            login = login.but(at=login.at - timedelta(minutes=10))
        if "sends everybody home" in self.faults:
            login = login.but(redirect_to="/")
        if "sends the login name" in self.faults:
            login = login.but(email=user)
        if "drops accents" in self.faults:
            login = login.but(name=(login.name or "").encode("ascii", "ignore").decode())
        if "hashes without the time" in self.faults:
            login = login.but(profile="md5").but(timestamp=str(int(login.at.timestamp())))
        sent = perform(login, self.keyring)
        assert isinstance(sent, Link)
        return redirect(sent.url.replace(self.portal.base_url, f"http://{host}", 1))  # type: ignore[return-value]

    def remote_logout(self) -> ResponseReturnValue:
        if "keeps the session" not in self.faults:
            self.sessions.pop(request.cookies.get("small_session", ""), None)
        return "You are signed out."


def remote(portal: Portal, secret: str) -> Portal:
    return attrs.evolve(portal, remote_login=RemoteLoginPortal(secret=secret))
