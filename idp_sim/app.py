"""The simulator as a Flask application."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

import idp_sim.scenarios
from idp_sim import catalogue, people
from idp_sim.config import Portal, Simulator
from idp_sim.web.menu import OUTCOME_WORDS, bases_of, marks_of, menu
from idp_sim.web.pages import Site, pages
from idp_sim.web.problem import Problem

WEB = Path(__file__).parent / "web"
LARGEST_FORM = 1 << 20
"""Bytes of a request that are read at most."""
YEAR = 365 * 24 * 3600

# No form-action: browsers hold it against the redirects of the portal under test too, and would hide where it leads.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
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
    app = Flask("idp_sim", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, SEND_FILE_MAX_AGE_DEFAULT=YEAR
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["idp_sim"] = Site(
        config=config, menu=menu(people.directory(), catalogue.load(idp_sim.scenarios)), clock=clock
    )
    app.jinja_env.globals.update(
        outcome_words=OUTCOME_WORDS,
        bases_of=bases_of,
        marks_of=marks_of,
        first_host=_first_host,
        static_url=_static_url(),
    )
    app.register_blueprint(pages)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(_secured)
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


def _static_url() -> Callable[[str], str]:
    """Return what gives the address of a file of ours; a changed file has a new address, so browsers may keep it."""
    versions = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in (WEB / "static").iterdir()}
    return lambda name: f"/static/{name}?v={versions[name]}"


def _secured(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
