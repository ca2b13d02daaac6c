"""The simulator as a Flask application."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, render_template
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

import idp_sim.scenarios
from idp_sim import catalogue, people
from idp_sim.config import Portal, Simulator
from idp_sim.web.logout_pages import logout_pages
from idp_sim.web.menu import OUTCOME_WORDS, bases_of, marks_of, menu
from idp_sim.web.pages import Site, pages
from idp_sim.web.problem import Problem

WEB = Path(__file__).parent / "web"
LARGEST_FORM = 1 << 20
"""Bytes of a request that are read at most."""

INLINE = ("site.css", "sign-in.js", "submit.js")
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # What an ordinary identity provider sends: a stricter one would make the browser post with "Origin: null".
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def utc_now() -> datetime:
    """Return the present moment in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def create_app(config: Simulator, clock: Callable[[], datetime] = utc_now) -> Flask:
    """Make the application of one simulator; ``clock`` returns the present moment (aware, UTC)."""
    everything = menu(people.directory(), catalogue.load(idp_sim.scenarios))
    app = copy(_pages())
    app.config, app.extensions = copy(app.config), {"idp_sim": Site(config=config, menu=everything, clock=clock)}
    return app


@cache
def _pages() -> Flask:
    """Return the pages without a simulator behind them: routes and templates are compiled once for all simulators."""
    # Scripts and styles stand in the pages: a browser that starts afresh for each login saves two requests a page.
    inline = {name: Markup((WEB / "static" / name).read_text("utf-8")) for name in INLINE}  # noqa: S704  our own text
    headers = {"Content-Security-Policy": _policy(inline), **HEADERS}

    def secured(response: Response) -> Response:
        response.headers.extend(headers)
        return response

    app = Flask("idp_sim", template_folder=str(WEB / "templates"), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.globals.update(
        outcome_words=OUTCOME_WORDS,
        bases_of=bases_of,
        marks_of=marks_of,
        first_host=_first_host,
        inline=inline,
    )
    app.register_blueprint(pages)
    app.register_blueprint(logout_pages)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(secured)
    return app


def _first_host(portal: Portal) -> str:
    return urlsplit(portal.base_url).netloc


def _problem(problem: Problem) -> tuple[str, int]:
    return render_template("problem.html", problem=problem), problem.status


def _http_problem(error: HTTPException) -> Response:
    response = cast(Response, error.get_response())
    problem = Problem(error.name, error.description or "", error.code or 500)
    response.set_data(render_template("problem.html", problem=problem))
    return response


def _policy(inline: Mapping[str, str]) -> str:
    """Return the content security policy: exactly our own scripts and styles, named by their digests.

    It has no form-action: browsers hold that against the redirects of the portal under test too, which would hide
    where the portal leads.
    """

    def digests(ending: str) -> str:
        own = (text.encode() for name, text in inline.items() if name.endswith(ending))
        return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in own)

    return (
        f"default-src 'none'; script-src {digests('.js')}; style-src {digests('.css')}; img-src data:; "
        "connect-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
