"""Signature algorithms that every portal should accept: RSA with its two paddings, ECDSA on its three curves."""

from idp_sim.catalogue import sound
from idp_sim.login import BASES, SamlLogin

EC_KEYS = {
    "p256-sha256": ("ec", "sha256"),
    "p256-sha384": ("ec", "sha384"),
    "p384-sha384": ("ec-384", "sha384"),
    "p521-sha512": ("ec-521", "sha512"),
}


@sound(bases=BASES, variants=EC_KEYS, given={"trusts": "signing ec ec-384 ec-521"})
def ecdsa(login: SamlLogin, chosen: tuple[str, str]) -> SamlLogin:
    """Signed with ECDSA by a key whose certificate the portal trusts: {variant}."""
    key, digest = chosen
    return login.but(signing_key=key, signature_algorithm=f"ecdsa-{digest}", digest_algorithm=digest)


DIGESTS = {digest: digest for digest in ("sha256", "sha384", "sha512")}


@sound(bases=BASES, variants=DIGESTS)
def rsa_pss(login: SamlLogin, digest: str) -> SamlLogin:
    """Signed with RSA in the probabilistic padding (RSASSA-PSS, RFC 6931 2.3.10): {variant}."""
    return login.but(signature_algorithm=f"{digest}-rsa-MGF1", digest_algorithm=digest)


@sound(bases=BASES)
def rsa_sha384(login: SamlLogin) -> SamlLogin:
    """Signed with rsa-sha384."""
    return login.but(signature_algorithm="rsa-sha384", digest_algorithm="sha384")
