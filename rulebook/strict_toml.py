"""Reading TOML files that people write: unknown keys and wrong types are refused in plain words.

The rule book itself, the settings of both sites and the target profiles are all read through here,
so a slip of the pen gets the same kind of answer everywhere.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError
from cattrs.v import format_exception

T = TypeVar("T")

_converter = cattrs.Converter(forbid_extra_keys=True)


def _exactly(kind: type) -> Any:
    def convert(value: object, _: type) -> object:
        if type(value) is not kind:
            raise TypeError(f"expected {_KINDS[kind]}, got {value!r}")
        return value

    return convert


_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2027-01-31",
}
for _kind in _KINDS:
    _converter.register_structure_hook(_kind, _exactly(_kind))


def _one_of(value: object, kind: Any) -> object:
    choices = get_args(kind)
    if value not in choices:
        raise ValueError(
            f"expected one of {', '.join(map(str, choices))}, got {value!r}.{nearest(str(value), choices)}"
        )
    return value


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


_converter.register_structure_hook_func(_is_literal, _one_of)


class FileProblem(Exception):
    """A file that a person wrote cannot be used; the text says which, where, why and how to mend it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known word nearest to ``word``, or the empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def read(path: Path, into: type[T]) -> T:
    """Read the TOML file at ``path`` into the attrs class ``into``.

    Raises FileProblem when the file is missing, is not TOML, has an unknown key or a value of the wrong kind.
    """
    return structure(read_table(path), into, str(path))


def read_table(path: Path) -> dict[str, Any]:
    """Read the TOML file at ``path`` as a plain table. Raises FileProblem when it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise FileProblem(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise FileProblem(f"{path}: is not valid TOML: {error}.") from None


def structure(table: Mapping[str, Any], into: type[T], where: str) -> T:
    """Turn a plain table into the attrs class ``into``; ``where`` names its origin in errors.

    Raises FileProblem for an unknown key (with the nearest right one) or a value of the wrong kind.
    """
    try:
        return _converter.structure(table, into)
    except ClassValidationError as error:
        raise FileProblem(f"{where}: {'; '.join(_sentences(error))}.") from None


def _sentences(error: ClassValidationError) -> list[str]:
    extra, rest = [], []
    for part, path in _walk(error, ""):
        if isinstance(part, ForbiddenExtraKeysError):
            known = [field.name for field in attrs.fields(part.cl)]
            extra += [
                f"unknown key '{path}{key}'.{nearest(key, known)}".rstrip(".") for key in sorted(part.extra_fields)
            ]
        elif isinstance(part, KeyError):
            rest.append(f"'{path.rstrip('.')}' is missing")
        else:
            text = str(part) if isinstance(part, TypeError | ValueError) else format_exception(part, None)
            rest.append(f"'{path.rstrip('.')}': {text}")
    return extra + rest


def _walk(error: BaseException, path: str) -> Iterable[tuple[Exception, str]]:
    if not isinstance(error, BaseExceptionGroup):
        if isinstance(error, Exception):
            yield error, path
        return
    for part in error.exceptions:
        step = ""
        for note in getattr(part, "__notes__", []):
            step = f"{getattr(note, 'name', getattr(note, 'index', ''))}."
        yield from _walk(part, path + step)
