"""``idp-sim decode``: what a message says of itself, for people and for programs."""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from lxml import etree

from idp_sim.decode.facts import Decoded, distance, duration, moment
from tests.idp_core.decoding import AT, XML, facts, read, titles
from tests.idp_core.logins import NOW, post, remote_login, saml_login, scenario, xml_of
from tests.idp_core.logins import link as link_of


def test_a_response_says_from_whom_to_whom_and_when() -> None:
    decoded = read(XML, NOW + timedelta(minutes=7, seconds=3))
    assert facts(decoded, "samlp:Response") == {
        "from (Issuer)": ["http://idp.localhost/saml/metadata"],
        "to (Destination)": ["http://portal.localhost:5002/login/saml"],
        "ID": [etree.fromstring(XML).get("ID")],
        "answers (InResponseTo)": ["_request"],
        "issued": [f"{AT}, 7 minutes 3 seconds ago (it is 2026-03-14T15:16:29Z)"],
        "status": ["Success"],
    }
    told = facts(decoded, "Assertion 1")
    assert told["format"] == ["emailAddress"]
    assert told["confirmed by"] == ["bearer"]
    assert told["Recipient"] == ["http://portal.localhost:5002/login/saml"]
    assert told["for (Audience)"] == ["http://portal.localhost:5002"]
    ended = "2026-03-14T15:14:26Z, 2 minutes 3 seconds ago (it is 2026-03-14T15:16:29Z)"
    assert (told["valid until (NotOnOrAfter)"], told["until (NotOnOrAfter)"]) == ([ended], [ended])
    assert told["session until"] == ["2026-03-14T23:09:26Z, 7 hours 52 minutes from now (it is 2026-03-14T15:16:29Z)"]
    assert told["how"] == ["PasswordProtectedTransport"]
    assert facts(decoded, "Attributes of assertion 1")["FirstName"] == ["Zoë"]


def test_a_signature_is_told_with_its_certificate() -> None:
    decoded = read(XML)
    (found,) = etree.fromstring(XML).iter("{*}X509Certificate")
    der = base64.b64decode(found.text or "")
    certificate = x509.load_der_x509_certificate(der)
    told = facts(decoded, "Signature inside saml:Assertion")
    assert told["algorithm"] == ["rsa-sha256"]
    assert told["SignedInfo by"] == ["exclusive canonicalisation"]
    (assertion,) = etree.fromstring(XML).iter("{*}Assertion")
    assert told["signs"] == [f"#{assertion.get('ID')}, which is saml:Assertion"]
    assert told["digest"] == ["sha256"]
    assert told["transform"] == ["enveloped-signature", "exclusive canonicalisation"]
    assert told["certificate"] == [certificate.subject.rfc4514_string()]
    assert told["issued by"] == ["itself"]
    assert told["key"] == ["RSA, 2048 bits"]
    assert told["SHA-1"] == [certificate.fingerprint(hashes.SHA1()).hex(":")]
    assert told["SHA-256"] == [certificate.fingerprint(hashes.SHA256()).hex(":")]
    (until,) = told["valid until"]
    assert until == "2060-01-01T00:00:00Z, about 34 years from now (it is 2026-03-14T15:09:26Z)"
    (late,) = facts(read(XML, datetime(2061, 1, 1, tzinfo=UTC)), "Signature inside saml:Assertion")["valid until"]
    assert late.endswith("(it is 2061-01-01T00:00:00Z): expired")


def of(scenario_id: str) -> Decoded:
    return read(xml_of(post(saml_login(), scenario(scenario_id))))


def test_what_a_signature_names_is_told_as_it_is() -> None:
    copied = XML.replace(b"</samlp:Response>", b'<x ID="_1"/><x ID="_1"/></samlp:Response>')
    (assertion,) = etree.fromstring(XML).iter("{*}Assertion")
    own = f'URI="#{assertion.get("ID")}"'.encode()
    for uri, said in (
        (b'URI="#_1"', "#_1, which 2 elements of this message have for ID"),
        (b'URI="#_2"', "#_2, which no elements of this message have for ID"),
        (b'URI=""', "the whole document (URI '')"),
        (b"", "a Reference without URI"),
    ):
        assert facts(read(copied.replace(own, uri)), "Signature inside saml:Assertion")["signs"] == [said]
    without = etree.fromstring(XML)
    (info,) = without.iter("{*}KeyInfo")
    parent = info.getparent()
    assert parent is not None
    parent.remove(info)
    told = facts(read(etree.tostring(without)), "Signature inside saml:Assertion")
    assert told["certificate"] == ["none is sent"]
    (found,) = etree.fromstring(XML).iter("{*}X509Certificate")
    broken = XML.replace((found.text or "").encode(), b"AAAA")
    (said,) = facts(read(broken), "Signature inside saml:Assertion")["certificate"]
    assert said.startswith("one that cannot be read: ")


def test_what_is_encrypted_is_told_and_for_whom() -> None:
    decoded = of("saml.encryption.assertion")
    assert titles(decoded)[:2] == ["samlp:Response", "Encrypted: saml:EncryptedAssertion"]
    told = facts(decoded, "Encrypted: saml:EncryptedAssertion")
    assert told["content by"] == ["aes256-gcm"]
    assert told["key wrapped by"] == ["rsa-oaep-mgf1p"]
    assert told["for"] == ["http://portal.localhost:5002"]
    bare = b'<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>'
    assert facts(read(bare), "Encrypted: saml:EncryptedAssertion")["for"] == ["it does not say for whom"]


def test_a_comment_in_a_text_is_told_and_kept() -> None:
    decoded = of("saml.text.comment-in-name-id")
    (name_id,) = facts(decoded, "Assertion 1")["NameID"]
    assert name_id.endswith(" (with a comment inside)")
    assert "<!--" in (decoded.xml or "")


def test_an_assertion_in_a_strange_place_is_told_so() -> None:
    inside = XML.replace(b"<samlp:Status>", b"<samlp:Extensions><saml:Assertion/></samlp:Extensions><samlp:Status>")
    assert "Assertion 1, inside samlp:Extensions" in titles(read(inside))
    assert "Assertion 2" in titles(read(inside))


def test_every_kind_of_protocol_message_says_its_own() -> None:
    head = 'xmlns="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
    classes = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
    request = read(
        f'<AuthnRequest {head} ID="_q" IssueInstant="{AT}" ForceAuthn="true" AssertionConsumerServiceURL="http://p/acs"'
        f' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"><saml:Issuer>http://p</saml:Issuer>'
        '<NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress" AllowCreate="true"/>'
        f'<RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>{classes}Password'
        "</saml:AuthnContextClassRef></RequestedAuthnContext></AuthnRequest>"
    )
    assert request.what == "a SAML authentication request (AuthnRequest)"
    assert facts(request, "samlp:AuthnRequest") == {
        "from (Issuer)": ["http://p"],
        "ID": ["_q"],
        "issued": [f"{AT}, which is now ({AT})"],
        "answer to (AssertionConsumerServiceURL)": ["http://p/acs"],
        "answer by": ["HTTP-POST"],
        "ForceAuthn": ["true"],
        "NameID wanted": ["emailAddress"],
        "AllowCreate": ["true"],
        "authentication wanted": ["minimum: Password"],
    }
    logout = read(
        f'<LogoutRequest {head} ID="_q" NotOnOrAfter="{AT}" Reason="urn:x"><saml:NameID>jane</saml:NameID>'
        "<SessionIndex>_1</SessionIndex><SessionIndex>_2</SessionIndex></LogoutRequest>"
    )
    told = facts(logout, "samlp:LogoutRequest")
    assert (told["NameID"], told["sessions (SessionIndex)"], told["reason"]) == (["jane"], ["_1, _2"], ["urn:x"])
    everywhere = read(f"<LogoutRequest {head}><saml:EncryptedID/></LogoutRequest>")
    told = facts(everywhere, "samlp:LogoutRequest")
    assert (told["NameID"], told["sessions (SessionIndex)"]) == (["encrypted"], ["all of this person"])
    status = "urn:oasis:names:tc:SAML:2.0:status:"
    answer = read(
        f'<LogoutResponse {head} InResponseTo="_q"><Status><StatusCode Value="{status}Responder"><StatusCode '
        f'Value="{status}PartialLogout"/></StatusCode><StatusMessage>no\x07</StatusMessage></Status></LogoutResponse>'.replace(
            "\x07", "&#x9b;"
        )
    )
    told = facts(answer, "samlp:LogoutResponse")
    assert (told["status"], told["status message"]) == (["Responder, PartialLogout"], ["no\\x9b"])


def test_a_remote_login_is_decoded() -> None:
    decoded = read(link_of(remote_login()).url)
    assert (decoded.what, decoded.xml) == ("a remote login", None)
    told = facts(decoded, "Remote login")
    assert told["name"] == ["Zoë Müller"]
    assert told["email"] == ["zoe+test@example.com"]
    stamped = f"{int(NOW.timestamp())}, that is {AT}, which is now ({AT})"
    assert told["timestamp"] == [stamped]
    assert told["hash"][0].endswith("(32 lower-case hex digits; MD5 has 32)")
    odd = facts(read("name=%FF&email=a&timestamp=1400000000000&hash=ABC"), "Remote login")
    assert odd["name"] == ["\\xff"]
    assert odd["timestamp"][0].startswith("1400000000000, which is no time in seconds since 1970 (now 17")
    assert odd["hash"] == ["ABC (3 characters, not all of them lower-case hex digits; MD5 has 32)"]
    assert read("http://x/?a=b").what == "no SAML message: a link with these parameters"


# Times.


def test_times_are_told_from_both_sides() -> None:
    assert moment(None, NOW) is None
    assert moment("2026-03-14T16:09:26+01:00", NOW) == f"2026-03-14T16:09:26+01:00, which is now ({AT})"
    assert moment("yesterday", NOW) == f"yesterday, which is no time that SAML knows (such as {AT})"
    assert (
        moment("2026-13-01T00:00:00Z", NOW) == f"2026-13-01T00:00:00Z, which is no time that SAML knows (such as {AT})"
    )
    assert distance(NOW + timedelta(milliseconds=20), NOW) == f"less than a second from now (it is {AT})"
    assert duration(timedelta(days=-1, seconds=-3601)) == "1 day 1 hour"
    assert duration(timedelta(days=729)) == "729 days"
    assert duration(timedelta(days=731)) == "about 2 years"
