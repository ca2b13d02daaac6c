"""Signing a Response, its assertion, or both, with an enveloped XML Signature (saml-core 5.4)."""

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from idp_sim.keyring import Keyring
from idp_sim.login import SamlLogin
from idp_sim.saml.names import DS, NAMESPACES, SAML


class _Signer(XMLSigner):
    """A signer that signs with SHA-1 as well, and writes further transforms when it is told to."""

    def __init__(self, login: SamlLogin) -> None:
        super().__init__(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=login.signature_algorithm,
            digest_algorithm=login.digest_algorithm,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        self._further_transforms = login.further_transforms
        if not login.certificates:
            self.signature_annotators.clear()

    def check_deprecated_methods(self) -> None:
        """Let SHA-1 pass: whether it is accepted is the portal's affair."""

    def _build_transforms_for_reference(  # type: ignore[no-untyped-def]
        self, *, transforms_node, reference, exclude_c14n_transform_element=True
    ) -> None:
        super()._build_transforms_for_reference(
            transforms_node=transforms_node,
            reference=reference,
            exclude_c14n_transform_element=exclude_c14n_transform_element,
        )
        for transform in self._further_transforms:
            transforms_node.append(etree.fromstring(transform))


def sign(message: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    """Return a signed copy of the message: first the assertion, then the whole, as the base of the login says."""
    return sign_response(sign_assertion(message, login, keyring), login, keyring)


def sign_assertion(response: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    """Return a copy of the Response in which the assertion is signed, where the base of the login says so.

    The ``ds:Signature`` stands right after the Issuer, as the schema demands. A Response without assertion, such as a
    refusal, has nothing to sign.
    """
    assertion = response.find(f"{{{SAML}}}Assertion")
    if assertion is None or login.base not in ("assertion", "both"):
        return response
    if login.assertion_signing_key != login.signing_key:
        login = login.but(signing_key=login.assertion_signing_key)
    return _sign_part(response, assertion, login, keyring)


def sign_response(response: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    """Return a copy of the Response that is signed as a whole, where the base of the login says so."""
    return _sign_part(response, response, login, keyring) if login.base in ("response", "both") else response


def _sign_part(response: etree._Element, part: etree._Element, login: SamlLogin, keyring: Keyring) -> etree._Element:
    if login.raw_signature is not None:
        login.raw_signature.sign(part, keyring, login.signing_key, login.certificates)
        return response
    placeholder = etree.Element(f"{{{DS}}}Signature", nsmap={"ds": DS})
    placeholder.set("Id", "placeholder")
    issuer = part.find("saml:Issuer", NAMESPACES)
    part.insert(0 if issuer is None else part.index(issuer) + 1, placeholder)
    return _Signer(login).sign(
        response,
        key=keyring.key(login.signing_key),
        cert=[keyring.certificate(name) for name in login.certificates] or None,
        reference_uri=f"#{part.get('ID')}",
        id_attribute="ID",
    )
