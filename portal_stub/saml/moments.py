"""The times in a message, and what is said about them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.saml.xml import saml
from portal_stub.times import difference, parse_utc, written

_ADVICE = saml("Advice")
_PLACES = {
    saml("Conditions"): ("NotBefore", "NotOnOrAfter"),
    saml("SubjectConfirmationData"): ("NotBefore", "NotOnOrAfter"),
    saml("AuthnStatement"): ("AuthnInstant", "SessionNotOnOrAfter"),
}


def moment(element: etree._Element, attribute: str, absent: str) -> datetime:
    """Return the time in the attribute. Raises NotApplicable when it is absent, or its format is wrong."""
    text = element.get(attribute)
    if text is None:
        raise NotApplicable(absent)
    found = parse_utc(text)
    if found is None:
        raise NotApplicable(f"{attribute} cannot be read: see saml.time.format")
    return found


def times(elements: Iterable[etree._Element]) -> Iterator[tuple[etree._Element, str, str]]:
    """Return every time of a Response and its assertion but for advice: its element, its attribute and its text."""
    for element in elements:
        yield element, "IssueInstant", element.get("IssueInstant", "")
        for place in element.iterdescendants(*_PLACES):
            if next(place.iterancestors(_ADVICE), None) is None:
                for attribute in _PLACES[str(place.tag)]:
                    if attribute in place.attrib:
                        yield place, attribute, place.get(attribute, "")


def stated(now: datetime, name: str, limit: datetime) -> str:
    """Return both times and the difference, in words."""
    return f"it is now {written(now)}, {name} is {written(limit)}, {difference(limit, now)}"
