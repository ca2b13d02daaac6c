"""A portal that trusts two identity providers: each speaks for itself, and neither in the other's name."""

from idp_sim.catalogue import breaks, sound
from idp_sim.config import SECOND_ENTITY_ID
from idp_sim.login import BASES, SamlLogin

TWO = {"trusts_second": "second-idp"}
SECOND = "second-idp"


@sound(bases=BASES, start="idp", given=TWO)
def each_for_itself(login: SamlLogin) -> SamlLogin:
    """The second identity provider signs with its own key and names itself."""
    return login.but(issuer=SECOND_ENTITY_ID, signing_key=SECOND)


@breaks("saml.signature.issuer-key", bases=BASES, given=TWO)
def key_of_another(login: SamlLogin) -> SamlLogin:
    """Signed by the second identity provider; everything else is as the first one would have it, its name too."""
    return login.but(signing_key=SECOND)


@breaks("saml.signature.issuer-key", bases=BASES, start="idp", given=TWO)
def name_of_another(login: SamlLogin) -> SamlLogin:
    """Signed by the first identity provider, in the name of the second."""
    return login.but(issuer=SECOND_ENTITY_ID)


DECOYS = {"first": ("signing", SECOND), "last": (SECOND, "signing")}


@breaks("saml.signature.issuer-key", bases=BASES, variants=DECOYS, given=TWO)
def decoy_certificate(login: SamlLogin, certificates: tuple[str, ...]) -> SamlLogin:
    """Signed by the second in the name of the first, whose certificate stands in the signature as well, {variant}."""
    return login.but(signing_key=SECOND, certificates=certificates)


@breaks("saml.assertion.issuer", bases=("response",), start="idp", given=TWO)
def assertion_of_another(login: SamlLogin) -> SamlLogin:
    """The second identity provider signs a response of its own, and in it is an assertion that names the first."""
    return login.but(response_issuer=SECOND_ENTITY_ID, signing_key=SECOND)


@breaks("saml.response.in-response-to", bases=BASES, given=TWO)
def answer_of_another(login: SamlLogin) -> SamlLogin:
    """The portal sent its request to the first identity provider; the second answers it, in its own name."""
    return login.but(issuer=SECOND_ENTITY_ID, signing_key=SECOND)
