"""Why what is encrypted cannot be opened, or why what is not encrypted is refused."""

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from portal_stub.address import shown
from portal_stub.saml.decryption import NOT_FOR_THIS_KEY, XENC
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.fingerprint import fingerprint_of, named, read_base64_certificate
from portal_stub.saml.received import Received
from portal_stub.saml.xml import ds, text_of
from portal_stub.suspect import Suspect

_FOR_ANOTHER = Suspect(
    code="encrypted-for-another",
    sentence="The encrypted part cannot be opened: it was encrypted for {}.",
    mend="Load the portal's metadata into the identity provider anew, or its encryption certificate.",
)
_NOT_ENCRYPTED = Suspect(
    code="not-encrypted",
    sentence="The portal is set to take encrypted assertions only, and this one is not encrypted as a whole.",
    mend="Switch the encryption of assertions on at the identity provider, with the certificate of the portal's "
    "metadata.",
)
MISTAKES = (_FOR_ANOTHER, _NOT_ENCRYPTED)


def _undecryptable(received: Received) -> Iterator[Suspect]:
    """Only where the content key does not open; cipher text that was altered is no mistake."""
    for unsealed in received.unsealed:
        if unsealed.why == NOT_FOR_THIS_KEY:
            keys = islice(unsealed.sealed.iter(f"{{{XENC}}}EncryptedKey"), 2)
            yield from [_FOR_ANOTHER.about(whom) for key in keys if (whom := _for_whom(key, received))][:1]
            return


def _for_whom(key: etree._Element, received: Received) -> str:
    """Return for whom the content key says that it is encrypted, or empty where it names the portal's present key."""
    recipient = key.get("Recipient")
    if recipient and recipient != received.settings.entity_id:
        return f"the recipient {shown(recipient)}, and this portal is {received.settings.entity_id}"
    text = next((text_of(found) for found in key.iter(ds("X509Certificate"))), "")
    certificate = read_base64_certificate(text)
    if certificate is None:
        return "another key than the portal's present one, an older one perhaps; or the content key was altered"
    if received.own_key is not None and certificate.public_key() == received.own_key().public_key():
        return ""
    subject = shown(certificate.subject.rfc4514_string() or "without a name")
    return f"another certificate, {named(fingerprint_of(certificate, 'sha1'), 'sha1')}, {subject}"


def _not_encrypted(_: Received) -> Iterator[Suspect]:
    yield _NOT_ENCRYPTED


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.encryption.decrypts"}), _undecryptable),
    (frozenset({"saml.encryption.required"}), _not_encrypted),
)
