"""What a logout response says: which request it answers, how the logout went, who sends it."""

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.config import Binding
from idp_sim.login import Status, seeded_id
from idp_sim.logout import BINDINGS, Logout, LogoutDraft, LogoutOctets, LogoutQuery, LogoutSigned
from idp_sim.saml.logout import message
from idp_sim.saml.names import SAMLP
from idp_sim.saml.query import deflated
from idp_sim.scenarios.saml.forging import remove_signature
from idp_sim.scenarios.saml.logout import OFFERED, STATUS
from idp_sim.scenarios.saml.logout_query import without


@breaks("saml.logout.in-response-to", given=OFFERED)
def unrelated(logout: Logout) -> Logout:
    """The logout response answers a request that the portal never sent."""
    return logout.but(in_response_to=seeded_id(logout.seed, "a request that nobody sent"))


@breaks("saml.logout.in-response-to", given=OFFERED)
def unsolicited(logout: Logout) -> Logout:
    """The logout response answers no request."""
    return logout.but(in_response_to=None)


FAILED = {
    "responder": Status(f"{STATUS}Responder", message="The session <b>goes on</b> & on."),
    "request-denied": Status(f"{STATUS}Responder", f"{STATUS}RequestDenied"),
    "partial-only": Status(f"{STATUS}Responder", f"{STATUS}PartialLogout"),
    "nested-success": Status(f"{STATUS}Requester", f"{STATUS}Success"),
}


@breaks("saml.logout.status", given=OFFERED, variants=FAILED)
def failed(logout: Logout, status: Status) -> Logout:
    """The logout response says that the logout failed: {variant}."""
    return logout.but(status=status)


@breaks("saml.logout.status", given=OFFERED)
def status_missing(draft: LogoutDraft) -> None:
    """The logout response has no status."""
    for status in draft.message.findall(f"{{{SAMLP}}}Status"):
        draft.message.remove(status)


@breaks(
    "saml.logout.issuer", given=OFFERED, variants={"other": "urn:example:another-identity-provider", "missing": None}
)
def other_issuer(logout: Logout, issuer: str | None) -> Logout:
    """The logout response does not come from the identity provider that the portal knows: {variant}."""
    return logout.but(issuer=issuer)


@breaks("saml.logout.destination", given=OFFERED, variants=BINDINGS)
def other_destination(logout: Logout, binding: Binding) -> Logout:
    """The Destination of the logout response is the portal's consumer service for logins, by the binding {variant}."""
    return logout.but(binding=binding, destination=logout.portal.acs_url)


@breaks("saml.logout.message", given=OFFERED)
def other_root(draft: LogoutDraft) -> None:
    """SAMLResponse holds a Response, as to a login, in the place of a LogoutResponse."""
    draft.message.tag = f"{{{SAMLP}}}Response"


@breaks("saml.logout.signed", given=OFFERED)
def unsigned_query(query: LogoutQuery) -> LogoutQuery:
    """The logout response comes by HTTP-Redirect without SigAlg and Signature."""
    return without(query, "SigAlg", "Signature")


@breaks("saml.logout.signed", given=OFFERED)
def unsigned_form(signed: LogoutSigned) -> None:
    """The logout response comes by HTTP-POST without a signature in it."""
    remove_signature(signed.message)


@breaks("saml.logout.query-signature", given=OFFERED)
def status_altered(octets: LogoutOctets) -> LogoutOctets:
    """The logout response says Success, which was written into it after a refusal had been signed."""
    refused = deflated(etree.tostring(message(octets.logout.but(status=FAILED["responder"]))))
    return attrs.evolve(octets, signed=((octets.signed[0][0], refused), *octets.signed[1:]))
