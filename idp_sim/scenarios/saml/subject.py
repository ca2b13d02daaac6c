"""The subject: NameID and its format."""

from idp_sim.catalogue import breaks
from idp_sim.login import SamlLogin


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
