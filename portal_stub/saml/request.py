"""The portal's authentication request (portal-contract S3; saml-core 3.4.1)."""

import base64
import zlib
from datetime import datetime
from urllib.parse import urlencode

import attrs
from lxml import etree

from portal_stub.config import Settings
from portal_stub.keys import Keypair
from portal_stub.saml.signing import sign, signed_query
from portal_stub.saml.xml import SAML, SAMLP, saml, samlp
from portal_stub.times import written

EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


@attrs.frozen(kw_only=True)
class AuthnRequest:
    """What is asked of an identity provider. ``id`` is an xs:ID, ``issue_instant`` is in UTC.

    ``name_id_format`` is that of the NameIDPolicy, which is left out where there is none; an empty ``authn_context``
    asks for no class of authentication.
    """

    id: str
    issue_instant: datetime
    destination: str
    issuer: str
    acs_url: str
    name_id_format: str | None = EMAIL_ADDRESS
    force_authn: bool = False
    is_passive: bool = False
    authn_context: str = ""

    def to_xml(self, signer: Keypair | None = None) -> bytes:
        """Return its XML, signed where there is a signer."""
        request = etree.Element(
            samlp("AuthnRequest"),
            {
                "ID": self.id,
                "Version": "2.0",
                "IssueInstant": written(self.issue_instant),
                "Destination": self.destination,
                "AssertionConsumerServiceURL": self.acs_url,
            },
            nsmap={"samlp": SAMLP, "saml": SAML},
        )
        if self.force_authn:
            request.set("ForceAuthn", "true")
        if self.is_passive:
            request.set("IsPassive", "true")
        etree.SubElement(request, saml("Issuer")).text = self.issuer
        if self.name_id_format is not None:
            etree.SubElement(request, samlp("NameIDPolicy"), {"Format": self.name_id_format, "AllowCreate": "true"})
        if self.authn_context:
            context = etree.SubElement(request, samlp("RequestedAuthnContext"), {"Comparison": "exact"})
            etree.SubElement(context, saml("AuthnContextClassRef")).text = self.authn_context
        return etree.tostring(request if signer is None else sign(request, signer))


def asked_by(settings: Settings, request_id: str, now: datetime) -> AuthnRequest:
    """Return what a portal with these settings asks for. ``now`` is in UTC."""
    return AuthnRequest(
        id=request_id,
        issue_instant=now,
        destination=settings.saml.login_url,
        issuer=settings.entity_id,
        acs_url=settings.acs_url,
        force_authn=bool(settings.saml.max_authn_age_seconds),
        authn_context=settings.saml.requested_authn_context,
    )


def authn_request(settings: Settings, request_id: str, now: datetime, signer: Keypair | None = None) -> bytes:
    """Return the XML of the portal's AuthnRequest, signed where there is a signer."""
    return asked_by(settings, request_id, now).to_xml(signer)


def redirect_url(
    settings: Settings, request_id: str, now: datetime, relay_state: str | None = None, signer: Keypair | None = None
) -> str:
    """Return the address that carries the portal's request by HTTP-Redirect, its query signed by the signer."""
    return by_redirect(settings.saml.login_url, asked_by(settings, request_id, now), relay_state, signer)


def post_form(
    settings: Settings, request_id: str, now: datetime, relay_state: str | None = None, signer: Keypair | None = None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return action and fields of the form that carries the portal's request by HTTP-POST."""
    return settings.saml.login_url, by_post(asked_by(settings, request_id, now), relay_state, signer)


def by_redirect(
    address: str, request: AuthnRequest, relay_state: str | None = None, signer: Keypair | None = None
) -> str:
    """Return ``address`` with the request by HTTP-Redirect, the query signed where there is a signer.

    The signature in the query takes the place of one in the XML (saml-bindings 3.4.4.1).
    """
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = squeeze.compress(request.to_xml()) + squeeze.flush()
    fields = (("SAMLRequest", base64.b64encode(deflated).decode("ascii")), *_relay_state(relay_state))
    query = urlencode(fields) if signer is None else signed_query(fields, signer)
    return f"{address}{'&' if '?' in address else '?'}{query}"


def by_post(
    request: AuthnRequest, relay_state: str | None = None, signer: Keypair | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the fields of the form that carries the request by HTTP-POST (saml-bindings 3.5.4)."""
    encoded = base64.b64encode(request.to_xml(signer)).decode("ascii")
    return (("SAMLRequest", encoded), *_relay_state(relay_state))


def _relay_state(relay_state: str | None) -> tuple[tuple[str, str], ...]:
    return () if relay_state is None else (("RelayState", relay_state),)
