"""Settings that an administrator changed: the file is the base, what was saved on the page stands above it."""

from collections.abc import Mapping
from typing import Any

import attrs
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal_stub.accounts.tables import Override
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


def read(session: Session) -> dict[str, Any]:
    """Return the changed settings by name."""
    return {row.name: row.value for row in session.scalars(select(Override).order_by(Override.name))}


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


def save(session: Session, base: Settings, settings: Settings) -> None:
    """Keep what differs from the file's settings, and forget what is as in the file again."""
    kept = {row.name: row for row in session.scalars(select(Override))}
    for name in sorted(SAVED_ON_THE_PAGE):
        value, from_file = value_of(settings, name), value_of(base, name)
        row = kept.get(name)
        if value == from_file and row is not None:
            session.delete(row)
        elif value != from_file and row is not None:
            row.value = value
        elif value != from_file:
            session.add(Override(name=name, value=value))


def value_of(settings: Settings, name: str) -> Any:
    """Return the value of the setting with this name."""
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)
