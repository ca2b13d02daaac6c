"""Logouts that every portal with single logout must accept."""

from collections.abc import Callable

import attrs

from idp_sim.catalogue import breaks, sound
from idp_sim.config import Binding
from idp_sim.login import Status
from idp_sim.logout import BINDINGS, Logout, LogoutOctets, LogoutQuery, Pairs

OFFERED = {"single_logout": True}
"""What a portal needs for all logout messages: the identity provider offers single logout."""
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


@sound(start="idp", given=OFFERED, variants=BINDINGS)
def request(logout: Logout, binding: Binding) -> Logout:
    """A sound logout request ends the session that it names, by the binding {variant}. It is a control."""
    return logout.but(binding=binding)


@sound(given=OFFERED, variants=BINDINGS)
def response(logout: Logout, binding: Binding) -> Logout:
    """A sound logout response confirms the logout that began at the portal, by the binding {variant}."""
    return logout.but(binding=binding)


@sound(start="idp", given=OFFERED, variants=BINDINGS)
def without_session_index(logout: Logout, binding: Binding) -> Logout:
    """The logout request names no session index: all sessions of the person end. By the binding {variant}."""
    return logout.but(binding=binding, session_indexes=())


@sound(start="idp", given=OFFERED)
def several_session_indexes(logout: Logout) -> Logout:
    """The logout request names two session indexes, of which the portal knows the second."""
    return logout.but(session_indexes=("_of-another-portal", *logout.session_indexes))


@sound(start="idp", given=OFFERED)
def without_end(logout: Logout) -> Logout:
    """The logout request has no NotOnOrAfter, which is optional."""
    return logout.but(not_on_or_after=None)


@sound(start="idp", given=OFFERED, variants=BINDINGS)
def rsa_sha512(logout: Logout, binding: Binding) -> Logout:
    """The logout request is signed with rsa-sha512, by the binding {variant}."""
    return logout.but(binding=binding, signature_algorithm="rsa-sha512", digest_algorithm="sha512")


@sound(start="idp", given=OFFERED, variants=BINDINGS)
def relay_state(logout: Logout, binding: Binding) -> Logout:
    """The logout request comes with a RelayState, which the signature of a query covers. By the binding {variant}."""
    return logout.but(binding=binding, relay_state="state of the identity provider: 100 % & more")


@sound(given=OFFERED)
def partial(logout: Logout) -> Logout:
    """The logout response says Success, and at the second level that some other portal did not answer."""
    return logout.but(status=Status(second=f"{STATUS}PartialLogout"))


def _lower_case(pairs: Pairs) -> Pairs:
    return tuple((name, _with_escapes(value, str.lower)) for name, value in pairs)


def _with_escapes(value: str, change: Callable[[str], str]) -> str:
    head, *rest = value.split("%")
    return head + "".join(f"%{change(part[:2])}{part[2:]}" for part in rest)


@sound(start="idp", given=OFFERED)
def lower_case_escapes(octets: LogoutOctets) -> LogoutOctets:
    """The query is percent-encoded in lower case and signed so: it is verified as it came, not as encoded anew."""
    return attrs.evolve(octets, signed=_lower_case(octets.signed), sent=_lower_case(octets.sent))


@sound(start="idp", given=OFFERED)
def parameters_in_another_order(query: LogoutQuery) -> LogoutQuery:
    """The parameters of the query come in another order than they are signed in, which the sender is free to choose."""
    return attrs.evolve(query, pairs=tuple(reversed(query.pairs)))


ELSEWHERE = {
    "absolute": "http://elsewhere.localhost/",
    "without-scheme": "//elsewhere.localhost/",
    "backslash": "/\\elsewhere.localhost/",
    "host-as-prefix": "http://portal.localhost.elsewhere.localhost/",
}


@breaks("portal.redirect.own-host", outcome="must-accept", given=OFFERED, variants=ELSEWHERE)
def off_site(logout: Logout, target: str) -> Logout:
    """The logout response asks by RelayState to land on another host; the person must stay on the portal: {variant}."""
    return logout.but(relay_state=target)
