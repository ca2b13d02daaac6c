"""Where a signature is looked for, and where its ID leads: readers that wrapped messages fool.

Each verifies a genuine signature as it should be verified, and then reads something else.
"""

import base64
from collections.abc import Iterator, Sequence

import attrs
from lxml import etree

from portal_stub.saml.naive.xmldsig import (
    canonical,
    digest_fits,
    signatures,
    trusted_keys,
    value_fits,
    without,
)
from portal_stub.saml.received import ASSERTION, RESPONSE, Received
from portal_stub.saml.xml import ds
from portal_stub.weakness import naive

_PROPERTY = {"saml.signature.only-signed-is-read"}


def genuine(received: Received) -> Iterator[tuple[etree._Element, Sequence[etree._Element]]]:
    """Yield each signature that verifies over some element that has its ID, with all elements that have that ID."""
    for signature in signatures(received):
        if not any(value_fits(signature, key) for key in trusted_keys(received, signature)):
            continue
        for reference in signature.iterfind(f"{ds('SignedInfo')}[1]/{ds('Reference')}"):
            named = having_id(received.root, reference)
            if any(digest_fits(reference, canonical(without(part, signature))) for part in named):
                yield signature, named


def otherwise_read(received: Received, data: bytes) -> Received:
    """Return what a reader receives for whom the message is these bytes."""
    post = attrs.evolve(received.post, saml_response=base64.b64encode(data).decode())
    return attrs.evolve(received, post=post)


def having_id(root: etree._Element, reference: etree._Element) -> Sequence[etree._Element]:
    """Return the elements whose ID the Reference names, in document order."""
    return [part for part in root.iter("*") if f"#{part.get('ID')}" == reference.get("URI")]


def own_assertion(part: etree._Element | None) -> etree._Element | None:
    """Return the part itself where it is an assertion, or the assertion that stands directly in a Response."""
    return part if part is None or part.tag == ASSERTION else part.find(ASSERTION)


@naive("assertion", forgets=_PROPERTY)
def around_the_signature(received: Received) -> etree._Element | None:
    """Verifies what the Reference names, wherever that is, and reads the element around the signature."""
    return next((own_assertion(signature.getparent()) for signature, _ in genuine(received)), None)


@naive("assertion", forgets=_PROPERTY)
def directly_in_the_response(received: Received) -> etree._Element | None:
    """Reads the assertion that stands directly in the Response, once any signature anywhere has verified."""
    return own_assertion(received.root) if any(genuine(received)) else None


@naive("assertion", forgets=_PROPERTY)
def first_signature_in_subtree(received: Received) -> etree._Element | None:
    """Takes the first signature somewhere inside the assertion for the assertion's own."""
    verified = [signature for signature, _ in genuine(received)]
    assertions = received.root.iterfind(ASSERTION) if received.root.tag == RESPONSE else ()
    return next((part for part in assertions if next(part.iter(ds("Signature")), None) in verified), None)


@naive("assertion", forgets=_PROPERTY)
def first_with_the_id(received: Received) -> etree._Element | None:
    """Verifies one of several elements with the signed ID, and reads the first of them (like CVE-2025-23369)."""
    return next((own_assertion(named[0]) for _, named in genuine(received)), None)


@naive("assertion", forgets=_PROPERTY)
def last_with_the_id(received: Received) -> etree._Element | None:
    """Verifies one of several elements with the signed ID, and reads the last of them."""
    return next((own_assertion(named[-1]) for _, named in genuine(received)), None)
