"""The table of all settings, made from ``config.py``: ``python -m portal_stub.settings_table > docs/settings.md``."""

from portal_stub.config import Settings
from rulebook.settings import tables

_HEAD = """# Settings of the portal

Made from `portal_stub/config.py` by `python -m portal_stub.settings_table`; do not edit it by hand.

`portal-stub serve --settings portal.toml` reads these keys. Every key may be left out. Numbers in brackets name
the promises of the portal contract.
"""


def markdown() -> str:
    """Return the whole page: one table of keys for each table of ``portal.toml``."""
    return "\n".join([_HEAD, *tables(Settings)])


if __name__ == "__main__":
    print(markdown(), end="")
