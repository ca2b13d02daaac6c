"""What an assertion must hold: conditions, a bearer confirmation, an authentication statement."""

from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.saml.names import NAMESPACES
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


def _no_data(confirmation: etree._Element) -> None:
    confirmation[:] = []


CONFIRMATIONS: dict[str, Callable[[etree._Element], None]] = {"sender-vouches": _other_method, "no-data": _no_data}


@breaks("saml.confirmation.bearer", variants=CONFIRMATIONS)
def confirmation_not_bearer(draft: Draft, change: Callable[[etree._Element], None]) -> None:
    """The subject is not confirmed by the bearer method with its data: {variant}."""
    for confirmation in draft.response.findall(".//saml:SubjectConfirmation", NAMESPACES):
        change(confirmation)


@breaks("saml.confirmation.bearer")
def confirmation_missing(draft: Draft) -> None:
    """The subject has no confirmation."""
    _remove(draft, "SubjectConfirmation")
