"""The table of a profile's keys: ``python -m conformance.targets.profiles_table > docs/profiles.md``."""

from conformance.targets.profile import Profile
from rulebook.settings import tables

_HEAD = """# Keys of a target profile

Made from `conformance/targets/` by `python -m conformance.targets.profiles_table`; do not edit it by hand.

A profile is a TOML file. It tells how a browser drives a portal and reads its answers; `conformance run --portal
acme.toml` judges the portal by it. Needed are where a login begins (`login`) and one sign that a person is signed in:

```toml
login = "https://desk.example/login"

[signed_in]
email = "#account .email"
```

`conformance init --portal https://desk.example/login` writes a first one. Selectors are CSS; in globs only `*` and `?`
are special. A portal that shows *that* somebody is signed in but not *who* can be judged too: then a case in which a
forged identity is in play and which the portal accepts is `inconclusive`, never `pass`.
"""


def markdown() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *tables(Profile)])


if __name__ == "__main__":
    print(markdown(), end="")
