"""What the portal owes its visitors, whichever protocol signs them in."""

from collections.abc import Mapping

BOTH_PROTOCOLS: Mapping[str, str] = {"remote-login": "remote-login", "saml": "saml"}
"""The variants of a scenario that is performed once with each protocol."""
