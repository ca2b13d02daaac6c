"""What holds for every page: host, origin of forms, their tokens, security headers, and who may see what."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal_stub.accounts import sessions
from portal_stub.web.targets import origin
from portal_stub.web.visit import keep_browser, person_here, portal, visit

P = ParamSpec("P")

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def hold_host() -> None:
    """Answer under the portal's own name only: the name in a link decides what the two sides compare."""
    base = portal().base
    if request.host == base.host:
        return
    if origin(f"{request.scheme}://{request.host}") != origin(f"{request.scheme}://{base.host}"):
        abort(400, f"This portal answers as {base.base_url} only. Open it under that address, or change base_url.")


JUDGED_BY_THEMSELVES = ("sso.consume", "sso.remote_login", "single_logout.take")
"""What comes from another site, and proves by its signature or its hash that it may."""


def hold_origin() -> None:
    """Take forms from the portal's own pages only. What the identity provider posts is judged by its signature."""
    sender = request.headers.get("Origin")
    if request.method != "POST" or request.endpoint in JUDGED_BY_THEMSELVES or sender is None:
        return
    if origin(sender) != origin(portal().base.base_url):
        abort(403, "The form was sent from another site. Open the page on this portal and send it from there.")


def hold_token(person: sessions.Person) -> None:
    """Take a form only with the token of the session in which it was shown."""
    if not hmac.compare_digest(request.form.get("csrf", "").encode("utf-8", "replace"), person.csrf.encode()):
        abort(403, "The form is out of date or was sent from elsewhere. Load the page again and send it from there.")


def sender(*, with_token: bool = False) -> sessions.Person:
    """Return who is signed in, on a page that needs a login; of a form, who sent it ``with_token``."""
    person = person_here()
    if person is None:
        raise PermissionError("only somebody who is signed in gets here")
    if with_token:
        hold_token(person)
    return person


def add_headers(response: Response) -> Response:
    """Add the headers that keep a page from being framed, sniffed, scripted or kept."""
    # With somebody signed in the page holds the button that signs out, and browsers hold form-action against every
    # redirect that follows: the hosts on the way through a sign-out are not ours to know.
    own_forms = "" if person_here() else "; form-action 'self'"
    response.headers.setdefault("Content-Security-Policy", _POLICY + own_forms)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def posting_elsewhere(response: Response, address: str) -> Response:
    """Let the page's form post to this address, which an administrator has set."""
    found = origin(address)
    if found is not None:
        scheme, host, port = found
        allowed = "".join(char for char in host if char.isalnum() or char in ".-[]:")
        response.headers["Content-Security-Policy"] = f"{_POLICY}; form-action {scheme}://{allowed}:{port}"
    return response


def needs_login(view: Callable[P, ResponseReturnValue], *, at: str = "login.start") -> Callable[P, ResponseReturnValue]:
    """Send a visitor whom nobody knows to log in ``at`` this endpoint, and remember where they wanted to go (P8)."""

    @wraps(view)
    def held(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if person_here() is not None:
            return view(*args, **kwargs)
        browser = visit().browser or sessions.new_token()
        page = request.full_path if request.query_string else request.path
        with portal().database.writing() as rows:
            sessions.want(rows, browser, page, visit().now)
        response = make_response(redirect(url_for(at), 302))
        keep_browser(response, browser)
        return response

    return held


def admins_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Show a page to agents with admin rights only (P1, P11); they log in with a password, as sign-on may be broken."""

    @wraps(view)
    def held(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        person = person_here()
        if person is None or person.role != "agent" or not person.admin:
            abort(403, "This page is for administrators of the portal. You are signed in, but not as one.")
        return view(*args, **kwargs)

    return needs_login(held, at="login.normal")
