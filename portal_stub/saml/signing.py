"""Signing what the portal sends: in the query (saml-bindings 3.4.4.1), or enveloped (saml-core 5.4)."""

import base64
from collections.abc import Sequence
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from portal_stub.keys import Keypair
from portal_stub.saml.xml import DS, ds, saml

_METHOD = SignatureMethod.RSA_SHA256


def signed_query(fields: Sequence[tuple[str, str]], pair: Keypair) -> str:
    """Return the query of these fields (the message, then RelayState if any) with SigAlg and Signature at its end.

    What is signed are the octets of the query as they are sent, up to the signature itself.
    """
    query = urlencode([*fields, ("SigAlg", _METHOD.value)])
    value = pair.key.sign(query.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    return f"{query}&{urlencode([('Signature', base64.b64encode(value).decode('ascii'))])}"


def sign(message: etree._Element, pair: Keypair) -> etree._Element:
    """Return a signed copy of a request or a response: the Signature stands right after its Issuer."""
    holder = etree.Element(ds("Signature"), {"Id": "placeholder"}, nsmap={"ds": DS})
    issuer = message.find(saml("Issuer"))
    message.insert(0 if issuer is None else message.index(issuer) + 1, holder)
    signer = XMLSigner(
        signature_algorithm=_METHOD,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    own_id = f"#{message.get('ID')}"
    signed: etree._Element = signer.sign(
        message, key=pair.key, cert=[pair.certificate], reference_uri=own_id, id_attribute="ID"
    )
    return signed
