"""Encryption: asked for, of the right form, with the right algorithms, for this portal, of what belongs there."""

from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.decryption import CBC_MODES, Kind, Unsealed
from portal_stub.saml.received import Received
from portal_stub.saml.veil import is_under_signature


@CHECKS.enforces("saml.encryption.required")
def required(received: Received) -> Found:
    """By the setting require_encryption."""
    if not received.saml.require_encryption:
        raise NotApplicable("the portal's settings do not ask for encryption")
    if not received.assertions:
        raise NotApplicable("there is no assertion, or none that could be opened")
    plain = [found for found in received.assertions if not received.document.was_encrypted(found)]
    return violated("an encrypted assertion", "one that is not encrypted") if plain else ok()


@CHECKS.enforces("saml.encryption.structure")
def structure(received: Received) -> Found:
    """Cipher text that stands elsewhere is never fetched."""
    return _told(received, "structure", "one EncryptedData of the type Element, with its CipherValue")


@CHECKS.enforces("saml.encryption.algorithm")
def algorithm(received: Received) -> Found:
    """By name, before anything is decrypted."""
    keys = "RSA-OAEP or RSA 1.5" if received.saml.allow_rsa15 else "RSA-OAEP"
    return _told(received, "algorithm", f"AES and {keys}")


@CHECKS.enforces("saml.encryption.decrypts")
def decrypts(received: Received) -> Found:
    """Content key and content."""
    return _told(received, "decrypts", "what was encrypted with this portal's certificate")


@CHECKS.enforces("saml.encryption.content")
def content(received: Received) -> Found:
    """Exactly the element that the place demands, and no DTD."""
    return _told(received, "content", "the one element that belongs there")


@CHECKS.enforces("saml.encryption.authenticated")
def authenticated(received: Received) -> Found:
    """What stands inside a signed Response was verified before it was opened. By the setting allow_unsigned_cbc."""
    if received.saml.allow_unsigned_cbc:
        raise NotApplicable("the portal's settings accept AES-CBC everywhere")
    opened = [found for found in _unsealed(received) if found.kind == "opened"]
    if not opened:
        raise NotApplicable("nothing was decrypted")
    open_to_change = [
        found for found in opened if found.data_method in CBC_MODES and not is_under_signature(received, found.sealed)
    ]
    if open_to_change:
        return violated("AES-GCM, or a signature over the whole Response", "CBC outside every signature")
    return ok()


def _told(received: Received, kind: Kind, expected: str) -> Found:
    for found in _unsealed(received):
        if found.kind == kind:
            return violated(expected, found.why)
    return ok()


def _unsealed(received: Received) -> list[Unsealed]:
    if not received.unsealed:
        raise NotApplicable("nothing is encrypted")
    return list(received.unsealed)
