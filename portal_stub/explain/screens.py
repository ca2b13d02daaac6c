"""What to type where: the mend of a rule in the words of identity providers' screens, with this portal's values."""

from collections.abc import Mapping

from portal_stub.config import Settings
from portal_stub.remote_login.hashes import FORMULAS

_ACS = (
    "At the identity provider, set the address to which it answers (there called ACS URL, Reply URL, Single sign-on "
    "URL, Consumer URL or Recipient) to exactly {acs}"
)
_ENTITY_ID = (
    "At the identity provider, set the name of this portal (there called Audience, Audience URI, SP Entity ID, "
    "Identifier, Client ID or Relying party identifier) to exactly {entity_id}"
)
_NAME_ID = (
    "At the identity provider, let the NameID (there also Name ID, Subject, Unique User Identifier or Application "
    "username) be the person's email address, in the format urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
)
_CERTIFICATE = (
    "Take the certificate with which the identity provider signs today (there called X.509 certificate, Signing "
    "certificate or Token-signing certificate, and part of its metadata), and store it on this portal under Admin > "
    "Security"
)
_ISSUER = (
    "Look up how the identity provider names itself (there called Issuer, Entity ID or Identifier, and entityID in its "
    "metadata), and store exactly that on this portal under Admin > Security; here stands {idp_entity_id}"
)
_SIGNING = (
    "At the identity provider, choose what is signed (there called Sign assertion, Sign SAML response, Signing "
    "option): the portal wants {want_signed}"
)
_ALGORITHM = (
    "At the identity provider, choose the signature algorithm RSA-SHA256 and the digest SHA-256 (there called "
    "Signature algorithm, Signing algorithm or Secure hash algorithm)"
)
_CLOCK = (
    "On the identity provider's machine, let the clock follow a time server (NTP), and see that its time zone is right"
)
_ENCRYPTION = (
    "At the identity provider, store this portal's encryption certificate (it stands in {metadata} and on the page "
    "Check), or switch encryption off there"
)
_BINDING = (
    "At the identity provider, set the binding of the answer (there called Response binding, ACS binding or Assertion "
    "consumer service binding) to HTTP-POST, at the address {acs}"
)
_LOG = (
    "Look into the identity provider's own log at this moment. Often the person is not assigned to this application "
    "there"
)
_LINK = "On the site that signs people in, send the browser to {link}"
_FORMULA = (
    "On the site that signs people in, compute the hash as {formula}, over the values before they are encoded for the "
    "URL"
)
_SAME_KEY = "On the site that signs people in, set the shared secret to the one that stands under Admin > Security"

SCREENS: Mapping[str, tuple[str, ...]] = {
    "saml.response.destination": (_ACS,),
    "saml.confirmation.recipient": (_ACS,),
    "saml.conditions.audience": (_ENTITY_ID,),
    "saml.subject.qualifier": (_ENTITY_ID,),
    "saml.subject.name-id": (_NAME_ID,),
    "saml.subject.address": (_NAME_ID,),
    "saml.subject.format": (_NAME_ID,),
    "saml.signature.fingerprint": (_CERTIFICATE,),
    "saml.settings.fingerprint": (_CERTIFICATE,),
    "saml.assertion.issuer": (_ISSUER,),
    "saml.signature.present": (_SIGNING,),
    "saml.signature.wanted-part": (_SIGNING,),
    "saml.signature.algorithm": (_ALGORITHM,),
    "saml.conditions.not-before": (_CLOCK,),
    "saml.conditions.not-on-or-after": (_CLOCK,),
    "saml.confirmation.not-on-or-after": (_CLOCK,),
    "saml.response.issue-instant": (_CLOCK,),
    "saml.encryption.decrypts": (_ENCRYPTION,),
    "saml.message.post-binding": (_BINDING,),
    "saml.status.success": (_LOG,),
    "saml.response.unsolicited": (
        "Begin at {login}, or allow logins that begin at the identity provider under Admin > Security",
    ),
    "remote-login.query.link": (_LINK,),
    "remote-login.hash.matches": (_FORMULA, _SAME_KEY),
    "remote-login.hash.present": (_FORMULA,),
}


def mend_on_screen(rule_id: str, settings: Settings) -> tuple[str, ...]:
    """Return what to do at the identity provider or the remote login site, one sentence each; often there is none."""
    saml = settings.saml
    values = {
        "acs": settings.acs_url,
        "entity_id": settings.entity_id,
        "idp_entity_id": f"'{saml.idp_entity_id}'",
        "metadata": f"{settings.base_url}/login/saml/metadata",
        "login": f"{settings.base_url}/login",
        "link": f"{settings.base_url}/login/sso?name=...&email=...&timestamp=...&hash=...",
        "formula": FORMULAS[settings.simple.profile],
        "want_signed": {
            "either": "the assertion or the whole response signed",
            "assertion": "the assertion signed",
            "response": "the whole response signed",
            "both": "the assertion and the whole response signed",
        }[saml.want_signed],
    }
    return tuple(f"{sentence.format(**values)}." for sentence in SCREENS.get(rule_id, ()))
