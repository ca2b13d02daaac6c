"""The audience of the assertion: for which portal it is made."""

import copy

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.saml.names import NAMESPACES
from idp_sim.scenarios.saml.addresses import OTHER, Change
from idp_sim.stages import Draft


def _restriction(draft: Draft) -> etree._Element:
    return draft.response.findall(".//saml:AudienceRestriction", NAMESPACES)[0]


def _add_audience(restriction: etree._Element, entity_id: str) -> None:
    audience = etree.Element(restriction[0].tag, nsmap=restriction[0].nsmap)
    audience.text = entity_id
    restriction.insert(0, audience)


ANOTHER_PORTAL = "https://another-portal.example"


@breaks("saml.conditions.audience", variants=OTHER)
def other(login: SamlLogin, change: Change) -> SamlLogin:
    """The audience is another portal's entity ID: {variant}."""
    return login.but(audience=change(login.portal.entity_id))


@breaks("saml.conditions.audience")
def missing(login: SamlLogin) -> SamlLogin:
    """The conditions have no audience restriction."""
    return login.but(audience=None)


@breaks("saml.conditions.audience")
def two_restrictions(draft: Draft) -> None:
    """Of two audience restrictions, which must both hold, one does not name this portal."""
    restriction = _restriction(draft)
    parent = restriction.getparent()
    if parent is not None:
        second = etree.SubElement(parent, restriction.tag)
        second.append(etree.Element(restriction[0].tag, nsmap=restriction[0].nsmap))
        second[0].text = ANOTHER_PORTAL


@sound
def one_of_several(draft: Draft) -> None:
    """One audience restriction names several portals, and this one is among them."""
    _add_audience(_restriction(draft), ANOTHER_PORTAL)


@breaks("saml.conditions.audience")
def other_restriction_first(draft: Draft) -> None:
    """Of two audience restrictions, which must both hold, the first names another portal and the second this one."""
    restriction = _restriction(draft)
    first = copy.deepcopy(restriction)
    first[0].text = ANOTHER_PORTAL
    restriction.addprevious(first)


@breaks("saml.conditions.audience")
def restriction_to_nobody(draft: Draft) -> None:
    """The audience restriction names nobody."""
    restriction = _restriction(draft)
    restriction[:] = []
