"""What the person is told when a login was refused (portal-contract R8, S15): plain text, to be escaped by the page.

One reason only, the first in a fixed order. The administrator sees every finding.
"""

from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, Finding

UNSUCCESSFUL = "Login was unsuccessful!"

_TIMES = {
    "remote-login.timestamp.present",
    "remote-login.timestamp.format",
    "remote-login.timestamp.not-too-old",
    "remote-login.timestamp.not-in-future",
}
_REMOTE_TIME = {"invalid": "Invalid Time Stamp", "expired": "Session expired. Please login again"}

SENTENCES = {
    "portal.sso.enabled": "No fingerprint or certificate on settings",
    "saml.settings.fingerprint": "No fingerprint or certificate on settings",
    "saml.message.present": "Blank response",
    "saml.message.post-binding": "The response was not posted",
    "saml.message.once": "The response was sent more than once",
    "saml.message.base64": "The response is not base64",
    "saml.message.no-dtd": "The response has a document type declaration",
    "saml.message.limits": "The response is larger or deeper than what is read",
    "saml.message.xml": "The response is not XML that can be read",
    "saml.message.response": "The message is not a SAML Response",
    "saml.message.version": "The response is not of SAML version 2.0",
    "saml.message.id": "The response or its assertion has no ID that can be used",
    "saml.message.structure": "The response is not built as SAML demands",
    "saml.status.success": "The identity provider refused the login",
    "saml.encryption.opaque": "The encrypted response cannot be used",
    "saml.assertion.present": "The response has no assertion",
    "saml.encryption.required": "The assertion is not encrypted",
    "saml.encryption.structure": "What is encrypted in the response is not well formed",
    "saml.encryption.algorithm": "The encryption uses an algorithm that is not allowed",
    "saml.encryption.decrypts": "The response is encrypted for another portal, or was altered",
    "saml.encryption.authenticated": "The encryption can be altered unseen",
    "saml.encryption.content": "What was decrypted is not what belongs there",
    "saml.signature.present": "The response is not signed",
    "saml.signature.one-assertion": "The response does not have exactly one assertion",
    "saml.signature.covers-parent": "The signature does not cover what it should",
    "saml.signature.one-signed-info": "The signature says more than once what it signs",
    "saml.signature.no-object": "The signature has something inside that it does not cover",
    "saml.signature.transforms": "The signature uses a transform that is not allowed",
    "saml.signature.whole-text": "The response has a comment or a processing instruction inside",
    "saml.signature.wanted-part": "The part that must be signed is not signed",
    "saml.signature.algorithm": "The signature uses an algorithm that is not allowed",
    "saml.signature.certificate-present": "The signature carries no certificate",
    "saml.signature.fingerprint": "Fingerprint mismatch",
    "saml.signature.key-size": "The key of the signature is too short",
    "saml.signature.issuer-key": "The response is signed by another identity provider than it names",
    "saml.signature.key-info": "The signature comes with keys that contradict each other",
    "saml.signature.value": "Invalid Signature on SAML Response",
    "saml.signature.digest": "Invalid Signature on SAML Response",
    "saml.time.format": "A time in the response cannot be read",
    "saml.conditions.not-before": "Current time is earlier than NotBefore condition",
    "saml.conditions.not-on-or-after": "Current time is on or after NotOnOrAfter condition",
    "saml.confirmation.not-on-or-after": "Current time is on or after NotOnOrAfter of the subject confirmation",
    "saml.session.not-on-or-after": "The session at the identity provider has ended",
    "saml.response.issue-instant": "Current time is earlier than the time of issue",
    "saml.response.issued-recently": "The response was issued too long ago",
    "saml.statement.authn-instant": "The person was not authenticated recently enough",
    "saml.response.destination": "The response was meant for another address",
    "saml.response.in-response-to": "The response answers a request that is not open in this browser",
    "saml.response.unsolicited": "The login must begin at the portal",
    "saml.assertion.issuer": "The response comes from another identity provider",
    "saml.assertion.once": "The response was used before",
    "saml.conditions.present": "The assertion has no conditions",
    "saml.conditions.known": "The assertion has a condition that is not understood",
    "saml.conditions.one-time-use": "The assertion says twice that it is to be used once",
    "saml.conditions.order": "The assertion is valid until before it becomes valid",
    "saml.conditions.audience": "The assertion was meant for another portal",
    "saml.confirmation.bearer": "The assertion has no bearer confirmation",
    "saml.confirmation.recipient": "The assertion was meant for another address",
    "saml.confirmation.no-not-before": "The bearer confirmation has a NotBefore",
    "saml.confirmation.in-response-to": "The assertion answers another request than the response",
    "saml.statement.authn": "The assertion does not say that the person was authenticated",
    "saml.statement.authn-context": "The person was not authenticated in the way that was asked for",
    "saml.subject.name-id": "The response has no NameID",
    "saml.subject.address": "The NameID is not an email address",
    "saml.subject.format": "The NameID has a format that is not known",
    "saml.subject.qualifier": "The NameID was made for another portal",
}
"""What stands after ``Login was unsuccessful!``, in the order of precedence."""

_OLD_TIMES = {
    "saml.conditions.not-before": "Current time is earlier than response",
    "saml.response.issue-instant": "Current time is earlier than response",
    "saml.conditions.not-on-or-after": "Current time is much later than response",
    "saml.confirmation.not-on-or-after": "Current time is much later than response",
}
"""The older wording of the help page."""

_OF_THE_PORTAL = frozenset({"portal.sso.enabled", "saml.settings.fingerprint"})
_VEIL = Finding(rule="saml.encryption.opaque", outcome="violated")

_TOLD = frozenset({"saml.status.success", *_OLD_TIMES})
"""The rules of which the person is told what came: a status, or both times and their difference."""


def public_message(diagnosis: Diagnosis, settings: Settings) -> str:
    """Return what a refused person is told; it names no secret, and holds unauthenticated text only of a status."""
    violations = set(public_rules(diagnosis))
    if any(finding.rule.startswith("remote-login.") for finding in diagnosis.findings):
        # A time is only told where the time alone is wrong: the hash decides whether it is the sender's at all.
        return _REMOTE_TIME[settings.simple.time_wording] if violations and violations <= _TIMES else UNSUCCESSFUL
    for rule_id in SENTENCES:
        if rule_id in violations:
            finding = next((found for found in diagnosis.findings if found.rule == rule_id), _VEIL)
            return f"{UNSUCCESSFUL} {_sentence(finding, settings)}"
    return UNSUCCESSFUL


def public_rules(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return the ids of the rules that the refusal page carries, sorted.

    Of a veiled refusal no more than what holds for every message: what is wrong with the portal's own settings.
    """
    if not diagnosis.veiled:
        return diagnosis.violations
    return tuple(rule_id for rule_id in diagnosis.violations if rule_id in _OF_THE_PORTAL) or (_VEIL.rule,)


def _sentence(finding: Finding, settings: Settings) -> str:
    sentence = SENTENCES[finding.rule]
    if settings.saml.time_wording == "response":
        sentence = _OLD_TIMES.get(finding.rule, sentence)
    return f"{sentence}: {finding.got}" if finding.rule in _TOLD else sentence
