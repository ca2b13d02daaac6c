"""What the portal looks for in an assertion, what came, and what nearly was it (portal-contract S12, S13)."""

import re
from collections.abc import Iterable, Sequence

import attrs
from lxml import etree

from portal_stub.explain.document import visibly
from portal_stub.explain.explanation import Fact, Hide, NearMiss, Wanted
from portal_stub.saml.identity import COMPANY, FIRST_NAME, LAST_NAME, NAME_ID, PHONE
from portal_stub.saml.xml import saml, text_of

_MOST = 60
_LONGEST = 200

LOOKED_FOR = (("First name", FIRST_NAME), ("Last name", LAST_NAME), ("Phone", PHONE), ("Company", COMPANY))

_SYNONYMS = {
    "First name": ("firstname", "givenname", "urn:oid:2.5.4.42", "fname"),
    "Last name": ("lastname", "surname", "familyname", "sn", "urn:oid:2.5.4.4", "lname"),
    "Phone": ("phone", "telephonenumber", "phonenumber", "urn:oid:2.5.4.20", "tel"),
    "Company": ("company", "organization", "organisation", "organizationname", "companyname", "o", "urn:oid:2.5.4.10"),
}
"""What others call it, without letter case and signs between the words."""


@attrs.frozen(kw_only=True)
class Came:
    """An attribute as it came, with its first value."""

    name: str
    friendly: str
    value: str


def attributes_in(assertion: etree._Element, hide: Hide) -> tuple[Came, ...]:
    """Return the attributes of the assertion, at most some dozens, each with its first value."""
    found = []
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        value = attribute.find(saml("AttributeValue"))
        text = "" if value is None else text_of(value).strip()
        shown = [cut(hide(part)) for part in (attribute.get("Name", ""), attribute.get("FriendlyName", ""), text)]
        found.append(Came(name=shown[0], friendly=shown[1], value=shown[2]))
        if len(found) == _MOST:
            break
    return tuple(found)


def wanted_of(assertion: etree._Element, came: Sequence[Came], hide: Hide) -> tuple[Wanted, ...]:
    """Return what the portal looks for, the address first, each with what was taken and the near misses."""
    name_id = next((hide(text_of(found)) for found in assertion.iterfind(NAME_ID)), "")
    address = Wanted(
        what="Email address",
        names=("NameID",),
        needed=True,
        name="NameID" if name_id else "",
        value=cut(name_id),
        near=tuple(_addresses(came)) if "@" not in name_id else (),
    )
    return (address, *(_wanted(what, names, came) for what, names in LOOKED_FOR))


def unused(wanted: Sequence[Wanted], came: Sequence[Came]) -> tuple[Fact, ...]:
    """Return the attributes that came and that the portal has no use for."""
    used = {each.name for each in wanted} | {miss.name for each in wanted for miss in each.near}
    return tuple(
        Fact(what=each.name or "(no Name)", value=each.value, source=each.friendly and f"FriendlyName {each.friendly}")
        for each in came
        if each.name not in used
    )


def _wanted(what: str, names: tuple[str, ...], came: Sequence[Came]) -> Wanted:
    values = {each.name: each.value for each in reversed(came)}  # of two with one name the first counts
    name = next((name for name in names if values.get(name)), "")
    near = () if name else tuple(_near(what, names, came))
    return Wanted(what=what, names=names, name=name, value=values.get(name, ""), near=near)


def _near(what: str, names: Sequence[str], came: Iterable[Came]) -> Iterable[NearMiss]:
    for each in came:
        sentence = _why(what, names, each)
        if sentence:
            yield NearMiss(name=each.name, value=each.value, sentence=sentence)


def _why(what: str, names: Sequence[str], came: Came) -> str:
    """Return in what this attribute misses every name that is looked for, or empty where it is another thing."""
    mend = f"Send it under the Name '{names[0]}'."
    if came.name in names:
        return "It came, and its first value is blank."
    alike = next((name for name in names if name.casefold() == came.name.strip().casefold()), "")
    if alike:
        return f"Letter case and blanks count: send it under the Name '{alike}'."
    if came.friendly in names:
        return f"'{came.friendly}' is its FriendlyName only; the portal reads the attribute Name. {mend}"
    last = re.split(r"[/#:]", came.name.rstrip("/#:"))[-1]
    known = {_folded(name) for name in names} | set(_SYNONYMS[what])
    if last != came.name and _folded(last) in known:
        return f"It came under a full URI or a prefix that the portal does not look for. {mend}"
    if _folded(came.name) in known or _folded(came.friendly) in known:
        return f"The portal does not look for this Name. {mend}"
    return ""


def _addresses(came: Iterable[Came]) -> Iterable[NearMiss]:
    for each in came:
        if re.fullmatch(r"[^@\s]+@[^@\s]+", each.value):
            sentence = "An address came as an attribute; the portal reads it from the NameID alone. Send it there."
            yield NearMiss(name=each.name, value=each.value, sentence=sentence)


def _folded(name: str) -> str:
    return re.sub(r"[\s_.-]", "", name).casefold() if not name.startswith("urn:oid:") else name


def cut(text: str) -> str:
    """Return a value for people: what cannot be seen written out, and not too long."""
    return visibly(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
