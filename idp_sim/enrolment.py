"""What a portal's administrator enters of this identity provider, so that the portal is set as a scenario needs."""

from collections.abc import Mapping
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from idp_sim.config import ENTITY_ID, SECOND_ENTITY_ID
from idp_sim.keyring import Keyring


def fingerprint(certificate: x509.Certificate, algorithm: Literal["sha1", "sha256"] = "sha1") -> str:
    """Return the fingerprint of a certificate (portal-contract P3): lower-case hex digits with colons."""
    digest = hashes.SHA256() if algorithm == "sha256" else hashes.SHA1()  # noqa: S303 - the contract's default (S6)
    return certificate.fingerprint(digest).hex(":")


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def signing_key_of(given: Mapping[str, Any]) -> str:
    """Return the name of the key with which the simulator signs for a portal with these given settings."""
    return str(given.get("trusts", "signing")).split()[0]


def settings(
    given: Mapping[str, Any], portal_url: str, simulator_url: str, secret: str, keyring: Keyring
) -> dict[str, Any]:
    """Return the settings of a portal that trusts this simulator, as dotted keys of ``portal.toml``.

    ``given`` are what a scenario needs: settings, which stand in the place of these, and beside them ``trusts``, the
    names of keys whose certificates the portal trusts, with blanks between them (the simulator signs with the first);
    ``trusts_second``, the name of the key by which it trusts a second identity provider; ``single_logout``, that this
    one offers it; ``encrypted``, which asks nothing of the settings. ``secret`` is the shared one of remote logins.
    """
    chosen = {key: value for key, value in given.items() if key not in ("trusts", "encrypted")}
    certificates = [keyring.certificate(name) for name in str(given.get("trusts", "signing")).split()]
    trusted: dict[str, Any] = {"saml.fingerprint": fingerprint(certificates[0])}
    if len(certificates) > 1:
        trusted = {"saml.certificate": "".join(map(pem, certificates))}
    second = chosen.pop("trusts_second", None)
    if second is not None:
        further = {"entity_id": SECOND_ENTITY_ID, "fingerprint": fingerprint(keyring.certificate(second))}
        trusted["saml.further_idp"] = [further]
    if chosen.pop("single_logout", False):
        # A fingerprint verifies no signed query: the portal needs the whole certificate, as metadata gives it.
        trusted = {"saml.certificate": pem(certificates[0]), "saml.slo_url": f"{simulator_url}/saml/slo"}
    return {
        "base_url": portal_url,
        "sso.enabled": True,
        "sso.method": "saml",
        "simple.secret": secret,
        "simple.remote_login_url": f"{simulator_url}/remote-login",
        "simple.remote_logout_url": f"{simulator_url}/remote-logout",
        "saml.idp_entity_id": ENTITY_ID,
        "saml.login_url": f"{simulator_url}/saml/sso",
        "saml.logout_url": f"{simulator_url}/saml/logout",
        **trusted,
        **chosen,
    }
