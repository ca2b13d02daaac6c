"""What an assertion must hold: conditions, a bearer confirmation, an authentication statement."""

import copy
from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import BASES
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.scenarios.saml.forging import assertion_of, forge
from idp_sim.stages import Draft


def _remove(draft: Draft, name: str) -> None:
    for element in draft.response.findall(f".//saml:{name}", NAMESPACES):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


@breaks("saml.conditions.present")
def conditions_missing(draft: Draft) -> None:
    """The assertion has no conditions."""
    _remove(draft, "Conditions")


@breaks("saml.statement.authn")
def authn_statement_missing(draft: Draft) -> None:
    """The assertion does not say that the person was authenticated."""
    _remove(draft, "AuthnStatement")


def _other_method(confirmation: etree._Element) -> None:
    confirmation.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")


def _holder_of_key(confirmation: etree._Element) -> None:
    confirmation.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")


def _no_data(confirmation: etree._Element) -> None:
    confirmation[:] = []


CONFIRMATIONS: dict[str, Callable[[etree._Element], None]] = {
    "sender-vouches": _other_method,
    "holder-of-key": _holder_of_key,
    "no-data": _no_data,
}


@breaks("saml.confirmation.bearer", variants=CONFIRMATIONS)
def confirmation_not_bearer(draft: Draft, change: Callable[[etree._Element], None]) -> None:
    """The subject is not confirmed by the bearer method with its data: {variant}."""
    for confirmation in draft.response.findall(".//saml:SubjectConfirmation", NAMESPACES):
        change(confirmation)


@breaks("saml.confirmation.bearer")
def confirmation_missing(draft: Draft) -> None:
    """The subject has no confirmation."""
    _remove(draft, "SubjectConfirmation")


ASKED = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
CLASSES = {
    "weaker": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    "unspecified": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
    "previous-session": "urn:oasis:names:tc:SAML:2.0:ac:classes:PreviousSession",
    "longer": f"{ASKED}/elsewhere",
    "upper-case": ASKED.upper(),
}


@breaks("saml.statement.authn-context", given={"saml.requested_authn_context": ASKED}, variants=CLASSES)
def authn_context_other(draft: Draft, name: str) -> None:
    """The portal asks for one class of authentication, and the assertion names another: {variant}."""
    for named in draft.response.findall(".//saml:AuthnContextClassRef", NAMESPACES):
        named.text = name


@breaks("saml.statement.authn-context", given={"saml.requested_authn_context": ASKED})
def authn_context_missing(draft: Draft) -> None:
    """The portal asks for one class of authentication, and the assertion names none."""
    _remove(draft, "AuthnContextClassRef")


def _another_person(_: etree._Element) -> None:
    pass


def _over(assertion: etree._Element) -> None:
    for conditions in assertion.findall("saml:Conditions", NAMESPACES):
        conditions.set("NotBefore", "2001-01-01T00:00:00Z")
        conditions.set("NotOnOrAfter", "2001-01-01T00:05:00Z")


def _for_another_portal(assertion: etree._Element) -> None:
    for audience in assertion.iterfind(".//saml:Audience", NAMESPACES):
        audience.text = "https://another-portal.example"


ADVICE: dict[str, Callable[[etree._Element], None]] = {
    "another-person": _another_person,
    "over": _over,
    "another-portal": _for_another_portal,
}


@sound(bases=BASES, variants=ADVICE)
def advice(draft: Draft, change: Callable[[etree._Element], None]) -> None:
    """A second assertion, about the forged person, stands in the advice, which may be ignored: {variant}."""
    assertion = assertion_of(draft.response)
    second = copy.deepcopy(assertion)
    second.set("ID", draft.login.make_id("advice"))
    forge(second, draft.login)
    change(second)
    conditions = assertion.findall("saml:Conditions", NAMESPACES)[0]
    element = conditions.makeelement(f"{{{SAML}}}Advice")
    element.append(second)
    conditions.addnext(element)
