"""The database: SQLite in a file by default, any SQLAlchemy URL by setting."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from portal_stub.accounts.tables import METADATA
from rulebook.strict_toml import FileProblem

_PATIENCE = 30
"""Seconds for which a transaction waits for another one that writes."""

_PASSWORD = re.compile(r"(//[^:/@]*:)[^@]*@")


class DatabaseProblem(FileProblem):
    """The database cannot be used; the text says which and why."""


class Database:
    """The portal's database, with its tables.

    Use ``reading()`` to look something up and ``writing()`` to change something: one transaction each, committed at
    the end of a ``writing`` block that did not raise. Open one at a time in a thread. ``place`` is the file that holds
    the database, or None.
    """

    def __init__(self, url: str) -> None:
        """Open the database at ``url`` and make the tables that are missing. Raises DatabaseProblem."""
        address = _address(url)
        self.place = _place(address)
        try:
            self._engine = _engine(address)
            with self.writing() as rows:
                METADATA.create_all(rows)
        except (DBAPIError, sqlite3.Error, ImportError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise DatabaseProblem(f"The database {address.render_as_string()} cannot be opened: {cause}.") from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that changes nothing."""
        with self._engine.connect() as rows:
            _begin(rows, "BEGIN")
            yield rows

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is committed at the end, or undone when an exception leaves it."""
        with self._engine.begin() as rows:
            _begin(rows, "BEGIN IMMEDIATE")
            yield rows

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        shown = _PASSWORD.sub(r"\1***@", url)
        raise DatabaseProblem(
            f"'{shown}' is not the address of a database ({type(error).__name__}). "
            "Expected one like sqlite:///instance/portal.db."
        ) from None
    return address


def _place(address: URL) -> Path | None:
    """Return the file in which the database is, or None where it is no file of ours."""
    name = address.database or ""
    is_file = address.get_backend_name() == "sqlite" and name not in ("", ":memory:") and not name.startswith("file:")
    return Path(name) if is_file else None


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": _PATIENCE}}
    place = _place(address)
    if address.database in (None, "", ":memory:"):
        # A database in memory lives in its one connection, so that the threads take turns with it.
        options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    elif place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)  # it holds the shared secret
    engine = create_engine(address, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver's own handling of transactions begins them late, and a read that turns into a write can then fail
    # with "database is locked". So transactions are begun here, by name.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(rows: Connection, statement: str) -> None:
    if rows.dialect.name == "sqlite":
        # Said to the driver itself: a listener to the beginning of transactions slows every statement down.
        rows.connection.cursor().execute(statement)
