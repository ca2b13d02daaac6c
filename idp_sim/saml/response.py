"""Building the XML of a SAML Response (saml-core 3.3.3), unsigned."""

import functools
from datetime import UTC, datetime

import attrs
from lxml import etree

from idp_sim.login import SamlLogin
from idp_sim.saml.names import ATTRIBUTE_NAME_FORMAT, BEARER, SAML, SAMLP

Attribs = dict[str, str | None]


def response(login: SamlLogin) -> etree._Element:
    """Build the Response of a login: what is ``None`` in the login is left out."""
    return _Writer(login).response()


@functools.lru_cache(maxsize=256)  # a message names few moments, and several messages the same
def written_time(moment: datetime, precision: str) -> str:
    """Return the moment as xs:dateTime in UTC, ending in Z (saml-core 1.3.3)."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec=precision).removesuffix("+00:00") + "Z"


@attrs.frozen
class _Writer:
    login: SamlLogin

    def response(self) -> etree._Element:
        login = self.login
        protocol, assertion = login.prefixes
        # Two default namespaces cannot be declared on one element: the assertion's then comes with its elements.
        declared = {protocol: SAMLP} if protocol == assertion else {protocol: SAMLP, assertion: SAML}
        root = etree.Element(f"{{{SAMLP}}}Response", nsmap=declared)
        _set(
            root,
            {
                "ID": login.response_id,
                "InResponseTo": login.in_response_to,
                "Version": "2.0",
                "IssueInstant": self.time(login.issue_instant),
                "Destination": login.destination,
            },
        )
        if login.response_issuer is not None:
            self.part(root, "Issuer", text=login.response_issuer)
        self.status(root)
        if login.with_assertion:
            self.assertion(root)
        return root

    def status(self, root: etree._Element) -> None:
        status = self.login.status
        element = self.protocol_part(root, "Status")
        code = self.protocol_part(element, "StatusCode", {"Value": status.code})
        if status.second is not None:
            self.protocol_part(code, "StatusCode", {"Value": status.second})
        if status.message is not None:
            self.protocol_part(element, "StatusMessage", text=status.message)

    def assertion(self, root: etree._Element) -> None:
        login = self.login
        assertion = self.part(
            root,
            "Assertion",
            {"ID": login.assertion_id, "Version": "2.0", "IssueInstant": self.time(login.issue_instant)},
        )
        if login.issuer is not None:
            self.part(assertion, "Issuer", text=login.issuer)
        self.subject(assertion)
        self.conditions(assertion)
        statement = self.part(
            assertion,
            "AuthnStatement",
            {
                "AuthnInstant": self.time(login.authn_instant),
                "SessionIndex": login.session_index,
                "SessionNotOnOrAfter": self.time(login.session_until),
            },
        )
        context = self.part(statement, "AuthnContext")
        if login.authn_context is not None:
            self.part(context, "AuthnContextClassRef", text=login.authn_context)
        if login.attributes:
            attributes = self.part(assertion, "AttributeStatement")
            for name, value in login.attributes:
                attribute = self.part(attributes, "Attribute", {"Name": name, "NameFormat": ATTRIBUTE_NAME_FORMAT})
                self.part(attribute, "AttributeValue", text=value)

    def subject(self, assertion: etree._Element) -> None:
        login = self.login
        subject = self.part(assertion, "Subject")
        if login.name_id is not None:
            self.part(subject, "NameID", {"Format": login.name_id_format}, login.name_id)
        confirmation = self.part(subject, "SubjectConfirmation", {"Method": BEARER})
        self.part(
            confirmation,
            "SubjectConfirmationData",
            {
                "NotOnOrAfter": self.time(login.confirmed_until),
                "Recipient": login.recipient,
                "InResponseTo": login.confirmed_request,
            },
        )

    def conditions(self, assertion: etree._Element) -> None:
        login = self.login
        conditions = self.part(
            assertion,
            "Conditions",
            {"NotBefore": self.time(login.not_before), "NotOnOrAfter": self.time(login.not_on_or_after)},
        )
        if login.audience is not None:
            restriction = self.part(conditions, "AudienceRestriction")
            self.part(restriction, "Audience", text=login.audience)

    def time(self, moment: datetime | None) -> str | None:
        return None if moment is None else written_time(moment, self.login.time_precision)

    def part(
        self, parent: etree._Element, name: str, attribs: Attribs | None = None, text: str | None = None
    ) -> etree._Element:
        return _sub(parent, (self.login.prefixes[1], SAML), name, attribs, text)

    def protocol_part(
        self, parent: etree._Element, name: str, attribs: Attribs | None = None, text: str | None = None
    ) -> etree._Element:
        return _sub(parent, (self.login.prefixes[0], SAMLP), name, attribs, text)


def _sub(
    parent: etree._Element, namespace: tuple[str | None, str], name: str, attribs: Attribs | None, text: str | None
) -> etree._Element:
    prefix, uri = namespace
    element: etree._Element = etree.SubElement(parent, f"{{{uri}}}{name}", nsmap={prefix: uri})
    _set(element, attribs or {})
    element.text = text
    return element


def _set(element: etree._Element, attribs: Attribs) -> None:
    for name, value in attribs.items():
        if value is not None:
            element.set(name, value)
