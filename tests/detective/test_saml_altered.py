"""Messages that were changed after they were signed, or signed over something else: each by name, and no forgery."""

import base64
import hashlib
import html
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from tests.detective.saml_names import in_words, named
from tests.portal_core.responses import (
    NAME_ID,
    NS,
    Signing,
    add,
    both,
    certificate,
    drop,
    find,
    key,
    put,
    response,
    write,
)

BASES = ["assertion", "response", "both"]
AUDIENCE = "saml:Assertion/saml:Conditions/saml:AudienceRestriction/saml:Audience"
FIRST_NAME = "saml:Assertion/saml:AttributeStatement/saml:Attribute/saml:AttributeValue"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
REFERENCE = "ds:Signature/ds:SignedInfo/ds:Reference"


def indented(root: etree._Element) -> None:
    etree.indent(root, "  ")


def on_lines_of_their_own(root: etree._Element) -> None:
    indented(root)
    for element in root.iter():
        if not len(element) and element.text:
            element.text = f"\n{element.text}\n"


def everywhere(change: Callable[[str], str]) -> Callable[[etree._Element], None]:
    def edit(root: etree._Element) -> None:
        for element in root.iter():
            element.text = change(element.text) if element.text else element.text
            element.tail = change(element.tail) if element.tail else element.tail
            for name, value in element.attrib.items():
                element.set(name, change(value))

    return edit


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("printer", [indented, on_lines_of_their_own])
def test_a_message_that_was_indented_after_signing_is_named(base: Any, printer: Any) -> None:
    assert named(response(base, after=printer)) == ["pretty-printed"]


def test_a_message_that_was_indented_before_it_was_signed_is_sound_until_it_is_indented_otherwise() -> None:
    xml = response(before=indented, after=everywhere(lambda text: text.replace("\n  ", "\n    ")))
    assert named(xml) == []  # which blanks there were nobody can tell


def test_what_else_is_wrong_with_an_indented_message_is_told_beside() -> None:
    xml = response(before=write(AUDIENCE, "urn:another"), after=indented)
    assert named(xml) == ["pretty-printed", "another-audience"]


@pytest.mark.parametrize("base", BASES)
def test_accents_that_were_decoded_wrongly_are_named(base: Any) -> None:
    name = both(
        write(FIRST_NAME, "Zo\u00eb \u20ac"),
        put(FIRST_NAME.rpartition("/")[0], FriendlyName="Pr\u00e9nom"),
        add(FIRST_NAME.rpartition("/")[0], "<saml:AttributeValue>Zo\u00eb <b>J.</b> N\u00e9e</saml:AttributeValue>"),
    )
    wrongly = everywhere(lambda text: text.encode().decode("cp1252"))
    assert named(response(base, before=name, after=wrongly)) == ["decoded-wrongly"]


@pytest.mark.parametrize(
    ("printer", "value"),
    [(indented, " "), (indented, "\nJane <b>J.</b> Doe"), (on_lines_of_their_own, "\nJane <b>J.</b> Doe")],
)
def test_blanks_that_were_signed_are_left_where_they_are(printer: Any, value: str) -> None:
    anew = add(FIRST_NAME.rpartition("/")[0], f"<saml:AttributeValue>{value}</saml:AttributeValue>")
    assert named(response(before=both(drop(FIRST_NAME), anew), after=printer)) == ["pretty-printed"]


def test_what_the_outer_signature_alone_covers_is_altered_and_has_no_name() -> None:
    altered = put(".", Consent="urn:oasis:names:tc:SAML:2.0:consent:prior")
    assert named(response("both", after=both(indented, altered))) == []


def test_text_that_was_escaped_twice_is_named() -> None:
    company = write(FIRST_NAME, "Smith & Sons <Ltd>")
    assert named(response(before=company, after=everywhere(html.escape))) == ["escaped-twice"]


def test_text_that_cannot_be_unescaped_has_no_name() -> None:
    assert named(response(after=write(FIRST_NAME, "&#1;"))) == []


def test_line_ends_that_were_changed_are_named() -> None:
    lines = write(FIRST_NAME, "Jane\nDoe")
    more = response(before=lines, after=everywhere(lambda text: text.replace("\n", "\r\n")))
    assert named(more) == ["line-ends-changed"]
    assert "LF alone" in in_words(more)
    less = response(before=write(FIRST_NAME, "Jane\r\nDoe"), after=everywhere(lambda text: text.replace("\r", "")))
    assert named(less) == ["line-ends-changed"]
    assert "CR and LF" in in_words(less)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    "change",
    [
        write(NAME_ID, "mallory@example.com"),
        both(indented, write(NAME_ID, "mallory@example.com")),
        put("saml:Assertion/saml:Conditions", NotOnOrAfter="2026-03-01T12:06:00Z"),
    ],
)
def test_what_was_altered_otherwise_has_no_name(base: Any, change: Any) -> None:
    assert named(response(base, after=change)) == []


@pytest.mark.parametrize("part", ["ds:SignatureValue", f"{REFERENCE.partition('/')[2]}/ds:DigestValue"])
def test_a_value_or_a_digest_that_was_altered_has_no_name(part: str) -> None:
    def alter(root: etree._Element) -> None:
        found = find(root, f"saml:Assertion/ds:Signature/{part}")
        octets = bytearray(base64.b64decode(found.text or ""))
        octets[3] ^= 1
        found.text = base64.b64encode(octets).decode()

    assert named(response(after=alter)) == []


def c14n(element: etree._Element, *, exclusive: bool = True, comments: bool = False) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=comments)


def signed_by_hand(
    digested: Callable[[etree._Element], bytes] = c14n,
    valued: Callable[[etree._Element], bytes] = c14n,
    digest: str = "sha256",
    names: tuple[str, str] = (EXCLUSIVE, EXCLUSIVE),
    signer: str = "trusted",
    prefixes: str = "",
) -> bytes:
    """A Response whose assertion is signed over what ``digested`` and ``valued`` make of it."""

    def sign(root: etree._Element) -> None:
        assertion = find(root, "saml:Assertion")
        bare = etree.fromstring(etree.tostring(assertion, with_tail=False))
        bare.remove(find(bare, "ds:Signature"))
        info = find(assertion, "ds:Signature/ds:SignedInfo")
        find(info, "ds:CanonicalizationMethod").set("Algorithm", names[0])
        info.findall("ds:Reference/ds:Transforms/ds:Transform", NS)[-1].set("Algorithm", names[1])
        if prefixes:
            add("ds:Reference/ds:Transforms/ds:Transform[2]", prefixes)(info)
        octets = hashlib.new(digest, digested(bare)).digest()
        write("ds:Reference/ds:DigestValue", base64.b64encode(octets).decode())(info)
        private = key(signer)
        assert isinstance(private, RSAPrivateKey)
        value = private.sign(valued(info), PKCS1v15(), hashes.SHA256())
        write("ds:Signature/ds:SignatureValue", base64.b64encode(value).decode())(assertion)

    return response(after=sign)


def inclusive(element: etree._Element) -> bytes:
    return c14n(element, exclusive=False)


def test_signing_by_hand_is_sound_where_it_does_what_it_names() -> None:
    with pytest.raises(AssertionError, match="the mistake is none"):
        named(signed_by_hand())


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (
            signed_by_hand(digested=inclusive),
            "its digest was made over another form (inclusive) than it names (exclusive)",
        ),
        (
            signed_by_hand(valued=inclusive),
            "its value was made over another form (inclusive) than it names (exclusive)",
        ),
        (signed_by_hand(names=(EXCLUSIVE, INCLUSIVE)), "(exclusive) than it names (inclusive)"),
        (signed_by_hand(names=(INCLUSIVE, EXCLUSIVE)), "(exclusive) than it names (inclusive)"),
    ],
)
def test_another_canonicalisation_is_named(xml: bytes, words: str) -> None:
    assert named(xml) == ["another-canonicalisation"]
    assert words in in_words(xml)


def test_another_digest_than_the_signature_names_is_named() -> None:
    xml = signed_by_hand(digest="sha1")
    assert named(xml) == ["another-digest-method"]
    assert "made with SHA1, and the signature names SHA256" in in_words(xml)


def test_the_prefixes_that_the_exclusive_form_lists_count() -> None:
    listed = f'<c:InclusiveNamespaces xmlns:c="{EXCLUSIVE}" PrefixList="samlp"/>'

    def with_prefixes(element: etree._Element) -> bytes:
        return etree.tostring(element, method="c14n", exclusive=True, inclusive_ns_prefixes=["samlp"])

    assert named(signed_by_hand(digested=with_prefixes, digest="sha1", prefixes=listed)) == ["another-digest-method"]
    assert named(signed_by_hand(digest="sha1", prefixes=listed)) == []


def test_a_digest_that_no_method_makes_has_no_name() -> None:
    assert named(signed_by_hand(digest="md5")) == []


@pytest.mark.parametrize("method", ["sha256-rsa-MGF1", "rsa-sha256"])
def test_other_keys_and_methods_are_looked_into(method: str) -> None:
    kind = "ec" if method == "rsa-sha256" else "trusted"
    signing = Signing(key=kind, method="ecdsa-sha256" if kind == "ec" else method)
    rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    changed = put("saml:Assertion/ds:Signature/ds:SignedInfo/ds:SignatureMethod", Algorithm=rsa_sha256)
    xml = response(signing=signing, after=changed if kind == "ec" else write(NAME_ID, "mallory@example.com"))
    assert named(xml, fingerprint=certificate(kind).fingerprint(hashes.SHA1()).hex()) == []


def test_the_other_canonicalisation_of_a_foreign_key_has_no_name() -> None:
    assert named(signed_by_hand(digested=inclusive, signer="rogue")) == []
    assert named(signed_by_hand(digested=lambda _: b"other")) == []
    assert named(signed_by_hand(digested=lambda _: b"other", valued=inclusive)) == []


def test_an_assertion_that_was_digested_as_it_was_written_is_named() -> None:
    xml = signed_by_hand()
    start, end = xml.index(b"<saml:Assertion"), xml.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    signature = xml[xml.index(b"<ds:Signature ") : xml.index(b"</ds:Signature>") + len(b"</ds:Signature>")]
    as_written = xml[start:end].replace(signature, b"")
    assert b'ID="_a"' in as_written
    made = signed_by_hand(digested=lambda _: as_written)
    assert named(made) == ["not-canonicalised"]


def alone(for_value: str = INCLUSIVE, signer: str = "trusted") -> bytes:
    """An assertion that was signed by itself with inclusive canonicalisation, and then put into the Response."""
    root = etree.fromstring(response())
    assertion = find(root, "saml:Assertion")
    declared = b'<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    by_itself = etree.fromstring(c14n(assertion).replace(b"<saml:Assertion", declared, 1))
    bare = etree.fromstring(etree.tostring(by_itself))
    bare.remove(find(bare, "ds:Signature"))
    info = find(by_itself, "ds:Signature/ds:SignedInfo")
    find(info, "ds:CanonicalizationMethod").set("Algorithm", for_value)
    info.findall("ds:Reference/ds:Transforms/ds:Transform", NS)[-1].set("Algorithm", INCLUSIVE)
    digest = base64.b64encode(hashlib.sha256(inclusive(bare)).digest()).decode()
    write("ds:Reference/ds:DigestValue", digest)(info)
    private = key(signer)
    assert isinstance(private, RSAPrivateKey)
    value = base64.b64encode(
        private.sign(c14n(info, exclusive=for_value == EXCLUSIVE), PKCS1v15(), hashes.SHA256())
    ).decode()
    write("ds:Signature/ds:SignatureValue", value)(by_itself)
    whole, written = etree.tostring(root), etree.tostring(by_itself)
    start, end = whole.index(b"<saml:Assertion"), whole.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    return whole[:start] + written + whole[end:]


def test_an_assertion_that_was_signed_before_it_was_wrapped_is_named() -> None:
    assert named(alone()) == ["signed-before-it-was-wrapped"]
    assert named(alone(for_value=EXCLUSIVE)) == ["signed-before-it-was-wrapped"]
    assert named(alone(signer="rogue")) == []
    changed = alone().replace(b"jane@example.com", b"john@example.com")
    assert named(changed) == []


def test_several_certificates_do_not_make_a_message_indented() -> None:
    for beside in ((certificate("rogue"), certificate("trusted")), (certificate("trusted"), certificate("rogue"))):
        assert named(response(signing=Signing(key="rogue", certificates=beside))) == []


@pytest.mark.parametrize("element", [b"<saml:Assertion ", b"<saml:NameID "])
def test_a_name_space_without_canonical_form_is_looked_into(element: bytes) -> None:
    xml = response().replace(element, element + b'xmlns:void="relative/uri" ', 1)
    assert named(xml) == []


@pytest.mark.parametrize(("count", "codes"), [(20, ["pretty-printed"]), (40, [])])
def test_a_heap_of_name_spaces_is_not_looked_into(count: int, codes: list[str]) -> None:
    heap = "".join(f'xmlns:n{number}="urn:{number}" ' for number in range(count)).encode()
    xml = response(after=indented).replace(b"<saml:Assertion ", b"<saml:Assertion " + heap, 1)
    assert named(xml) == codes


def test_a_name_space_that_is_declared_again_and_again_is_looked_into() -> None:
    often = b"".join(b'<n xmlns="urn:%d"/>' % number for number in range(100))
    xml = response(after=indented).replace(b"</samlp:Status>", often + b"</samlp:Status>", 1)
    assert "pretty-printed" in named(xml)
