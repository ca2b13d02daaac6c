"""What an administrator enters on a portal so that it trusts this simulator."""

from cryptography.hazmat.primitives import hashes

from idp_sim.config import Simulator


def facts(config: Simulator) -> tuple[tuple[str, str], ...]:
    """Return pairs of name and value; the fingerprints are those of the certificate that signs (portal-contract S6)."""
    certificate = config.keyring.certificate("signing")
    return (
        ("Entity ID", config.entity_id),
        ("SAML Login URL", config.sso_url),
        ("Logout URL", f"{config.base_url}/saml/logout"),
        ("Single logout URL", config.slo_url),
        ("Metadata", f"{config.base_url}/saml/metadata"),
        ("Fingerprint, SHA-1", certificate.fingerprint(hashes.SHA1()).hex(":").upper()),  # noqa: S303  it is a name, not a signature
        ("Fingerprint, SHA-256", certificate.fingerprint(hashes.SHA256()).hex(":").upper()),
        ("Remote Login URL", f"{config.base_url}/remote-login"),
        ("Remote Logout URL", f"{config.base_url}/remote-logout"),
    )
