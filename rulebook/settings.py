"""Settings that say themselves what they do, and the Markdown table that is made from them."""

from collections.abc import Iterator
from typing import Any, get_args

import attrs


def setting(does: str, default: Any = attrs.NOTHING, **options: Any) -> Any:
    """Return an attrs field that carries, for the generated table, what the setting does."""
    return attrs.field(default=default, metadata={"does": does}, **options)


def tables(kind: type, name: str = "") -> Iterator[str]:
    """Yield one Markdown table of keys for each table of the TOML file that is read into the attrs class ``kind``."""
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
            yield from tables(inner, f"[[{inside}]]" if several else f"[{inside}]")


def _inner(kind: Any) -> type | None:
    """Return the class of a table, or of the tables in a list of tables; None for a plain value."""
    return next((part for part in (kind, *get_args(kind)) if isinstance(part, type) and attrs.has(part)), None)


def _row(field: "attrs.Attribute[Any]") -> str:
    match field.default:
        case attrs.NOTHING:
            default = "needed"
        case "" | ():
            default = "empty"
        case attrs.Factory():  # type: ignore[misc]  # attrs declares a function; it is the class of such defaults
            default = "empty"
        case bool():
            default = str(field.default).lower()
        case _:
            default = f"`{field.default}`"
    return f"| `{field.name}` | {default} | {field.metadata['does']} |"
