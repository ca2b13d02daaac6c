"""A genuine signature beside a forged identity: only what is signed may be read.

The names in brackets are those of SAML Raider and of Somorovsky et al., "On Breaking SAML" (2012).
"""

from idp_sim.catalogue import breaks
from idp_sim.saml.names import NAMESPACES, SAMLP
from idp_sim.scenarios.saml.forging import assertion_of, forged_copy, remove_signature
from idp_sim.stages import Signed

PROPERTY = "saml.signature.only-signed-is-read"


@breaks(PROPERTY, bases=("assertion",), cves=("CVE-2022-41912",))
def forged_before(signed: Signed) -> None:
    """A forged, unsigned assertion stands before the signed one (XSW3)."""
    genuine = assertion_of(signed.response)
    genuine.addprevious(forged_copy(genuine, signed.login))


@breaks(PROPERTY, bases=("assertion",), cves=("CVE-2022-41912",))
def forged_after(signed: Signed) -> None:
    """A forged, unsigned assertion stands after the signed one."""
    genuine = assertion_of(signed.response)
    genuine.addnext(forged_copy(genuine, signed.login))


@breaks(PROPERTY, bases=("assertion",))
def forged_around(signed: Signed) -> None:
    """The signed assertion is a child of the forged one (XSW4)."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    genuine.addprevious(forged)
    forged.append(genuine)


@breaks(PROPERTY, bases=("assertion",))
def forged_takes_signature(signed: Signed) -> None:
    """The forged assertion holds the signature; the genuine one, without it, comes last (XSW5)."""
    genuine = assertion_of(signed.response)
    forged = forged_copy(genuine, signed.login)
    forged.insert(1, remove_signature(genuine))
    genuine.addprevious(forged)


@breaks(PROPERTY, bases=("assertion",))
def forged_in_extensions(signed: Signed) -> None:
    """A forged assertion stands in the extensions of the response, before the signed one (XSW7)."""
    genuine = assertion_of(signed.response)
    extensions = signed.response.makeelement(f"{{{SAMLP}}}Extensions")
    extensions.append(forged_copy(genuine, signed.login))
    for status in signed.response.findall("samlp:Status", NAMESPACES):
        status.addprevious(extensions)
