import pytest

import idp_sim.scenarios
from idp_sim.catalogue import load
from idp_sim.keyring import PUBLISHED
from idp_sim.login import BASES
from idp_sim.people import directory
from tests.idp_web.idp_bench import HELPDESK, SAML, SIMULATOR, Bench, Page, for_post, for_redirect, portal, request_xml

SCENARIOS = [scenario for scenario in load(idp_sim.scenarios) if scenario.protocol == "saml"]
ACS = f"{HELPDESK}/login/saml"


def ask(bench: Bench, binding: str = "redirect", relay_state: str | None = None, xml: bytes | None = None) -> Page:
    xml = xml or request_xml()
    sent = {} if relay_state is None else {"RelayState": relay_state}
    if binding == "redirect":
        return bench.open("/saml/sso", query_string={"SAMLRequest": for_redirect(xml), **sent})
    return bench.open("/saml/sso", method="POST", data={"SAMLRequest": for_post(xml), **sent})


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_request_is_answered_with_its_id_and_relay_state(binding: str) -> None:
    bench = Bench()
    page = ask(bench, binding, relay_state='/a?b=1&c="<é>')
    assert page.status == 200
    fields = page.fields("sign-in-form")
    assert fields["in_response_to"] == "_1"
    assert "target" not in fields
    back = bench.sign_in(page)
    assert back.one("//form[@id='saml-form']").get("action") == ACS
    assert back.fields("saml-form")["RelayState"] == '/a?b=1&c="<é>'
    assert back.answer().get("InResponseTo") == "_1"


def test_without_a_relay_state_none_is_sent_back() -> None:
    bench = Bench()
    assert set(bench.sign_in(ask(bench)).fields("saml-form")) == {"SAMLResponse"}


def test_an_empty_relay_state_is_sent_back_empty() -> None:
    bench = Bench()
    assert bench.sign_in(ask(bench, relay_state="")).fields("saml-form")["RelayState"] == ""


def test_a_target_cannot_replace_the_relay_state_of_a_request() -> None:
    bench = Bench()
    assert "RelayState" not in bench.sign_in(ask(bench), target="/elsewhere").fields("saml-form")


def test_the_first_person_and_the_sound_scenario_are_chosen_at_first() -> None:
    fields = ask(Bench()).fields("sign-in-form")
    assert fields == {
        "portal": "helpdesk",
        "in_response_to": "_1",
        "person": directory()[0].email,
        "scenario": "saml.sound.plain",
        "base": "assertion",
    }


def test_a_login_may_begin_here() -> None:
    bench = Bench()
    page = bench.open("/saml/start?portal=helpdesk")
    assert page.status == 200
    assert "in_response_to" not in page.fields("sign-in-form")
    back = bench.sign_in(page, target="/support/tickets", person=directory()[7].email)
    assert back.fields("saml-form")["RelayState"] == "/support/tickets"
    assert back.answer().get("InResponseTo") is None
    assert back.answer().findtext(".//a:NameID", namespaces=SAML) == directory()[7].email


def test_an_empty_target_is_not_sent() -> None:
    bench = Bench()
    back = bench.sign_in(bench.open("/saml/start?portal=helpdesk"), target="")
    assert "RelayState" not in back.fields("saml-form")


def test_the_answer_has_the_moment_of_the_clock_and_the_issuer_of_the_simulator() -> None:
    bench = Bench()
    answer = bench.sign_in(ask(bench)).answer()
    assert answer.get("IssueInstant") == "2016-04-01T12:00:00Z"
    assert answer.findtext("a:Issuer", namespaces=SAML) == bench.config.entity_id


def test_the_answer_goes_to_the_configured_consumer_service_whatever_its_path() -> None:
    bench = Bench(portal(acs_url="https://elsewhere.example/acs"))
    back = bench.sign_in(ask(bench))
    assert back.one("//form[@id='saml-form']").get("action") == "https://elsewhere.example/acs"
    assert back.answer().get("Destination") == "https://elsewhere.example/acs"


def test_the_configured_consumer_service_may_be_asked_for() -> None:
    assert ask(Bench(), xml=request_xml(AssertionConsumerServiceURL=ACS)).status == 200


@pytest.mark.parametrize("address", ["https://evil.example/acs", f"{ACS}/", ACS.replace("http:", "https:"), ""])
def test_another_consumer_service_is_refused(address: str) -> None:
    page = ask(Bench(), xml=request_xml(AssertionConsumerServiceURL=address))
    assert page.status == 400
    assert not page.all("//form")
    assert ACS in page.words
    assert address in page.words


@pytest.mark.parametrize("address", [f"{SIMULATOR}/saml/sso", None])
def test_a_request_for_this_place_is_taken(address: str | None) -> None:
    given = {} if address is None else {"Destination": address}
    assert ask(Bench(), xml=request_xml(**given)).status == 200


def test_the_address_that_was_visited_is_a_right_destination_too() -> None:
    request = for_redirect(request_xml(Destination="http://localhost:5001/saml/sso"))
    response = Bench().client.get("/saml/sso", query_string={"SAMLRequest": request}, base_url="http://localhost:5001")
    assert response.status_code == 200


def test_a_request_for_another_place_is_refused() -> None:
    page = ask(Bench(), xml=request_xml(Destination="https://other-idp.example/sso"))
    assert page.status == 400
    assert "https://other-idp.example/sso" in page.words
    assert f"{SIMULATOR}/saml/sso" in page.words


@pytest.mark.parametrize("path", ["/saml/sso", "/saml/sso?SAMLRequest=", "/saml/sso?SAMLRequest=%25", "/saml/sso?x=1"])
def test_an_unreadable_request_is_told_so(path: str) -> None:
    page = Bench().open(path)
    assert page.status == 400
    assert "SAMLRequest" in page.words
    assert not page.all("//form")


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_request_that_is_not_xml_is_told_so(binding: str) -> None:
    page = ask(Bench(), binding, xml=b"<not xml")
    assert page.status == 400
    assert "cannot be read" in page.words


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.id))
def test_every_scenario_can_be_performed_on_each_of_its_bases(scenario: idp_sim.catalogue.Scenario) -> None:
    bench = Bench()
    page = ask(bench)
    for base in scenario.bases or BASES:
        back = bench.sign_in(page, scenario=scenario.id, base=base)
        assert back.status == 200
        assert back.one("//form[@id='saml-form']").get("action")
    for base in set(BASES) - set(scenario.bases or BASES):
        refused = bench.sign_in(page, scenario=scenario.id, base=base)
        assert refused.status == 400
        assert scenario.id in refused.words
        assert scenario.bases[0] in refused.words


@pytest.mark.parametrize("base", BASES)
def test_the_chosen_base_is_signed(base: str) -> None:
    bench = Bench()
    answer = bench.sign_in(ask(bench), base=base).answer()
    signature = "{http://www.w3.org/2000/09/xmldsig#}Signature"
    assertion = answer.find("a:Assertion", SAML)
    assert assertion is not None
    assert (assertion.find(signature) is not None) == (base in ("assertion", "both"))
    assert (answer.find(signature) is not None) == (base in ("response", "both"))


@pytest.mark.parametrize("request_id", ["", "a\x00b", "\ud7ff\x01", "x" * 2000, "\uffff"])
def test_an_id_that_no_answer_could_name_is_refused(request_id: str) -> None:
    bench = Bench()
    page = bench.sign_in(ask(bench), in_response_to=request_id)
    assert page.status == 400
    assert "ID" in page.words


def test_metadata_names_the_service_and_the_certificates() -> None:
    bench = Bench()
    page = bench.open("/saml/metadata")
    assert page.status == 200
    assert page.response.mimetype == "application/samlmetadata+xml"
    assert f'entityID="{bench.config.entity_id}"' in page.text
    assert page.text.count(f'Location="{SIMULATOR}/saml/sso"') == 2
    assert page.text.count("X509Certificate>") == 2 * len(PUBLISHED)


def test_the_logout_page_is_plain() -> None:
    page = Bench().open("/saml/logout")
    assert page.status == 200
    assert page.one("//h1").text == "You are signed out"
    assert not page.all("//*[@id='sent-by']")
