"""The table of the mistakes that a detective names: ``python -m portal_stub.mistakes_table > docs/mistakes.md``."""

from collections.abc import Iterable

from portal_stub.remote_login.detective import OTHERS as REMOTE_LOGIN_OTHERS
from portal_stub.remote_login.mistakes import MISTAKES as REMOTE_LOGIN
from portal_stub.saml.detective import MISTAKES as SAML
from portal_stub.suspect import Suspect

_HEAD = """# Mistakes that are recognised by name

Made from `portal_stub` by `python -m portal_stub.mistakes_table`; do not edit it by hand.

When a login is refused, `portal-stub check` says which mistake leads, to the letter, to what came. Where no mistake by
itself does, two together are tried, and their codes stand with a `+` between them. A login that is right is never
suspected. `{}` stands for what was found in the message.
"""


def _table(suspects: Iterable[Suspect]) -> list[str]:
    rows = (f"| `{s.code}` | {_cell(s.sentence)} | {_cell(s.mend)} |" for s in suspects)
    return ["| code | what happened | how to mend it |", "|---|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("|", "&#124;")


def markdown() -> str:
    """Return the whole page."""
    of_the_hash = (Suspect(code=m.code, sentence=m.sentence, mend=m.mend) for m in REMOTE_LOGIN)
    remote_login, saml = _table([*of_the_hash, *REMOTE_LOGIN_OTHERS]), _table(SAML)
    return "\n".join([_HEAD, "## Remote login", "", *remote_login, "## SAML", "", *saml])


if __name__ == "__main__":
    print(markdown(), end="")
