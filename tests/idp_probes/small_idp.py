"""A small identity provider that is sound, or wrong in one way on purpose; and a remote login page of the same kind."""

import functools
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import attrs
from flask import Flask, Response, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

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

CONSENT = """<!doctype html><title>One more thing</title><p>May the portal know who you are?</p>
<form method="post" action="/login">{% for name, value in fields %}
<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<button name="agreed" value="yes">Yes</button></form>"""

POST = """<!doctype html><title>On your way</title><body onload="document.forms[0].submit()">
<form method="post" action="{{ action }}">{% for name, value in fields %}
<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}<button>Go on</button></form>"""


@attrs.frozen
class Sending:
    """What a login answers, if anything; the seed of its session; and how many logins there were by now."""

    asked: AuthnRequest | None
    posted: bool
    session: str
    count: int

    @property
    def forced(self) -> bool:
        return self.asked is not None and self.asked.requested.force_authn


def _as_it_is(login: SamlLogin, _: Sending) -> SamlLogin:
    return login


def _another_recipient(login: SamlLogin) -> SamlLogin:
    return login.but(recipient="https://another.example/acs")


def _ascii(name: str) -> str:
    return name.encode("ascii", "ignore").decode()


SPOILT: Mapping[str, Callable[[SamlLogin, Sending], SamlLogin]] = {
    "loses RelayState": lambda login, _: login.but(relay_state=None),
    "cuts RelayState": lambda login, _: login.but(relay_state=login.relay_state and login.relay_state[:64]),
    "escapes RelayState twice": lambda login, _: login.but(relay_state=str(escape(login.relay_state or ""))),
    "reuses IDs": lambda login, _: login.but(seed="the same for ever"),
    "reuses IDs of a session": lambda login, sending: login.but(seed=sending.session),
    "reuses the ID of assertions of a session": lambda login, sending: login.but(assertion_id=f"_{sending.session}"),
    "issues backwards": lambda login, sending: login.but(at=login.at - timedelta(seconds=30 * (sending.count % 2))),
    "back-dates a forced login": lambda login, sending: login.but(
        authn_instant=login.at - timedelta(minutes=2 * sending.forced)
    ),
    "signs with another key": lambda login, _: login.but(signing_key="rogue"),
    "is for another recipient": lambda login, _: _another_recipient(login),
    "is for another recipient by POST": lambda login, sending: _another_recipient(login) if sending.posted else login,
    "drops accents": lambda login, _: login.but(
        attributes=(("FirstName", _ascii(login.person.first)), ("LastName", _ascii(login.person.last)))
    ),
    "writes unspecified": lambda login, _: login.but(name_id_format=UNSPECIFIED),
    "writes another audience": lambda login, _: login.but(audience="https://another.example"),
    "signs in somebody else": lambda login, _: login.but(name_id="somebody.else@example.com"),
    "lives an hour ahead": lambda login, _: login.but(at=login.at + timedelta(hours=1)),
    "answers a request that was not made": lambda login, sending: (
        login.but(in_response_to="_never") if sending.asked is None else login
    ),
}
"""What is wrong with the messages of who has such a fault."""


@attrs.define
class SmallIdp:
    """``faults`` are the names of what it does wrong; ``pages`` on how many pages it asks who the person is."""

    portal: Portal
    base_url: str
    faults: Collection[str] = ()
    pages: int = 1
    keyring: Keyring = attrs.field(factory=functools.cache(Keyring.ephemeral))
    sent: int = 0
    locked: bool = False
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
        right = user in PEOPLE and request.form["pw"] == PEOPLE[user][0] and not self.locked
        if not right and "takes any password" not in self.faults:
            self.locked = "locks the account after a wrong password" in self.faults
            shown = request.form["pw"] if "shows the password" in self.faults else "That"
            return self._ask(to, fields, problem=f"'{shown}' is wrong.")
        token = secrets.token_hex(8)
        self.sessions[token] = (user, secrets.token_hex(8))
        if "asks for consent" in self.faults and "agreed" not in request.form:
            return render_template_string(CONSENT, fields=request.form.items())
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
                if "takes nothing by POST" in self.faults:
                    return "Send it in the address.", 405
                asked = from_post(request.form["SAMLRequest"], request.form.get("RelayState"))
            else:
                asked = from_redirect(request.args["SAMLRequest"], request.args.get("RelayState"), request.query_string)
        except UnreadableRequest as error:
            return f"The request cannot be read: {error}", 400
        if "takes no old request" in self.faults and (asked.issue_instant or "") < f"{datetime.now(UTC):%Y-%m-%d}":
            return "That was long ago.", 403
        if "falls over" in self.faults and asked.issuer != self.portal.entity_id:
            return "Something went wrong.", 500
        if problem := self._problem(asked):
            return f"<h1>Sorry</h1><p>{problem}</p>", 403
        user = self._user()
        forced = asked.requested.force_authn and "ignores ForceAuthn" not in self.faults
        if asked.requested.is_passive and "refuses passive sessions with a page" in self.faults and user is not None:
            return "<h1>Sorry</h1><p>Not without you.</p>"
        if asked.requested.is_passive and "shows a page for IsPassive" not in self.faults and (user is None or forced):
            return self._refuse(asked, "Responder", "NoPassive")
        known = (EMAIL_ADDRESS, UNSPECIFIED, None)
        if asked.name_id_format not in known and "gives any Format" not in self.faults:
            plain = "answers other Formats by a plain error" in self.faults
            return self._refuse(asked, "Requester", None if plain else "InvalidNameIDPolicy")
        if asked.name_id_format in (UNSPECIFIED, None) and "refuses to choose a Format" in self.faults:
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

    def _refuse(self, asked: AuthnRequest, code: str, second: str | None) -> str:
        login = SamlLogin(
            person=PERSON,
            portal=self.portal,
            in_response_to=asked.id,
            relay_state=asked.relay_state,
            status=Status(STATUS + code, None if second is None else STATUS + second),
        )
        return self._page(perform(login, self.keyring))

    def _send(self, asked: AuthnRequest | None, user: str, token: str) -> str:
        person = PEOPLE[user][1] if user in PEOPLE else PERSON
        login = SamlLogin(person=person, portal=self.portal)
        if asked is not None:
            login = login.but(in_response_to=asked.id, relay_state=asked.relay_state)
        self.sent += 1
        posted = request.form.get("method") == "post"
        sending = Sending(asked, posted, self.sessions.get(token, ("", "new"))[1], self.sent)
        for fault in self.faults:
            login = SPOILT.get(fault, _as_it_is)(login, sending)
        form = perform(login, self.keyring)
        assert isinstance(form, Form)
        return self._page(attrs.evolve(form, action=asked.acs_url) if asked is not None and asked.acs_url else form)

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
            shown = self.portal.remote_login and self.portal.remote_login.secret
            return f"Nobody knows {host}. {shown if 'shows the secret' in self.faults else ''}", 403
        user = self._user()
        return self._ask("remote-login", [("host_url", host)]) if user is None else self._send_link(host, user)

    def _send_link(self, host: str, user: str) -> Response:
        login = RemoteLogin(person=PEOPLE[user][1] if user in PEOPLE else PERSON, portal=self.portal)
        if "back-dates" in self.faults:
            login = login.but(at=login.at - timedelta(minutes=10))
        if "sends everybody home" in self.faults:
            login = login.but(redirect_to="/")
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
