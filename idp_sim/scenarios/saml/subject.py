"""The subject: NameID, its format, and whom it names."""

import unicodedata
from collections.abc import Callable

import attrs
from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.stages import Draft


@breaks("saml.subject.name-id", variants={"empty": "", "blanks": "   ", "missing": None})
def name_id_blank(login: SamlLogin, value: str | None) -> SamlLogin:
    """The subject has no NameID, or a blank one: {variant}."""
    return login.but(name_id=value)


NOT_AN_ADDRESS = {
    "login-name": "jane.doe",
    "windows-name": "EXAMPLE\\jane",
    "no-mailbox": "@example.com",
    "two-addresses": "jane@example.com;john@example.com",
}


@breaks("saml.subject.address", variants=NOT_AN_ADDRESS)
def name_id_not_an_address(login: SamlLogin, value: str) -> SamlLogin:
    """The NameID is not an address: {variant}."""
    return login.but(name_id=value)


FORMATS = {
    "persistent": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "transient": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    "windows": "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName",
}


@breaks("saml.subject.format", variants=FORMATS)
def other_format(login: SamlLogin, value: str) -> SamlLogin:
    """The NameID, an address, says that it is of another format: {variant}."""
    return login.but(name_id_format=value)


def _name_id(draft: Draft) -> etree._Element:
    return draft.response.findall(".//saml:NameID", NAMESPACES)[0]


@breaks("saml.subject.name-id")
def missing(draft: Draft) -> None:
    """The assertion has no subject."""
    for subject in draft.response.findall(".//saml:Subject", NAMESPACES):
        subject.getparent().remove(subject)  # type: ignore[union-attr]


def _second(draft: Draft, tag: str) -> etree._Element:
    name_id = _name_id(draft)
    second: etree._Element = name_id.makeelement(tag, name_id.attrib, name_id.nsmap)
    second.text = draft.login.forged.email
    return second


def _forged_first(draft: Draft) -> None:
    _name_id(draft).addprevious(_second(draft, f"{{{SAML}}}NameID"))


def _forged_last(draft: Draft) -> None:
    _name_id(draft).addnext(_second(draft, f"{{{SAML}}}NameID"))


TWO: dict[str, Callable[[Draft], None]] = {"forged-first": _forged_first, "forged-last": _forged_last}


@breaks("saml.subject.name-id", variants=TWO)
def two_name_ids(draft: Draft, add: Callable[[Draft], None]) -> None:
    """The subject has two NameIDs, and one of them names the forged person: {variant}."""
    add(draft)


QUALIFIERS: dict[str, str] = {
    "another-portal": "https://another-portal.example",
    "bare-host": "portal.localhost",
    "empty": "",
}


@breaks("saml.subject.qualifier", variants=QUALIFIERS)
def sp_name_qualifier(draft: Draft, qualifier: str) -> None:
    """The NameID says that it is the person's name at another portal: {variant}."""
    _name_id(draft).set("SPNameQualifier", qualifier)


@sound
def own_sp_name_qualifier(draft: Draft) -> None:
    """The NameID says that it is the person's name at this portal."""
    _name_id(draft).set("SPNameQualifier", draft.login.portal.entity_id)


def _with_accent(email: str) -> str:
    return email.replace("e", "\u00e9", 1)


LOOKALIKES: dict[str, Callable[[str], str]] = {
    "upper-case": str.upper,
    "blank-before": lambda email: f" {email}",
    "blank-after": lambda email: f"{email} ",
    "line-break-after": lambda email: f"{email}\n",
    "no-break-space": lambda email: f"{email}\u00a0",
    "zero-width-space": lambda email: f"{email[:3]}\u200b{email[3:]}",
    "full-width": lambda email: chr(ord(email[0]) + 0xFEE0) + email[1:],
    "cyrillic": lambda email: email.replace("o", "\u043e", 1),
    "decomposed": lambda email: unicodedata.normalize("NFD", _with_accent(email)),
}


@breaks("saml.subject.exact", variants=LOOKALIKES)
def lookalike(login: SamlLogin, write: Callable[[str], str]) -> SamlLogin:
    """The NameID looks like the forged person's address, and is not: {variant}.

    A portal may refuse it, or take it for a person of its own. It must never open the account that it looks like.
    """
    forged = login.forged
    if write is LOOKALIKES["decomposed"]:
        forged = attrs.evolve(forged, email=_with_accent(forged.email))
    return login.but(forged=forged, name_id=write(login.forged.email))
