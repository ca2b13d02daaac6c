"""What a protocol message or an assertion says (saml-core 2 and 3)."""

from datetime import datetime

from lxml import etree

from idp_sim.decode.facts import Facts, Section, attribute, moment, present, short, shown, tag, text
from idp_sim.saml.names import NAMESPACES, SAML

_MOST_VALUES = 50


def message(root: etree._Element, now: datetime) -> tuple[Section, ...]:
    """Return what a message says, and each assertion in it."""
    first = () if root.tag == f"{{{SAML}}}Assertion" else (Section(tag(root), (*_head(root, now), *_own(root, now))),)
    assertions = tuple(
        section
        for number, found in enumerate(root.iter(f"{{{SAML}}}Assertion"), 1)
        for section in _assertion(found, root, number, now)
    )
    return (*first, *assertions)


def _head(root: etree._Element, now: datetime) -> Facts:
    return present(
        ("from (Issuer)", text(_find(root, "saml:Issuer"))),
        ("to (Destination)", attribute(root, "Destination")),
        ("ID", attribute(root, "ID")),
        ("answers (InResponseTo)", attribute(root, "InResponseTo")),
        ("issued", moment(root.get("IssueInstant"), now)),
    )


def _status(root: etree._Element) -> Facts:
    codes = root.xpath("samlp:Status//samlp:StatusCode/@Value", namespaces=NAMESPACES)
    status = [short(str(code)) or "" for code in codes] if isinstance(codes, list) else []
    return present(
        ("status", ", ".join(status[:5]) or None),
        ("status message", text(_find(root, "samlp:Status/samlp:StatusMessage"))),
    )


def _authn_request(root: etree._Element) -> Facts:
    policy = _find(root, "samlp:NameIDPolicy")
    context = _find(root, "samlp:RequestedAuthnContext")
    asked = () if context is None else context.findall("saml:AuthnContextClassRef", NAMESPACES)
    classes = ", ".join(short(text(found)) or "" for found in asked)
    return present(
        ("answer to (AssertionConsumerServiceURL)", attribute(root, "AssertionConsumerServiceURL")),
        ("answer to (AssertionConsumerServiceIndex)", attribute(root, "AssertionConsumerServiceIndex")),
        ("answer by", short(root.get("ProtocolBinding"))),
        ("ForceAuthn", attribute(root, "ForceAuthn")),
        ("IsPassive", attribute(root, "IsPassive")),
        ("NameID wanted", None if policy is None else short(policy.get("Format", "any format"))),
        ("AllowCreate", None if policy is None else attribute(policy, "AllowCreate")),
        ("authentication wanted", None if context is None else f"{context.get('Comparison', 'exact')}: {classes}"),
    )


def _logout_request(root: etree._Element, now: datetime) -> Facts:
    indexes = [text(found) or "" for found in root.findall("samlp:SessionIndex", NAMESPACES)]
    return (
        *_name_id(root),
        *present(
            ("sessions (SessionIndex)", ", ".join(indexes[:_MOST_VALUES]) or "all of this person"),
            ("valid until (NotOnOrAfter)", moment(root.get("NotOnOrAfter"), now)),
            ("reason", attribute(root, "Reason")),
        ),
    )


def _own(root: etree._Element, now: datetime) -> Facts:
    """Return what only this kind of message says."""
    match etree.QName(root).localname:
        case "AuthnRequest":
            return _authn_request(root)
        case "LogoutRequest":
            return _logout_request(root, now)
    return _status(root)


def _assertion(found: etree._Element, root: etree._Element, number: int, now: datetime) -> tuple[Section, ...]:
    parent = found.getparent()
    strange = "" if found is root or parent is root else f", inside {'' if parent is None else tag(parent)}"
    facts = [*_head(found, now)]
    subject = _find(found, "saml:Subject")
    if subject is not None:
        facts += _name_id(subject)
        facts += [
            fact for each in subject.findall("saml:SubjectConfirmation", NAMESPACES) for fact in _confirmed(each, now)
        ]
    for conditions in found.findall("saml:Conditions", NAMESPACES):
        facts += _conditions(conditions, now)
    for statement in found.findall("saml:AuthnStatement", NAMESPACES):
        facts += present(
            ("authenticated", moment(statement.get("AuthnInstant"), now)),
            ("  how", short(text(_find(statement, "saml:AuthnContext/saml:AuthnContextClassRef")))),
            ("  session", attribute(statement, "SessionIndex")),
            ("  session until", moment(statement.get("SessionNotOnOrAfter"), now)),
        )
    sections = [Section(f"Assertion {number}{strange}", tuple(facts))]
    attributes = tuple(_attribute(each) for each in found.findall("saml:AttributeStatement/saml:Attribute", NAMESPACES))
    if attributes:
        sections.append(Section(f"Attributes of assertion {number}", attributes))
    return tuple(sections)


def _name_id(parent: etree._Element) -> Facts:
    name_id = _find(parent, "saml:NameID")
    if name_id is None:
        return present(("NameID", "encrypted" if _find(parent, "saml:EncryptedID") is not None else None))
    return present(
        ("NameID", text(name_id)),
        ("  format", short(name_id.get("Format"))),
        ("  NameQualifier", attribute(name_id, "NameQualifier")),
        ("  SPNameQualifier", attribute(name_id, "SPNameQualifier")),
    )


def _confirmed(confirmation: etree._Element, now: datetime) -> Facts:
    data = _find(confirmation, "saml:SubjectConfirmationData")
    method = ("confirmed by", short(confirmation.get("Method", "")))
    if data is None:
        return present(method)
    return present(
        method,
        ("  Recipient", attribute(data, "Recipient")),
        ("  InResponseTo", attribute(data, "InResponseTo")),
        ("  not before", moment(data.get("NotBefore"), now)),
        ("  until (NotOnOrAfter)", moment(data.get("NotOnOrAfter"), now)),
        ("  Address", attribute(data, "Address")),
    )


def _conditions(conditions: etree._Element, now: datetime) -> Facts:
    audiences = [
        ("for (Audience)", text(found))
        for found in conditions.findall("saml:AudienceRestriction/saml:Audience", NAMESPACES)
    ]
    once = "yes" if _find(conditions, "saml:OneTimeUse") is not None else None
    return present(
        ("valid from (NotBefore)", moment(conditions.get("NotBefore"), now)),
        ("valid until (NotOnOrAfter)", moment(conditions.get("NotOnOrAfter"), now)),
        *audiences[:_MOST_VALUES],
        ("one-time use", once),
    )


def _attribute(found: etree._Element) -> tuple[str, str]:
    values = [text(value) or "" for value in found.findall("saml:AttributeValue", NAMESPACES)]
    name, friendly = shown(found.get("Name", "(without Name)")), attribute(found, "FriendlyName")
    told = " | ".join(values[:_MOST_VALUES]) + (
        f" and {len(values) - _MOST_VALUES} more" * (len(values) > _MOST_VALUES)
    )
    return f"{name} ({friendly})" if friendly else name, told or "(no value)"


def _find(element: etree._Element, path: str) -> etree._Element | None:
    return element.find(path, NAMESPACES)
