"""The portal's own logout messages (saml-core 3.7), signed, by either binding."""

import base64
import zlib
from datetime import datetime, timedelta

import attrs
from lxml import etree

from portal_stub.config import Settings
from portal_stub.keys import Keypair
from portal_stub.saml.signing import sign, signed_query
from portal_stub.saml.xml import SAML, SAMLP, saml, samlp
from portal_stub.times import written

EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_LIFETIME = timedelta(minutes=5)


@attrs.frozen
class Outgoing:
    """A message on its way: the address to which the browser is sent, or the form that it is to post there."""

    address: str
    fields: tuple[tuple[str, str], ...] = ()


def logout_request(
    settings: Settings, request_id: str, name_id: str, session_index: str | None, now: datetime
) -> etree._Element:
    """Return a request to end the session that the identity provider knows by these names. ``now`` is in UTC."""
    request = _message("LogoutRequest", settings, request_id, now)
    request.set("NotOnOrAfter", written(now + _LIFETIME))
    etree.SubElement(request, saml("NameID"), {"Format": EMAIL_ADDRESS}).text = name_id
    if session_index is not None:
        etree.SubElement(request, samlp("SessionIndex")).text = session_index
    return request


def logout_response(settings: Settings, response_id: str, in_response_to: str, now: datetime) -> etree._Element:
    """Return the answer that the sessions were ended as was asked. ``now`` is in UTC."""
    response = _message("LogoutResponse", settings, response_id, now)
    response.set("InResponseTo", in_response_to)
    status = etree.SubElement(response, samlp("Status"))
    etree.SubElement(status, samlp("StatusCode"), {"Value": SUCCESS})
    return response


def _message(name: str, settings: Settings, message_id: str, now: datetime) -> etree._Element:
    message = etree.Element(
        samlp(name),
        {"ID": message_id, "Version": "2.0", "IssueInstant": written(now), "Destination": settings.saml.slo_url},
        nsmap={"samlp": SAMLP, "saml": SAML},
    )
    etree.SubElement(message, saml("Issuer")).text = settings.entity_id
    return message


def outgoing(
    message: etree._Element, parameter: str, relay_state: str | None, settings: Settings, signer: Keypair
) -> Outgoing:
    """Return the message, signed, by the binding that is set. The RelayState of a request goes back with its answer."""
    relay = () if relay_state is None else (("RelayState", relay_state),)
    address = settings.saml.slo_url
    if settings.saml.slo_binding == "post":
        encoded = base64.b64encode(etree.tostring(sign(message, signer))).decode("ascii")
        return Outgoing(address, ((parameter, encoded), *relay))
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = squeeze.compress(etree.tostring(message)) + squeeze.flush()
    query = signed_query(((parameter, base64.b64encode(deflated).decode("ascii")), *relay), signer)
    return Outgoing(f"{address}{'&' if '?' in address else '?'}{query}")
