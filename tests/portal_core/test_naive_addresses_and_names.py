"""What naive comparers of addresses take for ours, what naive readers take for the person, and what advice may say."""

from collections.abc import Callable

import pytest
from lxml import etree

from portal_stub.address import folded
from portal_stub.weakness import Weaknesses, naive_readers
from tests.portal_core.responses import (
    ASSERTION,
    AUTHN,
    CONDITIONS,
    NAME_ID,
    NS,
    Base,
    Edit,
    add,
    both,
    diagnose,
    drop,
    find,
    put,
    response,
    write,
)

OURS = "https://portal.example:8443/login/saml"
TAKEN = {
    "compares-path-only": ["https://other.example/login/saml", "http://portal.example/login/saml?a=b"],
    "compares-host-only": ["http://portal.example:8443", "https://portal.example:8443/other"],
    "ignores-port": ["https://portal.example/login/saml", "https://portal.example:1/login/saml"],
    "ignores-scheme": ["http://portal.example:8443/login/saml"],
    "ignores-case": ["https://Portal.example:8443/LOGIN/saml"],
    "ignores-trailing-slash": [f"{OURS}/"],
    "ignores-query": [f"{OURS}?tenant=other"],
    "compares-beginning": [f"{OURS}.other.example", f"{OURS}/"],
    "finds-ours-inside": [f"https://other.example/{OURS}/x"],
    "finds-theirs-inside": ["", "https://portal.example"],
}
NEVER = ["https://other.example/other", "https://portal.example.other.example:1/login", "https://[", "https://a:b:c/x"]


@pytest.mark.parametrize(("name", "addresses"), TAKEN.items(), ids=TAKEN)
def test_each_comparer_overlooks_one_thing(name: str, addresses: list[str]) -> None:
    compare = naive_readers()[name].read
    assert compare(OURS, OURS)
    assert all(compare(OURS, address) for address in addresses)
    assert not any(compare(OURS, address) for address in NEVER)


def test_all_comparers_are_looked_at() -> None:
    assert {name for name, reader in naive_readers().items() if reader.part == "address"} == set(TAKEN)


def told(edit: Edit, reader: str) -> tuple[str, str]:
    diagnosis = diagnose(response(before=edit), weaknesses=Weaknesses.named(naive=[reader]))
    assert diagnosis.granted
    assert diagnosis.identity is not None
    return diagnosis.identity.email, diagnosis.identity.name


FIRST = "saml:AttributeStatement/saml:Attribute[@Name='FirstName']"
NESTED = "<saml:AttributeValue><saml:NameID>joan@example.com</saml:NameID></saml:AttributeValue>"


def test_naive_readers_of_names_are_fooled() -> None:
    twice = add(f"{ASSERTION}/{FIRST}", "<saml:AttributeValue>Joan</saml:AttributeValue>")
    assert told(twice, "last-value") == ("jane@example.com", "Joan Doe")
    friendly = put(f"{ASSERTION}/{FIRST}", Name="urn:x", FriendlyName="LastName")
    assert told(friendly, "friendly-names")[1] == "Jane"
    nested = add(f"{ASSERTION}/{FIRST}", NESTED)
    assert told(nested, "last-name-id")[0] == "joan@example.com"
    long = write(f"{ASSERTION}/{FIRST}/saml:AttributeValue", f"<J>'{'a' * 300}\nDrop")
    assert told(long, "cleaned-text")[1] == f"J{'a' * 254} Doe"


def test_a_friendly_name_is_no_name() -> None:
    friendly = put(f"{ASSERTION}/{FIRST}", Name="urn:x", FriendlyName="FirstName")
    identity = diagnose(response(before=friendly)).identity
    assert identity is not None
    assert identity.name == "Doe"


@pytest.mark.parametrize(
    ("address", "looks_like"),
    [
        (" Jane@Example.com\n", "jane@example.com"),
        ("jane@example.com\u00a0", "jane@example.com"),
        ("ja\u200bne@example.com", "jane@example.com"),
        ("\uff4aane@example.com", "jane@example.com"),
        ("j\u0430ne@ex\u0430mple.com", "jane@example.com"),
        ("jane\u0301@example.com", "jan\u00e9@example.com"),
        ("jane@example.com", "jane@example.com"),
    ],
)
def test_what_an_address_looks_like(address: str, looks_like: str) -> None:
    assert folded(address) == looks_like


def test_a_lookalike_is_read_as_it_is_and_warned_of() -> None:
    alike = response(before=write(NAME_ID, "j\u0430ne@example.com"))
    sound, fooled = diagnose(alike), diagnose(alike, weaknesses=Weaknesses.named(without=["saml.subject.exact"]))
    assert sound.person == "j\u0430ne@example.com"
    assert [found.rule for found in sound.findings if found.outcome == "warning"] == ["saml.subject.exact"]
    assert fooled.person == "jane@example.com"


# Advice.


def advised(change: Edit = lambda _: None) -> Edit:
    """Put a copy of the assertion, about somebody else, into the advice."""

    def edit(root: etree._Element) -> None:
        genuine = find(root, ASSERTION)
        other = etree.fromstring(etree.tostring(root))
        both(write(NAME_ID, "joan@example.com"), put(ASSERTION, ID="_advice"), change)(other)
        advice = genuine.makeelement(f"{{{NS['saml']}}}Advice")
        advice.append(find(other, ASSERTION))
        find(root, CONDITIONS).addnext(advice)

    return edit


ODD: dict[str, Edit] = {
    "sound": lambda _: None,
    "no time": put(CONDITIONS, NotOnOrAfter="yesterday"),
    "no version": put(ASSERTION, Version="1.0"),
    "no statement": drop(AUTHN),
}


@pytest.mark.parametrize("base", ["assertion", "response", "both"])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_the_advice_of_a_signed_assertion_is_not_looked_at(odd: Edit, base: Base) -> None:
    diagnosis = diagnose(response(base, before=advised(odd)))
    assert diagnosis.violations == ()
    assert diagnosis.person == "jane@example.com"


def wrapped(root: etree._Element) -> None:
    """Hide the signed assertion in the advice of a forged one that nobody signed."""
    genuine = find(root, ASSERTION)
    forged = etree.fromstring(etree.tostring(root))
    both(write(NAME_ID, "joan@example.com"), put(ASSERTION, ID="_forged"), drop(f"{ASSERTION}/ds:Signature"))(forged)
    outer = find(forged, ASSERTION)
    root.replace(genuine, outer)
    advice = outer.makeelement(f"{{{NS['saml']}}}Advice")
    advice.append(genuine)
    find(root, CONDITIONS).addnext(advice)


def with_the_signature_outside(root: etree._Element) -> None:
    """The same, and the forged assertion has the genuine one's signature."""
    wrapped(root)
    inner = find(root, f"{ASSERTION}/saml:Advice/saml:Assertion")
    find(root, ASSERTION).insert(1, find(inner, "ds:Signature"))


def with_the_same_id(root: etree._Element) -> None:
    """The same, and the forged assertion has the genuine one's ID as well."""
    with_the_signature_outside(root)
    find(root, ASSERTION).set("ID", "_a")


@pytest.mark.parametrize("hide", [wrapped, with_the_signature_outside, with_the_same_id])
def test_advice_hides_no_signed_assertion(hide: Callable[[etree._Element], None]) -> None:
    diagnosis = diagnose(response("assertion", after=hide))
    assert "saml.signature.one-assertion" in diagnosis.violations
    assert not diagnosis.granted
