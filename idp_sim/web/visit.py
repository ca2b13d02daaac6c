"""What brings a person to the sign-in page, and what they chose there: from untrusted input to a Login.

Nothing is kept between the two pages: the request travels in hidden fields, so that tabs don't disturb each other.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import get_args

import attrs

from idp_sim.catalogue import Scenario
from idp_sim.config import Portal, Simulator
from idp_sim.login import BASES, Base, Login, RemoteLogin, Requested, SamlLogin
from idp_sim.saml.request import AuthnRequest
from idp_sim.saml.request_signature import WrongSignature
from idp_sim.web.menu import Menu, Protocol, bases_of
from idp_sim.web.problem import Problem
from rulebook.strict_toml import nearest

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_ID = 1024


@attrs.frozen(kw_only=True)
class Visit:
    """A portal's wish that a person signs in; ``in_response_to`` and ``relay_state`` are the request's, if any."""

    protocol: Protocol
    portal: Portal
    in_response_to: str | None = None
    relay_state: str | None = None
    requested: Requested = Requested()

    @property
    def hidden(self) -> Mapping[str, str]:
        """The fields that carry the visit through the form."""
        carried = {
            "portal": self.portal.name, "in_response_to": self.in_response_to, "relay_state": self.relay_state,
            **_as_fields(self.requested),
        }  # fmt: skip
        return {name: value for name, value in carried.items() if value is not None}

    @property
    def wishes(self) -> tuple[str, ...]:
        """What the request asks of the authentication, in words."""
        asked = self.requested
        contexts = f"authentication context ({asked.comparison}) {', '.join(asked.authn_context)}"
        wishes = {
            "a new authentication (ForceAuthn)": asked.force_authn,
            "no interaction (IsPassive)": asked.is_passive,
            contexts: bool(asked.authn_context),
        }
        return tuple(words for words, wished in wishes.items() if wished)

    @property
    def target(self) -> str:
        """What the person may choose as the page to land on; empty where the portal's request says it."""
        if self.protocol == "remote-login":
            return "redirect_to"
        return "RelayState" if self.in_response_to is None else ""


def of_request(request: AuthnRequest, config: Simulator, addresses: tuple[str, ...]) -> Visit:
    """Return the visit that an authentication request asks for; ``addresses`` are those of our sign-on service.

    Raises Problem for a portal that is not configured, for a request that is meant for another place, and for one that
    is not signed as the portal says that it signs. The answer
    goes to the configured assertion consumer service only: who could name another would be sent other people's
    assertions (saml-profiles 4.1.4.1).
    """
    portal = config.with_entity_id(request.issuer)
    if portal is None:
        raise unknown_portal(request.issuer, request.acs_url)
    if request.acs_url is not None and request.acs_url != portal.acs_url:
        raise Problem(
            "The answer is asked for at another address",
            f"The request of portal '{portal.name}' asks for the answer at an address that is not the configured one. "
            "Nothing is sent there.",
            mend="If the portal has moved, change acs_url in portals.toml.",
            lines=(f"configured: {portal.acs_url}", f"asked for:  {request.acs_url}"),
        )
    if request.destination is not None and request.destination not in addresses:
        raise Problem(
            "The request is meant for another place",
            f"The Destination of the request of portal '{portal.name}' is not this sign-on service.",
            mend="Enter our address as the portal's SAML Login URL.",
            lines=(f"ours:        {addresses[0]}", f"Destination: {request.destination}"),
        )
    _check_signature(request, portal)
    return Visit(
        protocol="saml",
        portal=portal,
        in_response_to=request.id,
        relay_state=request.relay_state,
        requested=request.requested,
    )


def _check_signature(request: AuthnRequest, portal: Portal) -> None:
    """Raise Problem for a signature that does not verify, or that is missing where the portal signs every request.

    Where no certificate of the portal is known, a signature says nothing.
    """
    certificates = portal.request_certificates
    if request.signature is not None and certificates:
        try:
            request.signature.verify(certificates)
        except WrongSignature as wrong:
            raise Problem(
                "The request's signature is wrong",
                f"The request of portal '{portal.name}' is signed, and the signature does not verify. Nothing is sent.",
                mend=wrong.mend,
                lines=(f"expected: {wrong.expected}", f"got:      {wrong.got}"),
            ) from None
    if request.signature is None and portal.requests_signed:
        raise Problem(
            "The request is not signed",
            f"Portal '{portal.name}' says in its metadata (AuthnRequestsSigned), or portals.toml says of it "
            "(requests_signed), that it signs every request. This one could be anybody's. Nothing is sent.",
            mend="Let the portal sign its requests, or read its metadata anew.",
            lines=("expected: a signature in the query, or in a posted message inside it", "got:      none"),
        )


def of_start(name: str | None, config: Simulator) -> Visit:
    """Return the visit for a SAML login that begins here, at the portal with this name. Raises Problem."""
    return Visit(protocol="saml", portal=portal_named(name, config))


def of_remote_login(host_urls: list[str], config: Simulator) -> Visit:
    """Return the visit that a portal asks for by ``host_url`` (portal-contract R1, R10). Raises Problem."""
    if len(host_urls) != 1 or not host_urls[0]:
        raise Problem(
            "The portal is not named",
            f"A remote login needs the parameter host_url exactly once and filled in; it came {len(host_urls)} times.",
            mend="Open this page from the portal, or choose a portal on the home page.",
        )
    portal = config.with_host_url(host_urls[0])
    if portal is None:
        raise unknown_host(host_urls[0], config)
    return Visit(protocol="remote-login", portal=portal)


def chosen(form: Mapping[str, str], config: Simulator, menu: Menu, now: datetime) -> tuple[Login, Scenario]:
    """Return the login and the scenario that the sign-in form asks for. Raises Problem for anything unknown in it."""
    portal = portal_named(form.get("portal"), config)
    person = menu.person(form.get("person", ""))
    scenario = menu.scenario(form.get("scenario", ""))
    target = form.get("target") or None
    if scenario.protocol == "remote-login":
        if portal.remote_login is None:
            raise Problem(
                "This portal takes no remote logins",
                f"The scenario '{scenario.id}' is a remote login; portal '{portal.name}' has no [portal.remote_login].",
                mend="Add that table with the portal's shared secret to portals.toml, or choose a SAML scenario.",
            )
        return RemoteLogin(person=person, portal=portal, at=now, redirect_to=target), scenario
    request_id = form.get("in_response_to")
    if request_id is not None:
        _check_id(request_id)
        target = form.get("relay_state")
    login = SamlLogin(
        person=person, portal=portal, at=now, base=_base(form.get("base", BASES[0]), scenario),
        issuer=config.entity_id, in_response_to=request_id, relay_state=target, requested=_requested(form),
    )  # fmt: skip
    return login, scenario


def _as_fields(requested: Requested) -> Mapping[str, str | None]:
    return {
        "force_authn": "true" if requested.force_authn else None,
        "is_passive": "true" if requested.is_passive else None,
        "authn_context": " ".join(requested.authn_context) or None,
        "comparison": requested.comparison if requested.authn_context else None,
    }


def _requested(form: Mapping[str, str]) -> Requested:
    classes = _NOT_IN_XML.sub("", form.get("authn_context", ""))[:LONGEST_ID].split()
    return Requested(
        force_authn="force_authn" in form,
        is_passive="is_passive" in form,
        authn_context=tuple(classes),
        comparison=form.get("comparison", "exact"),
    )


def portal_named(name: str | None, config: Simulator) -> Portal:
    """Return the portal with this name. Raises Problem, which names the nearest one."""
    names = [portal.name for portal in config.portals]
    if not name:
        raise Problem("The portal is not named", f"Name one of the portals served here: {', '.join(names) or 'none'}.")
    portal = config.named(name)
    if portal is None:
        text = f"No portal '{name}' is served here; served are: {', '.join(names) or 'none'}.{nearest(name, names)}"
        raise Problem("There is no such portal", text)
    return portal


def _base(word: str, scenario: Scenario) -> Base:
    allowed = bases_of(scenario)
    for base in allowed:
        if word == base:
            return base
    if word in get_args(Base):
        text = f"The scenario '{scenario.id}' runs with these signed: {', '.join(allowed)}; chosen was '{word}'."
        raise Problem("The scenario does not run on this base", text, mend=f"Choose '{allowed[0]}'.")
    text = f"'{word}' cannot be signed. Choose one of {', '.join(BASES)}.{nearest(word, BASES)}"
    raise Problem("There is no such base", text)


def _check_id(request_id: str) -> None:
    if not request_id or len(request_id) > LONGEST_ID or _NOT_IN_XML.search(request_id):
        raise Problem(
            "The request's ID cannot be answered",
            f"Expected 1 to {LONGEST_ID} characters that XML allows, got {request_id[:80]!r} ({len(request_id)} long).",
            mend="Start again at the portal.",
        )


def unknown_portal(entity_id: str, acs_url: str | None) -> Problem:
    """Return the answer to a request of a portal that is not configured, with the lines that would configure it."""
    return Problem(
        "This portal is not known here",
        f"The request comes from the entity ID '{entity_id}', which no configured portal has. Nothing is sent.",
        mend="If you know this portal, add it to portals.toml, letter for letter, and start the simulator again:",
        lines=(
            "[[portal]]",
            'name = "new-portal"',
            'base_url = "https://PORTAL-HOST"',
            f"entity_id = {toml_text(entity_id)}",
            *([f"acs_url = {toml_text(acs_url)}"] if acs_url else []),
        ),
    )


def unknown_host(host_url: str, config: Simulator) -> Problem:
    """Return the answer to a ``host_url`` that no portal has, with the lines that would configure it."""
    hint = ""
    if "://" in host_url or "/" in host_url:
        hint = " A host_url is a bare host name and port, without scheme and path."
    known = [host for portal in config.portals if portal.remote_login for host in portal.host_urls]
    return Problem(
        "This portal is not known here",
        f"No configured portal takes remote logins for host_url '{host_url}'. Nothing is sent there."
        f"{hint}{nearest(host_url, known)}",
        status=403,
        mend="If you know this portal, add it to portals.toml and start the simulator again:",
        lines=(
            "[[portal]]",
            'name = "new-portal"',
            'base_url = "https://PORTAL-HOST"',
            "[portal.remote_login]",
            f"host_urls = [{toml_text(host_url)}]",
            'secret = "THE-SHARED-SECRET"',
        ),
    )


def toml_text(text: str) -> str:
    """Return ``text`` as a TOML basic string, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
