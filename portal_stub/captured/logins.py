"""Finding the logins among the requests of a browser, and the authentication requests that they may answer."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from urllib.parse import urlsplit

import attrs
from lxml import etree

from portal_stub.captured.exchange import Exchange, Pairs, fields, values
from portal_stub.captured.tracer import MASKED
from portal_stub.config import Settings
from portal_stub.saml.message import Binding, Post
from portal_stub.saml.xml import MAX_BYTES, XmlProblem, inflated, parse, samlp

Message = bytes | Post
"""The raw query of a remote login, or a Response as it was sent."""

MOST_LOGINS = 200
"""How many of one capture are judged at most: a detective may take a third of a second for one that is refused."""

_SSO_PATHS = ("/login/sso", "/login/sso/")
_LINK_NAMES = {"name", "email", "hash"}


@attrs.frozen(kw_only=True)
class CapturedLogin:
    """A login that a browser sent. ``posted`` tells that a remote login came in the body of a form.

    ``at`` (UTC) is when, by the clock that ``clock`` names; None where the capture does not tell. ``requests`` are the
    IDs of the authentication requests that the capture shows before it; None where it shows none, so that what the
    login answers may have been sent before the capture began. ``note`` is what a reader must know.
    """

    message: Message
    posted: bool = False
    method: str
    url: str
    at: datetime | None = None
    clock: str = ""
    requests: frozenset[str] | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class Unread:
    """A login that is in the capture and cannot be judged, for ``reason``."""

    method: str
    url: str
    at: datetime | None
    reason: str


@attrs.frozen(kw_only=True)
class Capture:
    """What a capture shows. ``kind`` names the tool's format, ``seen`` counts its requests."""

    kind: str
    seen: int
    logins: tuple[CapturedLogin, ...]
    unread: tuple[Unread, ...] = ()


def find(kind: str, exchanges: Sequence[Exchange], settings: Settings) -> Capture:
    """Return the logins in what a browser sent: Responses, remote logins, by form and by link.

    ``settings`` tell which addresses are the portal's, where whatever arrives is a login. What is redirected further
    as it is counts where it arrived.
    """
    logins: list[CapturedLogin] = []
    unread: list[Unread] = []
    requests: set[str] = set()
    for exchange, later in zip_longest(exchanges, exchanges[1:]):
        request = _request_id(exchange)
        if request:
            requests.add(request)
        if later is not None and _is_passed_on(exchange, later):
            continue
        address = shown_address(exchange.url, settings.simple.secret)
        if reason := _why_unread(exchange, settings):
            unread.append(Unread(method=exchange.method, url=address, at=exchange.at, reason=reason))
        elif (found := _login(exchange, settings)) is not None:
            message, posted = found
            login = CapturedLogin(
                message=message,
                posted=posted,
                method=exchange.method,
                url=address,
                at=exchange.at,
                clock=exchange.clock,
                requests=frozenset(requests) or None,
                note=exchange.note,
            )
            logins.append(login)
    return Capture(kind=kind, seen=len(exchanges), logins=tuple(logins), unread=tuple(unread))


def shown_address(url: str, secret: str) -> str:
    """Return the address without its query and fragment, a name and password before the host, and the secret."""
    try:
        parts = urlsplit(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    except ValueError:
        bare = url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return bare.replace(secret, "********") if secret else bare


def _is_passed_on(exchange: Exchange, later: Exchange) -> bool:
    """Return whether the next request is the same login again, because the answer sent the browser there.

    That is how http becomes https, and ``/login/sso`` gets its slash: the portal reads the second alone.
    """
    if later.url != exchange.leads_to or later.method != exchange.method:
        return False
    if exchange.method == "POST":
        return exchange.keeps_form and later.body == exchange.body
    return later.query == exchange.query


def _why_unread(exchange: Exchange, settings: Settings) -> str:
    """Return why a login that stands here cannot be judged, or the empty string."""
    host, path = exchange.place
    own = host == settings.host.lower() and path in (*_SSO_PATHS, urlsplit(settings.acs_url).path)
    if own and exchange.unread:
        return exchange.unread
    sent = (*fields(exchange.body), *fields(exchange.query))
    masked = sorted({name for name, value in sent if MASKED.fullmatch(value)} & {"SAMLResponse", *_LINK_NAMES})
    if masked and (own or "SAMLResponse" in masked):
        return f"the capture has a mask in place of {', '.join(masked)}; make it without masking"
    if values(sent, "SAMLart") and exchange.method in ("GET", "POST"):
        return "it came by HTTP-Artifact: the message itself does not pass the browser"
    return ""


def _login(exchange: Exchange, settings: Settings) -> tuple[Message, bool] | None:
    """Return the login that this request is, and whether a remote login was posted; None for any other request."""
    host, path = exchange.place
    own = host == settings.host.lower()
    query, body = fields(exchange.query), fields(exchange.body)
    if exchange.method not in ("GET", "POST"):
        return None
    posted = exchange.method == "POST"
    response = post_of((*body, *query), "post") if posted else post_of(query, "redirect")
    if response.saml_response is not None or (posted and own and path == urlsplit(settings.acs_url).path):
        return None if _is_logout(response) else (response, False)
    if (own and path in _SSO_PATHS) or {name for name, _ in (*query, *body)} >= _LINK_NAMES:
        return "&".join(filter(None, (exchange.query, exchange.body))).encode("utf-8"), posted
    return None


def post_of(pairs: Pairs, binding: Binding) -> Post:
    """Return what these fields of a form or a query send to the assertion consumer service."""
    responses = values(pairs, "SAMLResponse")
    return Post(
        saml_response=next(iter(responses), None),
        relay_state=next(iter(values(pairs, "RelayState")), None),
        further=tuple(responses[1:]),
        others=tuple(dict.fromkeys(name for name, _ in pairs if name not in ("SAMLResponse", "RelayState"))),
        binding=binding,
    )


def _is_logout(response: Post) -> bool:
    root = None if response.saml_response is None else _root(response.saml_response, response.binding)
    return root is not None and root.tag == samlp("LogoutResponse")


def _request_id(exchange: Exchange) -> str | None:
    """Return the ID of the authentication request that is sent here, None where none is."""
    sent: dict[Binding, Pairs] = {"redirect": fields(exchange.query), "post": fields(exchange.body)}
    for binding, pairs in sent.items():
        for message in values(pairs, "SAMLRequest")[:1]:
            root = _root(message, binding)
            if root is not None and root.tag == samlp("AuthnRequest"):
                return root.get("ID")
    return None


def _root(message: str, binding: Binding) -> etree._Element | None:
    """Return the root of a message, None for what cannot be read. It sorts requests, and grants nothing."""
    if len(message) > 2 * MAX_BYTES:
        return None
    try:
        data = base64.b64decode("".join(message.split()))
        return parse(inflated(data) if binding == "redirect" else data)
    except (binascii.Error, ValueError, XmlProblem):
        return None
