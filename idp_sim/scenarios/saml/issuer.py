"""The issuer: which identity provider says so."""

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin
from idp_sim.scenarios.saml.addresses import OTHER, Change


@breaks("saml.assertion.issuer", variants=OTHER)
def other(login: SamlLogin, change: Change) -> SamlLogin:
    """The issuer is another identity provider than the one that the portal knows: {variant}."""
    return login.but(issuer=change(login.issuer or ""))


@breaks("saml.assertion.issuer", bases=BASES)
def other_on_assertion(login: SamlLogin) -> SamlLogin:
    """The response names the right issuer, the assertion another."""
    return login.but(issuer="https://another-idp.example", response_issuer=login.issuer)


@breaks("saml.assertion.issuer", bases=BASES)
def other_on_response(login: SamlLogin) -> SamlLogin:
    """The assertion names the right issuer, the response another."""
    return login.but(response_issuer="https://another-idp.example")


@breaks("saml.assertion.issuer")
def missing(login: SamlLogin) -> SamlLogin:
    """The assertion has no issuer."""
    return login.but(issuer=None, response_issuer=login.issuer)
