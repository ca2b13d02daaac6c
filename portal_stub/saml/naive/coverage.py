"""What a signature is taken to cover: the readers that follow its words wherever they lead."""

import base64
import http.client
import re
from urllib.parse import urlsplit

from lxml import etree

from portal_stub.saml.key_info import POINTERS
from portal_stub.saml.naive.xmldsig import (
    ENVELOPED,
    around,
    assertion_in,
    canonical,
    digest_fits,
    fits_everywhere,
    references,
    signatures,
    trusted_keys,
    value_fits,
    value_of,
    without,
)
from portal_stub.saml.received import ASSERTION, RESPONSE, Received
from portal_stub.saml.xml import ds, text_of
from portal_stub.weakness import naive

_PROPERTY = {"saml.signature.only-signed-is-read"}
_COVERS, _TRANSFORMS = {"saml.signature.covers-parent"}, {"saml.signature.transforms"}
_FETCHES = {"saml.signature.certificate-present", "saml.signature.key-info"}
_SOME_SECONDS = 5


def _trusted(received: Received, signature: etree._Element) -> bool:
    return any(value_fits(signature, key) for key in trusted_keys(received, signature))


def _named(signature: etree._Element, uri: str | None) -> etree._Element | None:
    root = signature.getroottree().getroot()
    name = re.fullmatch(r"#(?:xpointer\(id\('(.+)'\)\)|([^(]+))", uri or "")
    if name:
        return next((found for found in root.iter("*") if found.get("ID") == (name[1] or name[2])), None)
    return root if uri in ("", "#xpointer(/)") else signature.getparent()


@naive("assertion", forgets=_PROPERTY, loosens=_COVERS | {"saml.signature.transforms"})
def reference_anywhere(received: Received) -> etree._Element | None:
    """Verifies whatever the References name, wherever it is, and reads the first assertion of the message."""
    trusted = (signature for signature in signatures(received) if _trusted(received, signature))
    fooled = any(fits_everywhere(signature, _named) for signature in trusted)
    return received.assertions[0] if fooled and received.assertions else None


@naive("assertion", forgets=_PROPERTY, loosens=_COVERS)
def document_for_empty_uri(received: Received) -> etree._Element | None:
    """Takes an empty URI for the response around the signature, and reads the assertion of the outermost one."""

    def response_around(signature: etree._Element, uri: str | None) -> etree._Element | None:
        return next(signature.iterancestors(RESPONSE), None) if uri == "" else None

    for signature in signatures(received):
        if references(signature) and _trusted(received, signature) and fits_everywhere(signature, response_around):
            return received.root.find(ASSERTION)
    return None


@naive("assertion", forgets=_COVERS | _TRANSFORMS | _FETCHES, loosens=_FETCHES)
def follows_references(received: Received) -> etree._Element | None:
    """Fetches what a Reference or a KeyInfo names, and takes a page that has the stated digest for the message."""
    for signature in signatures(received):
        for pointer in signature.iterfind(f"{ds('KeyInfo')}/*"):
            if pointer.tag in POINTERS:
                _fetched(pointer.get("URI", ""))
        pages = [(reference, _fetched(reference.get("URI", ""))) for reference in references(signature)]
        if pages and all(page is not None and digest_fits(reference, page) for reference, page in pages):
            return received.assertions[0] if received.assertions and _trusted(received, signature) else None
    return None


def _fetched(uri: str) -> bytes | None:
    """Return what is at the address: of this machine only, and of its files the empty one."""
    if uri == "file:///dev/null":
        return b""
    address = urlsplit(uri)
    if address.scheme != "http" or address.hostname != "127.0.0.1":
        return None
    connection = http.client.HTTPConnection(address.netloc, timeout=_SOME_SECONDS)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().read(10_000)
    except OSError:
        return None
    finally:
        connection.close()


@naive("assertion", forgets=_TRANSFORMS, loosens=_TRANSFORMS)
def ignores_transforms(received: Received) -> etree._Element | None:
    """Digests the element around the signature without the signature, whatever transforms are named."""
    for signature in signatures(received):
        if references(signature) and _trusted(received, signature) and fits_everywhere(signature, around):
            return assertion_in(signature.getparent())
    return None


@naive("assertion", forgets=_TRANSFORMS, loosens=_TRANSFORMS)
def applies_every_transform(received: Received) -> etree._Element | None:
    """Applies every transform that is named: XPath filters, stylesheets, base64."""
    for signature in signatures(received):
        part = signature.getparent()
        if part is None or not references(signature) or not _trusted(received, signature):
            continue
        if all(digest_fits(reference, _transformed(part, signature, reference)) for reference in references(signature)):
            return assertion_in(part)
    return None


def _transformed(part: etree._Element, signature: etree._Element, reference: etree._Element) -> bytes:
    result: etree._Element | bytes = part
    for transform in reference.iterfind(f"{ds('Transforms')}/{ds('Transform')}"):
        name = transform.get("Algorithm", "")
        if isinstance(result, bytes):
            result = etree.fromstring(result)
        if name == ENVELOPED:
            result = without(result, signature)
        elif name.endswith("REC-xpath-19991116"):
            result = _filtered(result, transform[0])
        elif name.endswith("REC-xslt-19991116"):
            sheet = etree.XSLT(transform[0], access_control=etree.XSLTAccessControl.DENY_ALL)
            result = str(sheet(result)).encode()
        elif name.endswith("#base64"):
            letters = "".join(char for char in text_of(result) if char.isascii() and char.isalnum())
            result = base64.b64decode(letters[: len(letters) // 4 * 4])
        else:
            result = canonical(result, name)
    return result if isinstance(result, bytes) else canonical(result)


def _filtered(part: etree._Element, xpath: etree._Element) -> etree._Element:
    chosen = etree.XPath(
        f"boolean({text_of(xpath)})", namespaces={prefix: uri for prefix, uri in xpath.nsmap.items() if prefix}
    )
    for element in [found for found in part.iter("*") if found is not part and not chosen(found)]:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    return part


@naive("assertion", forgets=_PROPERTY, loosens=_COVERS | _TRANSFORMS)
def strips_every_signature(received: Received) -> etree._Element | None:
    """Takes every signature of that value out before it digests, and reads the last assertion of what was signed."""
    for signature in signatures(received):
        part = signature.getparent()
        if part is None or not references(signature) or not _trusted(received, signature):
            continue
        same = [found for found in part.iter(ds("Signature")) if value_of(found) == value_of(signature)]
        if all(digest_fits(reference, canonical(without(part, *same))) for reference in references(signature)):
            return next(reversed(list(part.iter(ASSERTION))), None)
    return None


@naive("assertion", forgets={"saml.signature.digest", "saml.signature.value"})
def empty_digest(received: Received) -> etree._Element | None:
    """Takes what cannot be canonicalised for nothing, and finds the digest of nothing right (CVE-2025-66475)."""
    for signature in signatures(received):
        try:
            canonical(signature)
        except etree.C14NError:
            nothing = all(digest_fits(reference, b"") for reference in references(signature))
            keys = trusted_keys(received, signature)
            if nothing and any(value_fits(signature, key, octets) for key in keys for octets in _either(signature)):
                return assertion_in(signature.getparent())
    return None


def _either(signature: etree._Element) -> tuple[bytes, bytes]:
    """Return what SignedInfo is to libraries that look at its ancestors' name spaces, and to those that do not."""
    signed_info = signature.find(ds("SignedInfo"))
    alone = etree.fromstring(b"<x/>" if signed_info is None else etree.tostring(signed_info))
    etree.cleanup_namespaces(alone)
    return b"", canonical(alone)
