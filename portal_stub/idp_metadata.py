"""Taking settings from an identity provider's metadata, from a file or pasted on the page (P3)."""

import attrs

from portal_stub.config import SamlSettings
from portal_stub.saml.metadata import read_idp_metadata


def taken_from(saml: SamlSettings, xml: bytes) -> SamlSettings:
    """Return the settings with entity ID, addresses and signing certificates of this metadata in place of theirs.

    The certificates take the place of a fingerprint. Raises MetadataProblem.
    """
    found = read_idp_metadata(xml)
    return attrs.evolve(
        saml,
        idp_entity_id=found.entity_id,
        login_url=found.login_url,
        slo_url=found.slo_url,
        certificate="".join(found.certificates),
        fingerprint="",
    )


def completed_by(saml: SamlSettings, xml: bytes) -> SamlSettings:
    """Return the settings with what they leave empty taken from this metadata. Raises MetadataProblem."""
    found = taken_from(saml, xml)
    names = ["idp_entity_id", "login_url", "slo_url"]
    if not saml.fingerprint.strip():
        names.append("certificate")
    return attrs.evolve(saml, **{name: getattr(saml, name) or getattr(found, name) for name in names})
