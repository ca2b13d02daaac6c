"""The later stages of a sign-in, after its plan (``login.py``): tree, encrypted tree, signed tree, wire.

A scenario says by the type of its first parameter at which stage it deviates. Functions on a ``Draft``, an
``Encrypted`` or a ``Signed`` edit the XML in place; functions on a login, a ``Form`` or a ``Link`` return a changed
copy.
"""

from collections.abc import Callable
from typing import ClassVar, Literal
from urllib.parse import quote_plus

import attrs
from lxml import etree

from idp_sim.login import RemoteLogin, SamlLogin

Issue = Callable[[SamlLogin], etree._Element]
"""Return the Response of another login, signed by the same identity provider: who forges has sign-ins of their own."""


@attrs.frozen
class Draft:
    """The XML of a SAML Response before it is signed; what is changed here is signed properly afterwards."""

    stage: ClassVar = "tree"

    login: SamlLogin
    response: etree._Element


@attrs.frozen
class Encrypted:
    """The XML of a SAML Response after its assertion was signed and encrypted, before the Response itself is signed."""

    stage: ClassVar = "encrypted tree"

    login: SamlLogin
    response: etree._Element


@attrs.frozen
class Signed:
    """The XML of a SAML Response after it was signed."""

    stage: ClassVar = "signed tree"

    login: SamlLogin
    response: etree._Element
    issue: Issue = attrs.field(repr=False, eq=False)


@attrs.frozen
class Form:
    """The form that the browser posts to the assertion consumer service (saml-bindings 3.5.4)."""

    stage: ClassVar = "wire"

    login: SamlLogin
    action: str
    fields: tuple[tuple[str, str], ...]
    issue: Issue = attrs.field(repr=False, eq=False)
    method: Literal["post", "get"] = "post"


@attrs.frozen
class Link:
    """The link that sends a person from the remote login page to the portal (portal-contract R2, R3).

    ``parameters`` hold decoded values as bytes: UTF-8, unless a scenario wants other bytes.
    """

    stage: ClassVar = "wire"

    login: RemoteLogin
    endpoint: str
    parameters: tuple[tuple[str, bytes], ...]
    space: str = "+"
    """How a space is written in the query: ``+`` or ``%20`` (portal-contract R3)."""

    @property
    def url(self) -> str:
        """The whole link, percent-encoded."""
        # A semicolon stays: it is what an HTML-escaped ampersand leaves in a name.
        pairs = ((quote_plus(name, safe=";"), quote_plus(value)) for name, value in self.parameters)
        query = "&".join(f"{name}={value.replace('+', self.space)}" for name, value in pairs)
        return f"{self.endpoint}?{query}"
