"""The table of the mistakes that a detective names: ``python -m portal_stub.mistakes_table > docs/mistakes.md``.

A section for each way of signing in: its title, and what its detective lists (``MISTAKES``, ``OTHERS``).
"""

from collections.abc import Iterable
from typing import Protocol

from portal_stub.remote_login import detective as remote_login
from portal_stub.saml import detective as saml

_HEAD = """# Mistakes that are recognised by name

Made from `portal_stub` by `python -m portal_stub.mistakes_table`; do not edit it by hand.

When a login is refused, `portal-stub check` says which mistake leads, to the letter, to what came. Where no mistake by
itself does, two together are tried, and their codes stand with a `+` between them. A login that is right is never
suspected. `{}` stands for what was found in the message, or for what the portal expects.
"""


class Named(Protocol):
    """What stands in a row."""

    @property
    def code(self) -> str:
        """Its name for ever."""

    @property
    def sentence(self) -> str:
        """What was done."""

    @property
    def mend(self) -> str:
        """How to set it right."""


SECTIONS: dict[str, Iterable[Named]] = {
    "Remote login": (*remote_login.MISTAKES, *remote_login.OTHERS),
    "SAML": saml.MISTAKES,
}


def _section(title: str, mistakes: Iterable[Named]) -> list[str]:
    rows = (f"| `{each.code}` | {_cell(each.sentence)} | {_cell(each.mend)} |" for each in mistakes)
    return [f"## {title}", "", "| code | what happened | how to mend it |", "|---|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("|", "&#124;").replace("<", "&lt;")


def markdown() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *(line for title, each in SECTIONS.items() for line in _section(title, each))])


if __name__ == "__main__":
    print(markdown(), end="")
