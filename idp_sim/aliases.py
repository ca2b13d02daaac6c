"""Old ids of cases, and what they are called today: ids are for ever (command-line.md, Identities)."""

import functools
from collections.abc import Mapping
from pathlib import Path

from rulebook.strict_toml import read_table

FILE = Path(__file__).parent / "scenarios" / "aliases.toml"


@functools.cache
def aliases() -> Mapping[str, str]:
    """Return every old id with today's."""
    return read_table(FILE)


def today(case_id: str) -> str:
    """Return the id that the case or scenario has today, which is the given one unless that is an alias."""
    return aliases().get(case_id, case_id)


def told(old: str) -> str:
    """Return the sentence that tells a person of an alias."""
    return f"'{old}' is called '{today(old)}' today."
