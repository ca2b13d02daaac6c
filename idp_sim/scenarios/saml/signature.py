"""The signature: missing, broken, of another key, of another kind, on the wrong part."""

import base64
import copy
import hashlib

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import DS, NAMESPACES, XPATH
from idp_sim.saml.raw_signature import canonical
from idp_sim.scenarios.saml.forging import forge, remove_signature
from idp_sim.stages import Signed


@breaks("saml.signature.present")
def unsigned(signed: Signed) -> None:
    """Nothing is signed: the signature was left out, and nothing else was touched."""
    for signature in signed.response.findall(".//ds:Signature", NAMESPACES):
        parent = signature.getparent()
        if parent is not None:
            remove_signature(parent)


@breaks("saml.signature.present")
def removed(signed: Signed) -> None:
    """The signature was cut out, and the identity was changed to the forged one."""
    unsigned(signed)
    forge(signed.response, signed.login)


@breaks("saml.signature.present", bases=BASES, cves=("CVE-2026-28323",))
def emptied(signed: Signed) -> None:
    """The Signature elements are there, with nothing inside, and the identity was changed to the forged one."""
    for signature in signed.response.findall(".//ds:Signature", NAMESPACES):
        signature[:] = []
    forge(signed.response, signed.login)


@breaks("saml.signature.present", bases=BASES, cves=("CVE-2026-28323",))
def commented_out(signed: Signed) -> None:
    """The signature stands inside a comment, and the identity was changed to the forged one."""
    for signature in signed.response.findall(".//ds:Signature", NAMESPACES):
        comment = etree.Comment(etree.tostring(signature, with_tail=False).decode())
        signature.getparent().replace(signature, comment)  # type: ignore[union-attr]
    forge(signed.response, signed.login)


@breaks("saml.signature.digest", bases=BASES)
def altered(signed: Signed) -> None:
    """The identity was changed to the forged one after signing."""
    forge(signed.response, signed.login)


@breaks("saml.signature.value", bases=BASES)
def value_altered(signed: Signed) -> None:
    """One character of the signature value is another."""
    for value in signed.response.findall(".//ds:SignatureValue", NAMESPACES):
        text = value.text or ""
        value.text = ("B" if text[0] == "A" else "A") + text[1:]


@breaks("saml.signature.value", bases=BASES)
def signed_info_altered(signed: Signed) -> None:
    """The identity was changed to the forged one after signing, and the digest was made to fit it."""
    forge(signed.response, signed.login)
    for part in reversed(list(signed.response.iter("{*}Response", "{*}Assertion"))):
        for value in part.findall("ds:Signature/ds:SignedInfo/ds:Reference/ds:DigestValue", NAMESPACES):
            unsigned_part = copy.deepcopy(part)
            remove_signature(unsigned_part)
            value.text = base64.b64encode(hashlib.sha256(canonical(unsigned_part)).digest()).decode()


@breaks("saml.signature.fingerprint", bases=BASES, cves=("CVE-2024-32962", "CVE-2026-18089"))
def other_key(login: SamlLogin) -> SamlLogin:
    """Signed by another key, whose own certificate is in the signature."""
    return login.but(signing_key="rogue")


KEY_INFO = {"alone": ("signing",), "first": ("signing", "rogue"), "last": ("rogue", "signing")}


@breaks("saml.signature.value", bases=BASES, variants=KEY_INFO)
def other_key_trusted_certificate(login: SamlLogin, certificates: tuple[str, ...]) -> SamlLogin:
    """Signed by another key, with the trusted certificate in the signature: {variant}."""
    return login.but(signing_key="rogue", certificates=certificates)


@breaks("saml.signature.certificate-present", bases=BASES)
def certificate_missing(login: SamlLogin) -> SamlLogin:
    """The signature carries no certificate."""
    return login.but(certificates=())


ALGORITHMS = {"rsa-sha1": ("rsa-sha1", "sha256"), "sha1-digest": ("rsa-sha256", "sha1"), "both": ("rsa-sha1", "sha1")}


@breaks("saml.signature.algorithm", variants=ALGORITHMS)
def sha1(login: SamlLogin, algorithms: tuple[str, str]) -> SamlLogin:
    """Signature or digest use SHA-1, which the portal does not allow: {variant}."""
    return login.but(signature_algorithm=algorithms[0], digest_algorithm=algorithms[1])


@breaks("saml.signature.wanted-part", bases=("response",), given={"saml.want_signed": "response"})
def only_assertion(login: SamlLogin) -> SamlLogin:
    """The portal wants the response signed; only the assertion is."""
    return login.but(base="assertion")


@breaks("saml.signature.wanted-part", bases=("assertion",), given={"saml.want_signed": "assertion"})
def only_response(login: SamlLogin) -> SamlLogin:
    """The portal wants the assertion signed; only the response is."""
    return login.but(base="response")


@breaks("saml.signature.wanted-part", bases=("both",), given={"saml.want_signed": "both"})
def only_one_of_both(login: SamlLogin) -> SamlLogin:
    """The portal wants response and assertion signed; only the assertion is."""
    return login.but(base="assertion")


FURTHER_TRANSFORM = f'<ds:Transform xmlns:ds="{DS}" Algorithm="{XPATH}"><ds:XPath>true()</ds:XPath></ds:Transform>'


@breaks("saml.signature.transforms", bases=BASES)
def further_transform(login: SamlLogin) -> SamlLogin:
    """The signature has a third transform, an XPath filter that lets everything pass; others would let less pass."""
    return login.but(further_transforms=(FURTHER_TRANSFORM,))
