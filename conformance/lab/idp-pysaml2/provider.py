"""An identity provider of pysaml2's Server behind Flask, after the library's example and its documentation.

The library reads requests and writes answers. Who is signed in, and what ForceAuthn, IsPassive and the NameIDPolicy ask
for, it leaves to its caller.
"""

import html
import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import waitress
from flask import Flask, request, session
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml, samlp
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256
from werkzeug import Response

BASE_URL = os.environ["LAB_BASE_URL"]
STATE = Path(os.environ["LAB_STATE"])
PORTAL = os.environ["LAB_SP_ENTITY_ID"]
PEOPLE = {person["user"]: person for person in json.loads(Path(os.environ["LAB_PEOPLE"]).read_text("utf-8"))}
BY_ADDRESS = (None, saml.NAMEID_FORMAT_UNSPECIFIED, saml.NAMEID_FORMAT_EMAILADDRESS)
BY_LIBRARY = (saml.NAMEID_FORMAT_PERSISTENT, saml.NAMEID_FORMAT_TRANSIENT)


def configuration() -> IdPConfig:
    """Return the library's configuration."""
    key, certificate = STATE / "idp.key", STATE / "idp.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=idp-pysaml2.localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)  # noqa: S603 - fixed
    settings = {
        "entityid": f"{BASE_URL}/metadata",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": str(key),
        "cert_file": str(certificate),
        "metadata": {"local": [os.environ["LAB_SP_METADATA"]]},
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [
                        (f"{BASE_URL}/sso/redirect", BINDING_HTTP_REDIRECT),
                        (f"{BASE_URL}/sso/post", BINDING_HTTP_POST),
                    ],
                    "single_logout_service": [
                        (f"{BASE_URL}/slo/redirect", BINDING_HTTP_REDIRECT),
                        (f"{BASE_URL}/slo/post", BINDING_HTTP_POST),
                    ],
                },
                "policy": {
                    "default": {"lifetime": {"minutes": 5}, "name_form": saml.NAME_FORMAT_BASIC},
                },
                "name_id_format": [saml.NAMEID_FORMAT_EMAILADDRESS, *BY_LIBRARY],
                "want_authn_requests_signed": True,
                "sign_response": True,
                "sign_assertion": True,
                "signing_algorithm": SIG_RSA_SHA256,
                "digest_algorithm": DIGEST_SHA256,
            }
        },
    }
    return IdPConfig().load(settings)


CONFIGURATION = configuration()
SERVER = Server(config=CONFIGURATION)

app = Flask(__name__)
app.config.update(
    SECRET_KEY=secrets.token_hex(),
    SESSION_COOKIE_NAME="idp-pysaml2",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="None",
    MAX_CONTENT_LENGTH=2**20,
)


@dataclass
class Asked:
    """A login that a portal asked for, or that begins here: what the answer needs, and what was wished."""

    answer: dict[str, Any]
    relay_state: str = ""
    force: bool = False
    passive: bool = False


pending: dict[str, Asked] = {}


@app.get("/sso/redirect")
def sso_by_redirect() -> Any:
    """Take a request that came in the address."""
    return asked_for(BINDING_HTTP_REDIRECT)


@app.post("/sso/post")
def sso_by_post() -> Any:
    """Take a request that came in a form."""
    return asked_for(BINDING_HTTP_POST)


def asked_for(binding: str) -> Any:
    """Answer a portal's request, or ask the person to sign in first."""
    given = request.values
    try:
        message = SERVER.parse_authn_request(given["SAMLRequest"], binding, **beside(given)).message
        answer = SERVER.response_args(message, bindings=[BINDING_HTTP_POST])
    except Exception as refusal:
        return refuse(refusal)
    asked = Asked(
        answer,
        given.get("RelayState", ""),
        force=message.force_authn in ("true", "1"),
        passive=message.is_passive in ("true", "1"),
    )
    return proceed(asked)


@app.get("/start")
def start_here() -> Any:
    """Begin a login at the portal, which did not ask for it."""
    binding, destination = SERVER.pick_binding(
        "assertion_consumer_service", bindings=[BINDING_HTTP_POST], descr_type="spsso", entity_id=PORTAL
    )
    answer = {"in_response_to": None, "sp_entity_id": PORTAL, "binding": binding, "destination": destination}
    return proceed(Asked(answer))


def proceed(asked: Asked) -> Any:
    """Answer at once where that is allowed, else show the login form."""
    if session.get("user") and not asked.force:
        return answered(asked)
    if asked.passive:
        return failed(asked, samlp.STATUS_NO_PASSIVE, "Nobody is signed in.")
    ticket = secrets.token_urlsafe()
    pending[ticket] = asked
    return login_form(ticket)


@app.post("/login")
def log_in() -> Any:
    """Check a password, and go on with what was asked for."""
    ticket = request.form.get("ticket", "")
    if ticket not in pending:
        return page("Not found", "<p>Nobody asked for this login, or it is done.</p>"), 404
    person = PEOPLE.get(request.form.get("user", ""))
    if person is None or not secrets.compare_digest(
        person["password"].encode(), request.form.get("password", "").encode()
    ):
        return login_form(ticket, "User name or password is wrong.")
    session.clear()
    session.update(user=person["user"], since=int(time.time()))
    return answered(pending.pop(ticket))


def answered(asked: Asked) -> Any:
    """Send the login of the person who is signed in."""
    person, args = PEOPLE[session["user"]], dict(asked.answer)
    policy = args.get("name_id_policy")
    wanted = policy.format if policy is not None else None
    if wanted in BY_ADDRESS:
        name_id = saml.NameID(
            format=saml.NAMEID_FORMAT_EMAILADDRESS, sp_name_qualifier=args["sp_entity_id"], text=person["email"]
        )
        SERVER.ident.store(person["user"], name_id)
    elif wanted in BY_LIBRARY:
        name_id = None
    else:
        return failed(asked, samlp.STATUS_INVALID_NAMEID_POLICY, "This format of the NameID is not given.")
    identity = {"FirstName": [person["first_name"]], "LastName": [person["last_name"]]}
    authn = {"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_instant": session["since"]}
    message = SERVER.create_authn_response(
        identity, userid=person["user"], name_id=name_id, authn=authn,
        sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, **args,
    )  # fmt: skip
    return sent(message, asked)


def failed(asked: Asked, status: str, text: str) -> Any:
    """Send an answer that signs nobody in."""
    args = asked.answer
    message = SERVER.create_error_response(
        args["in_response_to"], args["destination"], (status, text), sign=True,
        sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256,
    )  # fmt: skip
    return sent(message, asked)


def sent(message: Any, asked: Asked) -> Response:
    """Return the page with which the library sends a Response."""
    args = asked.answer
    made = SERVER.apply_binding(args["binding"], str(message), args["destination"], asked.relay_state, response=True)
    return Response(made["data"], headers=made["headers"])


@app.get("/slo/redirect")
def slo_by_redirect() -> Any:
    """Take a logout that came in the address."""
    return log_out(BINDING_HTTP_REDIRECT)


@app.post("/slo/post")
def slo_by_post() -> Any:
    """Take a logout that came in a form."""
    return log_out(BINDING_HTTP_POST)


def log_out(binding: str) -> Any:
    """End the session of the person whom the portal names, and answer."""
    given = request.values
    try:
        message = SERVER.parse_logout_request(given["SAMLRequest"], binding, **beside(given)).message
        if SERVER.ident.find_local_id(message.name_id) == session.get("user"):
            session.clear()
        by_redirect = binding == BINDING_HTTP_REDIRECT
        answer = SERVER.create_logout_response(
            message, [binding], sign=not by_redirect, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256
        )
        made = SERVER.apply_binding(
            binding, str(answer), SERVER.response_args(message, [binding])["destination"], given.get("RelayState", ""),
            response=True, sign=by_redirect, sigalg=SIG_RSA_SHA256,
        )  # fmt: skip
    except Exception as refusal:
        return refuse(refusal)
    if made["method"] == "GET":
        return Response(status=302, headers=made["headers"])
    return Response(made["data"], headers=made["headers"])


@app.get("/metadata")
def metadata() -> Response:
    """Publish what a portal must know."""
    return Response(create_metadata_string(None, CONFIGURATION), mimetype="application/samlmetadata+xml")


def beside(given: Any) -> dict[str, str | None]:
    """Return what the signature of an address is verified with."""
    return {
        "relay_state": given.get("RelayState"),
        "sigalg": given.get("SigAlg"),
        "signature": given.get("Signature"),
    }


def refuse(refusal: Exception) -> tuple[str, int]:
    """Show the library's exception; a fault of code is none of the request's, and must not pass for a refusal."""
    fault = isinstance(refusal, AttributeError | NameError | TypeError)
    shown = page(
        "Failed" if fault else "Refused", f"<p id=error>{html.escape(f'{type(refusal).__name__}: {refusal}')}</p>"
    )
    return shown, 500 if fault else 400


def login_form(ticket: str, problem: str = "") -> str:
    """Return the page on which a person signs in."""
    return page(
        "Sign in",
        f'<p>{problem}</p><form method="post" action="/login"><input type="hidden" name="ticket" value="{ticket}">'
        '<p><label>User name <input name="user" autocomplete="username"></label></p>'
        '<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>'
        "<button>Sign in</button></form>",
    )


def page(title: str, body: str) -> str:
    """Return a page."""
    return f'<!DOCTYPE html>\n<html lang="en">\n<title>{title}</title>\n<h1>{title}</h1>\n{body}\n</html>\n'


if __name__ == "__main__":
    waitress.serve(app, host="127.0.0.1", port=int(os.environ["LAB_PORT"]), threads=8)
