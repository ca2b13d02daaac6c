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
