"""Logout messages (saml-core 3.7): building the simulator's own, and reading those of portals."""

import base64
import binascii
import zlib
from datetime import UTC, datetime
from urllib.parse import quote_plus

import attrs
from lxml import etree

from idp_sim.keyring import Keyring
from idp_sim.logout import (
    ALGORITHMS,
    Logout,
    LogoutDraft,
    LogoutForm,
    LogoutOctets,
    LogoutQuery,
    LogoutSigned,
    Pairs,
    joined,
)
from idp_sim.saml.names import NAMESPACES, SAML, SAMLP
from idp_sim.saml.query import deflated, signature
from idp_sim.saml.request import UnreadableRequest
from idp_sim.saml.signature import sign
from idp_sim.saml.xml import LARGEST, BadXml, parse, text_of


def message(logout: Logout) -> etree._Element:
    """Build the XML of a logout message: what is ``None`` is left out."""
    name = "LogoutRequest" if logout.kind == "request" else "LogoutResponse"
    root = etree.Element(f"{{{SAMLP}}}{name}", nsmap={"samlp": SAMLP, "saml": SAML})
    attributes = {
        "ID": logout.message_id,
        "InResponseTo": logout.in_response_to,
        "Version": logout.version,
        "IssueInstant": _time(logout.issue_instant),
        "Destination": logout.destination,
        "NotOnOrAfter": _time(logout.not_on_or_after) if logout.kind == "request" else None,
    }
    for attribute, value in attributes.items():
        if value is not None:
            root.set(attribute, value)
    if logout.issuer is not None:
        etree.SubElement(root, f"{{{SAML}}}Issuer").text = logout.issuer
    if logout.kind == "request":
        _request(root, logout)
    else:
        _status(root, logout)
    return root


def _request(root: etree._Element, logout: Logout) -> None:
    if logout.name_id is not None:
        name_id = etree.SubElement(root, f"{{{SAML}}}NameID")
        if logout.name_id_format is not None:
            name_id.set("Format", logout.name_id_format)
        name_id.text = logout.name_id
    for index in logout.session_indexes:
        etree.SubElement(root, f"{{{SAMLP}}}SessionIndex").text = index


def _status(root: etree._Element, logout: Logout) -> None:
    status = etree.SubElement(root, f"{{{SAMLP}}}Status")
    code = etree.SubElement(status, f"{{{SAMLP}}}StatusCode", {"Value": logout.status.code})
    if logout.status.second is not None:
        etree.SubElement(code, f"{{{SAMLP}}}StatusCode", {"Value": logout.status.second})
    if logout.status.message is not None:
        etree.SubElement(status, f"{{{SAMLP}}}StatusMessage").text = logout.status.message


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(draft: LogoutDraft, keyring: Keyring) -> LogoutSigned:
    """Sign the message inside, as HTTP-POST needs it."""
    return LogoutSigned(draft.logout, sign(draft.message, draft.logout.as_login, keyring))


def form(signed_message: LogoutSigned) -> LogoutForm:
    """Return the form that carries this message as it is."""
    logout = signed_message.logout
    fields = [(logout.parameter, base64.b64encode(etree.tostring(signed_message.message)).decode())]
    if logout.relay_state is not None:
        fields.append(("RelayState", logout.relay_state))
    return LogoutForm(logout, logout.portal.slo_at("post") or "", tuple(fields))


def octets(draft: LogoutDraft) -> LogoutOctets:
    """Return the query as it is to be signed and sent."""
    logout = draft.logout
    relay_state: Pairs = () if logout.relay_state is None else (("RelayState", quote_plus(logout.relay_state)),)
    pairs = (
        (logout.parameter, deflated(etree.tostring(draft.message))),
        *relay_state,
        ("SigAlg", quote_plus(ALGORITHMS[logout.signature_algorithm])),
    )
    return LogoutOctets(logout, draft.message, pairs, pairs)


def query(unsigned: LogoutOctets, keyring: Keyring) -> LogoutQuery:
    """Return the link with its Signature at the end."""
    logout = unsigned.logout
    pairs = (*unsigned.sent, ("Signature", signature(joined(unsigned.signed).encode(), logout, keyring)))
    return LogoutQuery(logout, unsigned.message, logout.portal.slo_at("redirect") or "", pairs)


@attrs.frozen(kw_only=True)
class PortalsLogout:
    """What a portal says of a logout: its LogoutRequest, or its LogoutResponse with the code of its status.

    Like an authentication request it is compared with what is configured before anything is answered.
    """

    xml: bytes
    id: str
    issuer: str
    destination: str | None
    name_id: str | None
    session_indexes: tuple[str, ...]
    in_response_to: str | None
    status: str | None
    relay_state: str | None


def read_logout(text: str, relay_state: str | None, *, is_request: bool, by_redirect: bool) -> PortalsLogout:
    """Read the parameter ``SAMLRequest`` or ``SAMLResponse`` of a portal's logout. Raises UnreadableRequest."""
    name = "SAMLRequest" if is_request else "SAMLResponse"
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        xml = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, LARGEST + 1) if by_redirect else data
        root = parse(xml)
    except (binascii.Error, ValueError, zlib.error, BadXml) as error:
        raise UnreadableRequest(f"{name} cannot be read: {error}") from None
    expected = "LogoutRequest" if is_request else "LogoutResponse"
    if root.tag != f"{{{SAMLP}}}{expected}":
        raise UnreadableRequest(f"Expected a samlp:{expected} of SAML 2.0, got {root.tag!r}.")
    issuer, message_id = text_of(root.find("saml:Issuer", NAMESPACES)), root.get("ID")
    if not issuer or not message_id:
        raise UnreadableRequest(f"The {expected} has no {'ID' if issuer else 'Issuer'}.")
    code = root.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    return PortalsLogout(
        xml=xml,
        id=message_id,
        issuer=issuer,
        destination=root.get("Destination"),
        name_id=text_of(root.find("saml:NameID", NAMESPACES)),
        session_indexes=tuple(filter(None, map(text_of, root.findall("samlp:SessionIndex", NAMESPACES)))),
        in_response_to=root.get("InResponseTo"),
        status=None if code is None else code.get("Value"),
        relay_state=relay_state,
    )
