"""A sound Response, and what ``idp-sim decode`` tells of it."""

import base64
import json
import zlib
from datetime import datetime

from jsonschema import Draft202012Validator

from idp_sim.decode.decode import as_plain, decode
from idp_sim.decode.facts import Decoded
from tests.idp_core.logins import FIXTURES, NOW, post, saml_login, xml_of

SCHEMA = Draft202012Validator(json.loads((FIXTURES / "schemas/decoded.schema.json").read_text(encoding="utf-8")))
XML = xml_of(post(saml_login()))
ENCODED = base64.b64encode(XML).decode()
AT = "2026-03-14T15:09:26Z"


def deflated(xml: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(xml) + squeeze.flush()


def read(content: bytes | str, now: datetime = NOW) -> Decoded:
    decoded = decode(content.encode() if isinstance(content, str) else content, now)
    SCHEMA.validate(as_plain(decoded))
    return decoded


def facts(decoded: Decoded, title: str) -> dict[str, list[str]]:
    """The facts of the one section with this title, by name."""
    (section,) = [section for section in decoded.sections if section.title == title]
    told: dict[str, list[str]] = {}
    for name, value in section.facts:
        told.setdefault(name.strip(), []).append(value)
    return told


def titles(decoded: Decoded) -> list[str]:
    return [section.title for section in decoded.sections]
