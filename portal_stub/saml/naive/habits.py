"""Portals that refuse what is sound: what they are used to is all that they accept. Sound sign-ins find them.

Each tells whether a sign-in that keeps every rule is not as this portal is used to.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import attrs
from cryptography import x509
from lxml import etree

from portal_stub.saml.identity import attributes_of
from portal_stub.saml.moments import times
from portal_stub.saml.received import Received
from portal_stub.saml.xml import ds, saml
from portal_stub.times import parse_utc
from portal_stub.weakness import naive

_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_USUAL_NAMES = {"FirstName", "LastName"}
_EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_MINUTE = timedelta(minutes=1)


def _parts(received: Received) -> Iterator[etree._Element]:
    """Yield the Response and its assertion."""
    yield from (part for part in (received.envelope, received.assertion_if_any) if part is not None)


def _is(certificate: x509.Certificate, fingerprint: str, received: Received) -> bool:
    return attrs.evolve(received.trust, fingerprints=(fingerprint,)).accepts(certificate)


def _all(received: Received, *tags: str) -> Iterator[etree._Element]:
    for part in _parts(received):
        yield from part.iter(*tags)


@naive("habit", tightens={"saml.message.response"})
def knows_one_prefix(received: Received) -> bool:
    """Finds the parts of a message by 'samlp:' and 'saml:', not by their namespaces."""
    usual = {"urn:oasis:names:tc:SAML:2.0:protocol": "samlp", "urn:oasis:names:tc:SAML:2.0:assertion": "saml"}
    return any(part.prefix != usual[etree.QName(part).namespace or ""] for part in _parts(received))


@naive("habit", tightens={"saml.time.format"})
def knows_whole_seconds(received: Received) -> bool:
    """Reads no time that has a fraction of a second."""
    return any("." in text for _, _, text in times(_parts(received)))


@naive("habit", tightens={"saml.conditions.not-on-or-after"})
def allows_no_drift(received: Received) -> bool:
    """Compares every time with its own clock, to the second."""
    begins = {"NotBefore", "IssueInstant", "AuthnInstant"}
    return any(
        found is not None and (found > received.now if name in begins else found <= received.now)
        for _, name, found in ((place, name, parse_utc(text)) for place, name, text in times(_parts(received)))
    )


@naive("habit", tightens={"saml.response.issued-recently"})
def is_impatient(received: Received) -> bool:
    """Wants every message and authentication to be of this minute, whatever the settings say."""
    moments = (parse_utc(text) for _, name, text in times(_parts(received)) if name in ("IssueInstant", "AuthnInstant"))
    return any(found is not None and found < received.now - _MINUTE for found in moments)


@naive("habit", tightens={"saml.message.structure"})
def knows_two_attributes(received: Received) -> bool:
    """Wants FirstName and LastName, once each, and nothing else."""
    assertion = received.trusted_assertion
    named = [] if assertion is None else [name for name, values in attributes_of(assertion) for _ in values]
    return sorted(named) != sorted(_USUAL_NAMES)


@naive("habit", tightens={"saml.signature.algorithm"})
def knows_one_algorithm(received: Received) -> bool:
    """Verifies rsa-sha256 and nothing else."""
    return any(signature.method != _RSA_SHA256 for signature in received.signatures_if_any)


@naive("habit", tightens={"saml.signature.transforms"})
def knows_one_canonical_form(received: Received) -> bool:
    """Verifies exclusive canonicalisation, named twice and without a list of prefixes, and nothing else."""
    for signature in received.signatures_if_any:
        named = [found.get("Algorithm") for found in signature.element.iter(ds("CanonicalizationMethod"))]
        named += [found.get("Algorithm") for found in signature.element.iter(ds("Transform"))][1:]
        if named != [_EXCLUSIVE, _EXCLUSIVE] or next(signature.element.iter(f"{{{_EXCLUSIVE}}}*"), None) is not None:
            return True
    return False


@naive("habit", tightens={"saml.signature.value"})
def knows_no_blanks_in_base64(received: Received) -> bool:
    """Takes a blank in a value for its end; line breaks it knows."""
    tags = (ds("DigestValue"), ds("SignatureValue"), ds("X509Certificate"))
    values = (found.text or "" for one in received.signatures_if_any for found in one.element.iter(*tags))
    return any(" " in value or "\t" in value for value in values)


@naive("habit", tightens={"saml.assertion.issuer"})
def wants_response_issuer(received: Received) -> bool:
    """Wants the Response to name its issuer, though the signed assertion does."""
    return received.envelope is not None and received.envelope.find(saml("Issuer")) is None


@naive("habit", tightens={"saml.assertion.issuer"})
def knows_one_provider(received: Received) -> bool:
    """Takes sign-ins of the identity provider to which it sends requests, and of no other that it trusts."""
    return received.provider is not received.providers[0]


@naive("habit", tightens={"saml.conditions.audience"})
def reads_first_audience(received: Received) -> bool:
    """Compares the first Audience only."""
    first = next(_all(received, saml("Audience")), None)
    return first is not None and received.text(first) != received.settings.entity_id


@naive("habit", tightens={"saml.conditions.known"})
def knows_one_condition(received: Received) -> bool:
    """Takes an AudienceRestriction, and no other condition."""
    conditions = (child for found in _all(received, saml("Conditions")) for child in found.iterchildren("*"))
    return any(child.tag != saml("AudienceRestriction") for child in conditions)


@naive("habit", tightens={"saml.confirmation.bearer"})
def wants_one_confirmation(received: Received) -> bool:
    """Takes one SubjectConfirmation, and no choice of them."""
    return any(len(found.findall(saml("SubjectConfirmation"))) > 1 for found in _all(received, saml("Subject")))


@naive("habit", tightens={"saml.subject.format"})
def knows_one_format(received: Received) -> bool:
    """Takes a NameID of the format emailAddress, and no other with an address in it."""
    return any(found.get("Format") != _EMAIL_ADDRESS for found in _all(received, saml("NameID")))


@naive("habit", tightens={"saml.subject.qualifier"})
def knows_no_qualifier(received: Received) -> bool:
    """Takes no NameID that says at which portal the name is used."""
    return any("SPNameQualifier" in found.attrib for found in _all(received, saml("NameID")))


@naive("habit", tightens={"saml.signature.fingerprint"})
def wants_certificate_of_today(received: Received) -> bool:
    """Asks for the dates of a certificate that it trusts by its fingerprint."""
    certificates = (found for one in received.signatures_if_any for found in one.certificates)
    return any(not found.not_valid_before_utc <= received.now <= found.not_valid_after_utc for found in certificates)


@naive("habit", tightens={"saml.signature.fingerprint"})
def wants_sole_self_signed_certificate(received: Received) -> bool:
    """Takes one certificate, which issued itself."""
    sent = [one.certificates for one in received.signatures_if_any]
    return any(len(found) != 1 or found[0].issuer != found[0].subject for found in sent)


@naive("habit", tightens={"saml.signature.fingerprint"})
def wants_named_certificate(received: Received) -> bool:
    """Wants the subject of the certificate to name the identity provider, as a web server's names its host."""
    certificates = (found for one in received.signatures_if_any for found in one.certificates[:1])
    return any("idp-sim" not in found.subject.rfc4514_string() for found in certificates)


@naive("habit", tightens={"saml.signature.fingerprint"})
def knows_first_certificate(received: Received) -> bool:
    """Keeps the first of several certificates that it was given."""
    trusted, sent = received.trust.fingerprints, [one.certificates[:1] for one in received.signatures_if_any]
    return len(trusted) > 1 and any(not _is(found[0], trusted[0], received) for found in sent if found)


@naive("habit", tightens={"saml.signature.fingerprint"})
def knows_last_certificate(received: Received) -> bool:
    """Keeps the last of several certificates that it was given."""
    trusted, sent = received.trust.fingerprints, [one.certificates[:1] for one in received.signatures_if_any]
    return len(trusted) > 1 and any(not _is(found[0], trusted[-1], received) for found in sent if found)


@naive("habit", tightens={"saml.response.unsolicited"})
def wants_to_have_asked(received: Received) -> bool:
    """Takes answers to its own requests only, though it is set to take others."""
    return received.envelope is not None and received.envelope.get("InResponseTo") is None


@naive("habit", tightens={"saml.message.xml"})
def knows_no_character_references(received: Received) -> bool:
    """Reads the XML as it is written, and takes a character reference for its letters."""
    return b"&#" in received.decoded


@naive("habit", tightens={"saml.message.xml"})
def reads_tags_by_line(received: Received) -> bool:
    """Reads tags by patterns of its own, which stop at a tab and at the end of a line."""
    return re.search(rb"<[^<>]*[\t\r\n]", received.decoded) is not None


@naive("habit", tightens={"saml.encryption.decrypts"})
def knows_no_encryption(received: Received) -> bool:
    """Takes nothing that is encrypted."""
    return next(received.sealed.iter("{http://www.w3.org/2001/04/xmlenc#}EncryptedData"), None) is not None


@naive("habit", tightens={"saml.status.success"})
def takes_no_relay_state_but_a_path(received: Received) -> bool:
    """Refuses a sign-in whose RelayState is neither its own nor a path, rather than lead to its own page."""
    return received.envelope is not None and not (received.post.relay_state or "/").startswith("/")


@naive("habit", tightens={"saml.settings.fingerprint"})
def knows_sha1_fingerprints(received: Received) -> bool:
    """Compares SHA-1 fingerprints, whatever was stored."""
    return received.trust.algorithm != "sha1"


@naive("habit", tightens={"saml.settings.fingerprint"})
def wants_fingerprint(received: Received) -> bool:
    """Trusts a certificate by its stored fingerprint only, and not where the whole certificate was stored."""
    return received.trust.stored is None
