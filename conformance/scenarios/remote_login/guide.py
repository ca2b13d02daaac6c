"""The quick guide to remote login: what an administrator does on the portal's page, and what comes of it."""

from urllib.parse import urlsplit

from conformance.journey import Journey
from idp_sim.catalogue import breaks, sound


@sound
def set_up(journey: Journey) -> None:
    """An administrator switches remote login on, enters both addresses and saves; a person signs in."""
    journey.portal_of_its_own(
        sso__enabled=False, sso__method="saml", simple__remote_login_url="", simple__remote_logout_url=""
    )
    journey.open_security()
    secret = journey.visitor.read({"secret": journey.secret_shown}).texts["secret"]
    journey.expect(bool(secret), "The page does not show the shared secret.")
    journey.visitor.tick("sso_enabled", on=True)
    journey.visitor.fill(
        {
            "method": "simple",
            "simple.remote_login_url": f"{journey.sites.simulator}/remote-login",
            "simple.remote_logout_url": f"{journey.sites.simulator}/remote-logout",
        }
    )
    journey.visitor.press(journey.profile.admin.save)
    journey.sign_out()
    journey.sign_in()


@breaks("remote-login.hash.matches")
def secret_regenerated(journey: Journey) -> None:
    """An administrator regenerates the shared secret: a login made with the old one no longer opens the portal."""
    journey.portal_of_its_own()
    journey.sign_in()
    journey.expect(journey.is_signed_in(), "The login before the change was not accepted.")
    journey.sign_out()
    journey.open_security()
    journey.visitor.press(journey.profile.admin.regenerate)
    journey.sign_out()
    journey.sign_in(start="idp")


@sound
def from_md5_to_hmac(journey: Journey) -> None:
    """A portal of the MD5 era refuses HMAC logins until an administrator changes its profile, and then accepts them."""
    journey.portal_of_its_own(simple__profile="md5")
    journey.sign_in()
    journey.expect(not journey.is_signed_in(), "The portal accepted another formula than the one it is set to.")
    journey.open_security()
    journey.visitor.fill({"simple.profile": "hmac-md5"})
    journey.visitor.press(journey.profile.admin.save)
    journey.sign_out()
    journey.sign_in()


@sound
def host_url(journey: Journey) -> None:
    """The portal tells the remote login page its host and port, without scheme."""
    journey.begin_sign_in("portal")
    portal = urlsplit(journey.sites.portal).netloc
    query = urlsplit(journey.visitor.url).query
    journey.expect(f"host_url={portal.replace(':', '%3A')}" in query or f"host_url={portal}" in query, f"Got {query}.")
    journey.finish_sign_in()
