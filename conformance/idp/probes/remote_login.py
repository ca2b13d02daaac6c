"""What a remote login page owes a portal beside the link itself."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from conformance.idp.check import Check
from conformance.idp.probe import Found, NotOffered, probe
from conformance.idp.probes.sign_in import sound
from portal_stub.times import duration
from portal_stub.web.targets import with_host_url

SLACK_SECONDS = 5
"""How far a timestamp may be from the moment of its arrival before it is told of."""


@probe("idp.login.answered", protocols=("remote-login",))
def sign_in(check: Check) -> Found:
    """Sign in as anybody does, beginning at the portal's login address."""
    return sound(check.opening, check)


@probe("remote-login.host-url.known", "must-refuse", protocols=("remote-login",))
def unknown_host_url(check: Check) -> Found:
    """Ask for a login with the host_url of a portal that is not served: no login is sent there."""
    elsewhere = urlsplit(check.stranger.url).netloc
    address = with_host_url(check.profile.remote_login.url, elsewhere)
    seen = check.sign_in(check.begin_at(address))
    if seen.strays:
        got = f"one there, with the parameters {', '.join(seen.strays[0].fields) or '(none)'}"
        return Found(state="broken", seen=seen, expected=f"no login at {elsewhere}", got=got, alone=True)
    return Found(state="kept", seen=seen)


@probe("idp.remote-login.clock", "advisory", protocols=("remote-login",))
def clock(check: Check) -> Found:
    """Compare the timestamp of the sound sign-in with the moment at which it arrived."""
    attempt = check.opening.attempt
    sent = None if attempt is None else parse_qs(attempt.message or "").get("timestamp", [""])[0]
    if attempt is None or not sent:
        raise NotOffered("there is no timestamp")
    try:
        moment = datetime.fromtimestamp(int(sent.partition(".")[0]), UTC)
    except (ValueError, OverflowError, OSError):
        raise NotOffered("the timestamp cannot be read") from None
    behind = attempt.at - moment
    if abs(behind.total_seconds()) <= SLACK_SECONDS:
        return Found(state="kept", seen=check.opening)
    side = "behind ours" if behind.total_seconds() > 0 else "ahead of ours"
    got = f"one that is {duration(abs(behind))} {side}"
    return Found(state="broken", seen=check.opening, expected="the present moment", got=got)


@probe("idp.remote-login.target", "advisory", protocols=("remote-login",))
def target(check: Check) -> Found:
    """Ask the portal for a page that needs a login: after the login it is shown."""
    wanted = check.pages.pages.needs_login
    visitor = check.visitors()
    try:
        seen = check.sign_in(check.begin_at(f"{check.portal.settings.base_url}{wanted}"), visitor=visitor)
    finally:
        visitor.leave()
    if not seen.granted:
        return Found(state="broken", seen=seen, expected=f"a login, and the page {wanted}", got=seen.told())
    if urlsplit(seen.ended).path == wanted:
        return Found(state="kept", seen=seen)
    return Found(state="broken", seen=seen, expected=f"the page {wanted}", got=urlsplit(seen.ended).path)
