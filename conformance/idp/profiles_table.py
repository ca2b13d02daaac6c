"""The table of a profile's keys: ``python -m conformance.idp.profiles_table > docs/identity-provider-profiles.md``."""

from conformance.idp.profile import Profile
from rulebook.settings import tables

_HEAD = """# Keys of an identity provider's profile

Made from `conformance/idp/` by `python -m conformance.idp.profiles_table`; do not edit it by hand.

A profile is a TOML file. It tells how to sign in at an identity provider, or at a remote login page, and what that
knows of our portal; `conformance idp acme.toml` checks it.

```toml
name = "Acme"
metadata = "https://login.acme.example/metadata"
user = "jane"
password = "env:ACME_PASSWORD"
email = "jane@acme.example"
```

```toml
name = "Acme's login page"
protocol = "remote-login"
user = "jane@acme.example"
password = "env:ACME_PASSWORD"

[remote_login]
url = "https://www.acme.example/helpdesk-login"
secret = "env:ACME_SECRET"
```

Ordinary login forms are recognised: a password with a user name before it, on one page or on two. Other pages need a
`[[step]]`, in which `at` is the whole address as a glob:

```toml
[[step]]
at = "https://login.acme.example/consent*"
click = "#allow"
```

`conformance idp acme.toml --portal-metadata` prints the metadata of our portal, which the identity provider must know.
Selectors are CSS; in globs only `*` and `?` are special.
"""


def markdown() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *tables(Profile)])


if __name__ == "__main__":
    print(markdown(), end="")
