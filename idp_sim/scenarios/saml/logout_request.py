"""What a logout request says: who sends it, where to, until when, whom it names."""

from datetime import timedelta

from idp_sim.catalogue import breaks
from idp_sim.config import Binding
from idp_sim.logout import BINDINGS, Logout, LogoutDraft
from idp_sim.saml.names import SAMLP
from idp_sim.scenarios.saml.addresses import OTHER, Change
from idp_sim.scenarios.saml.logout import OFFERED

TEN_MINUTES = timedelta(minutes=10)


@breaks("saml.logout.not-on-or-after", start="idp", given=OFFERED, variants=BINDINGS, cves=("CVE-2023-40178",))
def expired(logout: Logout, binding: Binding) -> Logout:
    """The logout request has expired ten minutes ago, by the binding {variant}."""
    return logout.but(
        binding=binding, not_on_or_after=logout.at - TEN_MINUTES, issue_instant=logout.at - 2 * TEN_MINUTES
    )


@breaks("saml.logout.issue-instant", start="idp", given=OFFERED)
def issued_in_future(logout: Logout) -> Logout:
    """The logout request was issued ten minutes in the future."""
    return logout.but(issue_instant=logout.at + TEN_MINUTES, not_on_or_after=logout.at + 2 * TEN_MINUTES)


NOT_UTC = {"no-zone": "2126-01-31T12:00:00", "epoch-seconds": "4924454400", "words": "tomorrow"}


@breaks("saml.time.format", start="idp", given=OFFERED, variants=NOT_UTC)
def not_utc(draft: LogoutDraft, text: str) -> None:
    """The NotOnOrAfter of the logout request is not written as a time in UTC that ends in Z: {variant}."""
    draft.message.set("NotOnOrAfter", text)


ISSUERS = {"other": "urn:example:another-identity-provider", "missing": None, "longer": "{issuer}.elsewhere.localhost"}


@breaks("saml.logout.issuer", start="idp", given=OFFERED, variants=ISSUERS)
def other_issuer(logout: Logout, issuer: str | None) -> Logout:
    """The logout request does not come from the identity provider that the portal knows: {variant}."""
    return logout.but(issuer=issuer and issuer.format(issuer=logout.issuer))


@breaks("saml.logout.destination", start="idp", given=OFFERED, variants=OTHER)
def other_destination(logout: Logout, change: Change) -> Logout:
    """The Destination of the logout request is another address: {variant}."""
    return logout.but(destination=change(logout.destination or ""))


@breaks("saml.logout.destination", start="idp", given=OFFERED, variants=BINDINGS)
def destination_missing(logout: Logout, binding: Binding) -> Logout:
    """The signed logout request has no Destination, by the binding {variant}."""
    return logout.but(binding=binding, destination=None)


@breaks("saml.logout.principal", start="idp", given=OFFERED, variants={"missing": None, "empty": "", "blanks": "  "})
def nobody(logout: Logout, name_id: str | None) -> Logout:
    """The logout request names nobody, only a session: {variant}."""
    return logout.but(name_id=name_id)


@breaks("saml.logout.version", start="idp", given=OFFERED, variants={"1.1": "1.1", "missing": None})
def other_version(logout: Logout, version: str | None) -> Logout:
    """The Version of the logout request is not 2.0: {variant}."""
    return logout.but(version=version)


@breaks("saml.logout.id", start="idp", given=OFFERED, variants={"missing": None, "empty": ""})
def without_id(logout: Logout, message_id: str | None) -> Logout:
    """The logout request has no ID: {variant}."""
    return logout.but(message_id=message_id)


ROOTS = {"logout-response": "LogoutResponse", "authn-request": "AuthnRequest", "manage-name-id": "ManageNameIDRequest"}


@breaks("saml.logout.message", start="idp", given=OFFERED, variants=ROOTS)
def other_root(draft: LogoutDraft, name: str) -> None:
    """SAMLRequest holds another message than a LogoutRequest, though all within is sound: {variant}."""
    draft.message.tag = f"{{{SAMLP}}}{name}"
