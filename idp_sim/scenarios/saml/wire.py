"""Helpers for scenarios that change a message on its way."""

import base64
from collections.abc import Callable

import attrs

from idp_sim.stages import Form


def message_of(form: Form) -> str:
    """Return the field SAMLResponse of a form that has one."""
    return dict(form.fields)["SAMLResponse"]


def xml_of(form: Form) -> bytes:
    """Return the XML that the form carries."""
    return base64.b64decode(message_of(form))


def with_message(form: Form, message: str | None) -> Form:
    """Return the form with another field SAMLResponse, or with none."""
    rest = tuple(field for field in form.fields if field[0] != "SAMLResponse")
    return attrs.evolve(form, fields=rest if message is None else (("SAMLResponse", message), *rest))


def with_xml(form: Form, change: Callable[[bytes], bytes]) -> Form:
    """Return the form with its XML changed."""
    return with_message(form, base64.b64encode(change(xml_of(form))).decode())
