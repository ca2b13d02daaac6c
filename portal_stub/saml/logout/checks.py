"""The checks of logout messages, one a rule. Those of a signature inside a message are those of a Response."""

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Checks, Found, NotApplicable, ok, violated
from portal_stub.saml.checks import message as message_checks
from portal_stub.saml.checks import signature as signature_checks
from portal_stub.saml.logout.query import algorithms_allowed
from portal_stub.saml.logout.received import ReceivedLogout
from portal_stub.saml.moments import moment, stated
from portal_stub.saml.status import status_in_words
from portal_stub.saml.xml import MAX_BYTES, saml, samlp
from portal_stub.times import parse_utc, written

CHECKS: Checks[ReceivedLogout] = Checks()

ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


@CHECKS.enforces("saml.logout.offered")
def offered(received: ReceivedLogout) -> Found:
    """The address to which answers are sent is also the sign that there is single logout."""
    sso = received.settings.sso
    if not sso.enabled or sso.method != "saml":
        return violated("SAML switched on", "single sign-on is off" if not sso.enabled else "another method is chosen")
    return ok() if received.saml.slo_url else violated("the identity provider's single logout address", "none is set")


@CHECKS.enforces("saml.logout.key-known")
def key_known(received: ReceivedLogout) -> Found:
    """A posted message brings its certificate along; for a query the portal must have it."""
    if received.arrival.binding == "post":
        raise NotApplicable("it came by HTTP-POST")
    if received.certificates:
        return ok()
    return violated("the identity provider's whole certificate in the settings", "at most its fingerprint")


@CHECKS.enforces("saml.logout.parameters")
def parameters(received: ReceivedLogout) -> Found:
    """Of two readers one would verify the first and the other read the second."""
    problem = received.parameters_problem
    return violated("one message, and each parameter once", problem) if problem else ok()


@CHECKS.enforces("saml.logout.size")
def size(received: ReceivedLogout) -> Found:
    """It is stopped where it becomes too large."""
    return violated(f"at most {MAX_BYTES} bytes", "more") if received.oversized else ok()


@CHECKS.enforces("saml.logout.encoding")
def encoding(received: ReceivedLogout) -> Found:
    """Each binding has its own."""
    if received.oversized:
        raise NotApplicable("the message is too large to be read")
    expected = "base64 of raw DEFLATE" if received.arrival.binding == "redirect" else "base64"
    problem = received.encoding_problem
    return violated(expected, problem) if problem else ok()


CHECKS.enforces("saml.message.no-dtd")(message_checks.no_dtd)
CHECKS.enforces("saml.message.xml")(message_checks.xml)


@CHECKS.enforces("saml.logout.message")
def message(received: ReceivedLogout) -> Found:
    """A request as a request, an answer as an answer."""
    tag = str(received.root.tag)
    return ok() if tag == received.expected_root else violated(received.expected_root, shown(tag))


@CHECKS.enforces("saml.logout.version")
def version(received: ReceivedLogout) -> Found:
    """2.0 only."""
    found = received.message.get("Version")
    return ok() if found == "2.0" else violated("Version 2.0", "none" if found is None else shown(found))


@CHECKS.enforces("saml.logout.id")
def message_id(received: ReceivedLogout) -> Found:
    """The answer names it."""
    return ok() if received.message.get("ID") else violated("an ID", "none")


@CHECKS.enforces("saml.logout.issuer")
def issuer(received: ReceivedLogout) -> Found:
    """It must be there, unlike in the Response to a login."""
    expected = received.saml.idp_entity_id
    if not expected:
        raise NotApplicable("the portal's settings do not name the identity provider")
    found = received.message.findall(saml("Issuer"))
    if len(found) != 1:
        return violated(expected, f"{len(found) or 'no'} Issuer")
    if not received.is_same(expected, received.text(found[0])):
        return violated(expected, shown(received.text(found[0])))
    if found[0].get("Format", ENTITY) != ENTITY:
        return violated(f"an Issuer of the format {ENTITY}", shown(found[0].get("Format", "")))
    return ok(expected)


@CHECKS.enforces("saml.logout.destination")
def destination(received: ReceivedLogout) -> Found:
    """Letter for letter: a signed message could else be carried to another portal."""
    expected, found = received.settings.slo_service_url, received.message.get("Destination")
    if received.is_same(expected, found):
        return ok(expected)
    return violated(expected, "none" if found is None else shown(found))


@CHECKS.enforces("saml.time.format")
def time_format(received: ReceivedLogout) -> Found:
    """xs:dateTime in UTC, with Z; a fraction is fine."""
    for name in ("IssueInstant", "NotOnOrAfter"):
        value = received.message.get(name)
        if (value is not None or name == "IssueInstant") and parse_utc(value or "") is None:
            return violated("a time in UTC, such as 2026-01-31T12:00:00Z", f"{name} is {shown(value or '')}")
    return ok()


@CHECKS.enforces("saml.logout.issue-instant")
def issue_instant(received: ReceivedLogout) -> Found:
    """In the past, or nearly."""
    issued = moment(received.message, "IssueInstant", "the message says no IssueInstant")
    if issued - received.drift <= received.now:
        return ok()
    expected = f"a time that is not in the future ({received.saml.allowed_drift_seconds} s drift allowed)"
    return violated(expected, stated(received.now, "IssueInstant", issued))


@CHECKS.enforces("saml.logout.signed")
def signed(received: ReceivedLogout) -> Found:
    """Where the binding wants it."""
    if received.is_signed:
        return ok()
    where = "in the query" if received.arrival.binding == "redirect" else "inside the message"
    return violated(f"a signature {where}", "none")


@CHECKS.enforces("saml.signature.algorithm")
def algorithm(received: ReceivedLogout) -> Found:
    """By name, before anything is verified. HMAC and unknown ones never."""
    if received.arrival.binding == "post":
        return signature_checks.algorithm(received)
    if not received.is_signed:
        raise NotApplicable("the query is not signed")
    if received.parameters_problem:
        raise NotApplicable("the parameters are ambiguous")
    if received.algorithm in algorithms_allowed(received.saml):
        return ok(received.algorithm)
    return violated("RSA with SHA-256 or stronger", f"SigAlg {shown(received.algorithm)}")


CHECKS.enforces("saml.signature.certificate-present")(signature_checks.certificate_present)
CHECKS.enforces("saml.signature.fingerprint")(signature_checks.fingerprint)
CHECKS.enforces("saml.signature.key-size")(signature_checks.key_size)
CHECKS.enforces("saml.signature.value")(signature_checks.value)
CHECKS.enforces("saml.signature.digest")(signature_checks.digest)
CHECKS.enforces("saml.signature.covers-parent")(signature_checks.covers_parent)
CHECKS.enforces("saml.signature.transforms")(signature_checks.transforms)


@CHECKS.enforces("saml.signature.whole-text")
def whole_text(received: ReceivedLogout) -> Found:
    """They are not signed, and some readers stop at them."""
    for kind, tag in (("a comment", etree.Comment), ("a processing instruction", etree.ProcessingInstruction)):
        if next(received.envelope.iter(tag), None) is not None:
            return violated("no comment and no processing instruction", kind)
    return ok()


@CHECKS.enforces("saml.logout.query-signature")
def query_signature(received: ReceivedLogout) -> Found:
    """Over the octets as received; to decode them and encode them anew would be to sign another query."""
    if received.query_verifies:
        return ok()
    return violated(
        "a signature over exactly the message, RelayState and SigAlg as received", "one that does not verify"
    )


@CHECKS.enforces("saml.logout.not-on-or-after")
def not_on_or_after(received: ReceivedLogout) -> Found:
    """Exclusive."""
    end = moment(_request(received), "NotOnOrAfter", "the logout request has no NotOnOrAfter")
    if received.now - received.drift < end:
        return ok(written(end))
    expected = f"a time before NotOnOrAfter ({received.saml.allowed_drift_seconds} s drift allowed)"
    return violated(expected, stated(received.now, "NotOnOrAfter", end))


@CHECKS.enforces("saml.logout.principal")
def principal(received: ReceivedLogout) -> Found:
    """One, not blank, and nothing but text in it."""
    found = _request(received).findall(saml("NameID"))
    if len(found) != 1:
        return violated("one NameID", f"{len(found) or 'none'}")
    if list(found[0].iterchildren("*")) or not received.text(found[0]).strip():
        return violated("a NameID with text", "it is blank, or has elements inside")
    return ok(received.text(found[0]))


@CHECKS.enforces("saml.logout.in-response-to")
def in_response_to(received: ReceivedLogout) -> Found:
    """One that is open in this browser."""
    answered = _response(received).get("InResponseTo")
    if answered is None:
        return violated("an answer to a logout request of this portal", "a logout response that answers none")
    if received.logouts.open_logouts is None:
        raise NotApplicable("offline")
    if answered in received.logouts.open_logouts:
        return ok(answered)
    return violated("a logout request that this portal sent and that is open in this browser", shown(answered))


@CHECKS.enforces("saml.logout.status")
def status(received: ReceivedLogout) -> Found:
    """Only the top-level code counts; PartialLogout stands at the second level of a success (saml-core 3.7.3.2)."""
    response = _response(received)
    codes = response.findall(f"{samlp('Status')}/{samlp('StatusCode')}")
    if [code.get("Value") for code in codes] == [SUCCESS]:
        return ok()
    return violated("the status Success", status_in_words(response))


def _request(received: ReceivedLogout) -> etree._Element:
    if received.kind != "request":
        raise NotApplicable("it is a logout response")
    return received.message


def _response(received: ReceivedLogout) -> etree._Element:
    if received.kind != "response":
        raise NotApplicable("it is a logout request")
    return received.message
