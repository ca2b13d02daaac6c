"""The times in a message, and what is said about them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.saml.xml import saml
from portal_stub.times import difference, parse_utc, written

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


def times(elements: Iterable[etree._Element]) -> Iterator[tuple[str, str]]:
    """Return name and text of every time that is read from a Response and its assertion: none is read from advice."""
    for element in elements:
        name = etree.QName(element).localname
        yield f"IssueInstant of the {name}", element.get("IssueInstant", "")
        for tag, attributes in _PLACES.items():
            for place in element.iterdescendants(tag):
                if next(place.iterancestors(saml("Advice")), None) is not None:
                    continue
                for attribute in attributes:
                    if attribute in place.attrib:
                        yield f"{attribute} of {etree.QName(place).localname}", place.get(attribute, "")


def stated(now: datetime, name: str, limit: datetime) -> str:
    """Return both times and the difference, in words."""
    return f"it is now {written(now)}, {name} is {written(limit)}, {difference(limit, now)}"
