"""Logins to test with: one person, one portal, one frozen moment."""

import base64
import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

import idp_sim.scenarios
from idp_sim.catalogue import Scenario, load
from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.keyring import Keyring
from idp_sim.login import RemoteLogin, SamlLogin
from idp_sim.logout import Logout, LogoutQuery
from idp_sim.people import Person
from idp_sim.perform import perform
from idp_sim.perform_logout import KIND_OF, perform_logout
from idp_sim.stages import Form, Link

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
PERSON = Person("Zoë", "Müller", "zoe+test@example.com", "+49 30 5550101", "Müller & Söhne")
ENCRYPTION = Keyring.ephemeral().entries["signing"]
"""Any pair of keys will do for the portal's: here the simulator's own."""
PORTAL = Portal(
    "portal",
    "http://portal.localhost:5002",
    remote_login=RemoteLoginPortal(secret="0123456789abcdef0123456789abcdef"),
    slo_url="http://portal.localhost:5002/login/saml/logout",
    encryption_certificate=ENCRYPTION.certificate.public_bytes(Encoding.PEM).decode(),
)
SCENARIOS = load(idp_sim.scenarios)
FIXTURES = Path(__file__).parents[2] / "fixtures"


def oasis_schema(name: str) -> etree.XMLSchema:
    """One of the OASIS schemas, which python3-saml carries."""
    spec = importlib.util.find_spec("onelogin.saml2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return etree.XMLSchema(etree.parse(Path(spec.submodule_search_locations[0]) / "schemas" / f"{name}.xsd"))


def saml_login(**changes: Any) -> SamlLogin:
    start = SamlLogin(person=PERSON, portal=PORTAL, at=NOW, seed="1", in_response_to="_request")
    return start.but(**changes)


def remote_login(**changes: Any) -> RemoteLogin:
    return RemoteLogin(person=PERSON, portal=PORTAL, at=NOW).but(**changes)


def post(login: SamlLogin, scenario: Scenario | None = None) -> Form:
    sent = perform(login, Keyring.ephemeral(), scenario)
    assert isinstance(sent, Form)
    return sent


def link(login: RemoteLogin, scenario: Scenario | None = None) -> Link:
    sent = perform(login, Keyring.ephemeral(), scenario)
    assert isinstance(sent, Link)
    return sent


def logout(scenario: Scenario | None = None, **changes: Any) -> tuple[tuple[str, str], ...]:
    """Return what is sent by a logout: the pairs of its query, or the fields of its form."""
    kind = KIND_OF[scenario.start if scenario else "idp"]
    request = {"in_response_to": "_request"} if kind == "response" else {"session_indexes": ("_session",)}
    start: Any = Logout(kind=kind, person=PERSON, portal=PORTAL, at=NOW, seed="1", **request)
    sent = perform_logout(start.but(**changes), Keyring.ephemeral(), scenario)
    return sent.pairs if isinstance(sent, LogoutQuery) else sent.fields


def xml_of(form: Form) -> bytes:
    return base64.b64decode(dict(form.fields)["SAMLResponse"], validate=True)


def tree_of(form: Form) -> etree._Element:
    return etree.fromstring(xml_of(form))


def scenario(scenario_id: str) -> Scenario:
    return next(known for known in SCENARIOS if known.id == scenario_id)
