"""The diagonal of the portal's own checks: each deviation is named, alone, and bites when its check is left out."""

import base64
import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from lxml import etree

from portal_stub.config import FurtherIdp, Settings, SsoSettings
from portal_stub.saml.checks import CHECKS
from portal_stub.saml.fingerprint import fingerprint_of
from portal_stub.saml.logout.checks import CHECKS as LOGOUT_CHECKS
from portal_stub.saml.message import Memory, Post
from portal_stub.weakness import Weaknesses
from rulebook import RULES
from tests.portal_core.responses import (
    ASSERTION,
    AUTHN,
    CONDITIONS,
    CONFIRMATION,
    DATA,
    NAME_ID,
    NS,
    STATUS_CODE,
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

MINUTES = timedelta(minutes=1)
CLASS_REF = f"{AUTHN}/saml:AuthnContext/saml:AuthnContextClassRef"
PAST, FUTURE = at(-10 * MINUTES), at(10 * MINUTES)
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SIGNATURE = ".//ds:Signature"


def second_idp() -> tuple[FurtherIdp, ...]:
    """A second identity provider, whose key is ``rogue``."""
    return (FurtherIdp(entity_id="urn:second", fingerprint=fingerprint_of(certificate("rogue"), "sha1")),)


@attrs.frozen(kw_only=True)
class Broken:
    """A message that deviates once. ``nobody`` says that no one could be signed in by it, whatever is left out."""

    rule: str
    message: Callable[[Base], Post]
    bases: tuple[Base, ...] = ("assertion", "response", "both")
    settings: Callable[[], Settings] = settings
    remembered: Callable[[], Memory] = memory
    nobody: bool = False
    forged: bool = False


def tree(rule: str, before: Edit, **options: Any) -> Broken:
    return Broken(rule=rule, message=lambda base: post(response(base, before=before)), **options)


def signed(rule: str, after: Edit, **options: Any) -> Broken:
    return Broken(rule=rule, message=lambda base: post(response(base, after=after)), **options)


def signing(rule: str, how: Callable[[], Signing], **options: Any) -> Broken:
    return Broken(rule=rule, message=lambda base: post(response(base, signing=how())), **options)


def text(rule: str, change: Callable[[str], str | None], **options: Any) -> Broken:
    def message(base: Base) -> Post:
        return Post(saml_response=change(base64.b64encode(response(base)).decode()))

    return Broken(rule=rule, message=message, **options)


def asks_for_a_class() -> Settings:
    return settings(requested_authn_context="urn:oasis:names:tc:SAML:2.0:ac:classes:X509")


def limits_ages() -> Settings:
    return settings(max_authn_age_seconds=60, max_issue_age_seconds=60)


def unsigned(root: etree._Element) -> None:
    for element in root.findall(SIGNATURE, NS):
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)


def forge(root: etree._Element) -> None:
    find(root, NAME_ID).text = "forged@example.com"


def other_value(root: etree._Element) -> None:
    for element in root.iterfind(".//ds:SignatureValue", NS):
        raw = bytearray(base64.b64decode(element.text or ""))
        raw[10] ^= 1
        element.text = base64.b64encode(bytes(raw)).decode()


def hmac_method(root: etree._Element) -> None:
    for element in root.iterfind(".//ds:SignatureMethod", NS):
        element.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def broken_certificate(root: etree._Element) -> None:
    for element in root.iterfind(".//ds:X509Certificate", NS):
        element.text = "AAAA"


def to_other_root(root: etree._Element) -> None:
    root.tag = f"{{{NS['samlp']}}}ArtifactResponse"


def not_xml(base64_text: str) -> str:
    return base64.b64encode(base64.b64decode(base64_text)[:-30]).decode()


def with_doctype(base64_text: str) -> str:
    return base64.b64encode(b"<!DOCTYPE x [<!ENTITY y 'z'>]>" + base64.b64decode(base64_text)).decode()


def refused_status(root: etree._Element) -> None:
    put(STATUS_CODE, Value="urn:oasis:names:tc:SAML:2.0:status:Responder")(root)


SECOND_AUDIENCE = (
    "<saml:AudienceRestriction><saml:Audience>https://b.example</saml:Audience></saml:AudienceRestriction>"
)

BROKEN = [
    Broken(
        rule="portal.sso.enabled",
        message=lambda base: post(response(base)),
        settings=lambda: attrs.evolve(settings(), sso=SsoSettings(enabled=False, method="saml")),
    ),
    Broken(
        rule="portal.sso.enabled",
        message=lambda base: post(response(base)),
        settings=lambda: attrs.evolve(settings(), sso=SsoSettings(enabled=True, method="simple")),
    ),
    Broken(
        rule="saml.settings.fingerprint",
        message=lambda base: post(response(base)),
        settings=lambda: settings(fingerprint=" "),
    ),
    Broken(
        rule="saml.settings.fingerprint",
        message=lambda base: post(response(base)),
        settings=lambda: settings(fingerprint="no fingerprint at all"),
    ),
    text("saml.message.present", lambda _: None, nobody=True),
    text("saml.message.present", lambda _: " \r\n", nobody=True),
    Broken(rule="saml.message.once", message=lambda base: attrs.evolve(post(response(base)), further=("x",))),
    Broken(
        rule="saml.message.post-binding",
        message=lambda base: attrs.evolve(post(response(base)), binding="redirect"),
    ),
    text("saml.message.base64", lambda sound: sound[:100] + "*" + sound[100:]),
    text("saml.message.base64", lambda sound: sound.rstrip("=")[:-3] + "~" + sound.rstrip("=")[-3:]),
    text("saml.message.no-dtd", with_doctype),
    text("saml.message.xml", not_xml, nobody=True),
    text("saml.message.xml", lambda _: base64.b64encode(b"hello").decode(), nobody=True),
    text("saml.message.limits", lambda sound: base64.b64encode(base64.b64decode(sound) + b" " * 1_100_000).decode()),
    text("saml.message.limits", lambda _: base64.b64encode(b"<a>" * 5000 + b"</a>" * 5000).decode(), nobody=True),
    tree("saml.message.response", to_other_root),
    tree("saml.message.version", put(".", Version="1.1")),
    tree("saml.message.version", put(ASSERTION, Version=None)),
    tree("saml.message.id", put(ASSERTION, ID="0a"), bases=("response",)),
    tree("saml.message.structure", add(".", "<saml:x/>")),
    tree("saml.message.structure", add(ASSERTION, "<saml:Statement/>", 0)),
    tree("saml.message.structure", drop(f"{ASSERTION}/saml:AuthnStatement/saml:AuthnContext")),
    tree("saml.status.success", refused_status),
    tree("saml.status.success", both(refused_status, drop(ASSERTION)), bases=("assertion",), nobody=True),
    tree("saml.status.success", both(refused_status, drop(ASSERTION)), bases=("response",), nobody=True),
    tree("saml.status.success", drop("samlp:Status")),
    tree("saml.status.success", add("samlp:Status", "<samlp:StatusCode Value='x'/>", 0)),
    tree("saml.response.destination", put(".", Destination="http://portal.localhost:5002/login/saml/")),
    tree("saml.response.destination", put(".", Destination=None), bases=("response", "both")),
    tree("saml.response.in-response-to", both(put(".", InResponseTo="_x"), put(DATA, InResponseTo="_x"))),
    tree(
        "saml.response.unsolicited",
        both(put(".", InResponseTo=None), put(DATA, InResponseTo=None)),
        settings=lambda: settings(allow_idp_initiated=False),
    ),
    tree("saml.response.issue-instant", put(".", IssueInstant=FUTURE)),
    tree("saml.response.issue-instant", put(ASSERTION, IssueInstant=FUTURE)),
    tree("saml.time.format", put(CONDITIONS, NotOnOrAfter="2026-03-01T12:05:00")),
    tree("saml.time.format", put(DATA, NotOnOrAfter="2026-03-01T14:05:00+02:00")),
    tree("saml.time.format", put(ASSERTION, IssueInstant=None)),
    tree("saml.assertion.present", drop(ASSERTION), bases=("assertion",), nobody=True),
    tree("saml.assertion.present", drop(ASSERTION), bases=("response",), nobody=True),
    tree("saml.assertion.issuer", write(f"{ASSERTION}/saml:Issuer", "http://other.example")),
    tree("saml.assertion.issuer", write("saml:Issuer", "http://other.example")),
    tree("saml.assertion.issuer", put("saml:Issuer", Format="urn:other")),
    Broken(
        rule="saml.assertion.once",
        message=lambda base: post(response(base)),
        remembered=lambda: memory(frozenset({"_a"})),
    ),
    tree("saml.message.id", put(ASSERTION, ID=None), bases=("response",)),
    tree("saml.conditions.present", drop(CONDITIONS)),
    tree("saml.conditions.present", lambda root: find(root, CONDITIONS).addnext(copy.deepcopy(find(root, CONDITIONS)))),
    tree("saml.conditions.not-before", put(CONDITIONS, NotBefore=at(61 * MINUTES / 60))),
    tree("saml.conditions.not-on-or-after", put(CONDITIONS, NotBefore=None, NotOnOrAfter=at(-MINUTES))),
    tree("saml.conditions.known", add(CONDITIONS, "<saml:Condition/>")),
    tree("saml.conditions.known", add(CONDITIONS, "<samlp:OneTimeUse/>")),
    tree("saml.conditions.one-time-use", both(*[add(CONDITIONS, "<saml:OneTimeUse/>")] * 2)),
    tree("saml.conditions.one-time-use", both(*[add(CONDITIONS, "<saml:ProxyRestriction/>")] * 2)),
    tree("saml.conditions.order", put(CONDITIONS, NotBefore=at(-MINUTES / 4), NotOnOrAfter=at(-MINUTES / 4))),
    tree("saml.conditions.order", put(CONDITIONS, NotBefore=at(MINUTES / 4), NotOnOrAfter=at(-MINUTES / 4))),
    tree("saml.conditions.audience", write(f"{CONDITIONS}/saml:AudienceRestriction/saml:Audience", "portal.localhost")),
    tree("saml.conditions.audience", drop(f"{CONDITIONS}/saml:AudienceRestriction")),
    tree("saml.conditions.audience", add(CONDITIONS, SECOND_AUDIENCE)),
    tree("saml.confirmation.bearer", put(CONFIRMATION, Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")),
    tree("saml.confirmation.bearer", drop(DATA)),
    tree("saml.confirmation.bearer", drop(CONFIRMATION)),
    tree("saml.confirmation.recipient", put(DATA, Recipient="https://portal.localhost:5002/login/saml")),
    tree("saml.confirmation.recipient", put(DATA, Recipient=None)),
    tree("saml.confirmation.not-on-or-after", put(DATA, NotOnOrAfter=at(-MINUTES))),
    tree("saml.confirmation.not-on-or-after", put(DATA, NotOnOrAfter=None)),
    tree("saml.confirmation.no-not-before", put(DATA, NotBefore=PAST)),
    tree("saml.confirmation.in-response-to", put(DATA, InResponseTo=None)),
    tree("saml.confirmation.in-response-to", put(".", InResponseTo=None)),
    tree("saml.session.not-on-or-after", put(AUTHN, SessionNotOnOrAfter=PAST)),
    tree("saml.statement.authn", drop(AUTHN)),
    tree("saml.statement.authn-instant", put(AUTHN, AuthnInstant=FUTURE), settings=limits_ages),
    tree("saml.statement.authn-instant", put(AUTHN, AuthnInstant=PAST), settings=limits_ages),
    tree("saml.statement.authn-context", drop(CLASS_REF), settings=asks_for_a_class),
    tree("saml.statement.authn-context", lambda _: None, settings=asks_for_a_class),
    tree("saml.response.issued-recently", put(ASSERTION, IssueInstant=PAST), settings=limits_ages),
    tree("saml.response.issued-recently", put(".", IssueInstant=PAST), settings=limits_ages),
    tree("saml.subject.name-id", drop(NAME_ID), nobody=True),
    tree("saml.subject.name-id", write(NAME_ID, " "), nobody=True),
    tree("saml.subject.name-id", drop(SUBJECT), nobody=True),
    tree("saml.subject.name-id", add(SUBJECT, "<saml:NameID>x@example.com</saml:NameID>")),
    tree("saml.subject.address", write(NAME_ID, "jane")),
    tree("saml.subject.address", write(NAME_ID, "jane@example.com ")),
    tree("saml.subject.name-id", add(NAME_ID, "<saml:x/>")),
    tree("saml.subject.format", put(NAME_ID, Format=PERSISTENT)),
    tree("saml.subject.qualifier", put(NAME_ID, SPNameQualifier="http://other.example")),
    signed("saml.signature.present", unsigned),
    signed("saml.signature.present", both(unsigned, forge), forged=True),
    tree(
        "saml.signature.wanted-part",
        lambda _: None,
        bases=("assertion",),
        settings=lambda: settings(want_signed="response"),
    ),
    tree(
        "saml.signature.wanted-part", lambda _: None, bases=("response",), settings=lambda: settings(want_signed="both")
    ),
    signing("saml.signature.algorithm", lambda: Signing(method="rsa-sha1")),
    signing("saml.signature.algorithm", lambda: Signing(digest="sha1")),
    signed("saml.signature.algorithm", hmac_method),
    signing("saml.signature.certificate-present", lambda: Signing(certificates=())),
    signed("saml.signature.certificate-present", broken_certificate),
    signing("saml.signature.fingerprint", lambda: Signing(key="rogue")),
    signing("saml.signature.fingerprint", lambda: Signing(key="ec", method="ecdsa-sha256")),
    signing("saml.signature.key-info", lambda: Signing(certificates=(certificate("trusted"), certificate("rogue")))),
    signing("saml.signature.value", lambda: Signing(key="rogue", certificates=(certificate("trusted"),))),
    signing(
        "saml.signature.value",
        lambda: Signing(key="rogue", certificates=(certificate("rogue"), certificate("trusted"))),
    ),
    signing(
        "saml.signature.issuer-key",
        lambda: Signing(key="rogue"),
        settings=lambda: settings(further_idp=second_idp()),
    ),
    signing("saml.signature.key-size", lambda: Signing(key="short"), settings=lambda: settings("short")),
    signed("saml.signature.value", other_value),
    signed("saml.signature.digest", forge, forged=True),
]  # fmt: skip


def case_id(case: tuple[Broken, Base]) -> str:
    broken, base = case
    same = [each for each in BROKEN if each.rule == broken.rule]
    return f"{broken.rule}-{same.index(broken)}@{base}"


CASES = [(broken, base) for broken in BROKEN for base in broken.bases]


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_the_one_rule_that_was_broken_is_named_and_no_other(case: tuple[Broken, Base]) -> None:
    broken, base = case
    diagnosis = diagnose(broken.message(base), broken.settings(), remembered=broken.remembered())
    assert diagnosis.violations == (broken.rule,)
    assert not diagnosis.granted
    assert [finding.rule for finding in diagnosis.findings if finding.outcome == "not-checked"] == []
    told = next(finding for finding in diagnosis.findings if finding.outcome == "violated")
    assert told.expected
    assert told.got
    assert told.hint


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_the_portal_that_forgot_the_rule_signs_the_person_in(case: tuple[Broken, Base]) -> None:
    broken, base = case
    forgot = Weaknesses.named(without=[broken.rule])
    diagnosis = diagnose(broken.message(base), broken.settings(), remembered=broken.remembered(), weaknesses=forgot)
    assert diagnosis.violations == ()
    assert diagnosis.granted is not broken.nobody
    if diagnosis.identity is not None:
        assert diagnosis.identity.email.startswith("forged" if broken.forged else "jane")


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_a_portal_that_forgot_another_rule_still_refuses(case: tuple[Broken, Base]) -> None:
    broken, base = case
    for other in ("saml.statement.authn", "saml.signature.value", "saml.signature.digest", "saml.signature.present"):
        if other != broken.rule:
            forgot = Weaknesses.named(without=[other])
            judged = diagnose(
                broken.message(base), broken.settings(), remembered=broken.remembered(), weaknesses=forgot
            )
            assert judged.violations == (broken.rule,)
            assert not judged.granted


def test_every_rule_with_a_check_has_a_deviation_here_or_guards_the_property() -> None:
    guards = {rule_id for rule_id in RULES if RULES[rule_id].guard_of}
    unwise = {rule_id for rule_id, rule in RULES.items() if rule.level == "SHOULD" and not rule_id.startswith("idp.")}
    encryption = {rule_id for rule_id in CHECKS if rule_id.startswith("saml.encryption.")}  # test_encrypted.py
    assert {broken.rule for broken in BROKEN} | guards | unwise | encryption == set(CHECKS)


def test_every_rule_of_the_protocol_has_a_check() -> None:
    saml = {rule_id for rule_id in RULES if rule_id.startswith("saml.") and not RULES[rule_id].property}
    # Which sessions end is decided where they are kept, and what is told where the person is told.
    assert saml - {"saml.logout.named-sessions", "saml.encryption.opaque"} <= set(CHECKS) | set(LOGOUT_CHECKS)
