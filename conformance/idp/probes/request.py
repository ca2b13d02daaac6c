"""Requests that are out of the ordinary: what they ask for must be done, and what is wrong with them be noticed."""

import functools
from datetime import timedelta

import attrs

from conformance.idp.check import Check
from conformance.idp.probe import Found, NotOffered, probe
from conformance.idp.provider import Binding
from conformance.idp.seen import Seen
from conformance.idp.starts import ELSEWHERE
from portal_stub.keys import Keypair, Keys
from portal_stub.saml.request import AuthnRequest

BOTH_BINDINGS: dict[str, Binding] = {"redirect": "redirect", "post": "post"}
UNKNOWN_ISSUER = "https://portal-that-nobody-registered.example/metadata"
OLD = timedelta(days=30)
_NAMES = "urn:oasis:names:tc:SAML:"
FORMATS = {
    "email-address": f"{_NAMES}1.1:nameid-format:emailAddress",
    "unspecified": f"{_NAMES}1.1:nameid-format:unspecified",
    "persistent": f"{_NAMES}2.0:nameid-format:persistent",
    "transient": f"{_NAMES}2.0:nameid-format:transient",
    "unknown": "urn:example:nameid-format:that-nobody-knows",
    "none": None,
}
RELAY_STATES = {
    "awkward": "a b+c%20&d=e\"f'<g>;/\\h?#ü€",
    "markup": '</textarea>"><b>&amp;&lt;',
    "longest": "0123456789" * 8,
}
"""The longest is 80 bytes (saml-bindings 3.4.3)."""


@functools.cache
def _strangers_key() -> Keypair:
    return Keys().signing


def _offered(check: Check, binding: Binding) -> Binding:
    if not check.idp.login_at(binding):
        raise NotOffered(f"the metadata offers no login by HTTP-{'POST' if binding == 'post' else 'Redirect'}")
    return binding


def _answered(seen: Seen) -> Found:
    """Return whether a request that is in order was answered; what is wrong with the message itself is told once."""
    if seen.answered:
        return Found(state="kept", seen=seen)
    return Found(state="broken", seen=seen, expected="a login", got=seen.told())


def _not_answered(seen: Seen, what: str) -> Found:
    """Return whether a request that must not be answered by a login was not."""
    if seen.answered or seen.strays:
        return Found(state="broken", seen=seen, expected=f"no login upon {what}", got=seen.told(), alone=True)
    return Found(state="kept", seen=seen)


def _refused_for_its_signature(check: Check, by: Binding, seen: Seen, what: str) -> Found:
    """Return whether a request was not answered, where the same one with the portal's own signature is."""
    found = _not_answered(seen, what)
    if found.state == "kept":
        control = check.sign_in(check.begin_by_request(binding=by, signer=check.portal.keys.signing))
        if not control.answered:
            got = f"The portal's own signature was not answered either. {control.told()}"
            return Found(state="unclear", seen=control, got=got)
    return found


@probe("idp.request.signed", variants=BOTH_BINDINGS)
def signed(check: Check, binding: Binding) -> Found:
    """Send a request that is signed with the portal's key, by {variant}."""
    by = _offered(check, binding)
    return _answered(check.sign_in(check.begin_by_request(binding=by, signer=check.portal.keys.signing)))


@probe("idp.request.signature", "must-refuse", variants=BOTH_BINDINGS)
def signed_by_a_stranger(check: Check, binding: Binding) -> Found:
    """Send a request that is signed with a key of somebody else's, by {variant}."""
    by = _offered(check, binding)
    seen = check.sign_in(check.begin_by_request(binding=by, signer=_strangers_key()))
    return _refused_for_its_signature(check, by, seen, "a request whose signature is not the portal's")


@probe("idp.request.unsigned", "advisory", variants=BOTH_BINDINGS)
def unsigned(check: Check, binding: Binding) -> Found:
    """Send a request without a signature, by {variant}."""
    by = _offered(check, binding)
    seen = check.sign_in(check.begin_by_request(binding=by, signer=None))
    if not check.idp.wants_signed:
        return _answered(seen)
    what = "an unsigned request: the metadata announces that requests must be signed"
    return _refused_for_its_signature(check, by, seen, what)


@probe("idp.request.issue-instant", "advisory")
def old(check: Check) -> Found:
    """Send a request that was issued a month ago."""
    asks = lambda request: attrs.evolve(request, issue_instant=request.issue_instant - OLD)  # noqa: E731
    return _not_answered(check.sign_in(check.begin_by_request(asks=asks)), "a request of a month ago")


@probe("idp.request.issuer", "must-refuse")
def unknown_issuer(check: Check) -> Found:
    """Send a request of a portal that is not registered, with our assertion consumer service."""
    asks = lambda request: attrs.evolve(request, issuer=UNKNOWN_ISSUER)  # noqa: E731
    return _not_answered(check.sign_in(check.begin_by_request(asks=asks)), f"a request of {UNKNOWN_ISSUER}")


@probe("idp.request.acs", "must-refuse", variants={"another-host": False, "another-path": True})
def unregistered_acs(check: Check, same_host: bool) -> Found:
    """Ask for the answer at an address that is not registered (on {variant}): nothing is sent there."""
    elsewhere = f"{check.portal.settings.base_url}{ELSEWHERE}" if same_host else f"{check.stranger.url}/login/saml"
    asks = lambda request: attrs.evolve(request, acs_url=elsewhere)  # noqa: E731
    seen = check.sign_in(check.begin_by_request(asks=asks))
    if seen.strays:
        got = f"one there, with the fields {', '.join(seen.strays[0].fields) or '(none)'}"
        expected = f"no message at {elsewhere}, which is not registered"
        return Found(state="broken", seen=seen, expected=expected, got=got, alone=True)
    # An answer at the registered address is as safe as none.
    return Found(state="kept", seen=seen)


@probe("idp.request.destination", "must-refuse")
def other_destination(check: Check) -> Found:
    """Send a request that is meant for another identity provider, by its Destination."""
    elsewhere = f"{check.stranger.url}/sso"
    asks = lambda request: attrs.evolve(request, destination=elsewhere)  # noqa: E731
    seen = check.sign_in(check.begin_by_request(asks=asks))
    return _not_answered(seen, f"a request whose Destination is {elsewhere}")


def _forced(request: AuthnRequest) -> AuthnRequest:
    return attrs.evolve(request, force_authn=True)


def _passive(request: AuthnRequest) -> AuthnRequest:
    return attrs.evolve(request, is_passive=True)


@probe("idp.request.force-authn")
def force_authn(check: Check) -> Found:
    """Ask with ForceAuthn for a login of somebody who has a session: they must prove again who they are."""
    visitor = check.visitors()
    try:
        first = check.sign_in(check.begin_by_request(), visitor=visitor)
        seen = check.sign_in(check.begin_by_request(asks=_forced), visitor=visitor)
    finally:
        visitor.leave()
    if not first.answered or not seen.answered:
        return _answered(seen if first.answered else first)
    if not first.walk.asked:
        raise NotOffered("this identity provider never asks who the person is")
    if not seen.walk.asked:
        got = "a login without being asked anything"
        return Found(state="broken", seen=seen, expected="the login form once more", got=got, alone=True)
    before, after = (None if one.answer is None else one.answer.authn_instant for one in (first, seen))
    if before is not None and after is not None and after < before:
        got = f"{after:%H:%M:%S}, before the login that went before it ({before:%H:%M:%S})"
        return Found(state="broken", seen=seen, expected="the AuthnInstant of this authentication", got=got)
    return Found(state="kept", seen=seen)


@probe("idp.request.is-passive", variants={"no-session": False, "session": True})
def is_passive(check: Check, session: bool) -> Found:
    """Ask with IsPassive for a login for which no page may be shown ({variant} at the identity provider)."""
    visitor = check.visitors()
    try:
        if session:
            first = check.sign_in(check.begin_by_request(), visitor=visitor)
            if not first.answered:
                return _answered(first)
        seen = check.sign_in(check.begin_by_request(asks=_passive), visitor=visitor, passive=True)
    finally:
        visitor.leave()
    if seen.walk.stuck:
        expected = "to be sent back without a page"
        return Found(state="broken", seen=seen, expected=expected, got=f"a page. {seen.walk.stuck}")
    statuses = () if seen.answer is None else seen.answer.statuses
    if seen.answered:
        if session:
            return Found(state="kept", seen=seen)
        return Found(state="broken", seen=seen, expected="the status NoPassive", got=seen.told(), alone=True)
    if "NoPassive" in statuses:
        if not session:
            return Found(state="kept", seen=seen)
        return Found(state="left-open", seen=seen, expected="a login by the session that there is", got=seen.told())
    return Found(state="broken", seen=seen, expected="the status NoPassive", got=seen.told())


@probe("idp.request.relay-state", variants=RELAY_STATES)
def relay_state(check: Check, text: str) -> Found:
    """Send a RelayState of an unusual kind ({variant}): it comes back to the letter."""
    seen = check.sign_in(check.begin_by_request(relay_state=text))
    if not seen.answered or seen.attempt is None:
        return _answered(seen)
    if seen.attempt.relay_state != text:
        got = "none" if seen.attempt.relay_state is None else f"'{seen.attempt.relay_state}'"
        return Found(state="broken", seen=seen, expected=f"the RelayState '{text}'", got=got)
    return Found(state="kept", seen=seen)


@probe("idp.request.name-id-policy", variants=FORMATS)
def name_id_format(check: Check, wanted: str | None) -> Found:
    """Ask for a NameID of the Format {variant}: it is given, or the answer is InvalidNameIDPolicy."""
    asks = lambda request: attrs.evolve(request, name_id_format=wanted)  # noqa: E731
    seen = check.sign_in(check.begin_by_request(asks=asks))
    given = seen.answer.name_id_format if seen.answer is not None else None
    if seen.answer is not None and seen.answer.signs_in:
        if wanted in (None, FORMATS["unspecified"], given):
            return Found(state="kept", seen=seen)
        return Found(state="broken", seen=seen, expected=f"a NameID of the Format {wanted}", got=f"{given or 'none'}")
    if wanted not in (None, FORMATS["unspecified"]) and seen.answer is not None:
        if "InvalidNameIDPolicy" in seen.answer.statuses:
            return Found(state="kept", seen=seen)
        expected = f"a NameID of the Format {wanted}, or the status InvalidNameIDPolicy"
        return Found(state="broken", seen=seen, expected=expected, got=seen.told())
    return _answered(seen)
