"""Every scenario changes what it says and nothing else, and the catalogue covers every rule of a message."""

from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import attrs
import pytest

from idp_sim.catalogue import CannotPerform
from idp_sim.config import PROFILES, Portal, Profile
from idp_sim.login import BASES, Encryption
from idp_sim.logout import BINDINGS
from idp_sim.mint import Case, cases_of
from idp_sim.people import impostor
from idp_sim.saml.names import NAMESPACES, SAML
from idp_sim.stages import Form
from rulebook import RULES
from tests.idp_core.logins import (
    NOW,
    PERSON,
    PORTAL,
    SCENARIOS,
    link,
    logout,
    post,
    remote_login,
    saml_login,
    scenario,
    tree_of,
    xml_of,
)

KEPT_BY_OTHERS = {
    "saml.assertion.once": "a journey",
    "saml.encryption.opaque": "a journey",
    "saml.settings.fingerprint": "the portal's settings",
    "portal.sso.enabled": "the portal's settings",
    "saml.logout.offered": "the portal's settings",
    "saml.logout.key-known": "the portal's settings",
    "saml.logout.named-sessions": "a journey",
    "remote-login.host-url.known": "the remote login page itself",
    "remote-login.link.once": "a journey",
    "remote-login.query.link": "a journey",
}
MESSAGES = list(cases_of(SCENARIOS))


def test_every_rule_of_a_message_has_a_scenario_that_breaks_it() -> None:
    broken = {rule.id for known in SCENARIOS for rule in known.breaks}
    guards = {rule.id for rule in RULES.values() if rule.guard_of}
    of_providers = {rule_id for rule_id in RULES if rule_id.startswith("idp.")}  # an identity provider keeps them
    assert set(RULES) - guards - broken - of_providers == set(KEPT_BY_OTHERS)


def test_few_deviations_need_a_second_rule() -> None:
    assert {known.id for known in SCENARIOS if len(known.breaks) > 1} == {
        "saml.message.for-another-tenant",
        "saml.text.comment-in-issuer",
        "saml.text.comment-in-audience",
    }


def test_descriptions_are_sentences_of_their_own() -> None:
    titles = [known.title for known in SCENARIOS]
    assert len(set(titles)) == len(titles)
    assert all(title.endswith(".") and title[0].isupper() and len(title) < 130 for title in titles)
    assert not [title for title in titles if "{" in title]


SOUND_LOGOUTS = [scenario(f"saml.logout.{kind}[{binding}]") for kind in ("request", "response") for binding in BINDINGS]


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case.id)
def test_no_case_equals_the_sound_one(case: Case) -> None:
    if case.scenario.protocol == "saml-logout":
        same = logout(case.scenario) in [logout(sound) for sound in SOUND_LOGOUTS]
    elif case.base is None:
        profile = case.scenario.given.get("simple.profile", "hmac-md5")
        sound = remote_login(portal=portal_with(profile))
        same = link(sound, case.scenario).url == link(sound).url
    else:
        encryption = Encryption() if case.scenario.encrypted else None
        login = saml_login(base=case.base, relay_state="/x", encryption=encryption)
        same = sent_by(post(login, case.scenario)) == sent_by(post(login))
    unchanged = (
        ".logout.request[redirect]",
        ".logout.request[post]",
        ".logout.response[redirect]",
        ".logout.response[post]",
        ".plain",
        ".idp-initiated",
        ".profile-md5",
        ".profile-salted",
        ".trust.old-key",
        ".trust.removed-key",
    )
    assert same == case.scenario.id.endswith(unchanged)


def sent_by(form: Form) -> tuple[object, ...]:
    return form.method, form.action, form.fields


def portal_with(profile: Profile) -> Portal:
    assert PORTAL.remote_login is not None
    return attrs.evolve(PORTAL, remote_login=attrs.evolve(PORTAL.remote_login, profile=profile))


def test_forgeries_leave_the_signed_assertion_alone() -> None:
    sound = tree_of(post(saml_login())).find("saml:Assertion", NAMESPACES)
    assert sound is not None
    for name in ("forged-before", "forged-after", "forged-around", "forged-in-extensions"):
        response = tree_of(post(saml_login(), scenario(f"saml.signature-wrapping.{name}")))
        (genuine,) = (part for part in response.iter(f"{{{SAML}}}Assertion") if part.get("ID") == sound.get("ID"))
        (forged,) = (part for part in response.iter(f"{{{SAML}}}Assertion") if part is not genuine)
        assert genuine.findtext("saml:Subject/saml:NameID", namespaces=NAMESPACES) == PERSON.email
        assert forged.findtext("saml:Subject/saml:NameID", namespaces=NAMESPACES) == impostor(PERSON).email
        values = [value.text for value in forged.iterfind("saml:AttributeStatement//saml:AttributeValue", NAMESPACES)]
        assert values == [impostor(PERSON).first, impostor(PERSON).last]


@pytest.mark.parametrize("base", BASES)
def test_a_comment_hides_the_end_of_the_address_from_the_naive(base: str) -> None:
    form = post(saml_login(base=base), scenario("saml.text.comment-in-name-id"))
    name_id = tree_of(form).find(".//saml:NameID", NAMESPACES)
    assert name_id is not None
    assert name_id.text == form.login.forged.email == impostor(PERSON).email
    assert name_id.xpath("string()") == form.login.person.email != PERSON.email


def test_latin_1_is_hashed_as_it_is_sent() -> None:
    query = urlsplit(link(remote_login(), scenario("remote-login.query.latin-1")).url).query
    assert b"M\xfcller" in unquote_to_bytes(query)


def test_a_repeated_parameter_comes_genuine_and_forged() -> None:
    sent = link(remote_login(), scenario("remote-login.query.repeated[email-forged-first]"))
    emails = [value for name, value in parse_qsl(urlsplit(sent.url).query) if name == "email"]
    assert emails == [impostor(PERSON).email, PERSON.email]


def test_targets_elsewhere_stay_on_this_machine() -> None:
    for known in SCENARIOS:
        if known.topic == "remote-login.redirects":
            assert "elsewhere.localhost" in str(link(remote_login(), known).login.redirect_to)


def test_what_the_portals_profile_makes_sound_is_not_performed() -> None:
    old, _, latest = (remote_login(portal=portal_with(profile)) for profile in PROFILES)
    with pytest.raises(CannotPerform, match="would be sound"):
        link(old, scenario("remote-login.hash.other-formula[md5]"))
    with pytest.raises(CannotPerform, match="would be sound"):
        link(latest, scenario("remote-login.hash.other-formula[hmac-md5-salted]"))
    for name in ("timestamps.too-old", "timestamps.missing", "hash.timestamp-altered", "sound.clock-ahead"):
        with pytest.raises(CannotPerform, match="profile md5"):
            link(old, scenario(f"remote-login.{name}"))


def test_a_hash_without_letters_has_no_upper_case() -> None:
    digits = attrs.evolve(link(remote_login()), parameters=(("hash", b"1" * 32),))
    with pytest.raises(CannotPerform, match="Take another moment"):
        scenario("remote-login.hash.upper-case").apply(digits)


def test_browser_cases_keep_ten_seconds_away_from_the_limits() -> None:
    stamps = {
        known.id.rpartition(".")[2]: int(float(link(remote_login(), known).login.timestamp or 0) - NOW.timestamp())
        for known in SCENARIOS
        if known.id in TIMED
    }
    assert stamps == {"nearly-too-old": -1790, "clock-ahead": 20, "too-old": -1810, "in-the-future": 40}


TIMED = {
    "remote-login.sound.nearly-too-old", "remote-login.sound.clock-ahead",
    "remote-login.timestamps.too-old", "remote-login.timestamps.in-the-future",
}  # fmt: skip


def test_a_document_type_is_harmless() -> None:
    xml = xml_of(post(saml_login(), scenario("saml.message.document-type")))
    assert xml == b"<!DOCTYPE Response>" + xml_of(post(saml_login()))


def test_a_logout_response_in_place_of_a_response_answers_the_portals_request() -> None:
    message = tree_of(post(saml_login(base="response"), scenario("saml.message.other-message[logout-response]")))
    assert message.get("InResponseTo") == "_request"


@pytest.mark.parametrize("base", BASES)
def test_the_xpath_filter_needs_no_name_space_from_outside_the_signature(base: Any) -> None:
    """Who takes the signature out of the message before evaluating it knows no prefix that was declared around it."""
    tree = tree_of(post(saml_login(base=base), scenario("saml.transforms.xpath")))
    (expression, *_) = tree.xpath("//ds:XPath", namespaces=NAMESPACES)
    kept = tree.xpath(f"//*[{expression.text}]")
    assert {f"{{{SAML}}}Assertion", f"{{{SAML}}}Conditions"} <= {element.tag for element in kept}
    assert not {f"{{{SAML}}}Subject", f"{{{SAML}}}NameID", f"{{{SAML}}}Attribute"} & {element.tag for element in kept}
