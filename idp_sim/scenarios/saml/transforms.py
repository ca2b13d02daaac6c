"""What is done to the signed part before it is digested: enveloped-signature and canonicalisation, nothing else."""

import base64
import copy

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import DS, ENVELOPED, EXC_C14N, NAMESPACES, SAML, XPATH
from idp_sim.saml.raw_signature import SOUND_TRANSFORMS, RawSignature, Reference, canonical, transform
from idp_sim.scenarios.saml.forging import forged_copy, naming_the_forged
from idp_sim.stages import Signed

RULE = "saml.signature.transforms"

XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
BASE64 = f"{DS}base64"


def _signed_with(login: SamlLogin, reference: Reference) -> SamlLogin:
    return login.but(raw_signature=RawSignature(references=(reference,)))


LEFT_OUT = "ancestor-or-self::*[local-name() = 'Subject' or local-name() = 'AttributeStatement']"


def _without_the_person(part: etree._Element) -> bytes:
    rest = copy.deepcopy(part)
    for element in [*rest.iter(f"{{{SAML}}}Subject", f"{{{SAML}}}AttributeStatement")]:
        element.getparent().remove(element)  # type: ignore[union-attr]
    return canonical(rest)


@breaks(RULE, bases=BASES)
def xpath(login: SamlLogin) -> SamlLogin:
    """An XPath transform leaves subject and attributes out of what is signed, and they name the forged person."""
    # Without a prefix: whoever takes the signature out of the message first knows none that was declared around it.
    transforms = (transform(ENVELOPED), transform(XPATH, f"<ds:XPath>not({LEFT_OUT})</ds:XPath>"), transform(EXC_C14N))
    return _signed_with(naming_the_forged(login), Reference(transforms=transforms, octets=_without_the_person))


STYLESHEET = (
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:output method="text"/>'
    '<xsl:template match="/">anything</xsl:template></xsl:stylesheet>'
)


@breaks(RULE, bases=BASES, cves=("CVE-2022-34169",))
def xslt(login: SamlLogin) -> SamlLogin:
    """An XSLT transform turns every message into the same word, which is what is signed. The message is forged."""
    reference = Reference(transforms=(transform(ENVELOPED), transform(XSLT, STYLESHEET)), octets=lambda _: b"anything")
    return _signed_with(naming_the_forged(login), reference)


def _text_as_base64(part: etree._Element) -> bytes:
    letters = "".join(char for text in part.itertext() for char in text if char.isascii() and char.isalnum())
    return base64.b64decode(letters[: len(letters) // 4 * 4])


@breaks(RULE, bases=BASES)
def base64_decoded(login: SamlLogin) -> SamlLogin:
    """A base64 transform takes the letters and digits of all texts for base64; what they decode to is signed."""
    transforms = (transform(ENVELOPED), transform(BASE64))
    return _signed_with(login, Reference(transforms=transforms, octets=_text_as_base64))


MANY = {
    "enveloped": (*SOUND_TRANSFORMS[:1] * 1000, *SOUND_TRANSFORMS[1:]),
    "canonicalisation": (*SOUND_TRANSFORMS[:1], *SOUND_TRANSFORMS[1:] * 1000),
}


@breaks(RULE, bases=BASES, variants=MANY, within_seconds=5, cves=("CVE-2021-39171",))
def many(login: SamlLogin, transforms: tuple[str, ...]) -> SamlLogin:
    """One transform stands a thousand times in the signature: {variant}. The portal must not spend long on it."""
    return _signed_with(login, Reference(transforms=transforms))


NOT_ENVELOPED = {"canonicalisation-only": SOUND_TRANSFORMS[1:], "none": ()}


@breaks(RULE, bases=BASES, variants=NOT_ENVELOPED)
def not_enveloped(login: SamlLogin, transforms: tuple[str, ...]) -> SamlLogin:
    """The signature does not say that it leaves itself out of what it signs: {variant}. It does so all the same."""
    return _signed_with(login, Reference(transforms=transforms))


@breaks("saml.signature.only-signed-is-read", bases=BASES)
def forged_in_copy_of_signature(signed: Signed) -> None:
    """The signed part holds a copy of its signature, and a forged assertion inside it.

    The enveloped-signature transform takes away the one signature in which it stands. Who takes away every signature
    of that value finds nothing altered, and may then read what stands in the copy.
    """
    for part in signed.response.iter("{*}Response", "{*}Assertion"):
        for signature in part.findall("ds:Signature", NAMESPACES):
            copied = copy.deepcopy(signature)
            holder = etree.SubElement(copied, f"{{{DS}}}Object")
            assertion = next(part.iter(f"{{{SAML}}}Assertion"))
            holder.append(forged_copy(assertion, signed.login))
            part.append(copied)
            return
