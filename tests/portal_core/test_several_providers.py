"""A portal that trusts several identity providers, each for itself."""

from typing import Any

import pytest

from portal_stub.config import FurtherIdp, SamlSettings, Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.saml.fingerprint import fingerprint_of
from portal_stub.saml.message import Memory
from portal_stub.weakness import Weaknesses
from rulebook.strict_toml import FileProblem, structure
from tests.portal_core.responses import (
    ISSUER,
    Base,
    Edit,
    Signing,
    both,
    certificate,
    diagnose,
    drop,
    put,
    response,
    write,
)
from tests.portal_core.responses import settings as sound_settings

BASES: tuple[Base, ...] = ("assertion", "response", "both")
OURS = "saml:Issuer"
ITS = "saml:Assertion/saml:Issuer"
SECOND = "urn:second"
UNASKED = both(
    put(".", InResponseTo=None),
    put("saml:Assertion/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", InResponseTo=None),
)


def further(**changes: Any) -> FurtherIdp:
    given = {"entity_id": SECOND, "fingerprint": fingerprint_of(certificate("rogue"), "sha1")}
    return FurtherIdp(**{**given, **changes})


def settings(*more: FurtherIdp, **saml: Any) -> Settings:
    return sound_settings(further_idp=more or (further(),), **saml)


def judged(base: Base, edit: Edit, signing: Signing, given: Settings | None = None) -> Diagnosis:
    return diagnose(response(base, edit, signing=signing), given or settings())


NAMING_THE_SECOND = both(write(OURS, SECOND), write(ITS, SECOND))
BY_THE_SECOND = Signing(key="rogue")


@pytest.mark.parametrize("base", BASES)
def test_each_is_believed_for_itself(base: Base) -> None:
    assert judged(base, lambda _: None, Signing()).granted
    assert judged(base, both(UNASKED, NAMING_THE_SECOND), BY_THE_SECOND).granted


@pytest.mark.parametrize("base", BASES)
def test_neither_is_believed_in_the_others_name(base: Base) -> None:
    for edit, signing in ((UNASKED, BY_THE_SECOND), (both(UNASKED, NAMING_THE_SECOND), Signing())):
        found = judged(base, edit, signing)
        assert found.violations == ("saml.signature.issuer-key",)
        assert found.identity is None


@pytest.mark.parametrize("names", [("rogue", "trusted"), ("trusted", "rogue")])
@pytest.mark.parametrize("base", BASES)
def test_the_certificate_that_verified_counts_not_one_beside_it(base: Base, names: tuple[str, str]) -> None:
    chain = Signing(key="rogue", certificates=tuple(map(certificate, names)))
    assert judged(base, UNASKED, chain).violations == ("saml.signature.issuer-key",)
    honest = Signing(key="trusted", certificates=tuple(map(certificate, names)))
    assert judged(base, UNASKED, honest).granted


def test_a_key_may_be_of_both() -> None:
    shared = settings(further(fingerprint=fingerprint_of(certificate("trusted"), "sha1")))
    assert judged("both", UNASKED, Signing(), shared).granted
    assert judged("both", both(UNASKED, NAMING_THE_SECOND), Signing(), shared).granted


def test_a_response_that_names_no_issuer_is_of_its_assertions() -> None:
    nameless = both(UNASKED, drop(OURS))
    assert judged("assertion", nameless, BY_THE_SECOND).violations == ("saml.signature.issuer-key",)
    assert judged("assertion", both(UNASKED, write(ITS, SECOND), drop(OURS)), BY_THE_SECOND).granted


def test_response_and_assertion_are_of_one_provider() -> None:
    assert judged("assertion", both(UNASKED, write(OURS, SECOND)), Signing()).violations == ("saml.assertion.issuer",)
    assert judged("response", both(UNASKED, write(OURS, SECOND)), BY_THE_SECOND).violations == (
        "saml.assertion.issuer",
    )


def test_an_issuer_that_nobody_has_is_told_as_such() -> None:
    stranger = both(write(OURS, "urn:third"), write(ITS, "urn:third"))
    assert judged("both", stranger, Signing()).violations == ("saml.assertion.issuer",)


@pytest.mark.parametrize("remembered", [Memory(), None])
def test_a_request_is_answered_by_whom_it_was_sent_to(remembered: Memory | None) -> None:
    found = diagnose(response("both", NAMING_THE_SECOND, signing=BY_THE_SECOND), settings(), remembered=remembered)
    assert found.violations == ("saml.response.in-response-to",)


def test_one_that_has_no_fingerprint_leaves_the_others_as_they_are() -> None:
    assert judged("both", UNASKED, Signing(), settings(further(fingerprint=""))).granted
    alone = settings(fingerprint="")
    assert judged("both", both(UNASKED, NAMING_THE_SECOND), BY_THE_SECOND, alone).granted
    assert judged("both", UNASKED, Signing(), alone).violations == ("saml.signature.fingerprint",)


@pytest.mark.parametrize(
    ("main", "others"), [("", [SECOND]), (ISSUER, [ISSUER]), (ISSUER, [SECOND, SECOND]), (ISSUER, [""])]
)
def test_each_needs_a_name_of_its_own(main: str, others: list[str]) -> None:
    table = {"idp_entity_id": main, "further_idp": [{"entity_id": name} for name in others]}
    with pytest.raises(FileProblem, match="each needs an entity ID of its own"):
        structure(table, SamlSettings, "portal.toml")


def test_a_short_key_is_accepted_where_the_settings_allow_it() -> None:
    xml = response("both", signing=Signing(key="short"))
    assert diagnose(xml, sound_settings("short")).violations == ("saml.signature.key-size",)
    assert diagnose(xml, sound_settings("short", least_key_bits=1024)).granted


def test_whose_key_it_is_says_nothing_where_it_is_nobodys() -> None:
    """The portal that forgot fingerprints takes a stranger's key, also where it knows several identity providers."""
    forgot = Weaknesses.named(without=["saml.signature.fingerprint"])
    two = settings(further(fingerprint=fingerprint_of(certificate("short"), "sha1")))
    assert diagnose(response("both", UNASKED, signing=BY_THE_SECOND), two, weaknesses=forgot).granted
    assert not diagnose(response("both", UNASKED, signing=BY_THE_SECOND), two).granted
