"""The portal's authentication request (portal-contract S3; saml-core 3.4.1)."""

import base64
import zlib
from datetime import datetime
from urllib.parse import urlencode

from lxml import etree

from portal_stub.config import Settings
from portal_stub.keys import Keypair
from portal_stub.saml.signing import sign, signed_query
from portal_stub.saml.xml import SAML, SAMLP, saml, samlp
from portal_stub.times import written

EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def authn_request(settings: Settings, request_id: str, now: datetime, signer: Keypair | None = None) -> bytes:
    """Return the XML of an AuthnRequest, signed where there is a signer.

    ``request_id`` is an xs:ID, ``now`` is in UTC.
    """
    request = etree.Element(
        samlp("AuthnRequest"),
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": written(now),
            "Destination": settings.saml.login_url,
            "AssertionConsumerServiceURL": settings.acs_url,
        },
        nsmap={"samlp": SAMLP, "saml": SAML},
    )
    if settings.saml.max_authn_age_seconds:
        request.set("ForceAuthn", "true")
    etree.SubElement(request, saml("Issuer")).text = settings.entity_id
    etree.SubElement(request, samlp("NameIDPolicy"), {"Format": EMAIL_ADDRESS, "AllowCreate": "true"})
    if settings.saml.requested_authn_context:
        context = etree.SubElement(request, samlp("RequestedAuthnContext"), {"Comparison": "exact"})
        etree.SubElement(context, saml("AuthnContextClassRef")).text = settings.saml.requested_authn_context
    return etree.tostring(request if signer is None else sign(request, signer))


def redirect_url(
    settings: Settings, request_id: str, now: datetime, relay_state: str | None = None, signer: Keypair | None = None
) -> str:
    """Return the address that carries the request by HTTP-Redirect, its query signed where there is a signer.

    The signature in the query takes the place of one in the XML (saml-bindings 3.4.4.1).
    """
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = squeeze.compress(authn_request(settings, request_id, now)) + squeeze.flush()
    fields = (("SAMLRequest", base64.b64encode(deflated).decode("ascii")), *_relay_state(relay_state))
    query = urlencode(fields) if signer is None else signed_query(fields, signer)
    address = settings.saml.login_url
    return f"{address}{'&' if '?' in address else '?'}{query}"


def post_form(
    settings: Settings, request_id: str, now: datetime, relay_state: str | None = None, signer: Keypair | None = None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return action and fields of the form that carries the request by HTTP-POST (saml-bindings 3.5.4)."""
    encoded = base64.b64encode(authn_request(settings, request_id, now, signer)).decode("ascii")
    return settings.saml.login_url, (("SAMLRequest", encoded), *_relay_state(relay_state))


def _relay_state(relay_state: str | None) -> tuple[tuple[str, str], ...]:
    return () if relay_state is None else (("RelayState", relay_state),)
