"""Which digest, and which SignedInfo, is believed: the readers that a second one fools."""

import copy
import hashlib
from base64 import b64encode
from collections.abc import Iterator

from lxml import etree

from portal_stub.saml.decryption import XENC
from portal_stub.saml.naive.wrapping import having_id, own_assertion
from portal_stub.saml.naive.xmldsig import (
    canonical,
    references,
    signatures,
    trusted_keys,
    value_fits,
    without,
)
from portal_stub.saml.received import Received
from portal_stub.saml.xml import DS, ds, saml, text_of
from portal_stub.weakness import naive

_ONE = {"saml.signature.one-signed-info"}
_PROPERTY = {"saml.signature.only-signed-is-read"}
_DIGEST, _WHOLE_TEXT = {"saml.signature.digest"}, {"saml.signature.whole-text"}
_NOT_ITS_OWN = (DS, XENC)
"""What the libraries below read stays as it is."""
_ANY = _PROPERTY | _DIGEST | {"saml.signature.value"}


def _trusted(received: Received) -> Iterator[etree._Element]:
    """Yield each signature whose value is the trusted key's over some SignedInfo in it."""
    for signature in signatures(received):
        octets = [canonical(signed_info) for signed_info in signature.iter(ds("SignedInfo"))]
        keys = trusted_keys(received, signature)
        if any(value_fits(signature, key, signed) for key in keys for signed in octets):
            yield signature


def _digests(signature: etree._Element, reference: etree._Element) -> set[str]:
    """Return the digests of the elements that have the ID of the Reference, as base64."""
    name = next(reference.iter("{*}DigestMethod")).get("Algorithm", "").rpartition("#")[2]
    parts = having_id(signature.getroottree().getroot(), reference)
    octets = [canonical(without(part, signature)) for part in parts]
    return {b64encode(hashlib.new(name, each).digest()).decode() for each in octets}


def _all_fit(signature: etree._Element, inside: etree._Element) -> bool:
    """Return whether all References inside, of whatever namespace, state the digest of what they name."""
    stated = ((found, text_of(next(found.iter("{*}DigestValue")))) for found in inside.iter("{*}Reference"))
    return all(digest in _digests(signature, reference) for reference, digest in stated)


def _around(signature: etree._Element) -> etree._Element | None:
    return own_assertion(signature.getparent())


@naive("assertion", forgets=_WHOLE_TEXT | _DIGEST, loosens=_WHOLE_TEXT)
def digest_of_first_node(received: Received) -> etree._Element | None:
    """Takes the first node inside DigestValue for the digest, be it a comment (CVE-2025-29775)."""
    for signature in _trusted(received):
        for value in signature.iter(ds("DigestValue")):
            first = value.text or next((str(node.text) for node in value), "")
            if first in _digests(signature, references(signature)[0]):
                return _around(signature)
    return None


@naive("assertion", forgets=_DIGEST, loosens=_DIGEST)
def digest_value_anywhere(received: Received) -> etree._Element | None:
    """Looks for the DigestValue in the whole message, not in SignedInfo alone (CVE-2024-45409)."""
    anywhere = {text_of(found) for found in received.root.iter(ds("DigestValue"))}
    for signature in _trusted(received):
        if anywhere & _digests(signature, references(signature)[0]):
            return _around(signature)
    return None


@naive("assertion", forgets=_ANY, loosens=_ONE)
def first_signed_info(received: Received) -> etree._Element | None:
    """Finds a SignedInfo that was signed, and takes the digest from the first that there is (CVE-2025-29774)."""
    for signature in _trusted(received):
        if _all_fit(signature, next(signature.iter(ds("SignedInfo")))):
            return _around(signature)
    return None


@naive("assertion", forgets=_ANY, loosens=_ONE)
def last_signed_info(received: Received) -> etree._Element | None:
    """Finds a SignedInfo that was signed, and takes the digest from the last that there is (CVE-2019-3465)."""
    for signature in _trusted(received):
        if _all_fit(signature, list(signature.iter(ds("SignedInfo")))[-1]):
            return _around(signature)
    return None


@naive("assertion", forgets=_ANY, loosens=_ONE)
def every_signed_info(received: Received) -> etree._Element | None:
    """Asks that all References of every SignedInfo fit what they name, and reads around the signature."""
    for signature in _trusted(received):
        if _all_fit(signature, signature):
            return _around(signature)
    return None


@naive("assertion", forgets=_ANY, loosens=_PROPERTY)
def ignores_namespaces(received: Received) -> etree._Element | None:
    """Finds SignedInfo and the assertion by their names alone, whatever their namespace is (like CVE-2025-66567)."""
    for signature in _trusted(received):
        if _all_fit(signature, next(signature.iter("{*}SignedInfo"))):
            return _as_saml(next(received.root.iter("{*}Assertion")))
    return None


def _as_saml(element: etree._Element) -> etree._Element:
    copied = copy.deepcopy(element)
    for part in copied.iter("{*}*"):
        name = etree.QName(part)
        if name.namespace not in _NOT_ITS_OWN:
            part.tag = saml(name.localname)
    return copied
