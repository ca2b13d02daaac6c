"""What a Response says wrongly, be it soundly signed: addresses, times, the person, the status; each named alone."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from tests.detective.saml_names import in_words, issued, named
from tests.portal_core.responses import (
    CONDITIONS,
    DATA,
    ISSUER,
    NAME_ID,
    NOW,
    PORTAL,
    STATUS_CODE,
    Edit,
    Signing,
    add,
    at,
    both,
    certificate,
    drop,
    put,
    response,
    write,
)

AUDIENCE = f"{CONDITIONS}/saml:AudienceRestriction/saml:Audience"
OWN_ISSUER = "saml:Assertion/saml:Issuer"
ATTRIBUTES = "saml:Assertion/saml:AttributeStatement"
ACS = f"{PORTAL}/login/saml"
VANITY = "http://help.example.com"


def issuer(text: str) -> Edit:
    return both(write(OWN_ISSUER, text), write("saml:Issuer", text))


ADDRESSES: dict[str, tuple[Edit, list[str]]] = {
    "audience without scheme": (write(AUDIENCE, PORTAL.removeprefix("http://")), ["other-scheme"]),
    "audience by https": (write(AUDIENCE, PORTAL.replace("http:", "https:")), ["other-scheme"]),
    "audience with a slash": (write(AUDIENCE, f"{PORTAL}/"), ["trailing-slash"]),
    "audience in capitals": (write(AUDIENCE, PORTAL.replace("portal", "Portal")), ["other-case"]),
    "audience on its own line": (write(AUDIENCE, f"\n  {PORTAL}\n"), ["blanks-around"]),
    "audience by https with a slash": (
        write(AUDIENCE, PORTAL.replace("http:", "https:") + "/"),
        ["trailing-slash+other-scheme"],
    ),
    "audience is the ACS": (write(AUDIENCE, ACS), ["addresses-swapped"]),
    "audience of another host": (write(AUDIENCE, VANITY), ["other-host"]),
    "audience of another portal": (write(AUDIENCE, "urn:federation:other"), ["another-audience"]),
    "no audience": (drop(f"{CONDITIONS}/saml:AudienceRestriction"), ["no-audience"]),
    "recipient with a slash": (put(DATA, Recipient=f"{ACS}/"), ["trailing-slash"]),
    "recipient is the entity ID": (put(DATA, Recipient=PORTAL), ["addresses-swapped"]),
    "recipient of another path": (put(DATA, Recipient=f"{PORTAL}/saml/acs"), ["other-path"]),
    "recipient is nothing that is known": (put(DATA, Recipient="urn:somebody"), []),
    "no recipient": (put(DATA, Recipient=None), []),
    "destination by https": (put(".", Destination=ACS.replace("http:", "https:")), ["other-scheme"]),
    "destination is the entity ID": (put(".", Destination=PORTAL), ["addresses-swapped"]),
    "destination of the vanity host": (put(".", Destination=f"{VANITY}/login/saml"), ["other-host"]),
    "recipient and destination with a slash": (
        both(put(DATA, Recipient=f"{ACS}/"), put(".", Destination=f"{ACS}/")),
        ["trailing-slash"],
    ),
    "everything for the vanity host": (
        both(
            write(AUDIENCE, VANITY),
            put(DATA, Recipient=f"{VANITY}/login/saml"),
            put(".", Destination=f"{VANITY}/login/saml"),
        ),
        ["other-host"],
    ),
    "audience with a slash, recipient by https": (
        both(write(AUDIENCE, f"{PORTAL}/"), put(DATA, Recipient=ACS.replace("http:", "https:"))),
        ["trailing-slash", "other-scheme"],
    ),
    "audience of another path": (write(AUDIENCE, f"{PORTAL}/saml/metadata"), ["another-audience"]),
    "audience is empty": (write(AUDIENCE, ""), []),
    "no conditions": (drop(CONDITIONS), []),
    "destination with a slash, and no conditions": (
        both(drop(CONDITIONS), put(".", Destination=f"{ACS}/")),
        ["trailing-slash"],
    ),
    "a second restriction to another": (
        add(
            CONDITIONS, "<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>"
        ),
        ["another-audience"],
    ),
    "an empty restriction, and one to another": (
        both(write(AUDIENCE, "urn:other"), add(CONDITIONS, "<saml:AudienceRestriction/>", 0)),
        ["another-audience"],
    ),
    "audience and recipient with a slash": (
        both(write(AUDIENCE, f"{PORTAL}/"), put(DATA, Recipient=f"{ACS}/")),
        ["trailing-slash", "trailing-slash"],
    ),
    "destination with a slash, and no confirmation": (
        both(drop(DATA), put(".", Destination=f"{ACS}/")),
        ["trailing-slash"],
    ),
    "audience and issuer with a slash": (
        both(write(AUDIENCE, f"{PORTAL}/"), issuer(f"{ISSUER}/")),
        ["trailing-slash", "trailing-slash"],
    ),
    "issuer with a slash": (issuer(f"{ISSUER}/"), ["trailing-slash"]),
    "issuer by https": (issuer(ISSUER.replace("http:", "https:")), ["other-scheme"]),
    "issuer of another tenant": (issuer("http://idp.localhost/tenant-2"), ["another-tenant"]),
    "issuer on another host": (issuer("http://login.example/metadata"), ["issuer-on-another-host"]),
    "recipient of one host, destination of another": (
        both(put(DATA, Recipient=f"{VANITY}/login/saml"), put(".", Destination="http://two.example/login/saml")),
        ["other-host", "other-host"],
    ),
    "recipient of another host and path": (put(DATA, Recipient=f"{VANITY}/acs"), []),
    "issuer of another host and path": (issuer("http://login.example/other"), []),
    "issuer by another protocol": (issuer("ftp://login.example/metadata"), []),
    "issuer without a host": (issuer("http:/metadata"), []),
    "issuer is empty": (issuer(""), []),
    "issuer of a Response without assertion": (both(issuer(f"{ISSUER}/"), drop("saml:Assertion")), ["trailing-slash"]),
    "issuer with a query": (issuer(f"{ISSUER}?tenant=2"), []),
    "issuer is the certificate's subject": (issuer("CN=test only trusted"), ["certificate-for-issuer"]),
    "issuer is the certificate's name": (issuer("test only trusted"), ["certificate-for-issuer"]),
    "issuer is nothing that is known": (issuer("urn:somebody"), []),
}


@pytest.mark.parametrize("what", ADDRESSES)
def test_an_address_that_nearly_fits_is_named_alone(what: str) -> None:
    edit, codes = ADDRESSES[what]
    assert named(response(before=edit)) == codes


def test_of_one_cause_the_other_places_are_told_as_well() -> None:
    edit, _ = ADDRESSES["everything for the vanity host"]
    assert "The audience (and likewise the recipient and the destination) is" in in_words(response(before=edit))
    edit, _ = ADDRESSES["audience with a slash"]
    assert "The audience is 'http" in in_words(response(before=edit))


def test_the_destination_is_looked_into_where_there_is_no_assertion() -> None:
    edit = both(drop("saml:Assertion"), put(".", Destination=f"{ACS}/"))
    assert named(response("response", before=edit)) == ["trailing-slash"]
    assert named(response("response", before=put(".", Destination=None))) == []


def test_an_entity_id_that_is_no_address_is_related_to_none() -> None:
    assert named(response(), idp_entity_id="urn:idp") == []


@pytest.mark.parametrize("name", ["CN=idp,O=Acme", "O=Acme, CN=idp", "idp"])
def test_every_spelling_of_the_certificates_name_is_known(name: str) -> None:
    own = issued("CN=idp,O=Acme", "trusted", "CN=idp,O=Acme", "trusted")
    stored = own.fingerprint(hashes.SHA1()).hex()
    xml = response(before=issuer(name), signing=Signing(certificates=(own,)))
    assert named(xml, fingerprint=stored) == ["certificate-for-issuer"]


def test_a_port_that_is_written_out_is_named() -> None:
    xml = response(before=issuer(ISSUER.replace("localhost", "localhost:80")))
    assert named(xml) == ["port-written-out"]
    assert named(response(), idp_entity_id=ISSUER.replace("localhost", "localhost:80")) == ["port-written-out"]
    xml = response(before=issuer("https://idp.localhost:443"))
    assert named(xml, idp_entity_id="https://idp.localhost") == ["port-written-out"]


@pytest.mark.parametrize(
    "scheme_and_port", ["http://{}:443", "https://{}:80", "http://{}:8080", "http://{}:80.example"]
)
def test_another_port_than_that_of_the_scheme_is_another_host(scheme_and_port: str) -> None:
    other = scheme_and_port.format("idp.localhost") + "/metadata"
    assert named(response(before=issuer(other))) == ["issuer-on-another-host"]


def test_the_login_address_in_the_issuers_place_is_named_on_either_side() -> None:
    login = "http://idp.localhost/sso"
    assert named(response(), idp_entity_id=login, login_url=login) == ["login-url-for-issuer"]
    assert named(response(before=issuer(login)), login_url=login) == ["login-url-as-issuer"]


@pytest.mark.parametrize("path", [AUDIENCE, OWN_ISSUER])
def test_a_comment_in_a_name_is_an_attack_and_no_mistake(path: str) -> None:
    comment = add(path, "<!-- -->")
    assert named(response(before=both(write(path, "http://portal.localhost"), comment))) == []


@pytest.mark.parametrize(
    ("off", "code", "words"),
    [
        (timedelta(minutes=8, seconds=12), "clock-off", "8 minutes 12 seconds behind"),
        (timedelta(minutes=-4, seconds=-12), "clock-off", "4 minutes 12 seconds ahead of"),
        (timedelta(minutes=15), "clock-off", "15 minutes behind"),
        (timedelta(days=3), "clock-off", "3 days behind"),
        (timedelta(hours=2, seconds=3), "local-time", "2 hours behind"),
        (timedelta(hours=2, minutes=2), "clock-off", "2 hours 2 minutes behind"),
        (timedelta(hours=-5, minutes=-30), "local-time", "5 hours 30 minutes ahead of"),
        (timedelta(hours=-5, minutes=-45), "local-time", "5 hours 45 minutes ahead of"),
        (timedelta(hours=20), "clock-off", "20 hours behind"),
        (timedelta(hours=2, seconds=30), "local-time", "2 hours behind"),
        (timedelta(hours=-14), "local-time", "14 hours ahead of"),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much(off: timedelta, code: str, words: str) -> None:
    assert named(response(), NOW + off) == [code]
    assert words in in_words(response(), NOW + off)
    assert ("kept for so long" in in_words(response(), NOW + off)) == (off > timedelta(0))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (both(put(CONDITIONS, NotOnOrAfter=at(-timedelta(0)), NotBefore=at(-timedelta(0)))), "no-validity"),
        (put(DATA, NotOnOrAfter=at(-timedelta(minutes=5))), "no-validity"),
        (put(DATA, NotOnOrAfter="2026-03-01T14:05:00+02:00"), "time-with-zone"),
        (put(CONDITIONS, NotOnOrAfter="2026-03-01T12:05:00"), "time-without-zone"),
    ],
)
def test_times_that_never_hold_are_named(edit: Edit, code: str) -> None:
    assert named(response(before=edit)) == [code]


def test_what_ends_before_it_begins_is_told() -> None:
    told = in_words(response(before=put(CONDITIONS, NotOnOrAfter=at(timedelta(0)), NotBefore=at(timedelta(0)))))
    assert "The assertion says NotOnOrAfter 2026-03-01T12:00:00Z, and that is just when the message was issued" in told
    told = in_words(response(before=put(DATA, NotOnOrAfter=at(-timedelta(minutes=5)))))
    assert "The confirmation of the subject says NotOnOrAfter" in told
    assert "and that is 5 minutes before the message was issued" in told


def test_a_time_with_a_zone_is_named_where_there_is_no_assertion() -> None:
    xml = response("response", before=both(drop("saml:Assertion"), put(".", IssueInstant="2026-03-01T14:00:00+02:00")))
    assert named(xml) == ["time-with-zone"]


@pytest.mark.parametrize(
    "edit",
    [
        put(CONDITIONS, NotBefore=at(timedelta(minutes=3))),
        put(".", IssueInstant=at(timedelta(minutes=3))),
        put(DATA, NotOnOrAfter="tomorrow"),
        both(put(DATA, NotOnOrAfter="tomorrow"), put(CONDITIONS, NotBefore=at(timedelta(minutes=3)))),
    ],
)
def test_one_time_that_does_not_hold_is_no_clock(edit: Edit) -> None:
    assert named(response(before=edit)) == []


def test_a_clock_that_is_off_by_seconds_is_no_zone() -> None:
    now = NOW - timedelta(seconds=10)
    assert named(response(), now, allowed_drift_seconds=0) == ["clock-off"]
    assert "10 seconds ahead of" in in_words(response(), now, allowed_drift_seconds=0)


@pytest.mark.parametrize("path", [".", "saml:Assertion"])
def test_without_the_time_of_issue_a_clock_cannot_be_told(path: str) -> None:
    assert named(response(before=put(path, IssueInstant="tomorrow")), NOW + timedelta(minutes=9)) == []


def test_a_clock_and_an_audience_are_told_together() -> None:
    xml = response(before=write(AUDIENCE, f"{PORTAL}/"))
    assert named(xml, NOW + timedelta(minutes=9)) == ["trailing-slash", "clock-off"]


FORMAT = "urn:oasis:names:tc:SAML:{}:nameid-format:{}"


def mail(name: str, value: str = "jane@example.com") -> Edit:
    attribute = f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
    return add(ATTRIBUTES, attribute)


PERSONS: dict[str, tuple[Edit, list[str]]] = {
    "login name": (write(NAME_ID, "jdoe"), ["login-name"]),
    "login name of Windows": (write(NAME_ID, "ACME\\jdoe"), ["login-name"]),
    "inner UPN": (write(NAME_ID, "jdoe@acme.local"), ["user-principal-name"]),
    "UPN without a dot": (write(NAME_ID, "jdoe@acme"), ["user-principal-name"]),
    "the address is in an attribute": (both(write(NAME_ID, "jdoe"), mail("mail")), ["address-in-attribute"]),
    "UPN and address": (both(write(NAME_ID, "jdoe@acme.local"), mail("emailAddress")), ["address-in-attribute"]),
    "blanks around": (write(NAME_ID, "\n  jane@example.com\n"), ["blanks-around-name-id"]),
    "persistent": (put(NAME_ID, Format=FORMAT.format("2.0", "persistent")), ["other-name-id-format"]),
    "transient": (
        both(write(NAME_ID, "_8f3a"), put(NAME_ID, Format=FORMAT.format("2.0", "transient"))),
        ["other-name-id-format"],
    ),
    "login name with blanks around": (write(NAME_ID, "\n  jdoe\n"), ["login-name"]),
    "no address in an attribute": (both(write(NAME_ID, "jdoe"), mail("account", "@jdoe")), ["login-name"]),
    "an unknown format": (
        both(write(NAME_ID, "jane@acme.corp"), put(NAME_ID, Format=FORMAT.format("2.0", "mine"))),
        [],
    ),
    "two addresses": (write(NAME_ID, "jane@example.com;john@example.com"), []),
    "no mailbox": (write(NAME_ID, "@example.com"), []),
}


@pytest.mark.parametrize("what", PERSONS)
def test_a_name_id_that_is_no_address_is_named_alone(what: str) -> None:
    edit, codes = PERSONS[what]
    assert named(response(before=edit)) == codes


def test_the_attribute_that_holds_the_address_is_told_the_one_of_mail_first() -> None:
    edit = both(write(NAME_ID, "jdoe"), mail("upn", "jdoe@example.com"), mail("EMail"))
    assert "in the attribute 'EMail'" in in_words(response(before=edit))
    formats = both(put(NAME_ID, Format=FORMAT.format("2.0", "persistent")), mail("upn", "jdoe@example.com"))
    assert "in the attribute 'upn'" in in_words(response(before=formats))
    edit, _ = PERSONS["persistent"]
    assert in_words(response(before=edit)).endswith("which stays the same.")


def refused(code: str | None = None, message: str = "", top: str = "Responder") -> bytes:
    nested = f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{code}"/>'
    edits = [put(STATUS_CODE, Value=f"urn:oasis:names:tc:SAML:2.0:status:{top}"), drop("saml:Assertion")]
    edits += [add(STATUS_CODE, nested)] if code else []
    edits += [add("samlp:Status", f"<samlp:StatusMessage>{message}</samlp:StatusMessage>")] if message else []
    return response("response", before=both(*edits))


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (refused("RequestDenied"), "not-assigned"),
        (refused("AuthnFailed"), "authentication-failed"),
        (refused("NoPassive"), "no-passive"),
        (refused("InvalidNameIDPolicy", top="Requester"), "name-id-format"),
        (refused("UnknownPrincipal"), "unknown-person"),
        (refused("NoAuthnContext"), "no-authn-context"),
        (refused("RequestUnsupported", top="Requester"), "request-unsupported"),
        (refused("urn:mine"), "provider-failed"),
        (refused(), "provider-failed"),
        (refused(top="Requester"), "request-refused"),
        (refused(top="VersionMismatch"), "version-mismatch"),
        (refused(message="AADSTS50105: the user is not assigned to a role."), "not-assigned"),
        (refused(message="AADSTS700016: Application was not found."), "application-unknown"),
        (refused("RequestDenied", "AADSTS50011: the reply URL does not match."), "reply-address-unknown"),
        (refused("AuthnFailed", "AADSTS75011: another method"), "no-authn-context"),
        (refused("AuthnFailed", "AADSTS1 is none that is known"), "authentication-failed"),
    ],
)
def test_a_status_is_told_in_a_sentence(xml: bytes, code: str) -> None:
    assert named(xml) == [code]


def test_what_the_identity_provider_says_is_told() -> None:
    told = in_words(refused("RequestDenied", "Ask your administrator."))
    assert told.endswith("It says Responder, RequestDenied: Ask your administrator.")


def test_a_status_without_a_code_has_no_name() -> None:
    assert named(response("response", before=drop(STATUS_CODE))) == []


def test_two_statuses_have_no_name() -> None:
    success = '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>'
    twice = both(put(STATUS_CODE, Value="urn:oasis:names:tc:SAML:2.0:status:Responder"), add("samlp:Status", success))
    assert named(response(before=twice)) == []


def test_an_assertion_that_is_not_encrypted_is_named() -> None:
    assert named(response(), require_encryption=True) == ["not-encrypted"]


@pytest.mark.parametrize("base", ["assertion", "response", "both"])
def test_a_signature_by_another_key_and_an_audience_are_told_together(base: Any) -> None:
    xml = response(base, before=write(AUDIENCE, VANITY))
    stored = certificate("rogue").fingerprint(certificate("rogue").signature_hash_algorithm or _never()).hex()
    codes = named(xml, fingerprint=stored, fingerprint_algorithm="sha256")
    assert codes == ["another-certificate", "other-host"]


def _never() -> Any:
    raise AssertionError("the certificate has no digest")
