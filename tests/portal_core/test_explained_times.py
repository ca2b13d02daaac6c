"""The times of a message as sentences, its attributes with near misses, and the account that would result."""

from datetime import timedelta
from typing import Any

import pytest

from portal_stub.explain.explanation import Explanation, Fact, Moment, Wanted
from tests.portal_core.explaining import ATTRIBUTES, explained, explained_link, link
from tests.portal_core.responses import (
    AUTHN,
    CONDITIONS,
    DATA,
    NAME_ID,
    NOW,
    Edit,
    add,
    at,
    both,
    drop,
    put,
    response,
    write,
)


def moment(found: Explanation, name: str) -> Moment:
    return next(each for each in found.moments if each.name == name)


def shifted(seconds: int) -> Edit:
    """Set the identity provider's clock by so much ahead of ours."""

    def time(after: int) -> str:
        return at(timedelta(seconds=seconds + after))

    return both(
        put(".", IssueInstant=time(0)),
        put("saml:Assertion", IssueInstant=time(0)),
        put(CONDITIONS, NotBefore=time(-30), NotOnOrAfter=time(300)),
        put(DATA, NotOnOrAfter=time(300)),
    )


@pytest.mark.parametrize(
    ("edit", "name", "sentence", "trouble"),
    [
        (shifted(0), "IssueInstant of Response", "Made as it arrived: your clock and ours agree.", False),
        (
            shifted(-10),
            "IssueInstant of Response",
            "Made 10 seconds before it arrived: your clock and ours agree.",
            False,
        ),
        (
            shifted(-11),
            "IssueInstant of Response",
            "Made 11 seconds before it arrived. Unless it lay about that long, your clock is 11 seconds behind ours.",
            False,
        ),
        (
            shifted(-252),
            "IssueInstant of Assertion",
            (
                "Made 4 minutes 12 seconds before it arrived. Unless it lay about that long, your clock is 4 minutes "
                "12 seconds behind ours."
            ),
            True,
        ),
        (
            shifted(252),
            "IssueInstant of Response",
            "Made 4 minutes 12 seconds after it arrived: your clock is 4 minutes 12 seconds ahead of ours.",
            True,
        ),
        (
            shifted(7200),
            "IssueInstant of Response",
            (
                "Made 2 hours after it arrived: your clock is 2 hours ahead of ours. That is close to 2 hours, as a "
                "time zone is: was local time written as UTC?"
            ),
            True,
        ),
        (shifted(0), "NotBefore of Conditions", "It became valid 30 seconds before it arrived.", False),
        (
            shifted(90),
            "NotBefore of Conditions",
            "It became valid 1 minute after it arrived, which the allowed drift makes good.",
            False,
        ),
        (
            shifted(91),
            "NotBefore of Conditions",
            "It became valid 1 minute 1 second after it arrived: your clock is up to 1 minute 1 second ahead of ours.",
            True,
        ),
        (
            put(CONDITIONS, NotBefore=at(timedelta(minutes=5))),
            "NotBefore of Conditions",
            (
                "It became valid 5 minutes after it arrived, although the clocks agree: let NotBefore be the time of "
                "issue, or earlier."
            ),
            True,
        ),
        (shifted(0), "NotOnOrAfter of Conditions", "It was valid for another 5 minutes when it arrived.", False),
        (
            shifted(-359),
            "NotOnOrAfter of Conditions",
            "It had ended 59 seconds before it arrived, which the allowed drift makes good.",
            False,
        ),
        (
            shifted(-360),
            "NotOnOrAfter of Conditions",
            (
                "It had ended 1 minute before it arrived: it came too late, or your clock is at least 1 minute "
                "behind ours."
            ),
            True,
        ),
        (
            put(DATA, NotOnOrAfter=at(timedelta(minutes=-5))),
            "NotOnOrAfter of SubjectConfirmationData",
            "It had ended 5 minutes before it arrived, although the clocks agree: let it last for some minutes.",
            True,
        ),
        (
            put(AUTHN, SessionNotOnOrAfter=at(timedelta(hours=-3))),
            "SessionNotOnOrAfter of AuthnStatement",
            (
                "The session at the identity provider had ended 3 hours before it arrived, although the clocks "
                "agree: let it last for some minutes. That is close to 3 hours, as a time zone is: was local time "
                "written as UTC?"
            ),
            True,
        ),
        (
            put(AUTHN, AuthnInstant=at(timedelta(minutes=-20))),
            "AuthnInstant of AuthnStatement",
            "The person was authenticated 20 minutes before it arrived.",
            False,
        ),
        (
            put(CONDITIONS, NotBefore="noon"),
            "NotBefore of Conditions",
            "It cannot be read: a time is written in UTC, such as 2026-01-31T12:00:00Z.",
            True,
        ),
    ],
)
def test_each_time_is_a_sentence(edit: Edit, name: str, sentence: str, trouble: bool) -> None:
    found = moment(explained(response(before=edit)), name)
    assert (found.sentence, found.trouble) == (sentence, trouble)


def test_each_time_of_a_response_is_told_once() -> None:
    names = [found.name for found in explained(response()).moments]
    assert len(names) == len(set(names)) == 7


@pytest.mark.parametrize(
    ("stamp", "sentence", "trouble"),
    [
        (0, "2026-03-01T12:00:00Z. Made as it arrived: your clock and ours agree.", False),
        (30, "your clock is 30 seconds ahead of ours.", False),
        (31, "your clock is 31 seconds ahead of ours.", True),
        (-1800, "your clock is 30 minutes behind ours. That is close to 30 minutes", False),
        (-1801, "your clock is 30 minutes 1 second behind ours.", True),
    ],
)
def test_the_timestamp_of_a_link_is_a_sentence(stamp: int, sentence: str, trouble: bool) -> None:
    seconds = int(NOW.timestamp()) + stamp
    (found,) = explained_link(link(timestamp=str(seconds))).moments
    assert sentence in found.sentence
    assert found.trouble is trouble


@pytest.mark.parametrize(
    ("stamp", "sentence"),
    [
        ("1772366400123", "It has 13 digits, and seconds have ten. Read as milliseconds it is 2026-03-01T12:00:00Z."),
        ("1" * 40, "It has 40 digits, and seconds have ten."),
        ("99999999999", "5138-11-16T09:46:39Z."),
        ("today", "It cannot be read: it counts the seconds since 1970 in ASCII digits, such as 1463000000."),
        ("١٧٧٢", "It cannot be read"),
        ("1772366400.5", "2026-03-01T12:00:00Z. Made as it arrived"),
    ],
)
def test_a_timestamp_that_is_none_is_told(stamp: str, sentence: str) -> None:
    (found,) = explained_link(link(timestamp=stamp)).moments
    assert sentence in found.sentence
    assert found.trouble is not stamp.endswith(".5")


def test_the_md5_profile_has_no_time() -> None:
    assert explained_link(link(timestamp="1"), profile="md5").moments == ()
    assert explained_link(link(name="x")).moments == ()


# Attributes.


def attribute(name: str, value: str = "Jo", friendly: str = "") -> Edit:
    given = f'FriendlyName="{friendly}"' if friendly else ""
    value = f"<saml:AttributeValue>{value}</saml:AttributeValue>"
    return add(ATTRIBUTES, f'<saml:Attribute Name="{name}" {given}>{value}</saml:Attribute>')


def only(*edits: Edit) -> bytes:
    """A response without the attributes that it usually has."""
    first = f"{ATTRIBUTES}/saml:Attribute"
    return response(before=both(drop(first), drop(first), *edits))


def wanted(found: Explanation, what: str) -> Wanted:
    return next(each for each in found.wanted if each.what == what)


@pytest.mark.parametrize(
    ("what", "edit", "sentence"),
    [
        ("First name", attribute("firstname"), "Letter case and blanks count: send it under the Name 'FirstName'."),
        ("First name", attribute("givenName "), "Letter case and blanks count: send it under the Name 'givenname'."),
        (
            "First name",
            attribute("urn:oid:2.5.4.42"),
            "The portal does not look for this Name. Send it under the Name 'FirstName'.",
        ),
        (
            "First name",
            attribute("urn:x", friendly="FirstName"),
            (
                "'FirstName' is its FriendlyName only; the portal reads the attribute Name. Send it under the Name "
                "'FirstName'."
            ),
        ),
        (
            "First name",
            attribute("urn:y", friendly="givenName"),
            "The portal does not look for this Name. Send it under the Name 'FirstName'.",
        ),
        (
            "First name",
            attribute("first_name"),
            "The portal does not look for this Name. Send it under the Name 'FirstName'.",
        ),
        ("First name", attribute("FirstName", " "), "It came, and its first value is blank."),
        (
            "Last name",
            attribute("http://schemas.example/claims/LastName"),
            (
                "It came under a full URI or a prefix that the portal does not look for. Send it under the Name "
                "'LastName'."
            ),
        ),
        ("Last name", attribute("sn"), "The portal does not look for this Name. Send it under the Name 'LastName'."),
        (
            "Phone",
            attribute("telephoneNumber"),
            "The portal does not look for this Name. Send it under the Name 'phone'.",
        ),
        ("Company", attribute("Organization"), "Letter case and blanks count: send it under the Name 'organization'."),
        (
            "Email address",
            both(attribute("mail", "jo@example.com"), write(NAME_ID, "jo")),
            "An address came as an attribute; the portal reads it from the NameID alone. Send it there.",
        ),
    ],
)
def test_what_nearly_was_an_attribute_is_told(what: str, edit: Edit, sentence: str) -> None:
    found = explained(only(edit))
    (near,) = wanted(found, what).near
    assert near.sentence == sentence
    assert found.others == ()
    assert all(not each.near for each in found.wanted if each.what != what)


@pytest.mark.parametrize("name", ["department", "objectGUID", "surnames-of-parents", "http://x/claims/role"])
def test_another_attribute_is_no_near_miss(name: str) -> None:
    found = explained(only(attribute(name, friendly="Some")))
    assert all(not each.near for each in found.wanted)
    assert found.others == (Fact(what=name, value="Jo", source="FriendlyName Some"),)


def test_the_first_name_that_hits_is_taken_and_has_no_near_misses() -> None:
    found = wanted(
        explained(only(attribute("givenname", "B"), attribute("FirstName", "A"), attribute("fname"))), "First name"
    )
    assert (found.name, found.value, found.near) == ("FirstName", "A", ())


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("Email=a", ("email", "Letter case and blanks count: send 'email'.")),
        ("name=a&amp;email=b", ("email", "'&' was written as '&amp;' in the address")),
    ],
)
def test_what_nearly_was_a_parameter_is_told(query: str, near: Any) -> None:
    # In the query '&amp;email' is a parameter 'amp;email'.
    found = {each.names[0]: each for each in explained_link(query).wanted}
    (miss,) = found[near[0]].near
    assert near[1] in miss.sentence


# The account.


def facts(found: Explanation) -> list[tuple[str, str, str]]:
    assert found.account is not None
    return [(each.what, each.value, each.source) for each in found.account.facts]


def test_the_account_says_from_where_each_part_is_taken() -> None:
    found = explained(response(before=both(attribute("phone", "112"), attribute("organization", "Acme"))))
    assert facts(found) == [
        ("Email address", "jane@example.com", "NameID"),
        ("Name", "Jane Doe", "FirstName and LastName"),
        ("Phone", "112", "phone"),
        ("Company", "Acme", "organization"),
    ]
    assert facts(explained(only()))[1] == ("Name", "jane", "the part of the address before @")


def test_a_refused_login_tells_the_account_that_would_have_been() -> None:
    found = explained(response(before=put(DATA, Recipient="b")))
    assert not found.granted
    assert facts(found)[0] == ("Email address", "jane@example.com", "NameID")


def test_where_nobody_is_named_there_is_no_account() -> None:
    assert explained(response(before=write(NAME_ID, " "))).account is None
    assert explained_link(link(name="Jo")).account is None


def test_the_account_of_a_link() -> None:
    assert facts(explained_link(link(email="jo@example.com", name=" ", phone="1"))) == [
        ("Email address", "jo@example.com", "email"),
        ("Name", "jo", "the part of the address before @"),
        ("Phone", "1", "phone"),
    ]
