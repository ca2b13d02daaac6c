"""Where a login begins and ends (portal-contract P4, P5, P8)."""

from conformance.journey import Journey
from conformance.scenarios.portal import BOTH_PROTOCOLS
from conformance.sites import CUSTOMER
from idp_sim.catalogue import sound

BROKEN = {"remote-login": "remote-login.hash.wrong", "saml": "saml.signature.unsigned"}


@sound(variants=BOTH_PROTOCOLS)
def page_first_asked_for(journey: Journey, _: str) -> None:
    """With {variant}, a visitor who asked for a page that needs a login lands on it after the login."""
    page = journey.known(journey.profile.pages.needs_login, "a page that needs a login")
    journey.open_page(page)
    journey.expect(journey.path != page, f"{page} should need a login, and was shown without one.")
    journey.finish_sign_in()
    journey.expect(journey.path == page, f"The person asked for {page} and ended on {journey.path}.")


@sound(variants=BOTH_PROTOCOLS)
def refusal_leads_to_password_form(journey: Journey, protocol: str) -> None:
    """With {variant}, a refused login ends on the password form, with its message, and the person can log in there."""
    form = journey.known(journey.profile.pages.password_login, "where to log in with a password")
    journey.sign_in(BROKEN[protocol])
    journey.expect(journey.path == form, f"The refusal should end on {form}, and ended on {journey.path}.")
    journey.expect(bool(journey.refusal().texts.get("message")), "The refusal shows no message.")
    journey.expect(not journey.is_signed_in(), "Somebody is signed in after the refusal.")
    journey.log_in(CUSTOMER.email)
    journey.whom = (CUSTOMER.email, CUSTOMER.name)


@sound(variants=BOTH_PROTOCOLS)
def nobody_is_locked_out(journey: Journey, _: str) -> None:
    """With {variant} switched on and its address wrong, the page for a normal login still lets a person in."""
    journey.portal_of_its_own(
        saml__login_url="http://idp.localhost:1/", simple__remote_login_url="http://idp.localhost:1/"
    )
    journey.log_in(CUSTOMER.email)
    journey.whom = (CUSTOMER.email, CUSTOMER.name)


@sound(variants=BOTH_PROTOCOLS)
def customers_stay_out_of_admin(journey: Journey, _: str) -> None:
    """With {variant}, a customer who is signed in cannot open the page on which single sign-on is set up."""
    security = journey.known(journey.profile.admin.security, "the page on which single sign-on is set up")
    journey.sign_in()
    journey.open_page(security)
    shown = journey.visitor.read({"secret": journey.secret_shown})
    journey.expect(shown.texts["secret"] is None, "The page shows the shared secret to a customer.")
    journey.expect(shown.status in (403, 404), f"The page should be closed to a customer, and answered {shown.status}.")
    journey.open_page(journey.profile.signed_in.probe)
