"""Why a signature is not trusted, or does not fit: another key, another fingerprint, a message that was changed."""

import base64
import hashlib
from collections.abc import Iterator
from copy import deepcopy

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import NotApplicable
from portal_stub.saml.detective.wire import Explainer
from portal_stub.saml.fingerprint import fingerprint_of, named
from portal_stub.saml.received import Received
from portal_stub.saml.signature import Signature, find_signatures, verify
from portal_stub.saml.xml import ds
from portal_stub.suspect import Suspect
from portal_stub.times import difference

_OTHER_DIGEST = Suspect(
    code="fingerprint-of-another-digest",
    sentence="The stored fingerprint is the {} of the right certificate, and the portal is set to the other digest.",
    mend="Choose the digest of the fingerprint under Admin > Security, or enter the other fingerprint.",
)
_OF_PEM = Suspect(
    code="fingerprint-of-text",
    sentence="The stored fingerprint was taken of the certificate's text (PEM or base64), not of the certificate.",
    mend="Take the fingerprint of the certificate: openssl x509 -noout -fingerprint -in certificate.pem",
)
_OF_KEY = Suspect(
    code="fingerprint-of-public-key",
    sentence="The stored fingerprint was taken of the public key, not of the certificate.",
    mend="Take the fingerprint of the certificate: openssl x509 -noout -fingerprint -in certificate.pem",
)
_OTHER_KEY = Suspect(
    code="another-certificate",
    sentence="The signature is right, by another key than the stored one: {}. The identity provider has most likely a "
    "new certificate; or this is another identity provider.",
    mend="If the identity provider's administrator confirms the new fingerprint, store it in the portal.",
)
_NO_CERTIFICATE = Suspect(
    code="no-certificate-sent",
    sentence="The signature carries no certificate, and this portal knows the identity provider by a certificate's "
    "fingerprint.",
    mend="Let the identity provider include its certificate in the signature (KeyInfo).",
)
_PRETTY = Suspect(
    code="pretty-printed",
    sentence="The message was indented after it was signed: without the blanks between its elements it is right.",
    mend="Send the message exactly as it was signed; switch off pretty-printing behind the signature.",
)
_OTHER_FORM = Suspect(
    code="another-canonicalisation",
    sentence="The digest is right over another canonicalisation ({}) than the signature names.",
    mend="Name the canonicalisation that is used; SAML recommends the exclusive one.",
)
_OTHER_PART = Suspect(
    code="another-part-signed",
    sentence="The identity provider signs {}, and this portal wants {} signed.",
    mend="Change what is signed at the identity provider, or what the portal wants signed.",
)
MISTAKES = (*(_OTHER_DIGEST, _OF_PEM, _OF_KEY, _OTHER_KEY, _NO_CERTIFICATE, _PRETTY, _OTHER_FORM, _OTHER_PART),)

_FORMS = (("inclusive", False, False), ("exclusive", True, False), ("inclusive with comments", False, True),
          ("exclusive with comments", True, True))  # fmt: skip


def _signed_by(received: Received, root: etree._Element) -> Iterator[tuple[Signature, x509.Certificate]]:
    """Yield each signature in ``root`` that one of its own certificates verifies. That is no trust."""
    for signature in find_signatures(root, root):
        result = verify(signature, root, signature.certificates[:2], received.algorithms)
        if result.kind == "verified" and result.certificate is not None:
            yield signature, result.certificate


def _untrusted(received: Received) -> Suspect | None:
    stored = (received.trust.stored or "").replace(":", "").replace(" ", "").strip().lower()
    for _, certificate in _signed_by(received, received.root):
        for algorithm, words in (("sha1", "SHA-1 fingerprint"), ("sha256", "SHA-256 fingerprint")):
            if stored.endswith(certificate_digest(certificate, algorithm)):
                return _OTHER_DIGEST.about(words)
        for text in _texts(certificate):
            if stored in (hashlib.sha1(text).hexdigest(), hashlib.sha256(text).hexdigest()):  # noqa: S324 - as stored
                return _OF_PEM
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if stored in (hashlib.sha1(key).hexdigest(), hashlib.sha256(key).hexdigest()):  # noqa: S324 - as stored
            return _OF_KEY
        algorithm = received.trust.algorithm
        ends = difference(certificate.not_valid_after_utc, received.now)
        subject = shown(certificate.subject.rfc4514_string() or "without a name")
        return _OTHER_KEY.about(
            f"{named(fingerprint_of(certificate, algorithm), algorithm)}, {subject}, expires {ends}"
        )
    return None


def certificate_digest(certificate: x509.Certificate, algorithm: str) -> str:
    """Return the fingerprint by the digest of this name, ``sha1`` or ``sha256``: lower-case hex digits."""
    return hashlib.new(algorithm, certificate.public_bytes(Encoding.DER)).hexdigest()


def _texts(certificate: x509.Certificate) -> Iterator[bytes]:
    pem = certificate.public_bytes(Encoding.PEM)
    plain = base64.b64encode(certificate.public_bytes(Encoding.DER))
    body = b"\n".join(pem.splitlines()[1:-1])
    for text in (pem, body, plain):
        yield from (text, text.strip(), text.replace(b"\n", b"\r\n"), text + b"\n")


def _no_certificate(received: Received) -> Suspect | None:
    return _NO_CERTIFICATE if all(not signature.certificates for signature in received.signatures) else None


def _changed(received: Received) -> Suspect | None:
    compact = deepcopy(received.root)
    for element in compact.iter():
        if element.text and not element.text.strip() and len(element):
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    if any(True for _ in _signed_by(received, compact)):
        return _PRETTY
    for signature in received.signatures:
        form = _form_that_fits(signature)
        if form:
            return _OTHER_FORM.about(form)
    return None


def _form_that_fits(signature: Signature) -> str:
    """Return the canonicalisation by which the digest of the signed element comes out, or empty."""
    parent = signature.parent
    reference = signature.element.find(f"{ds('SignedInfo')}/{ds('Reference')}")
    if parent is None or reference is None or signature.misplaced:
        return ""
    method = reference.find(ds("DigestMethod"))
    name = "" if method is None else method.get("Algorithm", "").rpartition("#")[2]
    wanted = reference.findtext(ds("DigestValue"), "").strip()
    if name not in ("sha1", "sha256", "sha384", "sha512"):
        return ""
    bare = etree.fromstring(etree.tostring(parent, with_tail=False))
    for found in bare.findall(ds("Signature")):
        bare.remove(found)
    for words, exclusive, comments in _FORMS:
        octets = etree.tostring(bare, method="c14n", exclusive=exclusive, with_comments=comments)
        if base64.b64encode(hashlib.new(name, octets).digest()).decode() == wanted:
            return words
    return ""


def _other_part(received: Received) -> Suspect | None:
    signed = {etree.QName(found.parent).localname for found in received.signatures if found.parent is not None}
    if not signed or received.saml.want_signed == "either":
        raise NotApplicable("nothing is signed")
    wanted = {"assertion": "the assertion", "response": "the Response"}.get(received.saml.want_signed, "both")
    return _OTHER_PART.about(" and ".join(f"the {name}" for name in sorted(signed)), wanted)


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.signature.fingerprint"}), _untrusted),
    (frozenset({"saml.signature.certificate-present"}), _no_certificate),
    (frozenset({"saml.signature.digest", "saml.signature.value"}), _changed),
    (frozenset({"saml.signature.wanted-part"}), _other_part),
)
