"""Logging out at the portal, and with it at the identity provider."""

from conformance.idp.check import Check, LoggedOut
from conformance.idp.probe import BOTH, Found, NotOffered, probe
from conformance.idp.seen import explained


def _log_out(check: Check, *, and_return: bool) -> LoggedOut:
    if check.provider is None and not check.profile.remote_login.logout_url:
        raise NotOffered("the profile gives no address for logouts (remote_login.logout_url)")
    if check.provider is not None and not check.provider.slo_url:
        raise NotOffered("the metadata offers no single logout")
    return check.log_out(and_return=and_return)


def _nobody(out: LoggedOut) -> Found:
    return Found(state="unclear", seen=out.before, got=f"Nobody was signed in before the logout. {out.before.told()}")


@probe("idp.logout.answered")
def answered(check: Check) -> Found:
    """Log out at the portal, which asks the identity provider to end its session: it answers that it has."""
    out = _log_out(check, and_return=False)
    if not out.before.granted:
        return _nobody(out)
    if out.problem:
        return Found(state="broken", seen=out.before, expected="a LogoutResponse", got=out.problem)
    if out.attempt is None:
        got = f"none. The browser ended at {out.ended}"
        return Found(state="broken", seen=out.before, expected="a LogoutResponse", got=got)
    if not out.attempt.granted:
        got = " ".join(explained(found) for found in out.violated)
        return Found(state="broken", seen=out.before, expected="a LogoutResponse that the portal accepts", got=got)
    return Found(state="kept", seen=out.before)


@probe("idp.logout.ends-session", protocols=BOTH)
def ends_session(check: Check) -> Found:
    """Log out at the portal, and sign in again in the same browser: the identity provider asks who it is."""
    out = _log_out(check, and_return=True)
    if not out.before.granted:
        return _nobody(out)
    if not out.before.walk.asked:
        raise NotOffered("this identity provider never asks who the person is")
    again = out.after
    if again is None:
        return Found(state="broken", seen=out.before, expected="to be signed out", got=out.problem)
    if again.answered and not again.walk.asked:
        return Found(state="broken", seen=again, expected="the login form", got="a login without being asked anything")
    return Found(state="kept", seen=again)
