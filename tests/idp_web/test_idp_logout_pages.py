"""Single logout at the simulator's pages."""

import base64
import zlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp_sim.web.issued import Issued
from portal_stub.config import SamlSettings, Settings
from portal_stub.keys import Keys
from portal_stub.saml.logout.send import Outgoing, logout_request, logout_response, outgoing
from tests.idp_web.idp_bench import HELPDESK, NOW, SAML, SIMULATOR, Bench, Page, portal

SLO = f"{HELPDESK}/login/saml/logout"
KEYS = Keys()
PEM = KEYS.signing.certificate.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def bench() -> Bench:
    return Bench(portal(slo_url=SLO, request_certificate=PEM))


def signed_in(bench: Bench, *people: str) -> None:
    for person in people:
        bench.sign_in(bench.open("/saml/start?portal=helpdesk"), person=person)


def start(bench: Bench) -> Page:
    return bench.open("/saml/logout/start?portal=helpdesk")


def values(page: Page, name: str) -> list[str]:
    return [field.get("value", "") for field in page.all(f"//input[@name='{name}']")]


JANE, ZOE = "jane.doe@example.com", "zoe+test@example.com"


def test_sessions_are_offered_the_latest_first(bench: Bench) -> None:
    assert "Nobody was signed in" in start(bench).words
    signed_in(bench, JANE, ZOE, JANE)
    page = start(bench)
    assert values(page, "session") == values(page, "other") == [JANE, ZOE, f"{JANE} 2"]
    assert page.fields("log-out-form")["session"] == JANE
    assert page.fields("log-out-form")["scenario"] == "saml.logout.request[redirect]"


def test_broken_logins_begin_no_session(bench: Bench) -> None:
    bench.sign_in(bench.open("/saml/start?portal=helpdesk"), scenario="saml.signature.unsigned")
    assert values(start(bench), "session") == []


def sent(page: Page) -> etree._Element:
    fields = parse_qs(urlsplit(page.response.location or "").query)
    (name,) = {"SAMLRequest", "SAMLResponse"} & fields.keys()
    return etree.fromstring(zlib.decompress(base64.b64decode(fields[name][0]), -15))


def test_the_chosen_session_is_named(bench: Bench) -> None:
    signed_in(bench, JANE, ZOE)
    page = start(bench)
    form = {**page.fields("log-out-form"), "session": JANE}
    request = sent(bench.open("/saml/logout/send", method="POST", data=form))
    assert request.findtext("a:NameID", namespaces=SAML) == JANE
    shown = [item.text_content() for item in page.all("//section[@class='people']//li") if JANE in item.text_content()]
    assert str(request.findtext("p:SessionIndex", namespaces=SAML)) in shown[0]


def test_a_forgery_names_whom_the_tester_chose(bench: Bench) -> None:
    signed_in(bench, JANE, ZOE)
    form = {
        **start(bench).fields("log-out-form"),
        "session": JANE,
        "other": ZOE,
        "scenario": "saml.logout-query.altered",
    }
    request = sent(bench.open("/saml/logout/send", method="POST", data=form))
    assert request.findtext("a:NameID", namespaces=SAML) == ZOE


@pytest.mark.parametrize("changes", [{"session": "x@example.com"}, {"session": ""}, {"other": "x"}, {"scenario": "x"}])
def test_what_is_not_offered_is_refused(bench: Bench, changes: dict[str, str]) -> None:
    signed_in(bench, JANE)
    page = bench.open("/saml/logout/send", method="POST", data={**start(bench).fields("log-out-form"), **changes})
    assert page.status == 400


def test_a_scenario_of_the_other_direction_is_refused(bench: Bench) -> None:
    signed_in(bench, JANE)
    form = {**start(bench).fields("log-out-form"), "scenario": "saml.logout-response.unrelated"}
    page = bench.open("/saml/logout/send", method="POST", data=form)
    assert (page.status, "performed by a logout response" in page.words) == (400, True)


def test_a_portal_without_a_service_is_told_so() -> None:
    page = Bench().open("/saml/logout/start?portal=helpdesk")
    assert (page.status, "slo_url" in page.words) == (400, True)


def going(binding: str = "redirect", *, answer: bool = False, keys: Keys = KEYS, base: str = HELPDESK) -> Outgoing:
    saml = SamlSettings(slo_url=f"{SIMULATOR}/saml/slo", slo_binding=binding)  # type: ignore[arg-type]
    settings = Settings(base_url=base, saml=saml)
    message = logout_response(settings, "_1", "_2", NOW) if answer else logout_request(settings, "_1", JANE, "_s", NOW)
    return outgoing(message, "SAMLResponse" if answer else "SAMLRequest", "the state", settings, keys.signing)


def arrive(bench: Bench, message: Outgoing) -> Page:
    if message.fields:
        return bench.open("/saml/slo", method="POST", data=dict(message.fields))
    return bench.open(message.address.removeprefix(SIMULATOR))


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_portals_request_is_answered_with_its_id_and_relay_state(bench: Bench, binding: str) -> None:
    signed_in(bench, JANE)
    page = arrive(bench, going(binding))
    assert page.status == 200
    answered = bench.open("/saml/logout/send", method="POST", data=page.fields("log-out-form"))
    response = sent(answered)
    assert (response.get("InResponseTo"), response.get("Destination")) == ("_1", SLO)
    assert parse_qs(urlsplit(answered.response.location or "").query)["RelayState"] == ["the state"]


def test_what_a_portal_has_ended_is_forgotten(bench: Bench) -> None:
    signed_in(bench, ZOE, JANE)
    (index,) = [session.session_index for session in sessions(bench) if session.person.email == JANE]
    saml = SamlSettings(slo_url=f"{SIMULATOR}/saml/slo")
    settings = Settings(base_url=HELPDESK, saml=saml)
    for name_id, left in (("x@example.com", [JANE, ZOE]), (JANE, [ZOE])):
        request = logout_request(settings, "_1", name_id, index, NOW)
        arrive(bench, outgoing(request, "SAMLRequest", None, settings, KEYS.signing))
        assert values(start(bench), "session") == left
    request = logout_request(settings, "_1", "x@example.com", None, NOW)
    arrive(bench, outgoing(request, "SAMLRequest", None, settings, KEYS.signing))
    assert values(start(bench), "session") == [ZOE]


def sessions(bench: Bench) -> list[Issued]:
    return list(bench.client.application.extensions["idp_sim"].sessions.at_portal("helpdesk").values())


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_portals_answer_is_shown(bench: Bench, binding: str) -> None:
    page = arrive(bench, going(binding, answer=True))
    assert page.one("//*[@id='logout-status']").text == "urn:oasis:names:tc:SAML:2.0:status:Success"
    assert page.one("//*[@id='relay-state']").text == "the state"


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_message_of_another_key_is_refused(bench: Bench, binding: str, answer: bool) -> None:
    page = arrive(bench, going(binding, answer=answer, keys=Keys()))
    assert (page.status, "The signature of the logout message is wrong" in page.words) == (400, True)


def test_an_unsigned_message_is_refused(bench: Bench) -> None:
    query = urlsplit(going().address).query
    unsigned = urlencode([(name, found[0]) for name, found in parse_qs(query).items() if name.startswith("SAML")])
    page = bench.open(f"/saml/slo?{unsigned}")
    assert (page.status, "got: none" in page.words) == (400, True)


def test_a_message_of_an_unknown_portal_or_for_another_place_is_refused(bench: Bench) -> None:
    assert "not known here" in arrive(bench, going(base="http://other.localhost")).words
    saml = SamlSettings(slo_url="http://idp.localhost:1/saml/slo")
    settings = Settings(base_url=HELPDESK, saml=saml)
    request = outgoing(logout_request(settings, "_1", JANE, None, NOW), "SAMLRequest", None, settings, KEYS.signing)
    page = bench.open(f"/saml/slo?{urlsplit(request.address).query}")
    assert (page.status, "meant for another place" in page.words) == (400, True)


@pytest.mark.parametrize("query", ["", "SAMLRequest=", "SAMLRequest=x", "SAMLResponse=PGE%2BPC9hPg", "SAMLRequest=%FF"])
def test_what_cannot_be_read_is_told_so(bench: Bench, query: str) -> None:
    page = bench.open(f"/saml/slo?{query}")
    assert (page.status, "cannot be read" in page.words) == (400, True)
