"""The conditions of the assertion as such: in order, once, and of known kinds."""

from collections.abc import Callable
from datetime import timedelta

from lxml import etree

from idp_sim.catalogue import CannotPerform, breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.stages import Draft

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ELSEWHERE = "http://elsewhere.localhost/conditions"


def _conditions(draft: Draft) -> etree._Element:
    return draft.response.findall(".//saml:Conditions", NAMESPACES)[0]


def _add(draft: Draft, *names: str) -> None:
    for name in names:
        etree.SubElement(_conditions(draft), f"{{{SAML}}}{name}")


@breaks("saml.conditions.order", variants={"inverted": 1, "equal": 0})
def valid_until_before_from(login: SamlLogin, share: int) -> SamlLogin:
    """The conditions end before they begin, or then; both times are within the clock drift: {variant}."""
    if login.drift < timedelta(seconds=20):
        raise CannotPerform(
            "The portal allows hardly any clock drift, so one of the two times would be wrong by itself."
        )
    apart = share * login.drift / 3
    return login.but(not_before=login.at + apart, not_on_or_after=login.at - apart)


@breaks("saml.conditions.bounded")
def without_end(login: SamlLogin) -> SamlLogin:
    """The conditions have no NotOnOrAfter; the bearer confirmation has one."""
    return login.but(not_on_or_after=None)


@breaks("saml.conditions.present")
def twice(draft: Draft) -> None:
    """The assertion has two elements Conditions, and the second says nothing."""
    conditions = _conditions(draft)
    conditions.addnext(conditions.makeelement(conditions.tag))


def _of_unknown_type(conditions: etree._Element) -> None:
    unknown = etree.SubElement(conditions, f"{{{SAML}}}Condition", nsmap={"weather": ELSEWHERE})
    unknown.set(XSI_TYPE, "weather:OnlyWhenItRains")


def _of_unknown_name(conditions: etree._Element) -> None:
    etree.SubElement(conditions, f"{{{ELSEWHERE}}}OnlyWhenItRains", nsmap={"weather": ELSEWHERE})


UNKNOWN: dict[str, Callable[[etree._Element], None]] = {"type": _of_unknown_type, "name": _of_unknown_name}


@breaks("saml.conditions.known", variants=UNKNOWN)
def unknown(draft: Draft, add: Callable[[etree._Element], None]) -> None:
    """The conditions hold one of an unknown {variant}, so that nobody can say whether it is met."""
    add(_conditions(draft))


@breaks(
    "saml.conditions.one-time-use", variants={"one-time-use": "OneTimeUse", "proxy-restriction": "ProxyRestriction"}
)
def restricted_twice(draft: Draft, name: str) -> None:
    """The conditions hold an element twice that may stand there once: {variant}."""
    _add(draft, name, name)


@sound(variants={"one-time-use": "OneTimeUse", "proxy-restriction": "ProxyRestriction"})
def restricted(draft: Draft, name: str) -> None:
    """The conditions restrict the use of the assertion in a way that a sign-in keeps anyway: {variant}."""
    _add(draft, name)
