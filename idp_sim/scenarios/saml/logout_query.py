"""The signed query of HTTP-Redirect: which octets are signed, by which algorithm, and what else the query holds."""

import zlib
from collections.abc import Callable
from urllib.parse import quote_plus

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.logout import ALGORITHMS, Logout, LogoutOctets, LogoutQuery, Pairs
from idp_sim.saml.logout import message
from idp_sim.saml.query import CERTIFICATE_TEXTS, deflated, encoded
from idp_sim.scenarios.saml.logout import OFFERED

SMUGGLED = ("CVE-2025-27773", "CVE-2025-31335")


def without(query: LogoutQuery, *names: str) -> LogoutQuery:
    """Return the link without these parameters."""
    return attrs.evolve(query, pairs=tuple(pair for pair in query.pairs if pair[0] not in names))


def _forged(logout: Logout) -> str:
    """Return a logout request, encoded, that names the forged person, whose session it would end."""
    forged = logout.but(kind="request", name_id=logout.forged.email, session_indexes=(), in_response_to=None)
    return deflated(etree.tostring(message(forged)))


# What is signed is not what the portal must verify (saml-bindings 3.4.4.1).

Scope = Callable[[Pairs], Pairs]
SCOPES: dict[str, Scope] = {
    "sigalg-first": lambda pairs: (pairs[-1], *pairs[:-1]),
    "relay-state-first": lambda pairs: (pairs[1], pairs[0], *pairs[2:]),
    "without-relay-state": lambda pairs: (pairs[0], pairs[-1]),
    "without-sigalg": lambda pairs: pairs[:-1],
    "message-only": lambda pairs: pairs[:1],
    "further-parameter": lambda pairs: (*pairs, ("lang", "en")),
    "message-twice": lambda pairs: (pairs[0], *pairs),
    "empty-relay-state": lambda pairs: (pairs[0], ("RelayState", ""), pairs[-1]),
}


@breaks("saml.logout.query-signature", start="idp", given=OFFERED, variants=SCOPES, cves=SMUGGLED)
def signed_otherwise(octets: LogoutOctets, scope: Scope) -> LogoutOctets:
    """The signature is not over exactly the message, RelayState and SigAlg, in this order: {variant}."""
    name, value = octets.sent[0]
    pairs = ((name, value), ("RelayState", "state"), octets.sent[-1])
    return attrs.evolve(octets, signed=scope(pairs), sent=pairs)


def _lower_case(value: str) -> str:
    head, *rest = value.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "lower-case": _lower_case,
    "every-character": lambda value: "".join(f"%{ord(char):02X}" for char in value[:4]) + value[4:],
}


@breaks("saml.logout.query-signature", start="idp", given=OFFERED, variants=ENCODINGS, cves=SMUGGLED)
def encoded_anew(octets: LogoutOctets, encode: Callable[[str], str]) -> LogoutOctets:
    """The message is percent-encoded in another way than it was signed, and means the same: {variant}."""
    return attrs.evolve(octets, sent=tuple((name, encode(value)) for name, value in octets.sent))


@breaks("saml.logout.query-signature", start="idp", given=OFFERED)
def altered(octets: LogoutOctets) -> LogoutOctets:
    """The logout request was changed after signing, to name the forged person."""
    (name, _), *rest = octets.sent
    return attrs.evolve(octets, sent=((name, _forged(octets.logout)), *rest))


@breaks("saml.logout.query-signature", start="idp", given=OFFERED, variants={"changed": "other", "added": "added"})
def relay_state_altered(octets: LogoutOctets, value: str) -> LogoutOctets:
    """The RelayState was {variant} after signing."""
    sent = (octets.sent[0], ("RelayState", value), octets.sent[-1])
    signed = octets.signed if value == "added" else (octets.signed[0], ("RelayState", "state"), octets.signed[-1])
    return attrs.evolve(octets, signed=signed, sent=sent)


@breaks("saml.logout.query-signature", start="idp", given=OFFERED)
def relay_state_removed(octets: LogoutOctets) -> LogoutOctets:
    """The RelayState was taken away after signing."""
    return attrs.evolve(octets, signed=(octets.signed[0], ("RelayState", "state"), octets.signed[-1]))


@breaks("saml.logout.query-signature", start="idp", given=OFFERED)
def other_key(logout: Logout) -> Logout:
    """The query is signed by another key than the identity provider's."""
    return logout.but(signing_key="rogue")


@breaks("saml.logout.query-signature", start="idp", given=OFFERED, variants={"wrong": "AAAA", "not-base64": "!"})
def signature_spoilt(query: LogoutQuery, value: str) -> LogoutQuery:
    """The value of the parameter Signature is no signature: {variant}."""
    return attrs.evolve(query, pairs=(*query.pairs[:-1], ("Signature", quote_plus(value))))


# Algorithms.


@breaks("saml.logout.query-signature", start="idp", given=OFFERED)
def algorithm_swapped(octets: LogoutOctets) -> LogoutOctets:
    """SigAlg was changed after signing, to rsa-sha512, which is allowed as well."""
    return attrs.evolve(octets, sent=(*octets.sent[:-1], ("SigAlg", quote_plus(ALGORITHMS["rsa-sha512"]))))


@breaks("saml.signature.algorithm", start="idp", given=OFFERED)
def rsa_sha1(logout: Logout) -> Logout:
    """The query is signed with rsa-sha1, which the portal does not allow."""
    return logout.but(signature_algorithm="rsa-sha1")


@breaks("saml.signature.algorithm", start="idp", given=OFFERED, variants={name: name for name in CERTIFICATE_TEXTS})
def hmac(logout: Logout, text: str) -> Logout:
    """The query carries an HMAC whose key is a text that everybody knows, the certificate: {variant}."""
    return logout.but(signature_algorithm="hmac-sha256", hmac_text=text)


NO_ALGORITHM = {"missing": None, "empty": "", "unknown": "urn:example:none"}


@breaks("saml.signature.algorithm", start="idp", given=OFFERED, variants=NO_ALGORITHM)
def without_algorithm(octets: LogoutOctets, name: str | None) -> LogoutOctets:
    """The query is signed with rsa-sha256, and SigAlg does not say so: {variant}."""
    pairs = octets.sent[:-1] if name is None else (*octets.sent[:-1], ("SigAlg", quote_plus(name)))
    return attrs.evolve(octets, signed=pairs, sent=pairs)


@breaks("saml.logout.signed", start="idp", given=OFFERED, variants={"missing": None, "empty": ""})
def unsigned(query: LogoutQuery, value: str | None) -> LogoutQuery:
    """The logout request comes by HTTP-Redirect without a signature; what names its algorithm is there: {variant}."""
    bare = without(query, "Signature")
    return bare if value is None else attrs.evolve(bare, pairs=(*bare.pairs, ("Signature", value)))


@breaks("saml.logout.signed", start="idp", given=OFFERED)
def bare(query: LogoutQuery) -> LogoutQuery:
    """The logout request comes by HTTP-Redirect without SigAlg and Signature."""
    return without(query, "SigAlg", "Signature")


# What else the query holds.


@breaks("saml.logout.parameters", start="idp", given=OFFERED, variants={"first": True, "last": False}, cves=SMUGGLED)
def message_doubled(query: LogoutQuery, first: bool) -> LogoutQuery:
    """Beside the signed logout request there is an unsigned one that names the forged person; it comes {variant}."""
    forged = (query.logout.parameter, _forged(query.logout))
    return attrs.evolve(query, pairs=(forged, *query.pairs) if first else (*query.pairs, forged))


@breaks("saml.logout.parameters", given=OFFERED, variants={"first": True, "last": False}, cves=SMUGGLED)
def request_beside_response(query: LogoutQuery, first: bool) -> LogoutQuery:
    """A signed logout response, and beside it an unsigned request that names the forged person; it comes {variant}."""
    forged = ("SAMLRequest", _forged(query.logout))
    return attrs.evolve(query, pairs=(forged, *query.pairs) if first else (*query.pairs, forged))


DOUBLED = {
    "relay-state": (("RelayState", "one"), ("RelayState", "two")),
    "sigalg": (("SigAlg", quote_plus(ALGORITHMS["rsa-sha512"])),),
    "signature": (("Signature", "AAAA"),),
}


@breaks("saml.logout.parameters", start="idp", given=OFFERED, variants=DOUBLED)
def parameter_doubled(query: LogoutQuery, further: Pairs) -> LogoutQuery:
    """A parameter that belongs to the signature comes twice, the second time with another value: {variant}."""
    return attrs.evolve(query, pairs=(*query.pairs, *further))


@breaks("saml.logout.parameters", start="idp", given=OFFERED)
def without_message(query: LogoutQuery) -> LogoutQuery:
    """The signed query holds no message at all."""
    return without(query, query.logout.parameter)


# How the message is encoded; whatever it is, it is signed properly.

Encode = Callable[[bytes], str]


def _without_end(xml: bytes) -> str:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoded(squeeze.compress(xml) + squeeze.flush(zlib.Z_SYNC_FLUSH))


OTHERWISE: dict[str, Encode] = {
    "not-base64": lambda xml: "%21" + deflated(xml),
    "not-deflated": encoded,
    "zlib-header": lambda xml: encoded(zlib.compress(xml)),
    "without-end": _without_end,
}


def _carrying(octets: LogoutOctets, message: str) -> LogoutOctets:
    pairs = ((octets.sent[0][0], message), *octets.sent[1:])
    return attrs.evolve(octets, signed=pairs, sent=pairs)


@breaks("saml.logout.encoding", start="idp", given=OFFERED, variants=OTHERWISE)
def encoded_otherwise(octets: LogoutOctets, encode: Encode) -> LogoutOctets:
    """The message in the query is not base64 of raw DEFLATE: {variant}."""
    return _carrying(octets, encode(etree.tostring(octets.message)))


@breaks("saml.logout.encoding", start="idp", given=OFFERED)
def encoding_unknown(query: LogoutQuery) -> LogoutQuery:
    """The query says by SAMLEncoding that the message is encoded in a way that nobody knows."""
    return attrs.evolve(query, pairs=(*query.pairs, ("SAMLEncoding", "urn%3Aexample%3Anone")))


BOMB = 8 << 20
"""Bytes. A real one has a thousand times as many; a portal that inflates these has inflated eight times its limit."""


@breaks("saml.logout.size", start="idp", given=OFFERED, within_seconds=5, cves=("CVE-2025-25293",))
def deflate_bomb(octets: LogoutOctets) -> LogoutOctets:
    """The message in the query inflates a thousandfold, to eight megabytes: inflating must stop before."""
    octets.message[-1].tail = " " * BOMB
    return _carrying(octets, deflated(etree.tostring(octets.message)))


@breaks("saml.message.no-dtd", start="idp", given=OFFERED)
def document_type(octets: LogoutOctets) -> LogoutOctets:
    """A document type declaration, harmless in itself, stands before the logout request."""
    return _carrying(octets, deflated(b"<!DOCTYPE LogoutRequest>" + etree.tostring(octets.message)))


@breaks("saml.message.xml", start="idp", given=OFFERED, variants={"truncated": -20, "nothing": 0})
def not_xml(octets: LogoutOctets, end: int) -> LogoutOctets:
    """What was deflated is not well-formed XML: {variant}."""
    return _carrying(octets, deflated(etree.tostring(octets.message)[:end] or b"\x00"))
