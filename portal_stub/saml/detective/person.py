"""Who the subject is said to be, where that is no email address."""

import re
from collections.abc import Iterator

from lxml import etree

from portal_stub.address import address_problem, shown
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.identity import NAME_ID
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml, text_of
from portal_stub.suspect import Suspect

_CHOOSE = "Choose the email address as the NameID (name identifier) at the identity provider."

_LOGIN_NAME = Suspect(
    code="login-name",
    sentence="The NameID is {}: a login name, and no email address.",
    mend=_CHOOSE,
)
_UPN = Suspect(
    code="user-principal-name",
    sentence="The NameID is {}: a login name in the form of an address (UPN). Its domain is of the inner network "
    "alone, and takes no mail.",
    mend=_CHOOSE,
)
_IN_ATTRIBUTE = Suspect(
    code="address-in-attribute",
    sentence="The NameID is {}: a login name. An email address is in the attribute {}.",
    mend=_CHOOSE,
)
_BLANKS = Suspect(
    code="blanks-around-name-id",
    sentence="The NameID is {}: an email address with blanks or line breaks around it.",
    mend="Remove them where the address is kept; where a template writes the message, put it on the line of its tags.",
)
_FORMAT = Suspect(
    code="other-name-id-format",
    sentence="The NameID is of the format {}: {}.{}",
    mend=f"{_CHOOSE} Its format is emailAddress.",
)
MISTAKES = (_LOGIN_NAME, _UPN, _IN_ATTRIBUTE, _BLANKS, _FORMAT)

_FORMATS = {
    "persistent": "a name made up for this portal, which stays the same",
    "transient": "a name made up for this one login",
    "WindowsDomainQualifiedName": "a login name of Windows",
    "X509SubjectName": "the name in a certificate",
    "kerberos": "a login name of Kerberos",
    "entity": "the name of a system, not of a person",
}
_INNER = re.compile(r"[^@\s]+@(?:[^@\s.]+|[^@\s]+\.(?:local|lan|internal|corp|home|intra|intranet|localdomain))", re.I)
_NAME = re.compile(r"[^@\s,;<>]{1,80}")
_MOST = 60


def _subject(received: Received) -> Iterator[Suspect]:
    found = received.inside(NAME_ID)[0]  # no rule about a NameID is violated where there is none
    came = text_of(found)
    problem, attribute = address_problem(came), _address_elsewhere(received)
    name = found.get("Format", "").rpartition(":")[2]
    if name in _FORMATS:
        elsewhere = f" An email address is in the attribute {shown(attribute)}." if attribute else ""
        yield _FORMAT.about(shown(name), _FORMATS[name], elsewhere)
    elif problem and not address_problem(came.strip()):
        yield _BLANKS.about(shown(came))
    elif problem and (_INNER.fullmatch(came.strip()) or _NAME.fullmatch(came.strip())):
        if attribute:
            yield _IN_ATTRIBUTE.about(shown(came), shown(attribute))
        else:
            yield (_UPN if "@" in came else _LOGIN_NAME).about(shown(came))


def _address_elsewhere(received: Received) -> str:
    """Return the name of an attribute that holds an email address, one that is called after mail first, or empty."""
    attributes = received.inside(f"{saml('AttributeStatement')}/{saml('Attribute')}")[:_MOST]
    holding = [name for attribute in attributes if (name := attribute.get("Name", "")) and _address(attribute)]
    return min(holding, key=lambda name: "mail" not in name.lower(), default="")


def _address(attribute: etree._Element) -> bool:
    return any(not address_problem(text_of(value).strip()) for value in attribute.findall(saml("AttributeValue"))[:3])


EXPLAINERS: tuple[Explainer, ...] = ((frozenset({"saml.subject.address", "saml.subject.format"}), _subject),)
