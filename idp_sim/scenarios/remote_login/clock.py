"""Helpers for scenarios about the time of a remote login."""

from idp_sim.catalogue import CannotPerform
from idp_sim.config import RemoteLoginPortal
from idp_sim.login import RemoteLogin


def stamped(login: RemoteLogin, stamp: int | str) -> RemoteLogin:
    """Return the login with another timestamp: a text as it is, or a number of seconds away from now.

    Raises CannotPerform in the profile md5, in which the portal ignores the timestamp.
    """
    if login.profile == "md5":
        raise CannotPerform("In the profile md5 the portal ignores the timestamp, so nothing would be broken.")
    return login.but(timestamp=str(int(login.at.timestamp()) + stamp) if isinstance(stamp, int) else stamp)


def known_to(login: RemoteLogin) -> RemoteLoginPortal:
    """Return what is known of the portal's remote login: its limits among them. Raises CannotPerform without it."""
    if login.portal.remote_login is None:
        raise CannotPerform("The portal takes no remote logins.")
    return login.portal.remote_login
