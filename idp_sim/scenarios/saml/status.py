"""The status of the response: the identity provider refuses, or says success and sends nothing."""

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin, Status

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
RESPONDER, REQUESTER = f"{STATUS}Responder", f"{STATUS}Requester"
REFUSED = {
    "authn-failed": Status(RESPONDER, f"{STATUS}AuthnFailed", "Login failed: <b>wrong password</b> & locked."),
    "request-denied": Status(RESPONDER, f"{STATUS}RequestDenied"),
    "no-passive": Status(RESPONDER, f"{STATUS}NoPassive"),
    "unsupported-name-id-policy": Status(REQUESTER, f"{STATUS}InvalidNameIDPolicy"),
    "top-level-only": Status(RESPONDER),
    "version-mismatch": Status(f"{STATUS}VersionMismatch"),
}


@breaks("saml.status.success", variants=REFUSED)
def refused(login: SamlLogin, status: Status) -> SamlLogin:
    """The identity provider refuses the login, and sends no assertion: {variant}."""
    return login.but(status=status)


@breaks("saml.status.success", bases=BASES)
def refused_with_assertion(login: SamlLogin) -> SamlLogin:
    """The identity provider refuses the login, and sends a sound assertion all the same."""
    return login.but(status=REFUSED["authn-failed"], with_assertion=True)


@breaks("saml.status.success", bases=BASES)
def nested_success(login: SamlLogin) -> SamlLogin:
    """The top-level status refuses; success stands at the second level only. A sound assertion is there."""
    return login.but(status=Status(RESPONDER, f"{STATUS}Success"), with_assertion=True)


@breaks("saml.assertion.present", bases=("response",))
def success_without_assertion(login: SamlLogin) -> SamlLogin:
    """The status says success, and there is no assertion in the signed response."""
    return login.but(with_assertion=False)
