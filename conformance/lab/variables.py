"""What a harness is told of the side that it faces, in variables and files: the simulator, or our portal.

Keys are made on first use in the folder that is given, and stay.
"""

import json
from pathlib import Path
from typing import Any

from conformance.idp.enrolment import described
from conformance.idp.profile import OurPortal
from idp_sim import enrolment
from idp_sim.config import ENTITY_ID
from idp_sim.keyring import Keyring
from idp_sim.saml.metadata import idp_metadata

SIMULATOR = "http://idp.localhost:5001"
SECRET = "7d793037a0760186574b0282f2f435e7"  # noqa: S105 - shared by sites that live as long as one run
PEOPLE = Path(__file__).with_name("people.json")
"""Who can sign in at the identity providers of the lab: user, password, email, first_name and last_name of each."""


def people() -> list[dict[str, Any]]:
    """Return who can sign in at the identity providers of the lab."""
    told: list[dict[str, Any]] = json.loads(PEOPLE.read_text(encoding="utf-8"))
    return told


def of_the_simulator(keys: Path, folder: Path) -> dict[str, str]:
    """Return what a service provider is told of the simulator, which signs with these keys; files go to ``folder``."""
    certificate = Keyring.open(keys).certificate("signing")
    metadata, pem = folder / "metadata.xml", folder / "signing.pem"
    sso, slo = f"{SIMULATOR}/saml/sso", f"{SIMULATOR}/saml/slo"
    # One key alone: the suite has cases that sign with the others, and they must not be trusted.
    metadata.write_bytes(idp_metadata(ENTITY_ID, sso, [certificate], slo))
    pem.write_text(enrolment.pem(certificate))
    return {
        "LAB_IDP_METADATA": str(metadata),
        "LAB_IDP_ENTITY_ID": ENTITY_ID,
        "LAB_IDP_SSO_URL": sso,
        "LAB_IDP_SLO_URL": slo,
        "LAB_IDP_CERT": str(pem),
        "LAB_IDP_REMOTE_LOGIN_URL": f"{SIMULATOR}/remote-login",
        "LAB_SECRET": SECRET,
    }


def of_our_portal(ours: OurPortal, folder: Path) -> dict[str, str]:
    """Return what an identity provider is told of our portal, as its profile describes it; files go to ``folder``."""
    told = described(ours)
    metadata, pem = folder / "metadata.xml", folder / "signing.pem"
    metadata.write_bytes(told.metadata)
    pem.write_text(told.certificate)
    return {
        "LAB_SP_METADATA": str(metadata),
        "LAB_SP_BASE_URL": ours.base_url,
        "LAB_SP_ENTITY_ID": told.entity_id,
        "LAB_SP_ACS_URL": told.acs_url,
        "LAB_SP_SLO_URL": told.slo_url,
        "LAB_SP_CERT": str(pem),
        "LAB_PEOPLE": str(PEOPLE),
        "LAB_SECRET": SECRET,
    }
