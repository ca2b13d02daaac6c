"""One request: the settings in force, the browser it comes from, and who is signed in there."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

import attrs
from flask import Response, current_app, g, request

from portal_stub.accounts import overrides, sessions, trials
from portal_stub.accounts.database import Database
from portal_stub.config import Settings
from portal_stub.keys import Keys
from portal_stub.weakness import Weaknesses

SESSION_COOKIE = "portal_session"
BROWSER_COOKIE = "__Host-portal_request"
TRIAL_COOKIE = "__Host-portal_check"
_LONGEST_TOKEN = 100


@attrs.frozen
class Portal:
    """What one application is made of. ``base`` are the settings of the file, ``in_force`` those that count."""

    base: Settings
    in_force: overrides.InForce
    database: Database
    weaknesses: Weaknesses
    clock: Callable[[], datetime]
    keys: Keys


@attrs.frozen
class Visit:
    """``settings`` are those in force; ``session`` and ``browser`` the secrets that the browser sent."""

    settings: Settings
    now: datetime
    session: str | None = attrs.field(repr=False)
    browser: str | None = attrs.field(repr=False)
    person: sessions.Person | None


def portal() -> Portal:
    """Return the portal that is asked."""
    return cast(Portal, current_app.extensions["portal"])


def visit() -> Visit:
    """Return the present visit."""
    return cast(Visit, g.visit)


def begin_visit() -> None:
    """Look up what every page needs. A visitor without a session is answered without the database."""
    if request.endpoint == "static":
        return
    here = portal()
    now = here.clock()
    session, person = _cookie(SESSION_COOKIE), None
    if session:
        with here.database.reading() as rows:
            person = sessions.current(rows, session, now)
    settings = here.in_force.refresh() if person and person.admin else here.in_force.settings
    g.visit = Visit(settings, now, session, _cookie(BROWSER_COOKIE), person)


def person_here() -> sessions.Person | None:
    """Return who is signed in; on a page that was answered before anybody was looked up, nobody."""
    found = g.get("visit")
    return found.person if isinstance(found, Visit) else None


def trial_here() -> trials.Trial | None:
    """Return the check of a set-up that goes on in this browser. Ordinary browsers are not looked up."""
    token = _cookie(TRIAL_COOKIE)
    if token is None:
        return None
    with portal().database.reading() as rows:
        return trials.current(rows, token, visit().now)


def keep_trial(response: Response, token: str) -> None:
    """Let the browser tell in every login that it is checked: SameSite=None, as for the binding of requests."""
    response.set_cookie(TRIAL_COOKIE, token, secure=True, httponly=True, samesite="None", path="/")


def drop_trial(response: Response) -> None:
    """Take the check from the browser."""
    response.delete_cookie(TRIAL_COOKIE, path="/", secure=True, httponly=True, samesite="None")


def keep_browser(response: Response, browser: str) -> None:
    """Give the browser its binding.

    SameSite=None because it must come back with the identity provider's cross-site POST; a cookie without SameSite
    does so for two minutes only.
    """
    if browser != visit().browser:
        response.set_cookie(BROWSER_COOKIE, browser, secure=True, httponly=True, samesite="None", path="/")


def keep_session(response: Response, session: str) -> None:
    """Give the browser its session. Lax: a Strict cookie is missing on the redirect that ends a login."""
    secure = portal().base.base_url.startswith("https:")
    response.set_cookie(SESSION_COOKIE, session, secure=secure, httponly=True, samesite="Lax", path="/")


def drop_session(response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(SESSION_COOKIE, path="/")


def _cookie(name: str) -> str | None:
    token = request.cookies.get(name, "")
    return token if 0 < len(token) <= _LONGEST_TOKEN else None
