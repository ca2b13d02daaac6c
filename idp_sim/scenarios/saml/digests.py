"""What a signature says of the digest: where it is read from, and how it is written."""

import copy
import hashlib
from base64 import b64encode
from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import DS, NAMESPACES
from idp_sim.saml.raw_signature import RawSignature, canonical
from idp_sim.scenarios.saml.forging import (
    HIDING_PLACES,
    UNKNOWN,
    Hide,
    assertion_of,
    forge,
    forged_copy,
    in_extensions,
    remove_signature,
    signature_of,
)
from idp_sim.stages import Signed

SIGNED_INFO = "ds:SignedInfo"
DIGEST_VALUE = ".//ds:DigestValue"


@breaks("saml.signature.whole-text", bases=BASES, cves=("CVE-2025-29775",))
def comment_in_digest_value(signed: Signed) -> None:
    """The identity was changed, and a comment before the signed digest holds the digest of the forged content.

    SignedInfo is signed without its comments, so that the signature value still fits.
    """
    forge(signed.response, signed.login)
    for part, signature in _signed_parts(signed):
        (value,) = signature.findall(DIGEST_VALUE, NAMESPACES)
        comment = etree.Comment(_digest_of(part))
        comment.tail, value.text = value.text, None
        value.append(comment)


OUTSIDE = {name: HIDING_PLACES[name] for name in ("extensions", "status-detail")}


@breaks("saml.signature.digest", variants=OUTSIDE, cves=("CVE-2024-45409",))
def outside_signed_info(signed: Signed, place: Hide) -> None:
    """The identity was changed, and the digest of the forged content stands outside of the signature: {variant}."""
    forge(signed.response, signed.login)
    value = etree.SubElement(place(signed.response), f"{{{DS}}}DigestValue", nsmap={"ds": DS})
    value.text = _digest_of(assertion_of(signed.response))


Arrange = Callable[[etree._Element, etree._Element], None]
"""Put a forged SignedInfo into a signature beside the genuine one, which is its first child."""


def _wrapped(signature: etree._Element, forged: etree._Element) -> etree._Element:
    wrapper = signature.makeelement(f"{{{UNKNOWN}}}Wrapper", nsmap={"x": UNKNOWN})
    wrapper.append(signature[0])
    signature.insert(0, forged)
    return wrapper


SIGNED_INFOS: dict[str, Arrange] = {
    "forged-first": lambda signature, forged: signature.insert(0, forged),
    "forged-last": lambda signature, forged: signature.insert(1, forged),
    "genuine-wrapped-first": lambda signature, forged: signature.insert(0, _wrapped(signature, forged)),
    "genuine-wrapped-last": lambda signature, forged: signature.append(_wrapped(signature, forged)),
}


@breaks("saml.signature.one-signed-info", bases=BASES, variants=SIGNED_INFOS, cves=("CVE-2025-29774", "CVE-2019-3465"))
def two_signed_infos(signed: Signed, arrange: Arrange) -> None:
    """The identity was changed, and a second SignedInfo beside the signed one has the forged digest: {variant}."""
    forge(signed.response, signed.login)
    for part, signature in _signed_parts(signed):
        arrange(signature, _forged_signed_info(signature, part))


@breaks("saml.signature.only-signed-is-read", bases=("assertion",), variants=SIGNED_INFOS, cves=("CVE-2025-29774",))
def two_signed_infos_two_assertions(signed: Signed, arrange: Arrange) -> None:
    """A forged assertion has a second SignedInfo of its own; the signed one fits a hidden assertion: {variant}."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    signed.response.replace(genuine, forged)
    in_extensions(signed.response).append(genuine)
    signature = remove_signature(genuine)
    forged.insert(1, signature)
    arrange(signature, _forged_signed_info(signature, forged))


@breaks("saml.signature.one-signed-info", bases=BASES, cves=("CVE-2025-25292", "CVE-2025-66567"))
def signed_info_of_another_namespace(signed: Signed) -> None:
    """The identity was changed, and a SignedInfo of another namespace, which comes first, has the forged digest."""
    forge(signed.response, signed.login)
    for part, signature in _signed_parts(signed):
        forged = _forged_signed_info(signature, part)
        for element in forged.iter(f"{{{DS}}}*"):
            element.tag = f"{{{UNKNOWN}}}{etree.QName(element).localname}"
        signature.insert(0, forged)


BASE64 = {"certificate": ".//ds:X509Certificate", "signature-value": ".//ds:SignatureValue"}


@sound(bases=BASES, variants=BASE64)
def blanks_in_base64(signed: Signed, path: str) -> None:
    """There are blanks, tabs and line breaks in the base64 of a value that is not signed: {variant}."""
    _, outermost = _signed_parts(signed)[-1]
    for element in outermost.findall(path, NAMESPACES):
        element.text = _with_blanks(element.text or "")


@sound(bases=BASES)
def blanks_in_digest_value(login: SamlLogin) -> SamlLogin:
    """There are blanks, tabs and line breaks in the base64 of the digest, and are signed."""
    return login.but(raw_signature=RawSignature(signed_octets=_canonical_with_blanks))


def _canonical_with_blanks(signed_info: etree._Element) -> bytes:
    for value in signed_info.findall(DIGEST_VALUE, NAMESPACES):
        value.text = _with_blanks(value.text or "")
    return canonical(signed_info)


def _with_blanks(text: str) -> str:
    letters = "".join(text.split())
    return "\n" + "\n\t ".join(letters[place : place + 20] for place in range(0, len(letters), 20)) + " \n"


def _signed_parts(signed: Signed) -> list[tuple[etree._Element, etree._Element]]:
    """Return each signed part with its signature, the inner one first: the outer one covers the inner signature."""
    parts = (assertion_of(signed.response), signed.response)
    return [(part, signature_of(part)) for part in parts if part.findall("ds:Signature", NAMESPACES)]


def _digest_of(part: etree._Element) -> str:
    """Return the digest of the part as it is, without the signature that stands in it."""
    copied = copy.deepcopy(part)
    for signature in copied.findall("ds:Signature", NAMESPACES):
        copied.remove(signature)
    return b64encode(hashlib.sha256(canonical(copied)).digest()).decode()


def _forged_signed_info(signature: etree._Element, part: etree._Element) -> etree._Element:
    """Return a SignedInfo like that of the signature, over the part as it is."""
    forged = copy.deepcopy(signature.findall(SIGNED_INFO, NAMESPACES)[0])
    forged.findall("ds:Reference", NAMESPACES)[0].set("URI", f"#{part.get('ID')}")
    forged.findall(DIGEST_VALUE, NAMESPACES)[0].text = _digest_of(part)
    return forged
