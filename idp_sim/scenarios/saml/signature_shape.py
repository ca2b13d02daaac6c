"""Where a signature stands and what it holds: directly in its part, once, without an Object."""

from collections.abc import Callable

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.keyring import Keyring
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import DS, NAMESPACES, SAMLP
from idp_sim.saml.raw_signature import RawSignature, Reference
from idp_sim.scenarios.saml.forging import assertion_of, forged_copy, naming_the_forged, remove_signature
from idp_sim.stages import Signed

COVERS_PARENT = "saml.signature.covers-parent"


def outermost(signed: Signed) -> etree._Element:
    """Return the signature that no other signature covers."""
    return next(
        part.findall("ds:Signature", NAMESPACES)[0]
        for part in (signed.response, assertion_of(signed.response))
        if part.findall("ds:Signature", NAMESPACES)
    )


@breaks("saml.signature.no-object", outcome="advisory", bases=BASES)
def object_inside(signed: Signed) -> None:
    """The signature holds an Object with a word in it, which it does not sign."""
    etree.SubElement(outermost(signed), f"{{{DS}}}Object").text = "Hello"


@breaks("saml.signature.only-signed-is-read", bases=BASES)
def forged_in_object(signed: Signed) -> None:
    """The signature holds an Object with a forged assertion in it, which it does not sign."""
    holder = etree.SubElement(outermost(signed), f"{{{DS}}}Object")
    holder.append(forged_copy(assertion_of(signed.response), signed.login))


def _moved(login: SamlLogin, move: Callable[[etree._Element, etree._Element], None]) -> SamlLogin:
    def afterwards(part: etree._Element, _: Keyring) -> None:
        move(remove_signature(part), part)

    return login.but(raw_signature=RawSignature(afterwards=afterwards))


@breaks(COVERS_PARENT, bases=BASES)
def deeper(login: SamlLogin) -> SamlLogin:
    """The signature does not stand directly in the part that it signs, but in an element of it."""
    return _moved(login, lambda signature, part: part[1].append(signature))


@breaks(COVERS_PARENT, bases=("assertion", "both"))
def in_status(login: SamlLogin) -> SamlLogin:
    """The signature of the assertion stands in the status of the response."""

    def move(signature: etree._Element, part: etree._Element) -> None:
        status = part.getroottree().getroot().findall("samlp:Status", NAMESPACES)
        # The signature of the Response stays where it belongs.
        (part if part.tag == f"{{{SAMLP}}}Response" else status[0]).insert(1, signature)

    return _moved(login, move)


@breaks(COVERS_PARENT, bases=("assertion",))
def after_assertion(login: SamlLogin) -> SamlLogin:
    """The signature stands after the assertion that it signs, not inside."""
    return _moved(login, lambda signature, assertion: assertion.addnext(signature))


OF_ANOTHER_LOGIN = RawSignature(references=(Reference(octets=lambda _: b"another login"),))


@breaks(COVERS_PARENT, bases=BASES, variants={"trusted-first": True, "trusted-last": False})
def two_signatures(login: SamlLogin, trusted_first: bool) -> SamlLogin:
    """A forged part holds two signatures, another key's and one of the trusted key for another login: {variant}.

    A portal that looks for the trusted certificate in one and for a signature that fits in the other signs in anyone.
    """

    def signed_by_another(part: etree._Element, keyring: Keyring) -> None:
        trusted = part.findall("ds:Signature", NAMESPACES)[0]
        RawSignature().sign(part, keyring, "rogue", ("rogue",))
        if trusted_first:
            part.findall("ds:Signature", NAMESPACES)[0].addprevious(trusted)

    return naming_the_forged(login).but(raw_signature=attrs.evolve(OF_ANOTHER_LOGIN, afterwards=signed_by_another))
