"""What arrives at the assertion consumer service, and what the portal remembers."""

from collections.abc import Container

import attrs


@attrs.frozen(kw_only=True)
class Post:
    """The form as received (saml-bindings 3.5.4).

    ``copies`` is how often the field SAMLResponse was sent; ``saml_response`` is the first of them.
    """

    saml_response: str | None
    relay_state: str | None = None
    copies: int = 1


@attrs.frozen(kw_only=True)
class Memory:
    """What the portal remembers. ``None`` means offline: the rules that need it are then not-applicable.

    ``open_requests`` holds the IDs of the requests that are open in this browser,
    ``seen_assertions`` the IDs of the assertions that were accepted and have not expired.
    """

    open_requests: Container[str] | None = None
    seen_assertions: Container[str] | None = None


OFFLINE = Memory()
