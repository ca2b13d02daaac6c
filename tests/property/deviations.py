"""Random deviations of sound sign-ins: of their bytes, their XML nodes, their attributes, their parameters."""

import base64
import copy
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import attrs
from hypothesis import strategies as st
from lxml import etree

import idp_sim.scenarios
from conformance.in_process import NOW, PORTAL, SIMULATOR, keyring
from conformance.sites import remote_login_of, sound_settings
from idp_sim.catalogue import Scenario, load
from idp_sim.config import Portal
from idp_sim.login import BASES, RemoteLogin, SamlLogin
from idp_sim.people import directory, impostor
from idp_sim.perform import perform
from idp_sim.stages import Form, Link
from portal_stub.config import Settings

PERSON, FORGED = directory()[0], impostor(directory()[0])
Fields = list[tuple[str, str]]


def settings(method: str) -> Settings:
    """Return the settings of the portal to which everything is posted."""
    return sound_settings({"sso.method": method}, PORTAL, SIMULATOR, keyring()).read()


def _sound(protocol: str) -> Iterator[Scenario]:
    for known in load(idp_sim.scenarios):
        if known.topic == f"{protocol}.sound" and known.stage == "plan" and not known.given:
            yield known


def _responses() -> Iterator[bytes]:
    portal = Portal("portal", PORTAL)
    for known in _sound("saml"):
        for base in known.bases or BASES[:1]:
            login = SamlLogin(person=PERSON, portal=portal, at=NOW, seed=known.id, base=base)
            form = perform(login, keyring(), known)
            assert isinstance(form, Form)
            if form.login.name_id == PERSON.email:
                yield base64.b64decode(dict(form.fields)["SAMLResponse"])


def _links() -> Iterator[Fields]:
    portal = Portal("portal", PORTAL, remote_login=remote_login_of(settings("simple")))
    for known in _sound("remote-login"):
        link = perform(RemoteLogin(person=PERSON, portal=portal, at=NOW), keyring(), known)
        assert isinstance(link, Link)
        if link.login.email == PERSON.email:
            yield parse_qsl(urlsplit(link.url).query, keep_blank_values=True)


RESPONSES, LINKS = tuple(dict.fromkeys(_responses())), tuple(_links())

_ODD = st.sampled_from(
    ["", " ", "0", "2.0", "1.1", "#", "_a", "xml", "\u202e", FORGED.email, FORGED.name, f"{PERSON.email} "]
)
_NAMES = st.sampled_from(
    ["ID", "Id", "id", "Version", "Value", "Format", "URI", "Algorithm", "Method", "Name", "Recipient", "NotOnOrAfter"]
)
_TAGS = st.sampled_from(["Assertion", "Response", "EncryptedAssertion", "NameID", "Signature", "Object", "Extensions"])
_WAYS = st.sampled_from(["forge"] * 4 + ["copy", "move", "wrap", "drop", "rename", "text", "comment", "instruction"])
"""What happens to a node. A forged assertion beside the genuine one is what most break-ins were."""


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    """Replace a few bytes, anywhere, by a few others."""
    start = draw(st.integers(0, len(data)))
    return data[:start] + draw(st.binary(max_size=8)) + data[start + draw(st.integers(0, 8)) :]


@st.composite
def bytes_altered(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a sound Response with some of them altered, left out or added."""
    data = draw(st.sampled_from(RESPONSES))
    for _ in range(draw(st.integers(1, 4))):
        data = _cut(draw, data)
    return data


@st.composite
def nodes_altered(draw: st.DrawFn) -> bytes:
    """Draw a sound Response whose nodes are moved, copied with a forged identity, wrapped, renamed or left out."""
    root = etree.fromstring(draw(st.sampled_from(RESPONSES)))
    for _ in range(draw(st.integers(1, 4))):
        elements = [element for element in root.iter("*") if element is not root]
        if not elements:
            break
        assertions = [element for element in elements if etree.QName(element).localname == "Assertion"]
        chosen, target = draw(st.sampled_from(elements)), draw(st.sampled_from([*[root] * 10, *elements]))
        parent = chosen.getparent()
        assert parent is not None
        match draw(_WAYS):
            case "forge" if assertions:
                target.insert(draw(st.integers(0, len(target))), _forged(draw, draw(st.sampled_from(assertions))))
            case "copy":
                target.insert(draw(st.integers(0, len(target))), _forged(draw, chosen))
            case "move" if chosen not in (target, *target.iterancestors()):
                target.insert(draw(st.integers(0, len(target))), chosen)
            case "wrap":
                wrapper = parent.makeelement(chosen.tag)
                parent.replace(chosen, wrapper)
                wrapper.extend([_forged(draw, chosen), chosen])
            case "drop":
                parent.remove(chosen)
            case "rename":
                chosen.tag = f"{{{etree.QName(target).namespace}}}{draw(_TAGS)}"
            case "text":
                chosen.text = draw(_ODD)
            case "comment":
                target.insert(draw(st.integers(0, len(target))), etree.Comment("x"))
            case "instruction":
                target.insert(draw(st.integers(0, len(target))), etree.ProcessingInstruction("x", "y"))
    return etree.tostring(root)


def _forged(draw: st.DrawFn, element: etree._Element) -> etree._Element:
    """Return a copy that names the forged person; some copies have IDs of their own and no signature."""
    forged = copy.deepcopy(element)
    if draw(st.booleans()):
        for part in forged.iter("*"):
            if "ID" in part.attrib:
                part.set("ID", f"{part.get('ID')}f")
        for signature in list(forged.iter("{*}Signature")):
            above = signature.getparent()
            if above is not None:
                above.remove(signature)
    for name_id in forged.iter("{*}NameID"):
        name_id.text = FORGED.email
    return forged


@st.composite
def attributes_altered(draw: st.DrawFn) -> bytes:
    """Draw a sound Response whose attributes have other values, are left out or were added."""
    root = etree.fromstring(draw(st.sampled_from(RESPONSES)))
    values = sorted({value for element in root.iter("*") for value in map(str, element.attrib.values())})
    for _ in range(draw(st.integers(1, 4))):
        element = draw(st.sampled_from(list(root.iter("*"))))
        name = draw(st.sampled_from(sorted(map(str, element.attrib))) | _NAMES if element.attrib else _NAMES)
        if draw(st.booleans()):
            element.set(name, draw(st.sampled_from(values) | _ODD))
        else:
            element.attrib.pop(name, None)
    return etree.tostring(root)


@attrs.frozen
class Request:
    """What is sent to the assertion consumer service: the fields of the form, and those in its address."""

    method: str
    form: Fields
    query: Fields


@st.composite
def parameters_altered(draw: st.DrawFn) -> Request:
    """Draw a sound Response that is sent otherwise: fields repeated, renamed, cut, in the address, by GET."""
    sound = base64.b64encode(draw(st.sampled_from(RESPONSES))).decode()
    other = _forged(draw, etree.fromstring(draw(st.sampled_from(RESPONSES))))
    forged = base64.b64encode(etree.tostring(other)).decode()
    names = st.sampled_from(["SAMLResponse", "RelayState", "SAMLRequest", "samlresponse", "SAMLResponse[]", "SigAlg"])
    values = st.sampled_from([sound, forged, sound[:-1], f"{sound}=", f" {sound}", sound.lower(), ""]) | st.text()
    drawn = st.lists(st.tuples(names, values), max_size=3)
    first = draw(st.sampled_from([[("SAMLResponse", sound)], []]))
    return Request(draw(st.sampled_from(["POST", "POST", "GET"])), [*first, *draw(drawn)], draw(drawn))


@st.composite
def links_altered(draw: st.DrawFn) -> Fields:
    """Draw the parameters of a sound remote login, with some altered, repeated, left out, added or in another order."""
    fields = list(draw(st.sampled_from(LINKS)))
    values = [value for _, value in fields]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(fields)))
        name = draw(st.sampled_from(["name", "email", "timestamp", "hash", "phone", "redirect_to", "Email", "x"]))
        match draw(st.sampled_from(["add", "drop", "alter", "turn"])):
            case "add":
                fields.insert(place, (name, draw(_ODD | st.sampled_from(values) | st.text())))
            case "drop":
                del fields[place : place + 1]
            case "alter" if fields[place:]:
                kept, value = fields[place]
                start = draw(st.integers(0, len(value)))
                fields[place] = (
                    kept,
                    value[:start] + draw(st.text(max_size=3)) + value[start + draw(st.integers(0, 3)) :],
                )
            case "turn":
                fields = fields[place:] + fields[:place]
    return fields
