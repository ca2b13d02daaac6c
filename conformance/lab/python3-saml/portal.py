"""A site whose login is python3-saml's, written as the library's README and its demo for Flask tell.

The library keeps nothing: the session, the ID of the request that is open in it and the IDs of the messages that were
followed are the site's.
"""

import html
import os
import re
import secrets
import subprocess
import threading
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import waitress
from flask import Flask, redirect, request, session
from onelogin.saml2.auth import OneLogin_Saml2_Auth as Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.settings import OneLogin_Saml2_Settings as Settings
from onelogin.saml2.xmlparser import DTDForbidden, EntitiesForbidden
from werkzeug import Response

BASE_URL = os.environ["LAB_BASE_URL"]
STATE = Path(os.environ["LAB_STATE"])
REFUSALS = (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, DTDForbidden, EntitiesForbidden)
"""What the library raises to refuse a message, where it does not list an error. Any other exception is a fault."""
ADDRESS = re.compile(r"[^@\s;,]+@[^@\s;,]+")
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
NAMES = (
    ("FirstName", "givenname", "User.FirstName", "username", f"{CLAIMS}/givenname"),
    ("LastName", "surname", "User.LastName", f"{CLAIMS}/surname"),
)

followed: set[str] = set()
one_at_a_time = threading.Lock()


def settings(*, messages_signed: bool = False, assertions_encrypted: bool = False) -> Settings:
    """Return the library's settings, in which messages must be signed, and assertions encrypted, or need not."""
    key, certificate = STATE / "sp.key", STATE / "sp.pem"
    if not key.exists():
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=python3-saml.localhost"
        subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)  # noqa: S603 - fixed
    return Settings({
        "strict": True,
        "sp": {
            "entityId": f"{BASE_URL}/saml/metadata",
            "assertionConsumerService": {"url": f"{BASE_URL}/saml/acs"},
            "singleLogoutService": {"url": f"{BASE_URL}/saml/sls"},
            "NameIDFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "x509cert": certificate.read_text(),
            "privateKey": key.read_text(),
        },
        "idp": {
            "entityId": os.environ["LAB_IDP_ENTITY_ID"],
            "singleSignOnService": {"url": os.environ["LAB_IDP_SSO_URL"]},
            "singleLogoutService": {"url": os.environ["LAB_IDP_SLO_URL"]},
            "x509cert": Path(os.environ["LAB_IDP_CERT"]).read_text(),
        },
        "security": {
            "authnRequestsSigned": True,
            "logoutRequestSigned": True,
            "logoutResponseSigned": True,
            "wantMessagesSigned": messages_signed,
            "wantAssertionsEncrypted": assertions_encrypted,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
        },
    })  # fmt: skip


LOGINS, LOGOUTS = settings(), settings(messages_signed=True)
PUBLISHED = settings(assertions_encrypted=True)
"""The library publishes its key for encryption only where it refuses plain assertions, though it takes both."""

app = Flask(__name__)
app.config.update(
    SECRET_KEY=secrets.token_hex(),
    SESSION_COOKIE_NAME="python3-saml",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="None",
    MAX_CONTENT_LENGTH=2**20,
    MAX_FORM_MEMORY_SIZE=2**20,
)


def auth_of(settings: Settings) -> Auth:
    """Return the library's view of this request."""
    return Auth(
        {
            "http_host": request.host,
            "script_name": request.path,
            "get_data": request.args.copy(),
            "post_data": request.form.copy(),
            "query_string": request.query_string.decode("latin-1"),
            "validate_signature_from_qs": True,
        },
        settings,
    )


@app.get("/")
def home() -> str:
    """Show who is signed in."""
    if "email" not in session:
        return page("A site", '<p>Nobody is signed in. <a href="/login">Log in</a></p>')
    name = f'<span id="person-name">{html.escape(session["name"])}</span>, ' if session["name"] else ""
    email = f'<span id="person-email">{html.escape(session["email"])}</span>'
    log_out = '<form action="/logout"><button id="log-out">Log out</button></form>'
    return page("A site", f"<p>You are {name}{email}.</p>{log_out}")


@app.get("/members")
def members() -> str | Response:
    """Show a page for people who are signed in."""
    return home() if "email" in session else log_in("/members")


@app.get("/login")
def log_in(return_to: str = "/") -> Response:
    """Send the browser to the identity provider."""
    auth = auth_of(LOGINS)
    target = auth.login(urljoin(BASE_URL, return_to))
    session["request"] = auth.get_last_request_id()
    return redirect(target)


@app.route("/saml/acs", methods=["GET", "POST"])
def consume() -> Response | tuple[str, int]:
    """Judge a Response, and sign in whom it names."""
    auth = auth_of(LOGINS)
    try:
        auth.process_response(session.get("request"))
    except REFUSALS as refusal:
        return refuse(f"{type(refusal).__name__}: {refusal}")
    if auth.get_errors() or not auth.is_authenticated():
        return refuse(told(auth))
    if not ADDRESS.fullmatch(auth.get_nameid()):
        return refuse("The login gave no e-mail address.")
    if not is_first(auth.get_last_message_id(), auth.get_last_assertion_id()):
        return refuse("This message or its assertion has been used already.")
    session.clear()
    session["email"] = auth.get_nameid()
    session["name"] = " ".join(filter(None, (first(auth, names) for names in NAMES)))
    session["name_id"] = {
        "name_id": auth.get_nameid(),
        "name_id_format": auth.get_nameid_format(),
        "session_index": auth.get_session_index(),
        "nq": auth.get_nameid_nq(),
        "spnq": auth.get_nameid_spnq(),
    }
    return redirect(own_page(request.form.get("RelayState", "/")))


@app.get("/logout")
def log_out() -> Response:
    """End the session, and tell the identity provider."""
    name_id = session.get("name_id")
    session.clear()
    if name_id is None:
        return redirect("/")
    auth = auth_of(LOGOUTS)
    target = auth.logout(f"{BASE_URL}/", **name_id)
    session["logout_request"] = auth.get_last_request_id()
    return redirect(target)


@app.get("/saml/sls")
def single_logout() -> str | Response | tuple[str, int]:
    """Judge a logout message; a request ends the session of this browser and is answered."""
    auth = auth_of(LOGOUTS)
    try:
        target = auth.process_slo(keep_local_session=True, request_id=session.get("logout_request"))
    except REFUSALS as refusal:
        return refuse(f"{type(refusal).__name__}: {refusal}")
    if auth.get_errors():
        return refuse(told(auth))
    if not is_first(auth.get_last_message_id()):
        return refuse("This message has been used already.")
    session.clear()
    return redirect(target) if target else page("Signed out", '<p id="logged-out">You are signed out.</p>')


@app.get("/saml/metadata")
def metadata() -> Response:
    """Publish what the identity provider must know."""
    return Response(PUBLISHED.get_sp_metadata(), mimetype="application/samlmetadata+xml")


@app.errorhandler(413)
def too_large(_error: Exception) -> tuple[str, int]:
    """Refuse a message that the site does not read."""
    return refuse("The message is too large.")


def told(auth: Auth) -> str:
    """Return the library's error codes, and its reason if it gives one."""
    return ": ".join(filter(None, (", ".join(auth.get_errors()), auth.get_last_error_reason())))


def is_first(*ids: str | None) -> bool:
    """Remember these IDs, and tell whether none of them was known. They are kept as long as the site runs."""
    with one_at_a_time:
        known = followed.intersection(ids)
        followed.update(filter(None, ids))
        return not known


def first(auth: Auth, names: tuple[str, ...]) -> str:
    """Return the first value of the first of these attributes that is there."""
    return next(
        (values[0] for name in names if (values := auth.get_attribute(name)) and isinstance(values[0], str)), ""
    )


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
