"""A site whose login is pysaml2's, written as the library's example of a service provider and its documentation tell.

For each browser the site keeps what the library asks its caller to keep: the requests that are open, the cache of
identities, in which a person is while they are signed in, and the state of logouts.
"""

import html
import os
import re
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import waitress
from flask import Flask, redirect, request, session
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.cache import Cache
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import create_metadata_string
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256
from werkzeug import Response

BASE_URL = os.environ["LAB_BASE_URL"]
STATE = Path(os.environ["LAB_STATE"])
ADDRESS = re.compile(r"[^@\s;,]+@[^@\s;,]+")
# As pysaml2 gives them: it translates the names that its attribute maps know.
NAMES = (
    ("FirstName", "givenname", "User.FirstName", "username", "givenName"),
    ("LastName", "surname", "User.LastName"),
)


def configuration() -> SPConfig:
    """Return the library's configuration."""
    key, certificate = STATE / "sp.key", STATE / "sp.pem"
    if not key.exists():
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=pysaml2.localhost"
        subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)  # noqa: S603 - fixed
    settings = {
        "entityid": f"{BASE_URL}/saml/metadata",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": str(key),
        "cert_file": str(certificate),
        "encryption_keypairs": [{"key_file": str(key), "cert_file": str(certificate)}],
        "metadata": {"local": [os.environ["LAB_IDP_METADATA"]]},
        "accepted_time_diff": 60,
        "allow_unknown_attributes": True,
        "service": {
            "sp": {
                "endpoints": {
                    "assertion_consumer_service": [(f"{BASE_URL}/saml/acs", BINDING_HTTP_POST)],
                    "single_logout_service": [
                        (f"{BASE_URL}/saml/slo", BINDING_HTTP_REDIRECT),
                        (f"{BASE_URL}/saml/slo", BINDING_HTTP_POST),
                    ],
                },
                "name_id_format": [saml.NAMEID_FORMAT_EMAILADDRESS],
                "allow_unsolicited": False,
                "want_response_signed": False,
                "want_assertions_signed": False,
                "want_assertions_or_response_signed": True,
                "authn_requests_signed": True,
                "logout_requests_signed": True,
                "logout_responses_signed": True,
                "signing_algorithm": SIG_RSA_SHA256,
                "digest_algorithm": DIGEST_SHA256,
            }
        },
    }
    return SPConfig().load(settings)


CONFIGURATION = configuration()

app = Flask(__name__)
app.config.update(
    SECRET_KEY=secrets.token_hex(),
    SESSION_COOKIE_NAME="pysaml2",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="None",
    MAX_CONTENT_LENGTH=2**20,
    MAX_FORM_MEMORY_SIZE=2**20,
)


@dataclass
class Browser:
    """What is kept for one browser. ``outstanding`` are the IDs of requests, with the page that was asked for.

    ``leaving`` is whoever has logged out here: the library keeps them until the identity provider has confirmed it.
    """

    outstanding: dict[str, str] = field(default_factory=dict)
    identities: Cache = field(default_factory=Cache)
    logouts: dict[str, Any] = field(default_factory=dict)
    leaving: bool = False

    @property
    def name_id(self) -> saml.NameID | None:
        """The NameID of the person who is signed in."""
        return None if self.leaving else next(iter(self.identities.subjects()), None)

    @property
    def client(self) -> Saml2Client:
        """The library, with what it knows of this browser."""
        return Saml2Client(CONFIGURATION, identity_cache=self.identities, state_cache=self.logouts)


browsers: dict[str, Browser] = {}


def this_browser() -> Browser:
    """Return what is kept for the browser that asks."""
    return browsers.get(session.get("browser", ""), Browser())


def keep(browser: Browser) -> None:
    """Keep this for the browser that asks, under a new name, and forget what was kept."""
    browsers.pop(session.get("browser", ""), None)
    session["browser"] = secrets.token_urlsafe()
    browsers[session["browser"]] = browser


@app.get("/")
def home() -> str:
    """Show who is signed in."""
    browser = this_browser()
    if browser.name_id is None:
        return page("A site", '<p>Nobody is signed in. <a href="/login">Log in</a></p>')
    given, _ = browser.identities.get_identity(browser.name_id, check_not_on_or_after=False)
    name = " ".join(filter(None, (first(given, names) for names in NAMES)))
    name = f'<span id="person-name">{html.escape(name)}</span>, ' if name else ""
    email = f'<span id="person-email">{html.escape(browser.name_id.text.strip())}</span>'
    log_out = '<form action="/logout"><button id="log-out">Log out</button></form>'
    return page("A site", f"<p>You are {name}{email}.</p>{log_out}")


@app.get("/members")
def members() -> str | Response:
    """Show a page for people who are signed in."""
    return home() if this_browser().name_id else log_in("/members")


@app.get("/login")
def log_in(came_from: str = "/") -> Response:
    """Send the browser to the identity provider."""
    browser = this_browser()
    name, sent = browser.client.prepare_for_authenticate(
        os.environ["LAB_IDP_ENTITY_ID"], urljoin(BASE_URL, came_from), BINDING_HTTP_REDIRECT
    )
    browser.outstanding[name] = came_from
    keep(browser)
    return sent_by(sent)


@app.post("/saml/acs")
def consume() -> Response | tuple[str, int]:
    """Judge a Response, and sign in whom it names."""
    newly, message = Browser(this_browser().outstanding), request.form.get("SAMLResponse")
    try:
        answer = newly.client.parse_authn_request_response(
            message, BINDING_HTTP_POST, newly.outstanding, conv_info=conversation()
        )
    except Exception as refusal:
        return refuse(f"login: {told(refusal)}")
    if answer is None or newly.name_id is None:
        return refuse("The library returned no identity.")
    if not ADDRESS.fullmatch((newly.name_id.text or "").strip()):
        return refuse("The login gave no e-mail address.")
    del newly.outstanding[answer.session_id()]
    keep(newly)
    return redirect(own_page(request.form.get("RelayState", "/")))


@app.get("/logout")
def log_out() -> Response:
    """End the session, and tell the identity provider."""
    browser = this_browser()
    if browser.name_id is None:
        return redirect("/")
    ((_, sent),) = browser.client.global_logout(browser.name_id).values()
    browser.leaving = True
    keep(browser)
    return sent_by(sent)


@app.route("/saml/slo", methods=["GET", "POST"])
def single_logout() -> str | Response | tuple[str, int]:
    """Judge a logout message; a request ends the session of this browser's person and is answered."""
    binding = BINDING_HTTP_POST if request.method == "POST" else BINDING_HTTP_REDIRECT
    browser, given = this_browser(), request.values
    try:
        if "SAMLRequest" in given:
            return sent_by(browser.client.handle_logout_request(
                given["SAMLRequest"], browser.name_id, binding, relay_state=given.get("RelayState"),
                sigalg=given.get("SigAlg"), signature=given.get("Signature"),
            ))  # fmt: skip
        answer = browser.client.parse_logout_request_response(given.get("SAMLResponse"), binding)
        if answer is None:
            return refuse("The library returned no logout response.")
        browser.client.handle_logout_response(answer)
    except Exception as refusal:
        return refuse(f"logout: {told(refusal)}")
    return page("Signed out", '<p id="logged-out">You are signed out.</p>')


@app.get("/saml/metadata")
def metadata() -> Response:
    """Publish what the identity provider must know."""
    return Response(create_metadata_string(None, CONFIGURATION), mimetype="application/samlmetadata+xml")


@app.errorhandler(413)
def too_large(_error: Exception) -> tuple[str, int]:
    """Refuse a message that the site does not read."""
    return refuse("The message is too large.")


@app.errorhandler(405)
def by_another_method(_error: Exception) -> tuple[str, int]:
    """Refuse a login that does not come by HTTP-POST."""
    return refuse("The method is not allowed here.")


def conversation() -> dict[str, str]:
    """Return what the library compares with the recipient and the address that an assertion names."""
    return {"remote_addr": request.remote_addr or "", "request_uri": request.url}


def sent_by(sent: dict[str, Any]) -> Response:
    """Return the page or the redirection with which the library sends a message."""
    if sent["method"] == "GET":
        return redirect(dict(sent["headers"])["Location"])
    return Response(sent["data"], headers=sent["headers"])


def first(given: dict[str, list[str]], names: tuple[str, ...]) -> str:
    """Return the first value of the first of these attributes that is there."""
    return next((given[name][0] for name in names if given.get(name)), "")


def told(refusal: Exception) -> str:
    """Return how the library says why; it raises exceptions of every kind, and its example shows each of them.

    The document that some of them quote in full is left out.
    """
    return f"{type(refusal).__name__}: {refusal}".partition(", 'xml document': ")[0]


def own_page(target: str) -> str:
    """Return the target when it is a page of this site, else the home page."""
    there, here = urlsplit(urljoin(f"{BASE_URL}/", target)), urlsplit(BASE_URL)
    if not target.isprintable() or "\\" in target or there[:2] != here[:2]:
        return "/"
    return there._replace(scheme="", netloc="", path="/" + there.path.lstrip("/")).geturl()


def refuse(why: str) -> tuple[str, int]:
    """Say why a message is not followed."""
    return page("Login refused", f'<p id="login-error">{html.escape(why)}</p>'), 403


def page(title: str, body: str) -> str:
    """Return a page."""
    return f'<!DOCTYPE html>\n<html lang="en">\n<title>{title}</title>\n<h1>{title}</h1>\n{body}\n</html>\n'


if __name__ == "__main__":
    waitress.serve(app, host="127.0.0.1", port=int(os.environ["LAB_PORT"]), threads=8)
