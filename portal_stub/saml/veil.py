"""What the outside may be told of an encrypted message (portal-contract S7, xmlenc-core1 6).

Who sends cipher text that the identity provider did not make may want to have it decrypted, answer by answer. So as
long as nothing shows that it is the identity provider's, one refusal looks like another; the administrator sees why.
"""

from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.saml.decryption import canonical
from portal_stub.saml.received import Received
from portal_stub.saml.sealed import ENCRYPTED_ASSERTION

RULE = "saml.encryption.opaque"


def is_under_signature(received: Received, sealed: etree._Element) -> bool:
    """Return whether a signature that verified covers the cipher text itself."""
    if sealed.tag != ENCRYPTED_ASSERTION:
        return True  # Parts of an assertion are opened only after its signature has verified.
    form = canonical(sealed)
    return any(
        canonical(found) == form
        for _, signed in received.soundly_verified
        for found in signed.iterfind(ENCRYPTED_ASSERTION)
    )


def is_veiled(received: Received) -> bool:
    """Return whether the reason of a refusal is for the administrator alone.

    A signature elsewhere in the message does not lift the veil: anybody may put cipher text beside it.
    """
    if RULE in received.waived:
        return False
    try:
        document = received.document
        openings = {id(opening.unsealed.sealed): opening.inside for opening in document.openings}
        proven = [signature.parent for signature, _ in received.soundly_verified]
        return any(
            not is_under_signature(received, sealed) and openings.get(id(sealed)) not in proven
            for sealed in document.sealed.iterfind(ENCRYPTED_ASSERTION)
        )
    except NotApplicable:
        return False
