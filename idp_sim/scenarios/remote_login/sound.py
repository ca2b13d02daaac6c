"""Remote logins that every portal must accept."""

from idp_sim.catalogue import sound
from idp_sim.login import RemoteLogin


@sound
def plain(login: RemoteLogin) -> RemoteLogin:
    """A sound remote login with nothing but what is required. It is the control of every broken one."""
    return login
