"""Our portal while it runs for a check, at the address where the identity provider knows it."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import portal_stub.app
from conformance.idp.starts import PLACE, Starts
from conformance.sites import Server, listen_at
from portal_stub.accounts.attempts import Attempt, latest
from portal_stub.accounts.database import Database
from portal_stub.config import Settings
from portal_stub.keys import Keys
from portal_stub.web.visit import Portal

MOST_ATTEMPTS = 1000


@attrs.frozen(kw_only=True)
class Running:
    """Our portal while it runs: what it is set to, its keys, what it remembers, and where probes begin."""

    settings: Settings
    keys: Keys
    database: Database
    starts: Starts

    def attempts(self) -> list[Attempt]:
        """Return everything that ever reached it, the earliest first."""
        with self.database.reading() as rows:
            return latest(rows, MOST_ATTEMPTS)[::-1]


@contextlib.contextmanager
def running(settings: Settings, keys: Keys) -> Iterator[Running]:
    """Run our portal at its address.

    Raises FileProblem when that is not one of this machine's loopback, or its port is taken.
    """
    bound = listen_at(settings.base_url, "Our portal", "'portal.base_url' in the profile and at the identity provider")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        app = portal_stub.app.create_app(settings, f"sqlite:///{Path(folder) / 'portal.db'}", keys=keys)
        portal: Portal = app.extensions["portal"]
        starts = Starts(settings.base_url)
        server = Server(DispatcherMiddleware(app, {PLACE: starts.app}), bound)
        stack.callback(server.close)
        yield Running(settings=settings, keys=keys, database=portal.database, starts=starts)
