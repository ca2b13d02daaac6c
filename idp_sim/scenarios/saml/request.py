"""Which request is answered: one that the portal never sent, or none at all."""

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin


@breaks("saml.response.in-response-to", bases=BASES)
def unknown(login: SamlLogin) -> SamlLogin:
    """The response answers a request that the portal never sent."""
    return login.but(in_response_to=login.make_id("a request that nobody sent"))


@breaks("saml.response.unsolicited", given={"saml.allow_idp_initiated": False})
def none(login: SamlLogin) -> SamlLogin:
    """The response answers no request, and the portal allows no logins that begin at the identity provider."""
    return login.but(in_response_to=None)


@breaks("saml.confirmation.in-response-to")
def other_in_confirmation(login: SamlLogin) -> SamlLogin:
    """The bearer confirmation names another request than the response."""
    return login.but(confirmed_request=login.make_id("another request"))


@breaks("saml.confirmation.in-response-to")
def missing_in_confirmation(login: SamlLogin) -> SamlLogin:
    """The response answers the portal's request, and the bearer confirmation names none."""
    return login.but(confirmed_request=None)


@breaks("saml.response.in-response-to", start="idp", bases=BASES)
def unsolicited_with_request(login: SamlLogin) -> SamlLogin:
    """The login begins at the identity provider, and the response says that it answers a request."""
    return login.but(in_response_to=login.make_id("a request that was never made"))


@breaks("saml.confirmation.in-response-to", start="idp")
def unsolicited_with_confirmed_request(login: SamlLogin) -> SamlLogin:
    """The login begins at the identity provider, and the bearer confirmation alone names a request."""
    return login.but(confirmed_request=login.make_id("a request that was never made"))
