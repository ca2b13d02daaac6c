"""The ordinary signature, verified without a library in between: it says yes, or nothing at all.

Nearly every signature has one shape: exclusive canonicalisation, RSA-SHA256, one certificate, the prefix ``ds``. Of
such a one the portal writes down, letter for letter, what an honest signer would have put beside this element, from a
digest of its own; where just that was received, and the signature value is of it, the signature has verified. Whatever
is different goes to signxml, which also says what is wrong. What is accepted here, signxml accepts.
"""

import base64
import binascii
import copy
import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from portal_stub.saml.xml import DS, declares_dtd, ds, parser

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SIGNED_INFO = (
    "<ds:SignedInfo{namespace}>"
    f'<ds:CanonicalizationMethod Algorithm="{_EXCLUSIVE}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
    '<ds:Reference URI="#{id}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform>'
    f'<ds:Transform Algorithm="{_EXCLUSIVE}"></ds:Transform>'
    '</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
_SIGNATURE = (
    f'<ds:Signature xmlns:ds="{DS}">{{signed_info}}<ds:SignatureValue>{{value}}</ds:SignatureValue>'
    "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    "</ds:Signature>"
)
_CERTIFICATE = f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}"


def signed_by(signature: etree._Element, certificate: x509.Certificate) -> etree._Element | None:
    """Return the element around the signature, parsed anew from what was digested, or None (xmldsig-core 3.2).

    None says only that this is not an ordinary signature of that element with this certificate's key. That no other
    element has the same ID, and that no comment interrupts the signature, is for the caller to know.
    """
    around, key = signature.getparent(), certificate.public_key()
    value = signature.findtext(ds("SignatureValue"), "")
    if around is None or not isinstance(key, RSAPublicKey) or declares_dtd(around):
        return None
    try:
        octets = _canonical(without(signature, around))
        digest = base64.b64encode(hashlib.sha256(octets).digest()).decode()
        facts = {"id": around.get("ID", ""), "digest": digest}
        expected = _SIGNATURE.format(
            signed_info=_SIGNED_INFO.format(namespace="", **facts),
            value=value,
            certificate=signature.findtext(_CERTIFICATE, ""),
        )
        if _canonical(signature) != expected.encode("ascii"):
            return None
        signed_info = _SIGNED_INFO.format(namespace=f' xmlns:ds="{DS}"', **facts).encode("ascii")
        key.verify(base64.b64decode(value, validate=True), signed_info, PKCS1v15(), SHA256())
        return etree.fromstring(octets, parser())
    except (InvalidSignature, binascii.Error, ValueError, etree.LxmlError):
        return None


def without(signature: etree._Element, around: etree._Element) -> etree._Element:
    """Return a copy of the element around without this signature: the enveloped-signature transform (6.6.4)."""
    place = around.index(signature)
    whole = copy.deepcopy(around)
    own = whole[place]
    if own.tail:
        before = own.getprevious()
        if before is None:
            whole.text = (whole.text or "") + own.tail
        else:
            before.tail = (before.tail or "") + own.tail
    whole.remove(own)
    return whole


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
