"""Reading an authentication request (saml-core 3.4.1) that arrives by HTTP-Redirect or HTTP-POST."""

import base64
import binascii
import zlib

import attrs

from idp_sim.saml.names import NAMESPACES, SAMLP
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
    force_authn: bool = False
    relay_state: str | None = None


def from_redirect(message: str, relay_state: str | None = None) -> AuthnRequest:
    """Read the parameter ``SAMLRequest`` of HTTP-Redirect: base64 of raw DEFLATE (saml-bindings 3.4.4.1).

    ``message`` and ``relay_state`` are percent-decoded. Raises UnreadableRequest.
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
    return _read(xml, relay_state)


def from_post(message: str, relay_state: str | None = None) -> AuthnRequest:
    """Read the form field ``SAMLRequest`` of HTTP-POST: base64 (saml-bindings 3.5.4). Raises UnreadableRequest."""
    return _read(_base64(message), relay_state)


def _base64(message: str) -> bytes:
    if not message.strip():
        raise UnreadableRequest("SAMLRequest is missing or blank: the portal sent no authentication request.")
    try:
        return base64.b64decode("".join(message.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableRequest("SAMLRequest is not base64. In a query, '+' must be written as %2B.") from None


def _read(xml: bytes, relay_state: str | None) -> AuthnRequest:
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
    return AuthnRequest(
        id=request_id,
        issuer=issuer,
        acs_url=root.get("AssertionConsumerServiceURL"),
        destination=root.get("Destination"),
        issue_instant=root.get("IssueInstant"),
        name_id_format=None if policy is None else policy.get("Format"),
        force_authn=root.get("ForceAuthn") in ("true", "1"),
        relay_state=relay_state,
    )
