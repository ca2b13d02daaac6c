"""The quick guide to SAML: what an administrator does on the portal's page, and what comes of it."""

from conformance.journey import Journey
from conformance.sites import fingerprint_in
from idp_sim.catalogue import sound


@sound
def set_up(journey: Journey) -> None:
    """An administrator switches SAML on, pastes what the identity provider gives and saves; a person signs in."""
    journey.portal_of_its_own(
        sso__enabled=False, sso__method="simple", saml__login_url="", saml__logout_url="", saml__fingerprint=""
    )
    fingerprint = fingerprint_in(journey.sites)
    journey.open_security()
    journey.visitor.tick("sso_enabled", on=True)
    journey.visitor.fill(
        {
            "method": "saml",
            "saml.login_url": f"{journey.sites.simulator}/saml/sso",
            "saml.logout_url": f"{journey.sites.simulator}/saml/logout",
            "saml.fingerprint": fingerprint,
        }
    )
    journey.visitor.press(journey.profile.admin.save)
    journey.sign_out()
    journey.sign_in()
