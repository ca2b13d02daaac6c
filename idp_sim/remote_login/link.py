"""The link that sends a person from the remote login page back to the portal (portal-contract R2, R3)."""

from idp_sim.login import RemoteLogin
from idp_sim.remote_login.formulas import hash_of
from idp_sim.stages import Link


def link(login: RemoteLogin) -> Link:
    """Build the link of a login: what is ``None`` is left out, and the hash is made over what is sent."""
    name, email, timestamp = ((value or "").encode() for value in (login.name, login.email, login.timestamp))
    values = {
        "name": login.name,
        "email": login.email,
        "timestamp": login.timestamp,
        "hash": hash_of(login.profile, login.secret, name, email, timestamp),
        "phone": login.phone,
        "company": login.company,
        "redirect_to": login.redirect_to,
    }
    return Link(
        login=login,
        endpoint=f"{login.portal.base_url}/login/sso",
        parameters=tuple((name, value.encode()) for name, value in values.items() if value is not None),
    )
