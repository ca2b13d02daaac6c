"""Settings that an administrator changed: the file is the base, what was saved on the page stands above it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, select

from portal_stub.accounts.database import Database
from portal_stub.accounts.tables import OVERRIDES
from portal_stub.config import SamlSettings, Settings, SimpleSettings, SsoSettings
from rulebook.strict_toml import FileProblem, structure

_TABLES: Mapping[str, type[attrs.AttrsInstance]] = {
    "sso": SsoSettings,
    "simple": SimpleSettings,
    "saml": SamlSettings,
}
SAVED_ON_THE_PAGE = frozenset(
    f"{table}.{field.name}" for table, kind in _TABLES.items() for field in attrs.fields(kind)
) - {"saml.idp_metadata", "saml.signing_key", "saml.encryption_key", "saml.further_idp"}
"""Names of the settings that can be changed on the page, as in portal.toml."""

_READ = select(OVERRIDES.c.name, OVERRIDES.c.value).order_by(OVERRIDES.c.name)
_FORGET = delete(OVERRIDES).where(OVERRIDES.c.name.in_(bindparam("names", expanding=True)))
_KEEP = insert(OVERRIDES)


class InForce:
    """The settings in force, kept here so that no visitor's request asks the database for them.

    One process serves a database: what another one saves there counts here from the next ``refresh`` on, and an
    administrator's every visit is one.
    """

    def __init__(self, base: Settings, database: Database) -> None:
        """Read them for the first time. ``base`` are the settings of the file."""
        self._base, self._database = base, database
        self._reading = threading.Lock()
        self.settings = self.refresh()

    def refresh(self) -> Settings:
        """Read them anew and return them. Open no transaction around this."""
        # One at a time: of two readings the later one stays.
        with self._reading, self._database.reading() as rows:
            self.settings = applied(self._base, read(rows))
            return self.settings

    @contextmanager
    def saving(self, settings: Settings) -> Iterator[Connection]:
        """Save these settings, in one transaction with what is done inside; at its end they are in force."""
        with self._database.writing() as rows:
            save(rows, self._base, settings)
            yield rows
        self.refresh()


def read(rows: Connection) -> dict[str, Any]:
    """Return the changed settings by name."""
    return {row.name: row.value for row in rows.execute(_READ)}


def applied(base: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Return ``base`` with the changed settings in place.

    What an earlier version saved and this one does not know, or not with that value, is passed over.
    """
    settings = base
    for name, value in overrides.items():
        if name in SAVED_ON_THE_PAGE:
            try:
                settings = with_value(settings, name, value)
            except FileProblem:
                continue
    return settings


def with_value(settings: Settings, name: str, value: Any) -> Settings:
    """Return the settings with one value changed. Raises FileProblem when the value is not of the right kind."""
    table, _, key = name.partition(".")
    kept = attrs.asdict(getattr(settings, table))
    changed: dict[str, Any] = {table: structure({**kept, key: value}, _TABLES[table], "Admin > Security")}
    return attrs.evolve(settings, **changed)


def save(rows: Connection, base: Settings, settings: Settings) -> None:
    """Keep what differs from the file's settings, and forget what is as in the file again."""
    rows.execute(_FORGET, {"names": sorted(SAVED_ON_THE_PAGE)})
    changed = {name: value_of(settings, name) for name in sorted(SAVED_ON_THE_PAGE)}
    kept = [{"name": name, "value": value} for name, value in changed.items() if value != value_of(base, name)]
    if kept:
        rows.execute(_KEEP, kept)


def value_of(settings: Settings, name: str) -> Any:
    """Return the value of the setting with this name."""
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)
