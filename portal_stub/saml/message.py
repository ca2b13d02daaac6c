"""What arrives at the assertion consumer service, and what the portal remembers."""

from collections.abc import Container
from typing import Literal

import attrs

Binding = Literal["post", "redirect"]
"""How a message came: in a form (saml-bindings 3.5), or in the query of an address (3.4)."""


@attrs.frozen(kw_only=True)
class Post:
    """What was sent (saml-bindings 3.5.4). ``saml_response`` is the first field SAMLResponse, ``further`` the others.

    Those in the query of the address come after those in the form. ``others`` are the names of what else was sent,
    ``sender`` is the network address from which it was sent, where that is known.
    """

    saml_response: str | None
    relay_state: str | None = None
    further: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    binding: Binding = "post"
    sender: str | None = None


@attrs.frozen(kw_only=True)
class Memory:
    """What the portal remembers. ``None`` means offline: the rules that need it are then not-applicable.

    ``open_requests`` holds the IDs of the requests that are open in this browser,
    ``seen_assertions`` the IDs of the assertions that were accepted and have not expired.
    """

    open_requests: Container[str] | None = None
    seen_assertions: Container[str] | None = None


OFFLINE = Memory()
