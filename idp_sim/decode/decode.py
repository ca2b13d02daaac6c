"""From any bytes to what they say, for people and for programs."""

import re
from datetime import datetime
from typing import Any

from lxml import etree

from idp_sim.decode.facts import Decoded, Section, Unreadable, shown, stamp, tag
from idp_sim.decode.keys import encrypted, signatures
from idp_sim.decode.link import beside, remote_login
from idp_sim.decode.messages import message
from idp_sim.decode.metadata import metadata
from idp_sim.decode.unwrap import LARGEST, Unwrapped, unwrap
from idp_sim.saml.names import MD, SAML, SAMLP
from idp_sim.saml.xml import BadXml, parse

NOTHING_VERIFIED = "Nothing was verified: this is what the message says of itself, and anybody can write one."
MOST_SECTIONS = 60
_KINDS = {
    f"{{{SAMLP}}}Response": "a SAML Response",
    f"{{{SAMLP}}}AuthnRequest": "a SAML authentication request (AuthnRequest)",
    f"{{{SAMLP}}}LogoutRequest": "a SAML LogoutRequest",
    f"{{{SAMLP}}}LogoutResponse": "a SAML LogoutResponse",
    f"{{{SAML}}}Assertion": "a SAML assertion without a Response around it",
    f"{{{SAML}}}EncryptedAssertion": "an encrypted SAML assertion without a Response around it",
    f"{{{MD}}}EntityDescriptor": "SAML metadata of one entity",
    f"{{{MD}}}EntitiesDescriptor": "SAML metadata of several entities",
}
_ENVELOPE = re.compile(r"\{http://(?:schemas\.xmlsoap\.org/soap|www\.w3\.org/2003/05/soap-)[^}]*\}Envelope")


def decode(content: bytes, now: datetime) -> Decoded:
    """Return what the bytes say; ``now`` (UTC) is the moment to which their times are likened. Raises Unreadable."""
    found = unwrap(content)
    if found.xml is None:
        names = {name for name, _ in found.fields}
        what = "a remote login" if names & {b"email", b"hash"} else "no SAML message: a link with these parameters"
        return Decoded(what=what, undone=found.undone, now=now, sections=(remote_login(found.fields, now),))
    try:
        root = parse(found.xml, largest=LARGEST, whole=True)
    except BadXml as problem:
        reason = " ".join(str(problem).removesuffix(".").split())
        raise Unreadable(f"it looks like XML, but {reason}") from None
    return _message(root, found, now)


def _message(root: etree._Element, found: Unwrapped, now: datetime) -> Decoded:
    undone = found.undone
    inner = root
    if _ENVELOPE.fullmatch(str(root.tag)):
        inner = next((each for each in root.iterdescendants("*") if each.tag in _KINDS), root)
        undone = (*undone, "a SOAP envelope")
    name = etree.QName(inner)
    if name.namespace not in (SAML, SAMLP, MD):
        raise Unreadable(
            f"it is XML, but neither a message nor metadata of SAML 2.0: its root is {shown(str(root.tag))}"
        )
    told = metadata(inner, now) if name.namespace == MD else message(inner, now)
    kinds = (told, signatures(inner, now), encrypted(inner, now), beside(found.fields))
    sections = tuple(section for kind in kinds for section in _first(kind))
    what = _KINDS.get(str(inner.tag), f"a SAML message ({tag(inner)})")
    return Decoded(what=what, undone=undone, now=now, sections=sections, xml=_indented(root))


def _first(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the first of many sections, and how many were left out."""
    left = len(sections) - MOST_SECTIONS
    return (
        sections if left <= 0 else (*sections[:MOST_SECTIONS], Section(f"And {left} more that are not told here", ()))
    )


def _indented(root: etree._Element) -> str:
    """Return the XML for reading. What a terminal would obey stands as a character reference."""
    etree.indent(root)
    whole = etree.tostring(root.getroottree(), encoding="unicode")
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else f"&#x{ord(sign):X};" for sign in whole.replace("\r", "&#xD;")
    )


def in_words(decoded: Decoded) -> str:
    """Return all of it for a person to read: what it is, what it says, then the XML."""
    wrapped = f", out of: {', '.join(decoded.undone)}" if decoded.undone else ""
    lines = [f"This is {decoded.what}{wrapped}.", NOTHING_VERIFIED, ""]
    for section in decoded.sections:
        width = max((len(name) for name, _ in section.facts), default=0)
        lines += [section.title, *(f"  {name:<{min(width, 40)}}  {value}" for name, value in section.facts), ""]
    if decoded.xml is not None:
        lines += [
            "The message, indented for reading (so that its signatures would not verify any more):",
            "",
            decoded.xml,
        ]
    return "\n".join(lines).rstrip("\n")


def as_plain(decoded: Decoded) -> dict[str, Any]:
    """Return all of it as ``decode --json`` prints it (fixtures/schemas/decoded.schema.json)."""
    return {
        "what": decoded.what,
        "verified": False,
        "now": stamp(decoded.now),
        "undone": list(decoded.undone),
        "sections": [
            {"title": section.title, "facts": [{"name": name.strip(), "value": value} for name, value in section.facts]}
            for section in decoded.sections
        ],
        "xml": decoded.xml,
    }
