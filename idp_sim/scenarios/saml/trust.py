"""Which certificate the portal trusts: its fingerprint counts, not its dates, its issuer or its subject.

A portal that trusts two certificates of one identity provider is in the midst of a rollover of its key.
"""

from idp_sim.catalogue import breaks, sound
from idp_sim.login import BASES, SamlLogin

ROLLOVER = "signing signing-next"


@sound(bases=BASES, given={"trusts": ROLLOVER})
def old_key(login: SamlLogin) -> SamlLogin:
    """During a rollover the portal trusts two keys of the identity provider; this is signed by the old one."""
    return login


@sound(bases=BASES, given={"trusts": ROLLOVER})
def new_key(login: SamlLogin) -> SamlLogin:
    """During a rollover the portal trusts two keys of the identity provider; this is signed by the new one."""
    return login.but(signing_key="signing-next")


@breaks("saml.signature.fingerprint", bases=BASES, given={"trusts": "signing-next"})
def removed_key(login: SamlLogin) -> SamlLogin:
    """After a rollover the old certificate was removed from the portal; this is still signed by the old key."""
    return login.but(signing_key="signing")


@breaks("saml.signature.fingerprint", bases=BASES)
def renewed_certificate(login: SamlLogin) -> SamlLogin:
    """The key is the old one, its certificate a new one; the fingerprint that the portal trusts is the old one's."""
    return login.but(signing_key="renewed")


ODD = {
    "expired": "expired",
    "not-yet-valid": "not-yet-valid",
    "issued-by-an-authority": "issued",
    "other-subject": "other-subject",
}


@sound(bases=BASES, variants=ODD, given={"trusts": f"signing {' '.join(ODD.values())}"})
def odd_certificate(login: SamlLogin, key: str) -> SamlLogin:
    """The certificate has a fingerprint that the portal trusts, and is odd otherwise: {variant}."""
    return login.but(signing_key=key)


@sound(bases=BASES, given={"trusts": "signing issued"})
def chain(login: SamlLogin) -> SamlLogin:
    """After the certificate that signs comes that of the authority that issued it; the portal trusts the first."""
    return login.but(signing_key="issued", certificates=("issued", "authority"))


@breaks("saml.signature.key-size", outcome="advisory", bases=BASES, given={"trusts": "signing rsa-1024"})
def short_key(login: SamlLogin) -> SamlLogin:
    """Signed by an RSA key of 1024 bits, whose certificate the portal trusts."""
    return login.but(signing_key="rsa-1024")


@breaks("saml.signature.algorithm", bases=BASES, given={"trusts": "signing dsa"})
def dsa_key(login: SamlLogin) -> SamlLogin:
    """Signed with DSA by a key whose certificate the portal trusts."""
    return login.but(signing_key="dsa")
