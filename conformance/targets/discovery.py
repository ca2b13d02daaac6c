"""What can be found out of a portal beside its profile: from its metadata, and from where its login address leads.

Only the portal's own host is asked. Where it sends the browser elsewhere, the address alone is read.
"""

import functools
import http.client
import socket
import ssl
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import attrs
import lxml.html
from lxml import etree

from conformance.drivers.trust import opened, trusting
from conformance.targets.profile import Profile, Protocol
from idp_sim.portals_file import SLO, beside_metadata, from_metadata
from idp_sim.saml.request import AuthnRequest, UnreadableRequest, from_post, from_redirect

MOST_REDIRECTS = 5
MOST_BYTES = 1 << 20
FROM_METADATA = ("entity_id", "acs_url", *SLO, "encryption_certificate", "request_certificate", "requests_signed")
"""The keys of a profile that metadata can tell."""


class Unreachable(Exception):
    """A site does not answer; the text says which, and why."""


@attrs.frozen
class Answer:
    """What a site answered to one request; ``headers`` are found in any case of letters."""

    url: str
    status: int
    headers: Message
    body: bytes

    @property
    def leads_to(self) -> str:
        """The address to which it redirects, or nothing."""
        location = self.headers.get("Location") if 300 <= self.status < 400 else None
        return urljoin(self.url, location) if location else ""


def ask(url: str, seconds: float = 10, trust: ssl.SSLContext | None = None) -> Answer:
    """Ask for a page, and follow nothing. Raises Unreachable."""
    parts = urlsplit(url)
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", timeout=seconds)
        try:
            connection.sock = opened(url, trust, seconds)
            path = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
            connection.request("GET", path, headers={"Host": parts.netloc, "Accept": "text/html, */*"})
            answer = connection.getresponse()
            return Answer(url, answer.status, answer.headers, answer.read(MOST_BYTES))
        finally:
            connection.close()
    except TimeoutError:
        raise Unreachable(f"{parts.netloc} did not answer in {seconds:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"{parts.netloc} has a certificate that is not trusted ({error.verify_message})") from None
    except socket.gaierror:
        raise Unreachable(f"{parts.netloc} is the name of no machine") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{parts.netloc} does not answer ({getattr(error, 'strerror', None) or error})") from None


@attrs.frozen(kw_only=True)
class LoginPage:
    """Where a login address leads. ``answer`` is the last one of the portal's own host.

    ``identity_provider`` is the address to which the browser is sent, without its query, and ``request`` the SAML
    request that it carries there. ``problem`` says why that could not be seen.
    """

    answer: Answer | None = None
    protocol: Protocol | None = None
    identity_provider: str = ""
    request: AuthnRequest | None = None
    problem: str = ""


def login_page(url: str, trust: ssl.SSLContext | None = None) -> LoginPage:
    """See where a login address leads, as far as that can be told without a browser."""
    host, answer = urlsplit(url).netloc, None
    try:
        for _ in range(MOST_REDIRECTS):
            answer = ask(url, trust=trust)
            if not answer.leads_to:
                return _by_form(answer)
            if urlsplit(answer.leads_to).netloc != host:
                return _by_redirect(answer)
            url = answer.leads_to
    except Unreachable as error:
        return LoginPage(answer=answer, problem=f"{error}.")
    except ValueError as error:
        return LoginPage(answer=answer, problem=f"{url} leads to what is no address ({error}).")
    return LoginPage(answer=answer, problem=f"{url} redirects without end.")


def _by_redirect(answer: Answer) -> LoginPage:
    there = urlsplit(answer.leads_to)
    fields = dict(parse_qsl(there.query))
    provider = there._replace(query="", fragment="").geturl()
    if "SAMLRequest" in fields:
        try:
            request = from_redirect(fields["SAMLRequest"], fields.get("RelayState"), there.query.encode())
        except UnreadableRequest as error:
            return LoginPage(answer=answer, protocol="saml", identity_provider=provider, problem=str(error))
        return LoginPage(answer=answer, protocol="saml", identity_provider=provider, request=request)
    if "host_url" in fields:
        return LoginPage(answer=answer, protocol="remote-login", identity_provider=provider)
    return LoginPage(
        answer=answer,
        identity_provider=provider,
        problem=f"{answer.url} leads to {provider}, with neither a SAML request nor a host_url.",
    )


def _by_form(answer: Answer) -> LoginPage:
    for form in _forms(answer.body):
        fields = dict(form.form_values())
        if "SAMLRequest" in fields:
            provider = urljoin(answer.url, form.get("action") or "")
            try:
                request = from_post(fields["SAMLRequest"], fields.get("RelayState"))
            except UnreadableRequest as error:
                return LoginPage(answer=answer, protocol="saml", identity_provider=provider, problem=str(error))
            return LoginPage(answer=answer, protocol="saml", identity_provider=provider, request=request)
    return LoginPage(
        answer=answer, problem=f"{answer.url} answers {answer.status} and leads to no identity provider by itself."
    )


def _forms(body: bytes) -> list[Any]:
    try:
        return list(lxml.html.document_fromstring(body).forms)
    except etree.ParserError:
        return []  # A body without any element.


@attrs.frozen(kw_only=True)
class Found:
    """What was found out beside a profile: ``values`` of its keys, and for each the ``source`` in words.

    ``missing`` are keys that nothing tells and the profile should; ``login`` is where the login address leads, if it
    had to be asked.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    missing: tuple[str, ...]
    login: LoginPage | None = None


def discover(profile: Profile) -> Found:
    """Find out what the profile leaves out. Raises FileProblem for metadata that cannot be read."""
    given = {key: value for key in (*FROM_METADATA, "protocols") if (value := getattr(profile, key))}
    values, sources = dict(given), dict.fromkeys(given, "the profile")
    trust = trusting(profile.ca_file)
    if profile.metadata:
        where = f"The profile of '{profile.name}'"
        known = from_metadata(profile.metadata, Path(), where, functools.partial(_body, trust=trust))
        known = {"protocols": ("saml",), **{key: value for key, value in known.items() if key in FROM_METADATA}}
        told = beside_metadata(given, known)
        sources |= dict.fromkeys(told.keys() - given.keys(), "the metadata")
        values |= told
    login = None
    speaks_saml = "saml" in values.get("protocols", ("saml",))
    if "protocols" not in values or (speaks_saml and not values.keys() >= {"entity_id", "acs_url"}):
        login = login_page(urljoin(profile.base_url, profile.login), trust)
        told = _told_by(login)
        sources |= dict.fromkeys(told.keys() - values.keys(), "where the login address leads")
        values = {**told, **values}
    return Found(values=values, sources=sources, missing=_missing(profile, values), login=login)


def completed(profile: Profile) -> Profile:
    """Return the profile with what can be found out beside it. Raises FileProblem as ``discover`` does."""
    return attrs.evolve(profile, **discover(profile).values)


def _body(url: str, trust: ssl.SSLContext) -> bytes:
    try:
        answer = ask(url, trust=trust)
    except Unreachable as error:
        raise ValueError(str(error)) from None
    if answer.status != 200:
        raise ValueError(f"it answered {answer.status}")
    return answer.body


def _told_by(login: LoginPage) -> dict[str, Any]:
    told: dict[str, Any] = {"protocols": (login.protocol,)} if login.protocol else {}
    if login.request is not None:
        told["entity_id"] = login.request.issuer
        if login.request.acs_url is not None:
            told["acs_url"] = login.request.acs_url
    return told


def _missing(profile: Profile, values: Mapping[str, Any]) -> tuple[str, ...]:
    protocols = values.get("protocols", ())
    missing = [] if protocols else ["protocols"]
    if "saml" in protocols:
        missing += [key for key in ("entity_id", "acs_url") if key not in values]
    if "remote-login" in protocols and not profile.simulator.secret:
        missing.append("simulator.secret")
    return tuple(missing)
