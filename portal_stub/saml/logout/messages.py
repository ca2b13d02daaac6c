"""What a person is told of a logout message that was not accepted."""

from portal_stub.saml.logout.judge import LogoutDiagnosis

UNSUCCESSFUL = "Logout was unsuccessful!"

_SENTENCES = {
    "saml.logout.offered": "Single logout is not set up on this portal",
    "saml.logout.key-known": "The portal has no certificate to verify a logout with",
    "saml.logout.parameters": "There is not exactly one logout message",
    "saml.logout.size": "The logout message is too large",
    "saml.logout.encoding": "The logout message is not encoded as it must be",
    "saml.message.no-dtd": "The logout message has a document type declaration",
    "saml.message.xml": "The logout message is not XML that can be read",
    "saml.logout.message": "It is not a logout message",
    "saml.logout.version": "The logout message is not of SAML version 2.0",
    "saml.logout.id": "The logout message has no ID",
    "saml.logout.signed": "The logout message is not signed",
    "saml.signature.algorithm": "The signature uses an algorithm that is not allowed",
    "saml.signature.certificate-present": "The signature carries no certificate",
    "saml.signature.fingerprint": "Fingerprint mismatch",
    "saml.signature.covers-parent": "The signature does not cover what it should",
    "saml.signature.whole-text": "The logout message has a comment or a processing instruction inside",
    "saml.logout.issuer": "The logout message comes from another identity provider",
    "saml.logout.destination": "The logout message was meant for another address",
    "saml.time.format": "A time in the logout message cannot be read",
    "saml.logout.issue-instant": "Current time is earlier than the time of issue",
    "saml.logout.not-on-or-after": "Current time is on or after NotOnOrAfter of the logout request",
    "saml.logout.principal": "The logout request names nobody",
    "saml.logout.in-response-to": "The logout response answers a request that is not open in this browser",
    "saml.logout.status": "The identity provider did not end its session",
}
"""What stands after ``Logout was unsuccessful!``, in the order of precedence."""

_OTHERWISE = "Invalid signature on the logout message"


def public_logout_message(diagnosis: LogoutDiagnosis) -> str:
    """Return what the person is told; of what came, only a status is repeated, as unauthenticated text."""
    for rule_id, sentence in _SENTENCES.items():
        finding = next((found for found in diagnosis.findings if found.rule == rule_id), None)
        if finding is not None and finding.outcome == "violated":
            told = f"{sentence}: {finding.got}" if rule_id == "saml.logout.status" else sentence
            return f"{UNSUCCESSFUL} {told}"
    return f"{UNSUCCESSFUL} {_OTHERWISE}"
