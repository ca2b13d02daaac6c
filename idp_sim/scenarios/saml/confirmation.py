"""The subject's confirmations: several of them, and what their data must not say."""

import copy
from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.saml.names import NAMESPACES
from idp_sim.stages import Draft

Change = Callable[[etree._Element], None]


def _confirmation(draft: Draft) -> etree._Element:
    return draft.response.findall(".//saml:SubjectConfirmation", NAMESPACES)[0]


@breaks("saml.confirmation.no-not-before")
def not_before(draft: Draft) -> None:
    """The bearer confirmation has a NotBefore, which has passed; it may have none at all."""
    conditions = draft.response.findall(".//saml:Conditions", NAMESPACES)[0]
    _confirmation(draft)[0].set("NotBefore", conditions.get("NotBefore", ""))


@breaks("saml.confirmation.address")
def address_elsewhere(draft: Draft) -> None:
    """The bearer confirmation may be delivered from another network address only."""
    _confirmation(draft)[0].set("Address", "192.0.2.1")


def _sender_vouches(confirmation: etree._Element) -> None:
    confirmation.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")


def _for_another_portal(confirmation: etree._Element) -> None:
    confirmation[0].set("Recipient", "https://another-portal.example/login/saml")


def _for_another_request(confirmation: etree._Element) -> None:
    confirmation[0].set("InResponseTo", "_a-request-of-another-portal")


def _over(confirmation: etree._Element) -> None:
    confirmation[0].set("NotOnOrAfter", "2001-01-01T00:00:00Z")


OTHERS: dict[str, Change] = {
    "sender-vouches": _sender_vouches,
    "another-portal": _for_another_portal,
    "another-request": _for_another_request,
    "over": _over,
}


@sound(variants=OTHERS)
def after_another(draft: Draft, change: Change) -> None:
    """Before the right bearer confirmation stands another one, which alone would not do: {variant}."""
    confirmation = _confirmation(draft)
    another = copy.deepcopy(confirmation)
    change(another)
    confirmation.addprevious(another)
