"""A genuine signature beside a forged identity: only what is signed may be read.

The names in brackets are those of SAML Raider and of Somorovsky et al., "On Breaking SAML" (2012). On the base ``both``
only what leaves the signature of the response whole is worth trying: everything else could as well leave that signature
out, and is then the base ``assertion``.
"""

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import Base, SamlLogin, Status
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.scenarios.saml.forging import (
    HIDING_PLACES,
    Hide,
    assertion_of,
    forge_response,
    forged_copy,
    genuine_copy,
    in_extensions,
    in_object,
    in_wrapper_after,
    remove_signature,
    signature_of,
)
from idp_sim.stages import Signed

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PROPERTY = "saml.signature.only-signed-is-read"
ASSERTION: tuple[Base, ...] = ("assertion",)
RESPONSE: tuple[Base, ...] = ("response", "both")


@breaks(PROPERTY, bases=("assertion",), cves=("CVE-2022-41912",))
def forged_before(signed: Signed) -> None:
    """A forged, unsigned assertion stands before the signed one (XSW3)."""
    genuine = assertion_of(signed.response)
    genuine.addprevious(forged_copy(genuine, signed.login))


@breaks(PROPERTY, bases=("assertion",), cves=("CVE-2022-41912", "CVE-2026-47201"))
def forged_after(signed: Signed) -> None:
    """A forged, unsigned assertion stands after the signed one."""
    genuine = assertion_of(signed.response)
    genuine.addnext(forged_copy(genuine, signed.login))


@breaks(PROPERTY, bases=("assertion",))
def forged_around(signed: Signed) -> None:
    """The signed assertion is a child of the forged one (XSW4)."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    genuine.addprevious(forged)
    forged.append(genuine)


@breaks(PROPERTY, bases=("assertion",))
def forged_takes_signature(signed: Signed) -> None:
    """The forged assertion holds the signature; the genuine one, without it, comes last (XSW5)."""
    _forged_with_signature(signed)


@breaks(PROPERTY, bases=("assertion",))
def forged_in_extensions(signed: Signed) -> None:
    """A forged assertion stands in the extensions of the response, before the signed one (XSW7)."""
    genuine = assertion_of(signed.response)
    in_extensions(signed.response).append(forged_copy(genuine, signed.login))


@breaks(PROPERTY, bases=ASSERTION)
def genuine_in_signature(signed: Signed) -> None:
    """The forged assertion holds the signature; the genuine one, without it, stands inside the signature (XSW6)."""
    genuine, forged = _forged_with_signature(signed)
    signature_of(forged).append(genuine)


OBJECTS = {"ds-object": in_object, "bare-object": lambda signature: etree.SubElement(signature, "Object")}


@breaks(PROPERTY, bases=ASSERTION, variants=OBJECTS)
def genuine_in_object(signed: Signed, place: Hide) -> None:
    """The forged assertion holds the signature; the genuine one stands in an Object in it (like XSW8): {variant}."""
    genuine, forged = _forged_with_signature(signed)
    place(signature_of(forged)).append(genuine)


@breaks(PROPERTY, bases=ASSERTION, cves=("CVE-2024-6800",))
def genuine_inside_with_signature_outside(signed: Signed) -> None:
    """The forged assertion holds the signature; the genuine one, without it, is the forged one's last child."""
    genuine, forged = _forged_with_signature(signed)
    forged.append(genuine)


@breaks(PROPERTY, bases=ASSERTION, variants=HIDING_PLACES)
def genuine_hidden(signed: Signed, place: Hide) -> None:
    """The genuine assertion is hidden with its signature, and a forged one stands in its place: {variant}."""
    _forged_in_its_place(signed, place)


@breaks(PROPERTY, bases=ASSERTION)
def genuine_in_advice(signed: Signed) -> None:
    """The genuine assertion, with its signature, is hidden in the Advice of the forged one."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    genuine.addprevious(forged)
    _advice(forged).append(genuine)


@breaks(PROPERTY, bases=ASSERTION)
def genuine_in_advice_without_signature(signed: Signed) -> None:
    """The forged assertion holds the signature; the genuine one, without it, is hidden in its Advice."""
    genuine, forged = _forged_with_signature(signed)
    _advice(forged).append(genuine)


@breaks(PROPERTY, bases=ASSERTION, variants=HIDING_PLACES)
def genuine_hidden_without_signature(signed: Signed, place: Hide) -> None:
    """A forged assertion holds the signature; the genuine one is hidden without it (wrapper-after: XSW9): {variant}."""
    genuine, forged = _forged_in_its_place(signed, place)
    forged.insert(1, remove_signature(genuine))


@breaks(PROPERTY, bases=ASSERTION)
def signature_moved_to_response(signed: Signed) -> None:
    """The assertion's signature stands in the response, beside a forged assertion; the genuine one is in Extensions."""
    genuine, _ = _forged_in_its_place(signed, in_extensions)
    signed.response.insert(1, remove_signature(genuine))


BEFORE_AND_AFTER = {"extensions": in_extensions, "wrapper-after": in_wrapper_after}


@breaks(PROPERTY, bases=ASSERTION, variants=BEFORE_AND_AFTER)
def only_a_refusal_is_signed(signed: Signed, place: Hide) -> None:
    """The only thing that is signed is a response without assertion, hidden beside a forged assertion: {variant}."""
    genuine = assertion_of(signed.response)
    signed.response.replace(genuine, forged_copy(genuine, signed.login))
    place(signed.response).append(signed.issue(_refusal(signed.login)))


@breaks(PROPERTY, bases=RESPONSE)
def response_in_signature(signed: Signed) -> None:
    """A forged response keeps the signature; the genuine one, without it, stands inside the signature (XSW1)."""
    genuine = genuine_copy(signed.response)
    forge_response(signed.response, signed.login)
    signature_of(signed.response).append(genuine)


@breaks(PROPERTY, bases=RESPONSE)
def response_before_signature(signed: Signed) -> None:
    """A forged response keeps the signature; the genuine one, without it, stands before the signature (XSW2)."""
    genuine = genuine_copy(signed.response)
    forge_response(signed.response, signed.login)
    signature_of(signed.response).addprevious(genuine)


@breaks(PROPERTY, bases=RESPONSE)
def response_in_object(signed: Signed) -> None:
    """A forged response keeps the signature; the genuine one, without it, stands in an Object of the signature."""
    genuine = genuine_copy(signed.response)
    forge_response(signed.response, signed.login)
    in_object(signature_of(signed.response)).append(genuine)


@breaks(PROPERTY, bases=RESPONSE)
def response_inside_with_signature_outside(signed: Signed) -> None:
    """A forged response keeps the signature; the genuine one, without it, is its last child."""
    genuine = genuine_copy(signed.response)
    forge_response(signed.response, signed.login)
    signed.response.append(genuine)


@breaks(PROPERTY, bases=RESPONSE, variants=HIDING_PLACES)
def response_hidden(signed: Signed, place: Hide) -> None:
    """The genuine response is hidden, with its signature, in a forged response that is not signed: {variant}."""
    signature = signature_of(signed.response)
    genuine = genuine_copy(signed.response)
    forge_response(signed.response, signed.login)
    genuine.insert(1, signature)
    place(signed.response).append(genuine)


SAME_ID_HIDDEN = {**HIDING_PLACES, "object": in_object}


@breaks(PROPERTY, bases=ASSERTION, variants=SAME_ID_HIDDEN, cves=("CVE-2025-23369",))
def same_id_genuine_hidden(signed: Signed, place: Hide) -> None:
    """A forged assertion has ID and signature of the genuine one, which is hidden (object: XSW8): {variant}."""
    genuine, forged = _forged_with_signature(signed)
    forged.set("ID", genuine.get("ID", ""))
    signed.response.remove(genuine)
    place(signature_of(forged) if place is in_object else signed.response).append(genuine)


@breaks(PROPERTY, bases=ASSERTION, variants=SAME_ID_HIDDEN, cves=("CVE-2025-23369",))
def same_id_forged_hidden(signed: Signed, place: Hide) -> None:
    """A forged assertion has the signed one's ID and is hidden (in extensions: XSW7): {variant}."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    forged.set("ID", genuine.get("ID", ""))
    place(signature_of(genuine) if place is in_object else signed.response).append(forged)


def _refusal(login: SamlLogin) -> SamlLogin:
    """Return a login of which the identity provider signs the refusal: a response without assertion."""
    return login.but(seed=f"{login.seed}/refused", base="response", status=Status(code=f"{STATUS}Responder"))


def _forged_with_signature(signed: Signed) -> tuple[etree._Element, etree._Element]:
    """Put a forged assertion, which takes the signature, before the genuine one; return genuine and forged."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    forged.insert(1, remove_signature(genuine))
    genuine.addprevious(forged)
    return genuine, forged


def _forged_in_its_place(signed: Signed, place: Hide) -> tuple[etree._Element, etree._Element]:
    """Hide the genuine assertion, put a forged one where it was; return genuine and forged."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    signed.response.replace(genuine, forged)
    place(signed.response).append(genuine)
    return genuine, forged


def _advice(assertion: etree._Element) -> etree._Element:
    """Make the Advice of an assertion, which follows its Conditions (saml-core 2.6.1)."""
    advice = assertion.makeelement(f"{{{SAML}}}Advice")
    assertion.findall("saml:Conditions", NAMESPACES)[0].addnext(advice)
    return advice
