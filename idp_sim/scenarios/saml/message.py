"""The SAML Response as it travels: form field, encoding, XML, root element."""

import base64
from collections.abc import Callable

import attrs

from idp_sim.catalogue import breaks
from idp_sim.saml.names import SAML, SAMLP
from idp_sim.stages import Draft, Form


def _posted(form: Form, message: str | None) -> Form:
    rest = tuple(field for field in form.fields if field[0] != "SAMLResponse")
    return attrs.evolve(form, fields=rest if message is None else (("SAMLResponse", message), *rest))


def _message(form: Form) -> str:
    return dict(form.fields)["SAMLResponse"]


def _with_xml(form: Form, change: Callable[[bytes], bytes]) -> Form:
    return _posted(form, base64.b64encode(change(base64.b64decode(_message(form)))).decode())


@breaks("saml.message.present", variants={"empty": "", "blanks": "  ", "missing": None})
def blank(form: Form, value: str | None) -> Form:
    """The form field SAMLResponse is blank: {variant}."""
    return _posted(form, value)


@breaks("saml.message.base64", variants={"first": 0, "middle": 500})
def not_base64(form: Form, place: int) -> Form:
    """A character that is not in the base64 alphabet stands in the otherwise sound value: {variant}."""
    message = _message(form)
    return _posted(form, f"{message[:place]}!{message[place:]}")


NOT_XML: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda xml: xml[: len(xml) // 2],
    "text-in-front": lambda xml: b"Response: " + xml,
    "text-only": lambda _: b"Login accepted.",
    "two-roots": lambda xml: xml + xml,
    "nothing": lambda _: b"\x00",
}


@breaks("saml.message.xml", variants=NOT_XML)
def not_xml(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """What was encoded is not well-formed XML: {variant}."""
    return _with_xml(form, change)


@breaks("saml.message.no-dtd")
def document_type(form: Form) -> Form:
    """A document type declaration, harmless in itself, stands before the response."""
    return _with_xml(form, lambda xml: b"<!DOCTYPE Response>" + xml)


ROOTS = {
    "logout-response": f"{{{SAMLP}}}LogoutResponse",
    "artifact-response": f"{{{SAMLP}}}ArtifactResponse",
    "other-namespace": f"{{{SAML}}}Response",
}


@breaks("saml.message.response", variants=ROOTS)
def other_root(draft: Draft, name: str) -> None:
    """The root of the message is not a protocol Response, though all within is sound: {variant}."""
    draft.response.tag = name


@breaks(
    "saml.message.version", variants={"response-1.1": (".", "1.1"), "assertion-1.1": (f"{{{SAML}}}Assertion", "1.1")}
)
def version(draft: Draft, change: tuple[str, str]) -> None:
    """The Version of the response or the assertion is not 2.0: {variant}."""
    place, text = change
    element = draft.response.find(place)
    if element is not None:
        element.set("Version", text)
