"""Canonicalisation: the forms that are allowed, comments that it keeps, and a name space that it cannot write."""

import attrs
from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import ENVELOPED, EXC_C14N, NAMESPACES
from idp_sim.saml.raw_signature import Octets, RawSignature, Reference, canonical, transform
from idp_sim.scenarios.saml.forging import forge
from idp_sim.stages import Draft

INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
WITH_COMMENTS = f"{EXC_C14N}WithComments"
_NAMED = f'<ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="samlp saml"/>'
_PREFIX_LIST = (transform(ENVELOPED), transform(EXC_C14N, _NAMED))


def _inclusive(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def _with_prefixes(element: etree._Element) -> bytes:
    return etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=["samlp", "saml"]
    )


def _commented(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=True)


def _signature(algorithm: str, octets: Octets) -> RawSignature:
    transforms = (transform(ENVELOPED), transform(algorithm))
    return RawSignature(
        canonicalisation=f'<ds:CanonicalizationMethod Algorithm="{algorithm}"/>',
        signed_octets=octets,
        references=(Reference(transforms=transforms, octets=octets),),
    )


ALLOWED = {
    "inclusive": _signature(INCLUSIVE, _inclusive),
    "inclusive-1.1": _signature(INCLUSIVE_11, _inclusive),
    "prefix-list": RawSignature(references=(Reference(transforms=_PREFIX_LIST, octets=_with_prefixes),)),
    "enveloped-only": RawSignature(references=(Reference(transforms=(transform(ENVELOPED),), octets=_inclusive),)),
}


@sound(bases=BASES, variants=ALLOWED)
def other_form(login: SamlLogin, signature: RawSignature) -> SamlLogin:
    """The signature is canonicalised in another way that is allowed: {variant}."""
    return login.but(raw_signature=signature)


@breaks("saml.signature.only-signed-is-read", bases=BASES)
def comment_signed(draft: Draft) -> Draft:
    """A comment splits the NameID, and the canonicalisation keeps comments, so that it is signed as well.

    Who reads a text only up to the comment signs in the forged person here, whose address is shorter.
    """
    email = draft.login.person.email
    for name_id in draft.response.findall(".//saml:NameID", NAMESPACES):
        name_id.text = email[:-1]
        comment = etree.Comment(" ")
        comment.tail = email[-1:]
        name_id.append(comment)
    login = draft.login.but(forged=attrs.evolve(draft.login.forged, email=email[:-1]))
    return attrs.evolve(draft, login=login.but(raw_signature=_signature(WITH_COMMENTS, _commented)))


def _nothing(_: etree._Element) -> bytes:
    return b""


def _by_itself(element: etree._Element) -> bytes:
    # Its exclusive canonical form does not hold the name spaces of the elements around it, which cannot be written.
    alone = etree.fromstring(etree.tostring(element))
    etree.cleanup_namespaces(alone)
    return canonical(alone)


VOID = {
    "digest": RawSignature(references=(Reference(octets=_nothing),), signed_octets=_by_itself),
    "digest-and-value": RawSignature(references=(Reference(octets=_nothing),), signed_octets=_nothing),
}


@breaks("saml.signature.digest", bases=BASES, variants=VOID, cves=("CVE-2025-66475", "CVE-2025-66568"))
def void(draft: Draft, signature: RawSignature) -> Draft:
    """A relative name space around the signed part has no canonical form, and what is signed is nothing: {variant}.

    Some libraries canonicalise to nothing where they should stop; the digest of nothing then fits every message. This
    one is forged.
    """
    forge(draft.response, draft.login)
    written = etree.tostring(draft.response).replace(b" ID=", b' xmlns:relative="relative" ID=', 1)
    return Draft(draft.login.but(raw_signature=signature), etree.fromstring(written))
