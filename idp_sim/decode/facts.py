"""What is told of a message: sections of facts, and the words for moments and identifiers."""

import re
from datetime import UTC, datetime, timedelta

import attrs
from lxml import etree

from idp_sim.saml.names import DS, MD, SAML, SAMLP, XENC, XENC11

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_LONGEST = 400
_YEARS = timedelta(days=730)
_NAMED = {
    "http://www.w3.org/2001/10/xml-exc-c14n#": "exclusive canonicalisation",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments": "exclusive canonicalisation with comments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": "inclusive canonicalisation",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": "inclusive canonicalisation with comments",
    "http://www.w3.org/2006/12/xml-c14n11": "inclusive canonicalisation 1.1",
}
_SHORTENED = (
    "urn:oasis:names:tc:SAML:2.0:nameid-format:",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:",
    "urn:oasis:names:tc:SAML:2.0:bindings:",
    "urn:oasis:names:tc:SAML:2.0:status:",
    "urn:oasis:names:tc:SAML:2.0:cm:",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:",
    "http://www.w3.org/2001/04/xmldsig-more#",
    "http://www.w3.org/2007/05/xmldsig-more#",
    *(f"{space.rstrip('#')}#" for space in (DS, XENC, XENC11)),
)
_PREFIXES = {SAML: "saml", SAMLP: "samlp", MD: "md", DS: "ds", XENC: "xenc"}

_whole = etree.XPath("string()")

Facts = tuple[tuple[str, str], ...]


class Unreadable(ValueError):
    """What came is no message that is shown; the text says what was expected and what came."""


@attrs.frozen
class Section:
    """A heading, and pairs of name and value below it."""

    title: str
    facts: Facts


@attrs.frozen(kw_only=True)
class Decoded:
    """A message for people: ``what`` it is, what had to be ``undone`` to read it, what it says, and its XML, indented.

    ``now`` (UTC) is the moment to which its times are likened. ``xml`` is None for a remote login.
    """

    what: str
    undone: tuple[str, ...]
    now: datetime
    sections: tuple[Section, ...]
    xml: str | None = None


def present(*pairs: tuple[str, str | None]) -> Facts:
    """Return the pairs that have a value."""
    return tuple((name, value) for name, value in pairs if value is not None)


def shown(text: str, limit: int = _LONGEST) -> str:
    """Return a text that came as one line: what does not print is escaped, what is long is cut and says so."""
    escaped = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text[:limit])
    return escaped if len(text) <= limit else f"{escaped}... ({len(text)} characters)"


def attribute(element: etree._Element, name: str) -> str | None:
    """Return the value of an attribute as one line, None where it is missing."""
    value = element.get(name)
    return None if value is None else shown(value) or "(empty)"


def text(element: etree._Element | None) -> str | None:
    """Return the whole text of an element as one line, and say where a comment stands in it."""
    if element is None:
        return None
    split = next(element.iterdescendants(etree.Comment, etree.ProcessingInstruction), None) is not None
    return (shown(whole(element).strip()) or "(empty)") + (" (with a comment inside)" if split else "")


def whole(element: etree._Element) -> str:
    """Return the whole text of an element, comments left out."""
    return str(_whole(element))


def short(identifier: str | None) -> str | None:
    """Return the last part of an identifier of SAML or XML Signature, others as they are."""
    if identifier is None:
        return None
    if identifier in _NAMED:
        return _NAMED[identifier]
    start = next((start for start in _SHORTENED if identifier.startswith(start)), "")
    return shown(identifier.removeprefix(start)) or "(empty)"


def tag(element: etree._Element) -> str:
    """Return an element's name with the usual prefix of its namespace."""
    name = etree.QName(element)
    prefix = _PREFIXES.get(name.namespace or "", "")
    return f"{prefix}:{name.localname}" if prefix else shown(str(element.tag))


def moment(written: str | None, now: datetime) -> str | None:
    """Return a time as it was written, and how far that is from now, both sides told."""
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written) if _TIME.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        return f"{shown(written)}, which is no time that SAML knows (such as {stamp(now)})"
    return f"{shown(written)}, {distance(found, now)}"


def distance(found: datetime, now: datetime) -> str:
    """Return how far a moment is from now, in words."""
    span, at = duration(found - now), stamp(now)
    if found == now:
        return f"which is now ({at})"
    return f"{span} from now (it is {at})" if found > now else f"{span} ago (it is {at})"


def duration(span: timedelta) -> str:
    """Return the length of a span in words, in its two greatest units; that of several years roughly."""
    left = abs(span) // timedelta(seconds=1)
    if abs(span) >= _YEARS:
        return f"about {abs(span) / timedelta(days=365.25):.0f} years"
    words = []
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) or "less than a second"


def stamp(at: datetime) -> str:
    """Return a moment in UTC, to the second."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
