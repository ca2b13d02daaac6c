"""Independent software on logout messages: python3-saml on queries, xmlsec on signatures inside, the OASIS schema."""

import base64
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth  # type: ignore[import-untyped]

import idp_sim.scenarios
from idp_sim.catalogue import Scenario, load
from idp_sim.config import ENTITY_ID, Portal
from idp_sim.keyring import Keyring
from idp_sim.logout import Logout, LogoutForm, LogoutQuery
from idp_sim.people import directory
from idp_sim.perform_logout import KIND_OF, perform_logout
from idp_sim.saml.names import DS
from portal_stub.config import SamlSettings, Settings
from portal_stub.keys import Keys
from portal_stub.saml.logout.send import logout_request, logout_response, outgoing
from tests.idp_core.logins import oasis_schema

BASE = "http://portal.localhost:5002"
SERVICE = f"{BASE}/login/saml/logout"
PORTAL = Portal("portal", BASE, slo_url=SERVICE)
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
LOGOUTS = [known for known in load(idp_sim.scenarios) if known.protocol == "saml-logout"]


def sent(scenario: Scenario) -> LogoutForm | LogoutQuery:
    kind = KIND_OF[scenario.start]
    answers = {"in_response_to": "_asked"} if kind == "response" else {"session_indexes": ("_session",)}
    logout: Any = Logout(kind=kind, person=directory()[0], portal=PORTAL, at=NOW, seed=scenario.id, **answers)
    return perform_logout(logout, Keyring.ephemeral(), scenario)


def python3_saml(query: LogoutQuery) -> str:
    """Return why python3-saml refuses the signed query, or the empty string."""
    raw = urlsplit(query.url).query
    pem = Keyring.ephemeral().certificate("signing").public_bytes(Encoding.PEM).decode()
    settings = {
        "strict": True,
        "sp": {
            "entityId": BASE,
            "assertionConsumerService": {"url": f"{BASE}/login/saml"},
            "singleLogoutService": {"url": SERVICE},
        },
        "idp": {
            "entityId": ENTITY_ID,
            "singleSignOnService": {"url": "http://idp.localhost:5001/saml/sso"},
            "singleLogoutService": {"url": "http://idp.localhost:5001/saml/slo"},
            "x509cert": pem,
        },
        "security": {"wantMessagesSigned": True, "rejectDeprecatedAlgorithm": True},
    }
    data = {
        "http_host": "portal.localhost:5002",
        "script_name": "/login/saml/logout",
        "get_data": dict(parse_qsl(raw, keep_blank_values=True)),
        "query_string": raw,
        "validate_signature_from_qs": True,
        "lowercase_urlencoding": False,
    }
    auth = OneLogin_Saml2_Auth(data, old_settings=settings)
    try:
        with time_machine.travel(NOW, tick=False):
            auth.process_slo(keep_local_session=True, request_id="_asked")
    except Exception as error:  # whatever it raises, it does not accept
        return str(error) or type(error).__name__
    return ", ".join(auth.get_errors())


def by_redirect(scenario: Scenario) -> bool:
    return isinstance(sent(scenario), LogoutQuery)


def named(scenario: Scenario) -> str:
    return scenario.id


SOUND = [known for known in LOGOUTS if not known.breaks or known.outcome == "must-accept"]


@pytest.mark.parametrize("scenario", [known for known in SOUND if by_redirect(known)], ids=named)
def test_sound_signed_queries_are_accepted(scenario: Scenario) -> None:
    query = sent(scenario)
    assert isinstance(query, LogoutQuery)
    assert python3_saml(query) == ""


CLAIMED = {
    "saml.logout.signed",
    "saml.logout.query-signature",
    "saml.logout.not-on-or-after",
    "saml.logout.issuer",
    "saml.logout.destination",
    "saml.logout.in-response-to",
    "saml.logout.status",
    "saml.logout.encoding",
    "saml.logout.message",
    "saml.message.no-dtd",
    "saml.message.xml",
    "saml.signature.algorithm",
}
"""The rules that python3-saml claims to check."""

ACCEPTED_THERE = {
    r"saml\.logout-query\.encoding-unknown": "it does not read SAMLEncoding",
    r"saml\.logout-query\.encoded-otherwise\[not-(base64|deflated)\]": "it skips odd signs, inflates if it can",
    r"saml\.logout-query\.without-algorithm\[(empty|unknown)\]": "for an unknown algorithm it takes another",
    r"saml\.logout-request\.other-destination\[(query|longer|slash)\]": "it compares the beginning of a Destination",
    r"saml\.logout-request\.destination-missing\[redirect\]": "it does not ask for a Destination",
    r"saml\.logout-re(quest|sponse)\.other-issuer\[missing\]": "it does not ask for an Issuer",
    r"saml\.logout-response\.unsolicited": "it compares InResponseTo only where there is one",
}
"""What it accepts of these, and why: by pattern of scenario id."""


@pytest.mark.parametrize(
    "scenario",
    [
        known
        for known in LOGOUTS
        if known.breaks and known.breaks[0].id in CLAIMED and known.outcome == "must-refuse" and by_redirect(known)
    ],
    ids=named,
)
def test_broken_signed_queries_are_refused_there_too(scenario: Scenario) -> None:
    query = sent(scenario)
    assert isinstance(query, LogoutQuery)
    known = any(re.fullmatch(pattern, scenario.id) for pattern in ACCEPTED_THERE)
    assert bool(python3_saml(query)) != known


def signature_verifies(form: LogoutForm) -> bool:
    root = etree.fromstring(base64.b64decode(form.fields[0][1]))
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    pem = Keyring.ephemeral().certificate("signing").public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    try:
        context.verify(next(root.iter(f"{{{DS}}}Signature")))
    except xmlsec.Error:
        return False
    return True


@pytest.mark.parametrize("scenario", [known for known in SOUND if not by_redirect(known)], ids=named)
def test_xmlsec_verifies_signatures_inside_sound_messages(scenario: Scenario) -> None:
    form = sent(scenario)
    assert isinstance(form, LogoutForm)
    assert signature_verifies(form)


@pytest.mark.parametrize(
    ("name", "verifies"),
    [
        ("altered", False), ("value-altered", False), ("other-key", False), ("other-key-trusted-certificate", False),
        ("forged-around", True), ("forged-takes-signature", True), ("comment-in-name-id", True),
    ],
)  # fmt: skip
def test_xmlsec_on_broken_signatures_and_on_forgeries(name: str, verifies: bool) -> None:
    scenario = next(known for known in LOGOUTS if known.id == f"saml.logout-signature.{name}")
    form = sent(scenario)
    assert isinstance(form, LogoutForm)
    assert signature_verifies(form) is verifies


@pytest.mark.parametrize("scenario", SOUND, ids=named)
def test_sound_messages_are_valid_by_the_schema(scenario: Scenario) -> None:
    message = sent(scenario)
    root = (
        message.message
        if isinstance(message, LogoutQuery)
        else etree.fromstring(base64.b64decode(message.fields[0][1]))
    )
    oasis_schema("saml-schema-protocol-2.0").assertValid(root)


@pytest.mark.parametrize("binding", ["redirect", "post"])
@pytest.mark.parametrize("parameter", ["SAMLRequest", "SAMLResponse"])
def test_what_the_portal_sends_is_valid_and_signed(binding: Any, parameter: str) -> None:
    saml = SamlSettings(slo_url="http://idp.localhost:5001/saml/slo?tenant=1", slo_binding=binding)
    settings, pair = Settings(base_url=BASE, saml=saml), Keys().signing
    message = (
        logout_request(settings, "_1", "jane@example.com", "_s", NOW)
        if parameter == "SAMLRequest"
        else logout_response(settings, "_1", "_2", NOW)
    )
    oasis_schema("saml-schema-protocol-2.0").assertValid(message)
    going = outgoing(message, parameter, "state & more", settings, pair)
    if binding == "redirect":
        query = urlsplit(going.address).query.removeprefix("tenant=1&")
        signed, _, value = query.partition("&Signature=")
        names = [name for name, _ in parse_qsl(query)]
        assert names == [parameter, "RelayState", "SigAlg", "Signature"]
        assert verified_by_xmlsec(
            signed.encode(), base64.b64decode(dict(parse_qsl(f"v={value}"))["v"]), pair.certificate
        )
    else:
        root = etree.fromstring(base64.b64decode(dict(going.fields)[parameter]))
        xmlsec.tree.add_ids(root, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(
            pair.certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem
        )
        context.verify(next(root.iter(f"{{{DS}}}Signature")))
        assert dict(going.fields)["RelayState"] == "state & more"


def verified_by_xmlsec(octets: bytes, value: bytes, certificate: Any) -> bool:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem)
    try:
        context.verify_binary(octets, xmlsec.constants.TransformRsaSha256, value)
    except xmlsec.Error:
        return False
    return True
