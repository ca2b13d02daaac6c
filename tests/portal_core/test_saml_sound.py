"""What the protocol leaves free is accepted, up to the exact limits, and the right person is read."""

import base64
from datetime import timedelta

import attrs
import pytest
from lxml import etree

from portal_stub.diagnosis import Identity
from portal_stub.saml.fingerprint import fingerprint_of, pretty
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.weakness import Weaknesses
from tests.portal_core.responses import (
    ASSERTION,
    AUTHN,
    CONDITIONS,
    DATA,
    NAME_ID,
    NOW,
    NS,
    SUBJECT,
    Base,
    Edit,
    Signing,
    add,
    at,
    both,
    certificate,
    diagnose,
    drop,
    find,
    memory,
    post,
    put,
    response,
    settings,
    write,
)

SECOND = timedelta(seconds=1)
STATEMENT = f"{ASSERTION}/saml:AttributeStatement"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
BASES: tuple[Base, ...] = ("assertion", "response", "both")


@pytest.mark.parametrize("base", BASES)
def test_a_sound_response_is_granted_and_says_what_to_remember(base: Base) -> None:
    diagnosis = diagnose(post(response(base), "/support/tickets"))
    assert diagnosis.granted
    assert diagnosis.identity == Identity(email="jane@example.com", name="Jane Doe")
    assert diagnosis.person == "jane@example.com"
    assert diagnosis.assertion_id == "_a"
    assert diagnosis.request_id == "_request"
    assert diagnosis.redirect_to == "/support/tickets"
    assert diagnosis.remember_until == NOW + timedelta(minutes=5, seconds=60)
    assert diagnosis.session_until == NOW + timedelta(hours=8)


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("rsa-sha384", "trusted"), ("rsa-sha512", "trusted"), ("sha256-rsa-MGF1", "trusted"),
        ("ecdsa-sha256", "ec"), ("ecdsa-sha512", "ec"),
    ],
)  # fmt: skip
def test_strong_algorithms_are_accepted(method: str, key: str) -> None:
    signed = response("both", signing=Signing(key=key, method=method, digest="sha512"))
    assert diagnose(signed, settings(key)).violations == ()
    assert diagnose(signed, settings(key)).granted


def test_sha1_is_accepted_only_where_it_is_allowed() -> None:
    old = response(signing=Signing(method="rsa-sha1", digest="sha1"))
    assert diagnose(old, settings(allow_sha1=True)).granted
    assert diagnose(old).violations == ("saml.signature.algorithm",)


OTHER_NAME = "<saml:Attribute Name='FirstName'><saml:AttributeValue>Joan</saml:AttributeValue></saml:Attribute>"
NIL = (
    "<saml:Attribute Name='phone'><saml:AttributeValue xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
    "xsi:nil='true'/></saml:Attribute>"
)

SOUND: dict[str, Edit] = {
    "no format is unspecified": put(NAME_ID, Format=None),
    "unspecified": put(NAME_ID, Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
    "no issuer of the response": drop("saml:Issuer"),
    "issuer of the format entity": put("saml:Issuer", Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity"),
    "initiated at the identity provider": both(put(".", InResponseTo=None), put(DATA, InResponseTo=None)),
    "milliseconds": put(CONDITIONS, NotOnOrAfter="2026-03-01T12:05:00.123Z"),
    "conditions without times": put(CONDITIONS, NotBefore=None, NotOnOrAfter=None),
    "no end of the session": put(AUTHN, SessionNotOnOrAfter=None),
    "the last moment there is": put(DATA, NotOnOrAfter="9999-12-31T23:59:59Z"),
    "several audiences": add(f"{CONDITIONS}/saml:AudienceRestriction", "<saml:Audience>urn:b</saml:Audience>", 0),
    "a second confirmation that does not fit": add(
        SUBJECT,
        "<saml:SubjectConfirmation Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'>"
        "<saml:SubjectConfirmationData Recipient='urn:b'/></saml:SubjectConfirmation>",
        1,
    ),
    "not before, at its limit": put(CONDITIONS, NotBefore=at(60 * SECOND)),
    "not on or after, a second before its limit": put(CONDITIONS, NotBefore=None, NotOnOrAfter=at(-59 * SECOND)),
    "confirmation, a second before its limit": put(DATA, NotOnOrAfter=at(-59 * SECOND)),
    "session, a second before its limit": put(AUTHN, SessionNotOnOrAfter=at(-59 * SECOND)),
    "issued, at its limit": put(ASSERTION, IssueInstant=at(60 * SECOND)),
}


@pytest.mark.parametrize("edit", SOUND.values(), ids=SOUND)
def test_what_is_left_free_is_accepted(edit: Edit) -> None:
    diagnosis = diagnose(response(before=edit))
    assert diagnosis.violations == ()
    assert diagnosis.granted


UNWISE: dict[str, Edit] = {
    "saml.conditions.bounded": put(CONDITIONS, NotBefore=None, NotOnOrAfter=None),
    "saml.attributes.once": add(f"{ASSERTION}/saml:AttributeStatement", OTHER_NAME),
    "saml.attributes.text": add(f"{ASSERTION}/saml:AttributeStatement", NIL),
    "saml.confirmation.address": put(DATA, Address="192.0.2.1"),
}


@pytest.mark.parametrize(("rule", "edit"), UNWISE.items(), ids=UNWISE)
def test_what_is_unwise_is_accepted_with_a_warning(rule: str, edit: Edit) -> None:
    diagnosis = diagnose(attrs.evolve(post(response(before=edit)), sender="127.0.0.1"))
    assert [found.rule for found in diagnosis.findings if found.outcome == "warning" and found.hint] == [rule]
    assert diagnosis.granted
    assert diagnosis.identity is not None
    assert diagnosis.identity.name == "Jane Doe"


def test_an_address_that_fits_or_cannot_be_compared_is_no_warning() -> None:
    signed = post(response(before=put(DATA, Address="127.0.0.1")))
    for sender in ("127.0.0.1", None):
        findings = diagnose(attrs.evolve(signed, sender=sender)).findings
        assert not [found for found in findings if found.outcome == "warning"]


LIMITS = {
    "saml.conditions.not-before": put(CONDITIONS, NotBefore=at(61 * SECOND)),
    "saml.conditions.not-on-or-after": put(CONDITIONS, NotBefore=None, NotOnOrAfter=at(-60 * SECOND)),
    "saml.confirmation.not-on-or-after": put(DATA, NotOnOrAfter=at(-60 * SECOND)),
    "saml.session.not-on-or-after": put(AUTHN, SessionNotOnOrAfter=at(-60 * SECOND)),
    "saml.response.issue-instant": put(".", IssueInstant=at(61 * SECOND)),
}


@pytest.mark.parametrize(("rule", "edit"), LIMITS.items(), ids=LIMITS)
def test_a_second_over_the_limit_is_refused(rule: str, edit: Edit) -> None:
    assert diagnose(response(before=edit)).violations == (rule,)
    assert diagnose(response(before=edit), settings(allowed_drift_seconds=90)).granted


def test_both_times_and_the_difference_are_told() -> None:
    late = diagnose(response(), now=NOW + timedelta(minutes=10, seconds=10))
    finding = next(found for found in late.findings if found.rule == "saml.conditions.not-on-or-after")
    assert finding.got == (
        "it is now 2026-03-01T12:10:10Z, NotOnOrAfter is 2026-03-01T12:05:00Z, 5 minutes 10 seconds ago"
    )


def test_line_breaks_in_base64_do_not_matter() -> None:
    encoded = base64.encodebytes(response()).decode()
    assert diagnose(Post(saml_response=f"\r\n {encoded}")).granted


def test_a_signature_by_any_of_the_trusted_certificates_is_found() -> None:
    renewed = (certificate("trusted", 2021), certificate("trusted"))
    assert diagnose(response(signing=Signing(certificates=renewed))).granted
    assert diagnose(response(signing=Signing(certificates=renewed[::-1]))).granted


def test_stored_fingerprints_are_understood_however_they_are_written() -> None:
    sha1 = fingerprint_of(certificate("trusted"), "sha1")
    sha256 = fingerprint_of(certificate("trusted"), "sha256")
    for written in (sha1, sha1.upper(), pretty(sha1), f" SHA1 Fingerprint={pretty(sha1)}\n", " ".join(sha1)):
        assert diagnose(response(), settings(fingerprint=written)).granted
    assert diagnose(response(), settings(fingerprint=pretty(sha256), fingerprint_algorithm="sha256")).granted


def test_a_fingerprint_of_the_other_digest_is_a_mismatch_with_a_hint() -> None:
    sha256 = fingerprint_of(certificate("trusted"), "sha256")
    diagnosis = diagnose(response(), settings(fingerprint=sha256))
    assert diagnosis.violations == ("saml.signature.fingerprint",)
    finding = next(found for found in diagnosis.findings if found.outcome == "violated")
    assert "sha256" in finding.hint
    assert pretty(fingerprint_of(certificate("trusted"), "sha1")) in finding.got
    assert "test only trusted" in finding.got
    assert pretty(sha256) in finding.expected


def test_an_expired_certificate_is_a_warning_and_no_refusal() -> None:
    expired = certificate("trusted", 2020, 2021)
    diagnosis = diagnose(
        response(signing=Signing(certificates=(expired,))), settings(fingerprint=fingerprint_of(expired, "sha1"))
    )
    assert diagnosis.granted
    assert [found.rule for found in diagnosis.findings if found.outcome == "warning"] == ["saml.signature.fingerprint"]


NAMES = {
    "FirstName LastName": (("FirstName", "Zoë"), ("LastName", "Müller")),
    "givenname surname": (("givenname", "Zoë"), ("surname", "Müller")),
    "User.": (("User.FirstName", "Zoë"), ("User.LastName", "Müller")),
    "claims": ((f"{CLAIMS}/givenname", "Zoë"), (f"{CLAIMS}/surname", "Müller")),
    "one word": (("username", "Zoë Müller"),),
    "the first hit wins": (("givenname", "Ann"), ("FirstName", "Zoë"), ("LastName", " Müller ")),
    "a blank one is none": (("FirstName", " "), ("givenname", "Zoë"), ("LastName", "Müller")),
    "of two with one name the first": (("FirstName", "Zoë"), ("FirstName", "Ann"), ("LastName", "Müller")),
}


def with_attributes(pairs: tuple[tuple[str, str], ...]) -> Edit:
    def edit(root: etree._Element) -> None:
        statement = find(root, STATEMENT)
        del statement[:]
        for name, value in pairs:
            attribute = etree.SubElement(statement, f"{{{NS['saml']}}}Attribute", Name=name, FriendlyName="phone")
            for each in (value, "second value"):
                etree.SubElement(attribute, f"{{{NS['saml']}}}AttributeValue").text = each

    return edit


@pytest.mark.parametrize("pairs", NAMES.values(), ids=NAMES)
def test_names_are_read_from_each_set_of_attributes(pairs: tuple[tuple[str, str], ...]) -> None:
    diagnosis = diagnose(response(before=with_attributes(pairs)))
    assert diagnosis.identity == Identity(email="jane@example.com", name="Zoë Müller")


def test_without_names_the_mailbox_is_the_name() -> None:
    for edit in (drop(STATEMENT), with_attributes((("firstname", "Zoë"),))):
        identity = diagnose(response(before=edit)).identity
        assert identity is not None
        assert identity.name == "jane"


def test_phone_and_company_are_read() -> None:
    pairs = (("phone", "+1"), ("organization", "Acme"))
    assert diagnose(response(before=with_attributes(pairs))).identity == Identity(
        email="jane@example.com", name="jane", phone="+1", company="Acme"
    )
    both_names = diagnose(response(before=with_attributes((*pairs, ("company", "Other"))))).identity
    assert both_names is not None
    assert both_names.company == "Other"


def test_offline_the_rules_that_need_a_memory_are_not_applicable() -> None:
    diagnosis = diagnose(response(), remembered=OFFLINE)
    offline = {found.rule for found in diagnosis.findings if found.reason == "offline"}
    assert offline == {"saml.response.in-response-to", "saml.assertion.once"}
    assert diagnosis.granted


def test_a_portal_that_knows_no_entity_id_of_the_identity_provider_goes_by_the_fingerprint() -> None:
    assert diagnose(response(before=write("saml:Issuer", "urn:any")), settings(idp_entity_id="")).granted


def test_a_request_that_is_open_elsewhere_is_not_ours() -> None:
    elsewhere = attrs.evolve(memory(), open_requests={"_other"})
    assert diagnose(response(), remembered=elsewhere).violations == ("saml.response.in-response-to",)


def test_an_assertion_is_remembered_until_its_latest_limit() -> None:
    longer = diagnose(response(before=put(CONDITIONS, NotOnOrAfter="2026-03-01T13:00:00Z")))
    assert longer.remember_until == NOW + timedelta(hours=1, minutes=1)
    for_ever = diagnose(response(before=put(DATA, NotOnOrAfter="9999-12-31T23:59:59Z")))
    assert for_ever.remember_until is not None
    assert for_ever.remember_until.year == 9999


def test_of_several_confirmations_the_one_that_breaks_the_fewest_rules_in_force_is_told() -> None:
    second = add(
        SUBJECT,
        "<saml:SubjectConfirmation Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'><saml:SubjectConfirmationData "
        "Recipient='urn:b' InResponseTo='_request' NotOnOrAfter='2026-03-01T12:05:00Z'/></saml:SubjectConfirmation>",
    )
    message = response(before=both(second, put(DATA, NotOnOrAfter=None)))
    assert diagnose(message).violations == ("saml.confirmation.not-on-or-after",)
    forgot = Weaknesses.named(without=["saml.confirmation.recipient"])
    assert diagnose(message, weaknesses=forgot).granted
