"""Reading an authentication request (saml-core 3.4.1) that arrives by HTTP-Redirect or HTTP-POST."""

import base64
import binascii
import zlib

import attrs

from idp_sim.login import Requested
from idp_sim.saml.names import NAMESPACES, SAMLP
from idp_sim.saml.request_signature import Signature, WrongSignature, in_message, in_query
from idp_sim.saml.xml import LARGEST, BadXml, parse, text_of


class UnreadableRequest(ValueError):
    """An authentication request that cannot be read; the text says what was expected and what came."""


@attrs.frozen(kw_only=True)
class AuthnRequest:
    """What a portal asks for. Nothing in it is authenticated: it may only be compared with what is configured.

    ``issue_instant`` is the text as sent.
    """

    id: str
    issuer: str
    acs_url: str | None = None
    destination: str | None = None
    issue_instant: str | None = None
    name_id_format: str | None = None
    requested: Requested = Requested()
    relay_state: str | None = None
    signature: Signature | None = attrs.field(default=None, eq=False, repr=False)
    """Not verified yet; None where the request is not signed."""


def from_redirect(message: str, relay_state: str | None = None, query: bytes = b"") -> AuthnRequest:
    """Read the parameter ``SAMLRequest`` of HTTP-Redirect: base64 of raw DEFLATE (saml-bindings 3.4.4.1).

    ``message`` and ``relay_state`` are percent-decoded; ``query`` is the whole query as it came, over whose octets the
    signature is. Raises UnreadableRequest.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        xml = inflater.decompress(_base64(message), LARGEST + 1)
    except zlib.error:
        raise UnreadableRequest(
            "The parameter SAMLRequest is not raw DEFLATE, as HTTP-Redirect demands. "
            "Compress the request, or send it by HTTP-POST."
        ) from None
    if len(xml) > LARGEST:
        raise UnreadableRequest(f"The parameter SAMLRequest inflates to more than {LARGEST} bytes.")
    if not inflater.eof:
        raise UnreadableRequest("The parameter SAMLRequest is cut off: its DEFLATE data has no end.")
    try:
        return _read(xml, relay_state, in_query(query))
    except WrongSignature as wrong:
        raise UnreadableRequest(f"The query is ambiguous: {wrong}.") from None


def from_post(message: str, relay_state: str | None = None) -> AuthnRequest:
    """Read the form field ``SAMLRequest`` of HTTP-POST: base64 (saml-bindings 3.5.4). Raises UnreadableRequest."""
    xml = _base64(message)
    asked = _read(xml, relay_state, None)
    return attrs.evolve(asked, signature=in_message(xml))


def _base64(message: str) -> bytes:
    if not message.strip():
        raise UnreadableRequest("SAMLRequest is missing or blank: the portal sent no authentication request.")
    try:
        return base64.b64decode("".join(message.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableRequest("SAMLRequest is not base64. In a query, '+' must be written as %2B.") from None


def _read(xml: bytes, relay_state: str | None, signature: Signature | None) -> AuthnRequest:
    try:
        root = parse(xml)
    except BadXml as error:
        raise UnreadableRequest(f"SAMLRequest cannot be read: {error}") from None
    if root.tag != f"{{{SAMLP}}}AuthnRequest":
        raise UnreadableRequest(f"Expected a samlp:AuthnRequest of SAML 2.0, got {root.tag!r}.")
    if root.get("Version") != "2.0":
        raise UnreadableRequest(f'Expected Version="2.0" on the AuthnRequest, got {root.get("Version")!r}.')
    request_id = root.get("ID")
    if not request_id:
        raise UnreadableRequest("The AuthnRequest has no ID, so that no answer could name it.")
    issuer = text_of(root.find("saml:Issuer", NAMESPACES))
    if issuer is None:
        raise UnreadableRequest("The AuthnRequest has no Issuer, so that the portal is unknown.")
    policy = root.find("samlp:NameIDPolicy", NAMESPACES)
    context = root.find("samlp:RequestedAuthnContext", NAMESPACES)
    classes = () if context is None else context.findall("saml:AuthnContextClassRef", NAMESPACES)
    return AuthnRequest(
        id=request_id,
        issuer=issuer,
        acs_url=root.get("AssertionConsumerServiceURL"),
        destination=root.get("Destination"),
        issue_instant=root.get("IssueInstant"),
        name_id_format=None if policy is None else policy.get("Format"),
        requested=Requested(
            force_authn=root.get("ForceAuthn") in ("true", "1"),
            is_passive=root.get("IsPassive") in ("true", "1"),
            authn_context=tuple(text for found in classes if (text := text_of(found))),
            comparison="exact" if context is None else context.get("Comparison", "exact"),
        ),
        relay_state=relay_state,
        signature=signature,
    )
