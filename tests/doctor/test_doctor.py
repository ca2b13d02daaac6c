"""The doctor, set before portals that are set up rightly and before broken ones: it names each for what it is."""

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from tests.doctor.setups import (
    SetUp,
    always_500,
    codes,
    doctor,
    leads_elsewhere,
    metadata_that_ended,
    outcomes,
    standing,
)

REMOTE = SetUp(protocol="remote-login")
SAML = SetUp()

BROKEN = {
    "wrong port": ("unreachable", SetUp(served=False)),
    "no TLS": ("no-tls", SetUp(scheme="https")),
    "self-signed": ("self-signed", SetUp(scheme="https", tls=True)),
    "metadata expired": ("metadata-expired", SetUp(alter=metadata_that_ended)),
    "certificate of another identity provider": ("other-certificate", SetUp(portal={"saml.fingerprint": "second-idp"})),
    "wrong entity ID": ("wrong-entity-id", SetUp(profile={"entity_id": "https://helpdesk.example"})),
    "clock off by five minutes": ("clock-off", SetUp(ahead=timedelta(minutes=5))),
    "clock behind by five minutes": ("clock-off", SetUp(ahead=-timedelta(minutes=5))),
    "portal answers 500": ("portal-fails", SetUp(stranger=always_500)),
    "login page without redirect": ("no-redirect", SetUp(portal={"sso.enabled": False})),
    "sign never appears": (
        "sign-never-appears",
        SetUp(profile={"signed_in": {"email": "#nowhere", "name": "#nowhere"}}),
    ),
    "secret wrong": ("secret-wrong", attrs.evolve(REMOTE, portal={"simple.secret": "another"})),
    "identity provider not known": (
        "idp-not-known",
        SetUp(portal={"saml.idp_entity_id": "https://another-idp.example/metadata"}),
    ),
    "login leads to another identity provider": ("idp-not-known", SetUp(stranger=leads_elsewhere)),
    "other method": ("other-method", SetUp(portal={"sso.method": "simple"})),
    "no such page": ("no-login-page", SetUp(profile={"login": "/sso/start"})),
    "TLS where none is expected": ("tls-expected", SetUp(tls=True)),
}
WITHOUT_A_REASON = (
    "certificate of another identity provider",
    "sign never appears",
    "secret wrong",
    "identity provider not known",
)
"""What is only told by a refused sign-in: a lean profile does not say where the portal shows the reason."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_set_up_is_named(name: str, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, setup = BROKEN[name]
    with standing(setup, tmp_path, keys) as profile:
        exit_code, told = doctor(capsys, profile)
    assert codes(told) == {code}, told
    assert exit_code == 6


@pytest.mark.parametrize("name", WITHOUT_A_REASON)
def test_a_lean_profile_is_enough_to_name_it(
    name: str, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, setup = BROKEN[name]
    with standing(attrs.evolve(setup, lean=True), tmp_path, keys) as profile:
        exit_code, told = doctor(capsys, profile)
    assert codes(told) == {code}, told
    assert exit_code == 6
    assert outcomes(told)["profile"] == "warning"


@pytest.mark.parametrize("setup", [REMOTE, SAML, attrs.evolve(SAML, lean=True)], ids=["remote-login", "saml", "lean"])
def test_a_healthy_portal_passes(setup: SetUp, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with standing(setup, tmp_path, keys) as profile:
        exit_code, told = doctor(capsys, profile)
    assert codes(told) == set(), told
    assert exit_code == 0
    assert told["clock_offset"] == 0


@pytest.mark.parametrize("driver", ["http", "browser"])
def test_a_certificate_that_the_profile_names_is_trusted(
    driver: str, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = SetUp(scheme="https", tls=True, profile={"ca_file": "site.pem"})
    with standing(setup, tmp_path, keys) as profile:
        exit_code, told = doctor(capsys, profile, driver)
    assert codes(told) == set(), told
    assert exit_code == 0
    assert any("89 days left" in found["said"] or "90 days left" in found["said"] for found in told["findings"])


@pytest.mark.parametrize(
    "name", ["certificate of another identity provider", "sign never appears", "portal answers 500"]
)
def test_the_browser_finds_the_same(name: str, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, setup = BROKEN[name]
    with standing(setup, tmp_path, keys) as profile:
        exit_code, told = doctor(capsys, profile, "browser")
    assert codes(told) == {code}, told
    assert exit_code == 6


def test_what_nobody_else_can_tell_is_asked_for(tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup = attrs.evolve(REMOTE, lean=True, profile={"simulator": {"secret": ""}})
    with standing(setup, tmp_path, keys) as profile:
        _, told = doctor(capsys, profile)
    asked = next(found["said"] for found in told["findings"] if found["check"] == "profile")
    for key in ("refused.message", "sign_out.press", "pages.needs_login", "simulator.secret"):
        assert f"'{key}'" in asked
    assert outcomes(told)["remote-login: sound sign-in"] == "not checked"
