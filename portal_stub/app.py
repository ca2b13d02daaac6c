"""The portal as a Flask application."""

from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from functools import cache

from flask import Flask
from jinja2 import StrictUndefined

from portal_stub.accounts import contacts
from portal_stub.accounts.database import Database
from portal_stub.accounts.overrides import InForce
from portal_stub.config import Settings
from portal_stub.keys import Keys
from portal_stub.weakness import SOUND, Weaknesses
from portal_stub.web import attempt_pages, check_pages, errors, guard, login, pages, security, single_logout, sso
from portal_stub.web.visit import Portal, begin_visit, person_here

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of a request's body. A Response of SAML has about ten thousand."""


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    database: str,
    weaknesses: Weaknesses = SOUND,
    clock: Callable[[], datetime] = utc_now,
    keys: Keys | None = None,
) -> Flask:
    """Return the portal with these settings, on the database at this SQLAlchemy URL.

    The settings' accounts that are absent are made. What an administrator saved on the page stands above ``settings``.
    ``keys`` stand in place of the portal's keys that are set or kept. Several portals may live in one process, each
    with its own database. Raises DatabaseProblem.
    """
    opened = Database(database)
    own_keys = keys or Keys(
        opened.place, {"signing": settings.saml.signing_key, "encryption": settings.saml.encryption_key}
    )
    in_force = InForce(settings, opened)
    here = Portal(settings, in_force, database=opened, weaknesses=weaknesses, clock=clock, keys=own_keys)
    with here.database.writing() as rows:
        contacts.seed(rows, settings.account, clock())
    app = copy(_pages())
    app.config, app.extensions = copy(app.config), {"portal": here}
    return app


@cache
def _pages() -> Flask:
    """Return the pages without a portal behind them: routes and templates are compiled once for all portals."""
    app = Flask("portal_stub", static_folder="web/static", template_folder="web/templates")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    templates = app.jinja_env  # made here, so that every copy of the application has this one
    templates.trim_blocks, templates.lstrip_blocks, templates.undefined = True, True, StrictUndefined
    for check in (guard.hold_host, guard.hold_origin, begin_visit, sso.hold_address):
        app.before_request(check)
    app.after_request(guard.add_headers)
    app.context_processor(lambda: {"person": person_here()})
    for module in (pages, login, sso, single_logout, security, check_pages, attempt_pages):
        app.register_blueprint(module.blueprint)
    errors.install(app)
    return app
