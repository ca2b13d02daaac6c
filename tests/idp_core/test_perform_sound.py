"""Every sound message: valid against the OASIS schemas, with IDs and texts as the standard wants them."""

import functools
import re
import time
from unittest.mock import patch

import pytest
from lxml import etree

from idp_sim.catalogue import CannotPerform, Scenario
from idp_sim.keyring import Keyring
from idp_sim.login import BASES, SamlLogin, Status
from idp_sim.mint import Case, cases_of
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.saml.names import DS, NAMESPACES, SAML
from tests.idp_core.logins import (
    NOW,
    PERSON,
    SCENARIOS,
    link,
    oasis_schema,
    post,
    remote_login,
    saml_login,
    scenario,
    tree_of,
    xml_of,
)

SOUND_SAML = [case for case in cases_of(SCENARIOS) if case.scenario.protocol == "saml" and not case.scenario.breaks]


@functools.cache
def schema() -> etree.XMLSchema:
    return oasis_schema("saml-schema-protocol-2.0")


def performed(case: Case) -> etree._Element:
    assert case.base is not None
    return tree_of(post(saml_login(base=case.base), case.scenario))


@pytest.mark.parametrize("case", SOUND_SAML, ids=lambda case: case.id)
def test_sound_messages_are_schema_valid(case: Case) -> None:
    response = performed(case)
    # These schemas know nothing of the later version of XML Encryption, which brought the choice of a mask.
    for mask in list(response.iter("{http://www.w3.org/2009/xmlenc11#}MGF")):
        parent = mask.getparent()
        assert parent is not None
        parent.remove(mask)
    schema().assertValid(response)


@pytest.mark.parametrize("case", SOUND_SAML, ids=lambda case: case.id)
def test_the_signature_stands_right_after_the_issuer_of_what_it_signs(case: Case) -> None:
    response = performed(case)
    assertion = response.find("saml:Assertion", NAMESPACES)
    parts: dict[str, list[etree._Element | None]] = {
        "assertion": [assertion],
        "response": [response],
        "both": [assertion, response],
    }
    if assertion is None:  # It is encrypted, and its signature with it.
        parts = {base: [part for part in found if part is not None] for base, found in parts.items()}
    signed = [signature.getparent() for signature in response.iter(f"{{{DS}}}Signature")]
    assert case.base is not None
    assert {id(part) for part in signed} == {id(part) for part in parts[case.base]}
    for part in signed:
        assert part is not None
        assert [child.tag for child in part[:2]] == [f"{{{SAML}}}Issuer", f"{{{DS}}}Signature"]


@pytest.mark.parametrize("person", directory(), ids=lambda person: person.email)
def test_every_person_has_a_schema_valid_message(person: object) -> None:
    response = tree_of(post(saml_login(person=person)))
    schema().assertValid(response)
    assert all(text.strip() for text in response.xpath("//saml:AttributeValue/text()", namespaces=NAMESPACES))


def test_a_refusing_status_is_schema_valid_and_carries_no_assertion() -> None:
    for base in BASES:
        response = tree_of(post(saml_login(base=base, status=Status("urn:x", "urn:y", "no & <no>"))))
        schema().assertValid(response)
        assert response.find("saml:Assertion", NAMESPACES) is None
        assert len(list(response.iter(f"{{{DS}}}Signature"))) == (0 if base == "assertion" else 1)


def test_ids_are_valid_unique_and_follow_from_the_seed() -> None:
    def ids(login: SamlLogin) -> list[str]:
        return [str(value) for value in tree_of(post(login)).xpath("//@ID")]

    first, again, other = ids(saml_login(seed="7")), ids(saml_login(seed="7")), ids(saml_login(seed="8"))
    assert first == again
    assert not set(first) & set(other)
    assert len(set(first)) == len(first) == 2
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", value) for value in first)


RANDOM = re.compile("dsa|MGF1")
"""Signature algorithms whose values are random."""


@pytest.mark.parametrize("case", [case for case in cases_of(SCENARIOS) if case.base], ids=lambda case: case.id)
def test_equal_orders_give_equal_bytes(case: Case) -> None:
    assert case.base is not None
    login = saml_login(base=case.base)
    first, second = post(login, case.scenario), post(login, case.scenario)
    # The signature value or the encrypted key is random there, and only that.
    if RANDOM.search(first.login.signature_algorithm) or case.scenario.encrypted:
        assert without_values(xml_of(first)) == without_values(xml_of(second))
    else:
        assert first.fields == second.fields


def without_values(xml: bytes) -> bytes:
    # A digest over what is random is another every time.
    keys = re.sub(rb"<xenc:EncryptedKey.*?</xenc:EncryptedKey>", b"", xml)
    return re.sub(rb"<ds:(SignatureValue|DigestValue)>[^<]*", b"", keys)


def test_texts_come_out_as_they_went_in() -> None:
    login = saml_login(attributes=(("FirstName", "<b>&\"'\u00a0é𠮷"), ("LastName", "כהן")), relay_state="/a?b=1&c=ü")
    form = post(login)
    values = tree_of(form).xpath("//saml:AttributeValue/text()", namespaces=NAMESPACES)
    assert values == ["<b>&\"'\u00a0é𠮷", "כהן"]
    assert dict(form.fields)["RelayState"] == "/a?b=1&c=ü"


def test_what_is_none_is_left_out() -> None:
    form = post(saml_login(in_response_to=None, session_until=None, destination=None, name_id_format=None))
    xml = xml_of(form)
    for word in (b"InResponseTo", b"SessionNotOnOrAfter", b"Destination", b'Format="urn:oasis:names:tc:SAML:1.1'):
        assert word not in xml
    assert [name for name, _ in form.fields] == ["SAMLResponse"]


def test_blank_names_are_left_out() -> None:
    one_word = next(person for person in directory() if not person.last)
    names = tree_of(post(saml_login(person=one_word))).xpath("//saml:Attribute/@Name", namespaces=NAMESPACES)
    assert names == ["FirstName"]


def test_times_are_utc_in_the_precision_that_was_asked_for() -> None:
    precise = NOW.replace(microsecond=123456)
    assert tree_of(post(saml_login(at=precise))).get("IssueInstant") == "2026-03-14T15:09:26Z"
    milliseconds = saml_login(at=precise, time_precision="milliseconds")
    assert tree_of(post(milliseconds)).get("IssueInstant") == "2026-03-14T15:09:26.123Z"


def test_times_do_not_follow_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        response = tree_of(post(saml_login(at=NOW.astimezone())))
        stamp = link(remote_login(at=NOW.astimezone())).login.timestamp
    finally:
        monkeypatch.undo()
        time.tzset()
    assert response.get("IssueInstant") == "2026-03-14T15:09:26Z"
    assert stamp == str(int(NOW.timestamp()))


@pytest.mark.parametrize("chosen", [known for known in SCENARIOS if ".sound.prefixes" in known.id], ids=lambda s: s.id)
def test_prefixes_are_as_chosen(chosen: Scenario) -> None:
    response = tree_of(post(saml_login(), chosen))
    assertion = response.find("saml:Assertion", NAMESPACES)
    assert assertion is not None
    assert (response.prefix, assertion.prefix) == chosen.value


def test_a_scenario_of_the_other_protocol_or_base_is_refused_in_words() -> None:
    with pytest.raises(CannotPerform, match="cannot be performed by a saml login"):
        post(saml_login(), scenario("remote-login.sound.plain"))
    with pytest.raises(CannotPerform, match="cannot be performed by a remote-login login"):
        link(remote_login(), scenario("saml.sound.plain"))
    with pytest.raises(CannotPerform, match="does not run on the base 'assertion', only on: response, both"):
        post(saml_login(), scenario("saml.destination.missing"))


def test_a_scenario_of_the_journey_is_refused_in_words() -> None:
    def journey(_: object) -> None:
        """Post twice."""

    known = Scenario(
        id="saml.replay.twice", title="", description="", function=journey, stage="journey", outcome="must-refuse"
    )
    with pytest.raises(CannotPerform, match="lives in the journey"):
        post(saml_login(), known)


def test_the_key_is_never_parsed_again() -> None:
    with patch("signxml.signer.load_pem_private_key", side_effect=AssertionError("a PEM was parsed")):
        perform(saml_login(base="both"), Keyring.ephemeral())
    assert PERSON.name == "Zoë Müller"
