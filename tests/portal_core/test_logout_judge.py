"""Logout messages at the portal, beyond the catalogue: exact limits, bounds, and whatever a stranger may send."""

import base64
import tracemalloc
import zlib
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from conformance.case import all_cases
from conformance.in_process import NOW, REQUEST, arrival_of, deliver, keyring
from conformance.logouts import binding_of
from conformance.sites import CUSTOMER
from idp_sim.catalogue import CannotPerform
from idp_sim.config import Portal
from idp_sim.logout import BINDINGS, STAGES, Logout, LogoutForm, LogoutQuery
from idp_sim.perform_logout import perform_logout
from portal_stub.config import FurtherIdp
from portal_stub.saml.fingerprint import fingerprint_of, read_certificates
from portal_stub.saml.logout.arrival import Arrival, LogoutMemory
from portal_stub.saml.logout.judge import LogoutDiagnosis, judge_logout
from portal_stub.saml.logout.messages import UNSUCCESSFUL, public_logout_message
from portal_stub.saml.logout.received import inflate
from portal_stub.saml.xml import MAX_BYTES
from portal_stub.weakness import Weaknesses

CASES = {case.id: case for case in all_cases() if case.scenario.protocol == "saml-logout"}
SECOND = timedelta(seconds=1)


def judged(name: str, after: timedelta = timedelta(), **saml: Any) -> LogoutDiagnosis:
    one = deliver(CASES[name])
    assert one is not None
    assert isinstance(one.sent, LogoutForm | LogoutQuery)
    settings = attrs.evolve(one.settings, saml=attrs.evolve(one.settings.saml, **saml))
    return judge_logout(arrival_of(one.sent), settings, NOW + after, LogoutMemory(open_logouts={REQUEST}))


def drift(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.mark.parametrize("binding", ["redirect", "post"])
@pytest.mark.parametrize(("after", "granted"), [(-SECOND, True), (0 * SECOND, False), (SECOND, False)])
def test_a_request_ends_with_its_not_on_or_after_and_the_drift(binding: str, after: timedelta, granted: bool) -> None:
    limit = timedelta(minutes=5) + drift(60)
    found = judged(f"saml.logout.request[{binding}]", limit + after)
    assert found.granted is granted
    assert found.violations == (() if granted else ("saml.logout.not-on-or-after",))


@pytest.mark.parametrize(("after", "granted"), [(-SECOND, False), (0 * SECOND, True), (SECOND, True)])
def test_a_message_begins_with_its_issue_instant_less_the_drift(after: timedelta, granted: bool) -> None:
    found = judged("saml.logout.request[redirect]", -drift(60) + after)
    assert found.granted is granted
    assert found.violations == (() if granted else ("saml.logout.issue-instant",))


def test_what_a_request_says_is_read_whole() -> None:
    found = judged("saml.logout.several-session-indexes")
    assert (found.kind, found.session_indexes) == ("request", ("_of-another-portal", "_session"))
    assert found.message_id
    assert found.person == "jane.doe@example.com"
    assert judged("saml.logout.without-session-index[post]").session_indexes == ()


def test_what_a_response_says_is_read_whole() -> None:
    found = judged("saml.logout.partial")
    assert (found.granted, found.kind, found.request_id, found.partial) == (True, "response", REQUEST, True)
    assert (found.identity, found.person) == (None, None)
    assert not judged("saml.logout.response[post]").partial


def test_a_response_is_believed_only_while_its_request_is_open() -> None:
    one = deliver(CASES["saml.logout.response[redirect]"])
    assert one is not None
    assert isinstance(one.sent, LogoutQuery)
    for memory in (LogoutMemory(open_logouts=set()), LogoutMemory(open_logouts={"_other"})):
        found = judge_logout(arrival_of(one.sent), one.settings, NOW, memory)
        assert (found.granted, found.violations) == (False, ("saml.logout.in-response-to",))


def test_each_binding_is_sent_to_its_own_address() -> None:
    portal = Portal("portal", "http://p", slo_redirect_url="http://p/redirect", slo_post_url="http://p/post")
    sent = [
        perform_logout(Logout(kind="request", person=CUSTOMER, portal=portal, binding=binding), keyring())
        for binding in BINDINGS.values()
    ]
    assert isinstance(sent[0], LogoutQuery)
    assert isinstance(sent[1], LogoutForm)
    assert (sent[0].endpoint, sent[1].action) == ("http://p/redirect", "http://p/post")
    assert [one.logout.destination for one in sent] == ["http://p/redirect", "http://p/post"]


@pytest.mark.parametrize("name", sorted({name for name in CASES if CASES[name].scenario.start == "idp"}))
def test_every_request_but_those_that_break_it_names_the_address_to_which_it_is_sent(name: str) -> None:
    scenario = CASES[name].scenario
    if "saml.logout.destination" in {rule.id for rule in scenario.breaks} or scenario.stage not in STAGES:
        return
    portal = Portal("portal", "http://p", slo_redirect_url="http://p/redirect", slo_post_url="http://p/post")
    plan = Logout(kind="request", person=CUSTOMER, portal=portal)
    sent = perform_logout(plan, keyring(), scenario)
    assert sent.logout.destination == (sent.action if isinstance(sent, LogoutForm) else sent.endpoint)
    assert binding_of(scenario, plan) == ("post" if isinstance(sent, LogoutForm) else "redirect")
    if isinstance(sent, LogoutForm) and scenario.stage == "logout tree":
        message = etree.fromstring(base64.b64decode(sent.fields[0][1]))
        assert message.get("Destination") == sent.action


def test_a_portal_with_one_binding_is_sent_nothing_by_the_other() -> None:
    portal = Portal("portal", "http://p", slo_post_url="http://p/post")
    plan = Logout(kind="request", person=CUSTOMER, portal=portal)
    assert plan.binding == "post"
    with pytest.raises(CannotPerform, match="has no address for logouts by redirect"):
        perform_logout(plan.but(binding="redirect"), keyring())


def test_nobody_is_logged_out_by_a_portal_that_forgot_to_ask_whom() -> None:
    one = deliver(CASES["saml.logout-request.nobody[missing]"])
    assert one is not None
    assert not one.diagnose(Weaknesses.named(without=["saml.logout.principal"])).granted


def test_an_empty_relay_state_is_signed_as_it_is_sent() -> None:
    one = deliver(CASES["saml.logout.request[redirect]"])
    assert one is not None
    assert isinstance(one.sent, LogoutQuery)
    sent = perform_logout(one.sent.logout.but(relay_state=""), keyring())
    assert isinstance(sent, LogoutQuery)
    assert "&RelayState=&" in sent.url
    assert judge_logout(arrival_of(sent), one.settings, NOW, LogoutMemory()).granted


def test_sha1_is_taken_where_the_settings_allow_it() -> None:
    for name in ("saml.logout-query.rsa-sha1", "saml.logout-signature.rsa-sha1"):
        assert not judged(name).granted
        assert judged(name, allow_sha1=True).granted


def test_a_second_identity_provider_logs_nobody_out() -> None:
    one = deliver(CASES["saml.logout.request[post]"])
    assert one is not None
    (certificate,) = read_certificates(one.settings.saml.certificate)
    second = FurtherIdp(entity_id="urn:second", fingerprint=fingerprint_of(certificate, "sha1"))
    found = judged("saml.logout.request[post]", certificate="", fingerprint="ab" * 20, further_idp=(second,))
    assert (found.granted, found.violations) == (False, ("saml.signature.fingerprint",))


def test_inflating_stops_where_it_becomes_too_much() -> None:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()
    tracemalloc.start()
    found = inflate(bomb, MAX_BYTES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.too_large
    assert peak < 4 * MAX_BYTES


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False)])
def test_the_greatest_message_is_inflated_whole(extra: int, fits: bool) -> None:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = squeeze.compress(bytes(MAX_BYTES + extra)) + squeeze.flush()
    assert inflate(data, MAX_BYTES).too_large is not fits


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.outcome == "must-refuse"])
def test_a_refusal_has_a_sentence(name: str) -> None:
    one = deliver(CASES[name])
    assert one is not None
    diagnosis = one.diagnose()
    assert isinstance(diagnosis, LogoutDiagnosis)
    assert public_logout_message(diagnosis).startswith(f"{UNSUCCESSFUL} ")


PARAMETERS = [b"SAMLRequest=", b"SAMLResponse=", b"RelayState=", b"SigAlg=", b"Signature="]
FRAGMENTS = st.sampled_from([*PARAMETERS, b"&", b"%", b"%2B", b"=", b"fZE", b"\xff", b"\x00"])


@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=20)), max_size=12).map(b"".join))
def test_any_query_gets_a_diagnosis_that_grants_nothing(query: bytes) -> None:
    settings = sound_settings_of("saml.logout.request[redirect]")
    assert not judge_logout(Arrival.from_query(query), settings, NOW, LogoutMemory()).granted


@given(st.lists(st.tuples(st.sampled_from(["SAMLRequest", "SAMLResponse", "RelayState", "x"]), st.text()), max_size=4))
def test_any_form_gets_a_diagnosis_that_grants_nothing(fields: list[tuple[str, str]]) -> None:
    settings = sound_settings_of("saml.logout.request[post]")
    assert not judge_logout(Arrival.from_form(fields), settings, NOW, LogoutMemory()).granted


def sound_settings_of(name: str) -> Any:
    one = deliver(CASES[name])
    assert one is not None
    return one.settings
