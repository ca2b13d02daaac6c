"""The doctor's core: facts in, findings out, without a connection."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.doctor.connection import certificate, clock, metadata, reachable, tls
from conformance.doctor.contact import read_metadata
from conformance.doctor.facts import Contact, Facts, Metadata, Reading, Wanted
from conformance.doctor.findings import Finding
from conformance.doctor.telling import lines

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PORTAL = "https://portal.example"
WANTED = Wanted(
    portal=PORTAL, login=f"{PORTAL}/login", entity_id=PORTAL, acs_url=f"{PORTAL}/acs", probe=f"{PORTAL}/",
    signs={"email": "#me"}, simulator="http://idp.localhost:5001", idp_entity_id="urn:idp", protocols=("saml",),
)  # fmt: skip


def _code(finding: Finding) -> str:
    return finding.trouble.code if finding.trouble is not None else finding.outcome


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"problem": "no-address", "detail": "Name or service not known"}, "no-such-host"),
        ({"problem": "unreachable", "detail": "Connection refused"}, "unreachable"),
        ({"problem": "no-answer", "detail": "illegal status line"}, "no-answer"),
        ({"status": 502}, "portal-fails"),
        ({"status": 301, "redirects_to": "http://portal.example/"}, "other-address"),
        ({"status": 302, "redirects_to": "https://portal.example/login"}, "ok"),
        ({"status": 302, "redirects_to": "https://idp.example/"}, "ok"),
        ({"status": 404}, "ok"),
        ({"problem": "untrusted"}, "ok"),
    ],
)
def test_whether_the_portal_is_reached(facts: Mapping[str, Any], code: str) -> None:
    assert _code(reachable(Contact(address=f"{PORTAL}/", **facts))) == code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"problem": "untrusted", "tls_error": 18}, "self-signed"),
        ({"problem": "untrusted", "tls_error": 20}, "unknown-authority"),
        ({"problem": "untrusted", "tls_error": 10}, "tls-expired"),
        ({"problem": "untrusted", "tls_error": 9}, "tls-not-yet-valid"),
        ({"problem": "untrusted", "tls_error": 62}, "tls-other-host"),
        ({"problem": "untrusted", "tls_error": 23}, "tls-untrusted"),
        ({"problem": "no-tls"}, "no-tls"),
        ({"problem": "unreachable"}, "not checked"),
        ({"status": 200, "certificate_ends": NOW + timedelta(days=60)}, "ok"),
        ({"status": 200, "certificate_ends": NOW + timedelta(days=6)}, "warning"),
    ],
)
def test_whether_the_connection_is_trusted(facts: Mapping[str, Any], code: str) -> None:
    assert _code(tls(Contact(address=f"{PORTAL}/", **facts), NOW)) == code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"problem": "it is no XML."}, "metadata-unusable"),
        ({"valid_until": NOW}, "metadata-expired"),
        ({"valid_until": NOW + timedelta(seconds=1)}, "ok"),
        ({"entity_id": f"{PORTAL}/"}, "wrong-entity-id"),
        ({"acs_url": f"{PORTAL}/acs/"}, "wrong-acs-url"),
        ({"address": ""}, "not checked"),
    ],
)
def test_whether_the_metadata_is_right(facts: Mapping[str, Any], code: str) -> None:
    right: dict[str, Any] = {"address": f"{PORTAL}/metadata", "entity_id": PORTAL, "acs_url": f"{PORTAL}/acs"}
    assert _code(metadata(Metadata(**(right | dict(facts))), WANTED, NOW)) == code


@pytest.mark.parametrize(("days", "outcome"), [(31, "ok"), (29, "warning"), (-1, "warning")])
def test_how_long_certificates_are_good(days: int, outcome: str) -> None:
    found = Metadata(address="x", certificates={"signing": NOW + timedelta(days=days)})
    assert certificate(found, NOW).outcome == outcome


@pytest.mark.parametrize(
    ("ahead", "asked_for", "offset"),
    [(0, 0, 0.0), (-1, 0, 0.0), (1, 0, 1.5), (-0.4, 0.5, 0.0), (300, 0, 300.5), (-300, 2, -300.5), (3, 10, 0.0)],
)
def test_an_offset_is_told_only_where_the_reading_proves_it(ahead: float, asked_for: float, offset: float) -> None:
    latest = NOW + timedelta(seconds=asked_for)
    assert Reading(told=NOW + timedelta(seconds=ahead), earliest=NOW, latest=latest).offset == offset


@pytest.mark.parametrize(("ahead", "code"), [(0, "ok"), (7, "ok"), (9, "clock-off"), (-10, "clock-off")])
def test_whether_the_clocks_agree(ahead: int, code: str) -> None:
    read = Reading(told=NOW + timedelta(seconds=ahead), earliest=NOW, latest=NOW)
    assert _code(clock(Facts(wanted=WANTED, now=NOW, contact=Contact(address=PORTAL, date=read)))) == code


def test_every_validity_in_the_metadata_counts() -> None:
    xml = (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:sp" '
        'validUntil="2030-01-01T00:00:00Z"><md:SPSSODescriptor validUntil="2029-01-01T00:00:00.5Z" '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService index="0" '
        'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs"/>'
        "</md:SPSSODescriptor></md:EntityDescriptor>"
    )
    assert read_metadata("x", xml.encode()).valid_until == datetime(2029, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)
    assert read_metadata("x", b"<nothing").problem


def test_a_failure_is_told_with_its_code_and_its_mend() -> None:
    told = lines([reachable(Contact(address=PORTAL, problem="unreachable", detail="Connection refused"))])
    assert told[0].startswith("failed       reachable  Nobody answers at portal.example (Connection refused).")
    assert told[0].endswith("[unreachable]")
    assert told[1].strip().startswith("mend: Start the portal")
    assert told[-1] == "The doctor found: unreachable."
