"""Portals that are wrong on purpose: the suite must tell each of them for what it is."""

import base64
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, session
from flask.typing import ResponseReturnValue
from lxml import etree

NAME_ID = "{urn:oasis:names:tc:SAML:2.0:assertion}NameID"

Answer = Callable[[str], ResponseReturnValue]
"""What the portal answers to a login; it is given the address that the message names, whether or not it is signed."""


def portal(simulator: str, answer: Answer) -> Flask:
    """Return a small portal that sends visitors to the simulator and gives ``answer`` to whatever comes back."""
    app = Flask("wrong_portal")
    app.secret_key = "wrong"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"

    @app.get("/login")
    def login() -> ResponseReturnValue:
        return redirect(f"{simulator}/remote-login?host_url={urlsplit(request.host_url).netloc}")

    @app.get("/login/sso")
    def link() -> ResponseReturnValue:
        return answer(request.args.get("email", "nobody@example.com"))

    @app.post("/login/saml")
    def consume() -> ResponseReturnValue:
        message = base64.b64decode(request.form.get("SAMLResponse", ""))
        return answer(etree.fromstring(message).findtext(f".//{NAME_ID}") or "nobody@example.com")

    @app.get("/login/normal")
    def refused() -> ResponseReturnValue:
        return page('<p id="login-error">You cannot log in.</p>')

    @app.get("/")
    def home() -> ResponseReturnValue:
        return page(signs(session["email"]) if "email" in session else "<p>Welcome, stranger.</p>")

    return app


def page(body: str, status: int = 200) -> Response:
    return Response(f"<!doctype html><title>Portal</title>{body}", status=status)


def signs(email: str) -> str:
    return f'<p>Signed in as <span id="person-email">{email}</span></p>'


def accepts_everything(email: str) -> ResponseReturnValue:
    session["email"] = email
    return redirect("/")


def refuses_everything(_: str) -> ResponseReturnValue:
    return redirect("/login/normal")


def answers_500(_: str) -> ResponseReturnValue:
    return page("<p>Something went wrong.</p>", status=500)


def answers_200_with_an_error(_: str) -> ResponseReturnValue:
    return page('<p id="login-error">You cannot log in.</p>')


def hangs(_: str) -> ResponseReturnValue:
    threading.Event().wait(4)
    return page("<p>At last.</p>")


def shows_success_without_a_session(email: str) -> ResponseReturnValue:
    return page(f"<h1>Welcome!</h1>{signs(email)}")


def signs_in_the_same_person(_: str) -> ResponseReturnValue:
    session["email"] = "always.the.same@example.com"
    return redirect("/")


WRONG: dict[str, Answer] = {
    answer.__name__: answer
    for answer in (
        accepts_everything,
        refuses_everything,
        answers_500,
        answers_200_with_an_error,
        hangs,
        shows_success_without_a_session,
        signs_in_the_same_person,
    )
}
