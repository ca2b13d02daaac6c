"""The signature inside a logout request that comes by HTTP-POST: missing, broken, of another key, over another part."""

import base64
import copy
from urllib.parse import unquote_plus

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import seeded_id
from idp_sim.logout import Logout, LogoutDraft, LogoutForm, LogoutSigned
from idp_sim.saml.names import DS, NAMESPACES, SAML, SAMLP
from idp_sim.saml.query import deflated
from idp_sim.saml.response import response
from idp_sim.scenarios.saml.forging import assertion_of, remove_signature
from idp_sim.scenarios.saml.logout import OFFERED

PROPERTY = "saml.signature.only-signed-is-read"


@breaks("saml.logout.signed", start="idp", given=OFFERED)
def unsigned(signed: LogoutSigned) -> None:
    """The logout request comes by HTTP-POST without a signature in it."""
    remove_signature(signed.message)


@breaks("saml.signature.digest", start="idp", given=OFFERED)
def altered(signed: LogoutSigned) -> None:
    """The logout request was changed after it was signed inside, to name the forged person."""
    _name(signed.message, signed.logout.forged.email)


@breaks("saml.signature.value", start="idp", given=OFFERED)
def value_altered(signed: LogoutSigned) -> None:
    """One character of the signature value inside the logout request is another."""
    for value in signed.message.findall(".//ds:SignatureValue", NAMESPACES):
        text = value.text or ""
        value.text = ("B" if text[0] == "A" else "A") + text[1:]


@breaks("saml.signature.fingerprint", start="idp", given=OFFERED)
def other_key(logout: Logout) -> Logout:
    """The logout request is signed by another key, whose own certificate is in the signature."""
    return logout.but(binding="post", signing_key="rogue")


@breaks("saml.signature.value", start="idp", given=OFFERED)
def other_key_trusted_certificate(logout: Logout) -> Logout:
    """The logout request is signed by another key, with the trusted certificate in the signature."""
    return logout.but(binding="post", signing_key="rogue", certificates=("signing",))


@breaks("saml.signature.certificate-present", start="idp", given=OFFERED)
def certificate_missing(logout: Logout) -> Logout:
    """The signature inside the logout request carries no certificate."""
    return logout.but(binding="post", certificates=())


@breaks("saml.signature.algorithm", start="idp", given=OFFERED)
def rsa_sha1(logout: Logout) -> Logout:
    """The logout request is signed inside with rsa-sha1, which the portal does not allow."""
    return logout.but(binding="post", signature_algorithm="rsa-sha1")


@breaks("saml.logout.encoding", start="idp", given=OFFERED, variants={"not-base64": False, "deflated": True})
def encoded_otherwise(form: LogoutForm, deflate: bool) -> LogoutForm:
    """The message in the form is not base64 of the XML itself: {variant}."""
    (name, value), *rest = form.fields
    changed = unquote_plus(deflated(base64.b64decode(value))) if deflate else f"!{value}"
    return attrs.evolve(form, fields=((name, changed), *rest))


@breaks("saml.logout.parameters", start="idp", given=OFFERED, variants={"first": True, "last": False})
def field_doubled(form: LogoutForm, first: bool) -> LogoutForm:
    """The form holds a second, unsigned logout request that names the forged person; it comes {variant}."""
    message = etree.fromstring(base64.b64decode(form.fields[0][1]))
    remove_signature(message)
    _name(message, form.logout.forged.email)
    forged = (form.fields[0][0], base64.b64encode(etree.tostring(message)).decode())
    return attrs.evolve(form, fields=(forged, *form.fields) if first else (*form.fields, forged))


# Forged identities beside the signed one (saml-core 5.4.2).


def _forged(signed: LogoutSigned) -> etree._Element:
    """Return an unsigned logout request, with an ID of its own, that names the forged person."""
    forged = copy.deepcopy(signed.message)
    remove_signature(forged)
    forged.set("ID", seeded_id(signed.logout.seed, "forged logout"))
    _name(forged, signed.logout.forged.email)
    return forged


def _name(message: etree._Element, email: str) -> None:
    for name_id in message.findall("saml:NameID", NAMESPACES):
        name_id.text = email
    for index in message.findall("samlp:SessionIndex", NAMESPACES):
        message.remove(index)


def _in_extensions(forged: etree._Element, genuine: etree._Element) -> None:
    extensions = forged.makeelement(f"{{{SAMLP}}}Extensions")
    forged.insert(1, extensions)
    extensions.append(genuine)


def _by_post(draft: LogoutDraft) -> Logout:
    """Return the logout by HTTP-POST; the message then names the address to which that leads."""
    logout = draft.logout.but(binding="post")
    if logout.destination is not None:
        draft.message.set("Destination", logout.destination)
    return logout


@breaks(PROPERTY, start="idp", given=OFFERED)
def forged_around(signed: LogoutSigned) -> LogoutSigned:
    """The signed logout request stands, with its signature, in the extensions of a forged one."""
    forged = _forged(signed)
    _in_extensions(forged, signed.message)
    return LogoutSigned(signed.logout, forged)


@breaks(PROPERTY, start="idp", given=OFFERED)
def forged_takes_signature(signed: LogoutSigned) -> LogoutSigned:
    """The forged logout request holds the signature; the genuine one, without it, stands in its extensions."""
    forged = _forged(signed)
    signature = remove_signature(signed.message)
    _in_extensions(forged, signed.message)
    forged.insert(1, signature)
    return LogoutSigned(signed.logout, forged)


@breaks(PROPERTY, start="idp", given=OFFERED)
def genuine_in_object(signed: LogoutSigned) -> LogoutSigned:
    """The forged logout request holds the signature, and the genuine one stands in an Object of that signature."""
    forged = _forged(signed)
    signature = remove_signature(signed.message)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(signed.message)
    forged.insert(1, signature)
    return LogoutSigned(signed.logout, forged)


@breaks(PROPERTY, start="idp", given=OFFERED)
def signed_assertion_inside(draft: LogoutDraft) -> LogoutDraft:
    """A logout request that nobody signed holds a signed assertion, such as every login carries past the browser."""
    logout = _by_post(draft).but(signed_part="assertion")
    _name(draft.message, logout.forged.email)
    draft.message.append(assertion_of(response(logout.as_login)))
    return LogoutDraft(logout, draft.message)


@breaks(
    PROPERTY,
    start="idp",
    given=OFFERED,
    cves=("CVE-2017-11427", "CVE-2017-11428", "CVE-2017-11429", "CVE-2017-11430", "CVE-2018-0489"),
)
def comment_in_name_id(draft: LogoutDraft) -> LogoutDraft:
    """In the signed NameID a comment stands after the forged person's address: it must be read whole, or refused.

    A signature inside the message does not cover comments. Who reads a text only up to the comment ends the session of
    the forged person.
    """
    _name(draft.message, draft.logout.forged.email)
    for name_id in draft.message.findall(f"{{{SAML}}}NameID"):
        comment = etree.Comment(" ")
        comment.tail = ".elsewhere.example"
        name_id.append(comment)
    return attrs.evolve(draft, logout=_by_post(draft))
