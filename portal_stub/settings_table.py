"""The table of all settings, made from ``config.py``: ``python -m portal_stub.settings_table > docs/settings.md``."""

from collections.abc import Iterator
from typing import Any, get_args

import attrs

from portal_stub.config import Settings

_HEAD = """# Settings of the portal

Made from `portal_stub/config.py` by `python -m portal_stub.settings_table`; do not edit it by hand.

`portal-stub serve --settings portal.toml` reads these keys. Every key may be left out. Numbers in brackets name
the promises of the portal contract.
"""


def markdown() -> str:
    """Return the whole page: one table of keys for each table of ``portal.toml``."""
    return "\n".join([_HEAD, *_tables(Settings, "")])


def _tables(kind: type, name: str) -> Iterator[str]:
    fields = attrs.fields(attrs.resolve_types(kind))
    rows = [_row(field) for field in fields if "does" in field.metadata and _inner(field.type) is None]
    if rows:
        title = f"`{name}`" if name else "Above all tables"
        yield "\n".join([f"## {title}", "", "| key | default | what it does |", "|---|---|---|", *rows, ""])
    for field in fields:
        inner = _inner(field.type)
        if inner is not None:
            several = not attrs.has(field.type)
            if several:
                yield f"{field.metadata['does']}\n"
            inside = f"{name.strip('[]')}.{field.name}" if name else field.name
            yield from _tables(inner, f"[[{inside}]]" if several else f"[{inside}]")


def _inner(kind: Any) -> type | None:
    """Return the class of a table, or of the tables in a list of tables; None for a plain value."""
    return next((part for part in (kind, *get_args(kind)) if isinstance(part, type) and attrs.has(part)), None)


def _row(field: "attrs.Attribute[Any]") -> str:
    match field.default:
        case attrs.NOTHING:
            default = "needed"
        case "":
            default = "empty"
        case bool():
            default = str(field.default).lower()
        case _:
            default = f"`{field.default}`"
    return f"| `{field.name}` | {default} | {field.metadata['does']} |"


if __name__ == "__main__":
    print(markdown(), end="")
