"""Sign-ins that are in order: each must end with the right person signed in at the portal."""

import secrets
from datetime import timedelta

from conformance.idp.check import Check
from conformance.idp.probe import BOTH, Found, NotOffered, probe
from conformance.idp.profile import Account
from conformance.idp.provider import Binding
from conformance.idp.seen import Seen
from rulebook import rule

WRONG_PASSWORD = "idp.sign-in.wrong-password"  # noqa: S105 - the id of a probe


def sound(seen: Seen, check: Check) -> Found:
    """Return what a sound sign-in came to: the right person is signed in.

    What is wrong with the first sign-in is told there, and proves nothing about the others.
    """
    first = check.opening
    if seen.granted and seen.right_person:
        return Found(state="kept", seen=seen)
    if seen is not first and _alike(seen, first):
        return Found(state="unclear", seen=seen, got=f"It went as the first sign-in did. {first.told()}")
    if seen.granted:
        got = f"a login of {seen.person}"
        expected, how = f"a login of {seen.expected}", rule("idp.login.person").mend
        return Found(state="broken", seen=seen, expected=expected, got=got, mend=how, alone=True)
    if seen is first and not seen.answered:
        return Found(state="unclear", seen=seen, got=seen.told())
    expected = "a login that the portal accepts"
    mend = "" if seen.answered else None  # each finding says how it is mended
    return Found(state="broken", seen=seen, expected=expected, got=seen.told(), mend=mend, alone=seen.answered)


def _alike(seen: Seen, first: Seen) -> bool:
    """Whether a sign-in went wrong for nothing that was not wrong with the first one already."""
    if seen.granted:
        return first.granted and not first.right_person and seen.person == first.person
    broken, before = ({found.rule for found in one.violated} for one in (seen, first))
    return seen.answered and bool(broken) and broken <= before


@probe("idp.request.redirect")
def redirect(check: Check) -> Found:
    """Sign in by a request that travels in the address (HTTP-Redirect)."""
    return _by(check, "redirect")


@probe("idp.request.post")
def post(check: Check) -> Found:
    """Sign in by a request that travels in a form (HTTP-POST)."""
    return _by(check, "post")


def _by(check: Check, binding: Binding) -> Found:
    if not check.idp.login_at(binding):
        raise NotOffered(f"the metadata offers no login by HTTP-{'POST' if binding == 'post' else 'Redirect'}")
    if binding == check.idp.binding:
        return sound(check.opening, check)
    seen = check.sign_in(check.begin_by_request(binding=binding))
    check.sound.append((f"the sign-in by {binding}", seen))
    return sound(seen, check)


@probe("idp.login.unsolicited")
def idp_initiated(check: Check) -> Found:
    """Sign in where the login begins at the identity provider, so that it answers no request."""
    if not check.profile.idp_initiated.url:
        raise NotOffered("the profile does not say where such a login begins (idp_initiated.url)")
    seen = check.sign_in(check.begin_at(check.profile.idp_initiated.url))
    check.sound.append(("the sign-in that began at the identity provider", seen))
    if seen.answer is not None and seen.answer.in_response_to is not None:
        got = f"InResponseTo {seen.answer.in_response_to}"
        return Found(state="broken", seen=seen, expected="a Response that answers no request", got=got)
    return sound(seen, check)


@probe("idp.login.fresh", variants={"another-browser": False, "the-same-browser": True})
def again(check: Check, same_browser: bool) -> Found:
    """Sign in twice in a row, the second time in {variant}: nothing of the first login comes again."""
    visitor = check.visitors()
    try:
        first = check.sign_in(check.begin_by_request(), visitor=visitor)
        second = check.sign_in(check.begin_by_request(), visitor=visitor if same_browser else None)
    finally:
        visitor.leave()
    one, two = first.answer, second.answer
    if one is None or two is None or not (one.signs_in and two.signs_in):
        unanswered = second if one is not None and one.signs_in else first
        return Found(state="broken", seen=unanswered, expected="two logins", got=unanswered.told())
    for what, before, after in (
        ("ID of the Response", one.response_id, two.response_id),
        ("ID of the assertion", one.assertion_id, two.assertion_id),
    ):
        if before == after:
            return Found(state="broken", seen=second, expected=f"a new {what}", got=f"'{after}' again", alone=True)
    if one.issued is not None and two.issued is not None and two.issued - one.issued < -timedelta(seconds=1):
        got = f"one that was issued {one.issued - two.issued} before the first"
        return Found(state="broken", seen=second, expected="a second Response that is issued later", got=got)
    return sound(second, check)


@probe("idp.login.person", protocols=BOTH, variants={"accents": "accents", "plus": "plus"})
def person(check: Check, kind: str) -> Found:
    """Sign in as somebody whose name or address is unusual ({variant}): they come out letter for letter."""
    account = next((one for one in check.profile.person if _is_of(one, kind)), None)
    if account is None:
        wanted = "with a letter in the name that is not ASCII" if kind == "accents" else "with a + in the address"
        raise NotOffered(f"the profile has no [[person]] {wanted}")
    visitor = check.visitors()
    try:
        seen = check.sign_in(check.begin_at_portal(), account=account, visitor=visitor)
        shown = check.name_shown(visitor) if seen.granted else ""
    finally:
        visitor.leave()
    found = sound(seen, check)
    if found.state == "kept" and account.name and shown != account.name:
        return Found(state="broken", seen=seen, expected=f"the name '{account.name}'", got=f"'{shown}'", alone=True)
    return found


def _is_of(account: Account, kind: str) -> bool:
    return "+" in account.address if kind == "plus" else not account.name.isascii()


@probe("idp.login.authenticated", "must-refuse", protocols=BOTH)
def wrong_password(check: Check) -> Found:
    """Sign in with a wrong password: nobody is sent to the portal with a login."""
    right = check.profile.account
    if not right.password or not check.opening.walk.asked:
        raise NotOffered("no password is asked, or the profile has none")
    wrong = Account(user=right.user, password=f"wrong-{secrets.token_hex(8)}", email=right.email)
    seen = check.sign_in(check.begin_at_portal(), account=wrong)
    if seen.answered or seen.strays:
        return Found(state="broken", seen=seen, expected="no login", got=seen.told(), alone=True)
    return Found(state="kept", seen=seen)
