"""The issuer: which identity provider says so."""

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import NAMESPACES
from idp_sim.scenarios.saml.addresses import OTHER, Change
from idp_sim.stages import Draft


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


@breaks("saml.assertion.issuer", bases=("response", "both"))
def missing_on_response(login: SamlLogin) -> SamlLogin:
    """The response is signed and has no issuer; its assertion has one."""
    return login.but(response_issuer=None)


@breaks("saml.assertion.issuer", variants={"empty": "", "blanks": "  "})
def blank(login: SamlLogin, value: str) -> SamlLogin:
    """The assertion has an issuer without a name: {variant}."""
    return login.but(issuer=value, response_issuer=login.issuer)


@breaks("saml.assertion.issuer", variants={"response": ".", "assertion": "saml:Assertion"})
def other_format(draft: Draft, path: str) -> None:
    """The issuer has the right name and says that it is an email address, not an entity: that of the {variant}."""
    for part in draft.response.findall(path, NAMESPACES):
        part.findall("saml:Issuer", NAMESPACES)[0].set(
            "Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
        )
