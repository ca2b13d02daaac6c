"""The signature: presence, key, value, and the guards that let only be read what it covers."""

from collections.abc import Iterable, Set

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated, warning
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.fingerprint import Algorithm, fingerprint_of, named
from portal_stub.saml.key_info import contradiction
from portal_stub.saml.received import Received
from portal_stub.saml.signature import Algorithms, Kind, Signature, Verification, odd_algorithm
from portal_stub.times import written


@CHECKS.enforces("saml.signature.present")
def present(received: Received) -> Found:
    """Where it stands is the affair of covers-parent. An empty element is none, and none may stand there."""
    if any(signature.hollow for signature in received.found_signatures):
        return violated("a signature on the Response or on its assertion", "an empty Signature element")
    if received.signatures_if_any:
        return ok()
    if not received.assertions:
        raise NotApplicable("there is no assertion that could be signed")
    return violated("a signature on the Response or on its assertion", "nothing is signed")


@CHECKS.enforces("saml.signature.wanted-part")
def wanted_part(received: Received) -> Found:
    """By the setting want_signed."""
    wanted = received.saml.want_signed
    signed = {signature.place for signature in received.signatures}
    parts = ("assertion", "response") if wanted == "both" else (wanted,)
    missing = [part for part in parts if part != "either" and part not in signed]
    return violated(f"the {missing[0]} signed", f"signed: {', '.join(sorted(signed))}") if missing else ok()


@CHECKS.enforces("saml.signature.algorithm")
def algorithm(received: Received) -> Found:
    """By name, before the library is asked. HMAC, MD5 and unknown ones never."""
    allowed = Algorithms.allowed(sha1=received.saml.allow_sha1)
    for signature in received.placed:
        odd = odd_algorithm(signature, allowed)
        if odd:
            return violated("RSA or ECDSA with SHA-256 or stronger", odd)
    return ok()


@CHECKS.enforces("saml.signature.certificate-present")
def certificate_present(received: Received) -> Found:
    """Only a fingerprint is stored, so the certificate must come along."""
    for signature in received.placed:
        if not signature.certificates and not _is_hmac(signature):
            broken = "only one that cannot be read" if signature.unreadable_certificates else "none"
            return violated("the signing certificate in KeyInfo/X509Data", broken)
    return ok()


@CHECKS.enforces("saml.signature.fingerprint")
def fingerprint(received: Received) -> Found:
    """An expired certificate is a warning: the fingerprint is the trust, not the dates."""
    if not any(provider.trust.fingerprints for provider in received.providers):
        raise NotApplicable("the portal knows no fingerprint to compare with")
    trusted: list[x509.Certificate] = []
    for signature in received.placed:
        if not signature.certificates:
            raise NotApplicable("the signature carries no certificate")
        known = [certificate for certificate in signature.certificates if received.owners(certificate)]
        if not known:
            return _mismatch(received, signature)
        trusted += known
    return _expired(received, trusted) or ok()


@CHECKS.enforces("saml.signature.key-size")
def key_size(received: Received) -> Found:
    """By the setting least_key_bits. The curves of ECDSA are all long enough."""
    least = received.saml.least_key_bits
    for _, result in received.verified:
        key = None if result.certificate is None else result.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < least:
            return violated(f"an RSA key of {least} bits or more", f"one of {key.key_size} bits")
    return ok()


@CHECKS.enforces("saml.signature.key-info")
def key_info(received: Received) -> Found:
    """A hint, which may not contradict the key that verified: another portal might follow it."""
    verified = [signature for signature, result in received.verified if result.signed is not None]
    if not verified:
        raise NotApplicable("no signature was verified")
    for signature in verified:
        problem = contradiction(signature.element, signature.certificates, received.believed(signature))
        if problem:
            return violated("the trusted certificate, and what certifies it", problem)
    return ok()


@CHECKS.enforces("saml.signature.value")
def value(received: Received) -> Found:
    """Made with the private key of the trusted certificate."""
    for result in _results(received, {"verified", "digest", "value", "structure"}):
        if result.kind in ("value", "structure"):
            return violated("a signature made with the trusted certificate's key", result.why)
    return ok()


@CHECKS.enforces("saml.signature.issuer-key")
def issuer_key(received: Received) -> Found:
    """Of several trusted identity providers, each speaks for itself. The key that has verified counts."""
    if len(received.providers) == 1:
        raise NotApplicable("the portal trusts one identity provider only")
    for signature, result in received.verified:
        owner = received.foreign(signature, result)
        if owner:
            return violated("a signature by the identity provider that the Issuer names", f"one by {shown(owner)}")
    return ok()


@CHECKS.enforces("saml.signature.digest")
def digest(received: Received) -> Found:
    """Nothing altered since. What a wrong signature value says about the digest counts for nothing."""
    for result in _results(received, {"verified", "digest"}):
        if result.kind == "digest":
            return violated("the content that was signed", f"other content: {result.why}")
    return ok()


@CHECKS.enforces("saml.signature.one-assertion")
def one_assertion(received: Received) -> Found:
    """A second one is how forged identities come in."""
    found = received.assertions
    count = len(found) + received.unopened
    if count > 1:
        return violated("exactly one assertion", f"{count} assertions")
    if not found:
        raise NotApplicable("there is no assertion, or none that could be opened")
    if received.named_assertion > 1:
        return violated("exactly one assertion", f"{received.named_assertion} assertions")
    if received.envelope is not None and not received.is_direct(found[0]):
        parent = found[0].getparent()
        where = "at the root" if parent is None else f"inside {etree.QName(parent).localname}"
        return violated("the assertion directly inside the Response", where)
    return ok()


@CHECKS.enforces("saml.signature.covers-parent")
def covers_parent(received: Received) -> Found:
    """Enveloped, one Reference, by the ID of the element around it."""
    problem = next((signature.misplaced for signature in received.signatures if signature.misplaced), "")
    return violated("a signature over the element around it, by its ID", problem) if problem else ok()


@CHECKS.enforces("saml.signature.one-signed-info")
def one_signed_info(received: Received) -> Found:
    """One is signed, and another is believed. One in another namespace is one too many as well."""
    most = max(signature.signed_infos for signature in received.signatures)
    return violated("one SignedInfo a signature", f"{most} of them") if most > 1 else ok()


@CHECKS.enforces("saml.signature.no-object")
def no_object(received: Received) -> Found:
    """A place for forged assertions."""
    held = any(signature.has_object for signature in received.signatures)
    return violated("SignedInfo, SignatureValue and KeyInfo", "an Object as well") if held else ok()


@CHECKS.enforces("saml.signature.transforms")
def transforms(received: Received) -> Found:
    """Any other could leave out, or bring in, what was not signed."""
    odd = next((signature.odd_transforms for signature in received.placed if signature.odd_transforms), "")
    return violated("enveloped-signature, then canonicalisation", odd) if odd else ok()


@CHECKS.enforces("saml.signature.whole-text")
def whole_text(received: Received) -> Found:
    """They are not signed, and some readers stop at them."""
    if not received.assertions or not received.signatures_if_any:
        raise NotApplicable("there is no signed assertion")
    for kind, found in (
        *(("a comment", found) for found in received.root.iter(etree.Comment)),
        *(("a processing instruction", found) for found in received.root.iter(etree.ProcessingInstruction)),
    ):
        parent = found.getparent()
        if parent is not None:
            return violated("no comment and no processing instruction", f"{kind} in {etree.QName(parent).localname}")
    return ok()


def _is_hmac(signature: Signature) -> bool:
    return "#hmac-" in signature.method


def _results(received: Received, kinds: Set[Kind]) -> list[Verification]:
    """Return the results of ``kinds``, but those of signatures of which a guard already says what is wrong."""
    found = [
        result for signature, result in received.verified if result.kind in kinds and not received.unguarded(signature)
    ]
    if not found:
        reasons = [result.why for _, result in received.verified if result.why]
        raise NotApplicable(f"it was not verified: {reasons[0] if reasons else 'no signature could be'}")
    return found


def _mismatch(received: Received, signature: Signature) -> Found:
    trust = received.trust
    all_known = (known for provider in received.providers for known in provider.trust.fingerprints)
    stored = ", ".join(named(known, "sha1" if len(known) == 40 else "sha256") for known in all_known)
    came = "; ".join(
        f"{named(fingerprint_of(certificate, trust.algorithm), trust.algorithm)} ({shown(_subject(certificate))})"
        for certificate in signature.certificates[:3]
    )
    other: Algorithm = "sha256" if trust.algorithm == "sha1" else "sha1"
    swapped = any(fingerprint_of(certificate, other) in trust.fingerprints for certificate in signature.certificates)
    hint = f"The stored fingerprint is of the other digest: set the algorithm to {other}." if swapped else ""
    return violated(stored, came, hint)


def _subject(certificate: x509.Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        return "unreadable subject"


def _expired(received: Received, trusted: Iterable[x509.Certificate]) -> Found | None:
    for certificate in trusted:
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not start <= received.now <= end:
            return warning(
                f"a certificate that is valid now ({written(received.now)})",
                f"valid from {written(start)} to {written(end)}",
                "The login is accepted, since the fingerprint is the trust. Renew the certificate all the same.",
            )
    return None
