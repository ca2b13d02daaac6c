"""Only what is signed is read: wrapped messages, split texts, odd signatures, and the readers that fall for them."""

import copy
from collections.abc import Callable

import pytest
from lxml import etree

from portal_stub.saml.received import Received
from portal_stub.weakness import Weaknesses
from rulebook.rules import guards_of
from tests.portal_core.responses import (
    ASSERTION,
    NAME_ID,
    NOW,
    NS,
    Signing,
    add,
    diagnose,
    drop,
    find,
    memory,
    post,
    put,
    response,
    settings,
)

GUARDS = guards_of("saml.signature.only-signed-is-read")
DS = NS["ds"]
FIRST = Weaknesses.named(naive=["first-assertion"])
LAST = Weaknesses.named(naive=["last-assertion"])


def forged_copy(root: etree._Element) -> etree._Element:
    """A copy of the assertion, unsigned, with another ID and the forged address."""
    forged = copy.deepcopy(find(root, ASSERTION))
    forged.set("ID", "_forged")
    find(forged, "saml:Subject/saml:NameID").text = "forged@example.com"
    signature = forged.find("ds:Signature", NS)
    if signature is not None:
        forged.remove(signature)
    return forged


def before_the_original(root: etree._Element) -> None:
    find(root, ASSERTION).addprevious(forged_copy(root))


def after_the_original(root: etree._Element) -> None:
    find(root, ASSERTION).addnext(forged_copy(root))


def around_the_original(root: etree._Element) -> None:
    original = find(root, ASSERTION)
    forged = forged_copy(root)
    root.replace(original, forged)
    forged.append(original)


def with_the_signature(root: etree._Element) -> None:
    """The forged assertion takes the signature; the original stands behind it without one."""
    original = find(root, ASSERTION)
    forged = forged_copy(root)
    signature = find(original, "ds:Signature")
    original.addprevious(forged)
    forged.insert(1, signature)


def original_in_an_object(root: etree._Element) -> None:
    original = find(root, ASSERTION)
    forged = forged_copy(root)
    signature = find(original, "ds:Signature")
    original.addprevious(forged)
    forged.insert(1, signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(original)


def in_extensions_with_the_same_id(root: etree._Element) -> None:
    forged = forged_copy(root)
    forged.set("ID", "_a")
    extensions = etree.Element(f"{{{NS['samlp']}}}Extensions")
    extensions.append(forged)
    root.insert(1, extensions)


WRAPPED = [
    before_the_original,
    after_the_original,
    around_the_original,
    with_the_signature,
    original_in_an_object,
    in_extensions_with_the_same_id,
]


@pytest.mark.parametrize("wrap", WRAPPED)
def test_a_wrapped_assertion_is_refused_by_guards_alone_and_never_read(wrap: Callable[[etree._Element], None]) -> None:
    diagnosis = diagnose(response(after=wrap))
    assert diagnosis.violations
    assert set(diagnosis.violations) <= GUARDS
    assert diagnosis.identity is None or diagnosis.identity.email == "jane@example.com"


@pytest.mark.parametrize("wrap", WRAPPED)
def test_leaving_out_the_guards_alone_never_makes_the_forged_one_be_read(
    wrap: Callable[[etree._Element], None],
) -> None:
    without = Weaknesses.named(without=["saml.signature.only-signed-is-read"])
    assert without.without >= GUARDS
    identity = diagnose(response(after=wrap), weaknesses=without).identity
    assert identity is None or identity.email == "jane@example.com"


@pytest.mark.parametrize("wrap", [before_the_original, around_the_original, with_the_signature, original_in_an_object])
def test_the_naive_reader_of_the_first_assertion_reads_the_forged_one(wrap: Callable[[etree._Element], None]) -> None:
    diagnosis = diagnose(response(after=wrap), weaknesses=FIRST)
    assert diagnosis.violations == ()
    assert diagnosis.person == "forged@example.com"


def test_the_naive_reader_of_the_last_assertion_reads_the_forged_one() -> None:
    assert diagnose(response(after=after_the_original), weaknesses=LAST).person == "forged@example.com"
    assert diagnose(response(after=before_the_original), weaknesses=LAST).person == "jane@example.com"


@pytest.mark.parametrize("weaknesses", [FIRST, LAST])
def test_a_naive_reader_still_asks_for_a_signature_that_verifies(weaknesses: Weaknesses) -> None:
    def forged_only(root: etree._Element) -> None:
        find(root, NAME_ID).text = "forged@example.com"

    altered = diagnose(response(after=forged_only), weaknesses=weaknesses)
    assert altered.violations == ("saml.signature.digest",)
    assert altered.identity is None


def split_by(comment: str) -> Callable[[etree._Element], None]:
    def edit(root: etree._Element) -> None:
        name_id = find(root, NAME_ID)
        name_id.text = "forged@example.com"
        node = etree.Comment("x") if comment == "comment" else etree.ProcessingInstruction("x", "y")
        node.tail = ".jane.example.org"
        name_id.append(node)

    return edit


def test_a_comment_in_the_name_id_is_refused_and_the_whole_text_is_read() -> None:
    split = response(after=split_by("comment"), before=lambda root: _name(root, "forged@example.com.jane.example.org"))
    diagnosis = diagnose(split)
    assert diagnosis.violations == ("saml.signature.whole-text",)
    assert diagnosis.identity is not None
    assert diagnosis.identity.email == "forged@example.com.jane.example.org"
    naive = diagnose(split, weaknesses=Weaknesses.named(naive=["text-of-first-node"]))
    assert naive.person == "forged@example.com"


def test_a_processing_instruction_in_the_name_id_is_refused() -> None:
    assert diagnose(response(before=split_by("instruction"))).violations == ("saml.signature.whole-text",)


def _name(root: etree._Element, text: str) -> None:
    find(root, NAME_ID).text = text


def test_cdata_is_read_whole() -> None:
    xml = response().replace(b">jane@example.com<", b"><![CDATA[jane@]]>example.com<")
    assert diagnose(xml).person == "jane@example.com"


def test_a_reference_to_the_whole_document_does_not_cover_the_parent() -> None:
    whole = response(after=put(".//ds:Reference", URI=""))
    assert "saml.signature.covers-parent" in diagnose(whole).violations


def test_an_id_that_two_elements_have_does_not_cover_the_parent() -> None:
    for name in ("ID", "Id", "id"):
        doubled = response(after=put("samlp:Status", **{name: "_a"}))
        assert "saml.signature.covers-parent" in diagnose(doubled).violations


def test_two_signatures_in_one_element_do_not_cover_the_parent() -> None:
    def twice(root: etree._Element) -> None:
        signature = find(root, f"{ASSERTION}/ds:Signature")
        signature.addnext(copy.deepcopy(signature))

    assert "saml.signature.covers-parent" in diagnose(response(after=twice)).violations


def test_very_many_signatures_are_refused_without_verifying_each() -> None:
    def many(root: etree._Element) -> None:
        signature = find(root, f"{ASSERTION}/ds:Signature")
        for _ in range(100):
            root.append(copy.deepcopy(signature))

    assert diagnose(response(after=many)).violations == ("saml.signature.covers-parent",)


def test_two_references_do_not_cover_the_parent() -> None:
    def twice(root: etree._Element) -> None:
        reference = find(root, ".//ds:Reference")
        reference.addnext(copy.deepcopy(reference))

    assert "saml.signature.covers-parent" in diagnose(response(after=twice)).violations


TRANSFORM = (
    "<ds:Transform Algorithm='http://www.w3.org/TR/1999/REC-xpath-19991116'><ds:XPath>true()</ds:XPath></ds:Transform>"
)


def in_place_of_canonicalisation(root: etree._Element) -> None:
    transforms = find(root, ".//ds:Transforms")
    transforms.remove(transforms[1])
    add(".//ds:Transforms", TRANSFORM)(root)


def beside_canonicalisation_twice(root: etree._Element) -> None:
    transforms = find(root, ".//ds:Transforms")
    transforms.append(copy.deepcopy(transforms[1]))


@pytest.mark.parametrize(
    "extra", [add(".//ds:Transforms", TRANSFORM), in_place_of_canonicalisation, beside_canonicalisation_twice]
)
def test_another_transform_is_refused(extra: Callable[[etree._Element], None]) -> None:
    diagnosis = diagnose(response(after=extra))
    assert "saml.signature.transforms" in diagnosis.violations
    assert diagnosis.identity is None


def test_another_canonicalisation_of_signed_info_is_refused() -> None:
    other = response(after=put(".//ds:CanonicalizationMethod", Algorithm="urn:other"))
    assert diagnose(other).violations == ("saml.signature.transforms",)


def test_a_signature_that_leaves_itself_in_is_refused() -> None:
    assert "saml.signature.transforms" in diagnose(response(after=drop(".//ds:Transform"))).violations


def test_a_signature_that_was_moved_out_of_its_element_does_not_cover_it() -> None:
    def out(root: etree._Element) -> None:
        find(root, "samlp:Status").append(find(root, f"{ASSERTION}/ds:Signature"))

    diagnosis = diagnose(response(after=out))
    assert diagnosis.violations == ("saml.signature.covers-parent",)
    assert diagnosis.identity is None


def test_a_sole_assertion_that_hides_in_a_signed_response_is_not_read() -> None:
    def hide(root: etree._Element) -> None:
        add(".", "<samlp:Extensions/>", 1)(root)
        find(root, "samlp:Extensions").append(find(root, ASSERTION))

    diagnosis = diagnose(response("response", before=hide))
    assert diagnosis.violations == ("saml.signature.one-assertion",)
    assert diagnosis.identity is None


def test_every_signature_must_verify_not_only_one() -> None:
    def outer_broken(root: etree._Element) -> None:
        root.set("Consent", "urn:altered-after-signing")

    assert diagnose(response("both", after=outer_broken)).violations == ("saml.signature.digest",)


@pytest.mark.parametrize("values", [("", "AA=="), ("AA==", "")])
def test_blank_values_in_a_signature_are_no_error(values: tuple[str, str]) -> None:
    def blank(root: etree._Element) -> None:
        find(root, ".//ds:SignatureValue").text, find(root, ".//ds:DigestValue").text = values

    diagnosis = diagnose(response(after=blank))
    assert diagnosis.violations == ("saml.signature.value",)
    assert diagnosis.identity is None


def test_the_assertion_is_read_from_what_was_digested_not_from_what_was_received() -> None:
    received = Received(
        post=post(response()), settings=settings(), now=NOW, memory=memory(), weaknesses=Weaknesses.named()
    )
    assert received.trusted_assertion is not None
    assert received.trusted_assertion.getroottree() is not received.root.getroottree()
    assert received.trusted_assertion not in list(received.root.iter())


OTHER_KEY = (
    "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue>"
    "</ds:KeyValue>"
)


def test_a_key_that_comes_along_in_the_message_is_never_used() -> None:
    with_key = add(".//ds:KeyInfo", OTHER_KEY, 0)
    assert diagnose(response(after=with_key)).violations == ("saml.signature.key-info",)
    rogue = response(signing=Signing(key="rogue"), after=with_key)
    assert diagnose(rogue).violations == ("saml.signature.fingerprint",)


def test_what_stands_beside_the_signed_parts_of_a_signature_is_refused() -> None:
    assert diagnose(response(after=add(".//ds:Signature", "<ds:Object>x</ds:Object>"))).violations == (
        "saml.signature.no-object",
    )


def test_an_empty_signature_beside_a_sound_one_is_refused() -> None:
    assert diagnose(response(after=add(".", "<ds:Signature/>", 1))).violations == ("saml.signature.present",)
