"""The signatures of a message: where they stand, who made them, and whether they verify (xmldsig-core, saml-core 5.4).

Trust comes from the fingerprint (portal-contract S6): the certificate travels in the message, and it is the
portal, not the verifying library, that decides whether it is the right one.
"""

import functools
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import InvalidCertificate, InvalidDigest, InvalidSignature, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from portal_stub.address import shown
from portal_stub.saml.fingerprint import read_base64_certificate
from portal_stub.saml.ordinary import signed_by
from portal_stub.saml.xml import ds, parser, saml, text_of

Place = Literal["response", "assertion", "elsewhere"]
Kind = Literal["verified", "untried", "algorithm", "structure", "value", "digest"]

METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1, SignatureMethod.SHA384_RSA_MGF1, SignatureMethod.SHA512_RSA_MGF1,
    }
)  # fmt: skip
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
SHA1_METHODS = frozenset({SignatureMethod.RSA_SHA1})
SHA1_DIGESTS = frozenset({DigestAlgorithm.SHA1})
_ENVELOPED = SignatureConstructionMethod.enveloped.value
_CANONICAL = frozenset(method.value for method in CanonicalizationMethod)
_SIGNATURE, _SIGNED_INFO, _REFERENCE = ds("Signature"), ds("SignedInfo"), ds("Reference")
_SIGNATURE_METHOD, _DIGEST_METHOD = ds("SignatureMethod"), ds("DigestMethod")
_CANONICALISATION = ds("CanonicalizationMethod")
_TRANSFORMS = f"{ds('Transforms')}/{ds('Transform')}"
_CERTIFICATES = f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}"
_with_attribute = etree.XPath("//*[@* = $value]")
_MOST = 4
"""A sound message has one or two signatures; a stranger's may have thousands, and each costs time."""


@attrs.frozen(kw_only=True)
class Algorithms:
    """The algorithms that are accepted."""

    methods: frozenset[SignatureMethod] = METHODS
    digests: frozenset[DigestAlgorithm] = DIGESTS

    @classmethod
    def allowed(cls, *, sha1: bool) -> "Algorithms":
        """Return those of portal-contract S5, with RSA-SHA1 and SHA-1 digests where they are allowed."""
        return cls(methods=METHODS | SHA1_METHODS, digests=DIGESTS | SHA1_DIGESTS) if sha1 else cls()

    @classmethod
    def forgotten(cls) -> "Algorithms":
        """Return every asymmetric algorithm that the library knows: the portal that forgot to ask."""
        methods = (method for method in SignatureMethod if not method.name.startswith("HMAC"))
        return cls(methods=frozenset(methods), digests=frozenset(DigestAlgorithm))


@attrs.frozen(kw_only=True)
class Signature:
    """One signature as it stands in the message, before anything is verified."""

    element: etree._Element
    place: Place
    method: str
    digests: tuple[str, ...]
    certificates: tuple[x509.Certificate, ...]
    unreadable_certificates: int
    misplaced: str
    """Why it does not cover exactly the element around it, or empty."""
    odd_transforms: str
    """Which transforms are missing or too many, or empty."""
    signed_infos: int
    """How many SignedInfo it has, at any depth and in any namespace."""
    interrupted: bool
    """Whether a comment inside it, or a processing instruction anywhere, may hide what was digested."""
    has_object: bool
    """Whether there is something inside that it does not sign."""

    @property
    def hollow(self) -> bool:
        """Whether there is nothing inside, so that it signs nothing."""
        return len(self.element) == 0

    @property
    def parent(self) -> etree._Element | None:
        """The element around the signature."""
        return self.element.getparent()


@attrs.frozen
class Verification:
    """What came of verifying a signature.

    ``signed`` is the signed element, parsed anew from what was digested, ``certificate`` the one that verified it.
    """

    kind: Kind
    why: str = ""
    signed: etree._Element | None = None
    certificate: x509.Certificate | None = None


def find_signatures(root: etree._Element, response: etree._Element | None) -> tuple[Signature, ...]:
    """Return the first few signatures of the document, wherever they stand, in document order.

    Only two can stand where they may, so where there are more than a few, some of these are misplaced.
    """
    return tuple(_look_at(element, root, response) for element in islice(root.iter(_SIGNATURE), _MOST))


def verify(
    signature: Signature, root: etree._Element, certificates: Sequence[x509.Certificate], algorithms: Algorithms
) -> Verification:
    """Verify one signature with the public keys of ``certificates``, in turn; ``root`` is what it was made in.

    That is the document in which the signature stands, or the same before anything encrypted was opened. The first
    certificate that verifies decides; if none does, the first one's failure is told. The certificates' own dates do
    not matter: the fingerprint is the trust (S6).
    """
    odd = odd_algorithm(signature, algorithms)
    if odd:
        return Verification("algorithm", odd)
    results = []
    for certificate in certificates:
        result = _verify(signature, root, certificate, algorithms)
        if result.kind == "verified":
            return result
        results.append(result)
    return results[0] if results else Verification("untried", "there is no trusted certificate to verify with")


def odd_algorithm(signature: Signature, allowed: Algorithms) -> str:
    """Return which algorithm of the signature is not among those, or empty."""
    if signature.method not in _values(allowed.methods):
        return f"the signature method {shown(signature.method)}"
    known = _values(allowed.digests)
    return next((f"the digest method {shown(method)}" for method in signature.digests if method not in known), "")


def _verify(
    signature: Signature, root: etree._Element, certificate: x509.Certificate, algorithms: Algorithms
) -> Verification:
    if signature.element.getroottree().getroot() is root and not signature.misplaced and not signature.interrupted:
        signed = signed_by(signature.element, certificate)
        if signed is not None:
            return Verification("verified", signed=signed, certificate=certificate)
    return verify_by_library(signature, etree.tostring(root), certificate, algorithms)


@functools.cache
def _values(algorithms: frozenset[SignatureMethod] | frozenset[DigestAlgorithm]) -> frozenset[str]:
    return frozenset(algorithm.value for algorithm in algorithms)


def verify_by_library(
    signature: Signature, document: bytes, certificate: x509.Certificate, algorithms: Algorithms
) -> Verification:
    """Verify one signature of the serialised document with signxml, whatever shape it has."""
    config = SignatureConfiguration(
        location=_location(signature.element),
        signature_methods=algorithms.methods,
        digest_algorithms=algorithms.digests,
        verification_time=certificate.not_valid_before_utc,
        # The key is always that of the trusted certificate; a KeyValue beside it is never used.
        ignore_ambiguous_key_info=True,
    )
    try:
        result = XMLVerifier().verify(
            document, x509_cert=certificate, id_attribute="ID", expect_config=config, parser=parser()
        )
    except InvalidDigest as error:
        return Verification("digest", str(error))
    except InvalidCertificate as error:
        return Verification("structure", str(error))
    except InvalidSignature as error:
        return Verification("value", str(error))
    except etree.C14NError as error:
        # Nothing that was digested could have been this: it has no canonical form at all.
        return Verification("digest", f"what the signature covers has no canonical form ({error})")
    except (SignXMLException, etree.LxmlError, UnsupportedAlgorithm, ValueError, TypeError) as error:
        return Verification(_kind_of(str(error)), str(error))
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None:
        return Verification("structure", "what was signed is not an XML element")
    return Verification("verified", signed=signed, certificate=certificate)


def _kind_of(problem: str) -> Kind:
    if "does not match specified signature algorithm" in problem or "base64" in problem.lower():
        return "value"
    return "structure"


def _location(signature: etree._Element) -> str:
    """Return the path from the root to the signature's parent, as the library wants it: one step an element."""
    steps: list[str] = []
    element = signature.getparent()
    while element is not None and (parent := element.getparent()) is not None:
        tag = str(element.tag)
        steps.append(f"{tag}[{list(parent.iterchildren(tag)).index(element) + 1}]/")
        element = parent
    return "./" + "".join(reversed(steps))


def _look_at(element: etree._Element, root: etree._Element, response: etree._Element | None) -> Signature:
    # Of one SignedInfo: that there are several is a fault of its own.
    signed_info = next(element.iterchildren(_SIGNED_INFO), None)
    references = [] if signed_info is None else [*signed_info.iterchildren(_REFERENCE)]
    texts = [text_of(found) for found in element.iterfind(_CERTIFICATES)]
    read = [read_base64_certificate(text) for text in texts]
    certificates = tuple(certificate for certificate in read if certificate is not None)
    place = _place(element, root, response)
    return Signature(
        element=element,
        place=place,
        method=_algorithm(signed_info, _SIGNATURE_METHOD),
        digests=tuple(_algorithm(reference, _DIGEST_METHOD) for reference in references),
        certificates=certificates,
        unreadable_certificates=len(read) - len(certificates),
        misplaced=_misplaced(element, place, references, root),
        odd_transforms=_odd_transforms(signed_info, references),
        signed_infos=sum(1 for _ in element.iter("{*}SignedInfo")),
        interrupted=next(element.iter(etree.Comment), next(_instructions(root), None)) is not None,
        has_object=element.find(ds("Object")) is not None,
    )


def _instructions(root: etree._Element) -> Iterator[etree._Element]:
    return (found for found in root.iter(etree.ProcessingInstruction) if found.getparent() is not None)


def _algorithm(element: etree._Element | None, child: str) -> str:
    found = None if element is None else next(element.iterchildren(child), None)
    return "" if found is None else found.get("Algorithm", "")


def _place(element: etree._Element, root: etree._Element, response: etree._Element | None) -> Place:
    parent = element.getparent()
    if parent is None:
        return "elsewhere"
    if parent is response:
        return "response"
    direct = parent is root or parent.getparent() is root
    return "assertion" if direct and parent.tag == saml("Assertion") else "elsewhere"


def _misplaced(
    element: etree._Element, place: Place, references: Sequence[etree._Element], root: etree._Element
) -> str:
    parent = element.getparent()
    if place == "elsewhere" or parent is None:
        where = "at the root" if parent is None else f"inside {etree.QName(parent).localname}"
        return f"a Signature {where}, which is neither the Response nor its assertion"
    if len([*parent.iterchildren(_SIGNATURE)]) > 1:
        return f"several Signatures in one {etree.QName(parent).localname}"
    if len(references) != 1:
        return f"{len(references)} References"
    uri, own = references[0].get("URI"), parent.get("ID")
    if not own or uri != f"#{own}":
        name = "no URI" if uri is None else shown(uri)
        return f"the Reference has {name}, the {etree.QName(parent).localname} around it has the ID {shown(own or '')}"
    count = sum(_has_id(found, own) for found in _with_attribute(root, value=own))
    return "" if count == 1 else f"{count} elements have the ID {shown(own)}"


def _has_id(element: etree._Element, value: str) -> bool:
    """Whether the element has this ID, however the attribute's name is spelt (Id, ID, xml:id ...)."""
    return any(own == value and etree.QName(name).localname.lower() == "id" for name, own in element.attrib.items())


def _odd_transforms(signed_info: etree._Element | None, references: Sequence[etree._Element]) -> str:
    canonicalisation = _algorithm(signed_info, _CANONICALISATION)
    if canonicalisation not in _CANONICAL:
        return f"SignedInfo is canonicalised by {shown(canonicalisation)}"
    for reference in references:
        transforms = [found.get("Algorithm", "") for found in reference.iterfind(_TRANSFORMS)]
        enveloped, rest = transforms[:1], transforms[1:]
        if enveloped != [_ENVELOPED] or len(rest) > 1 or not _CANONICAL.issuperset(rest):
            named = ", ".join(shown(transform) for transform in transforms[:_MOST])
            return f"{len(transforms)} transforms: {named}" if transforms else "no transform"
    return ""
