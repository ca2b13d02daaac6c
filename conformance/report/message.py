"""The message of a case as it was sent, made readable."""

import base64
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import attrs
from lxml import etree

from conformance.drivers import Form
from conformance.events import CASES, case_file

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
"""For showing only: hostile messages are laid out, and nothing that they ask for is expanded or fetched."""


@attrs.frozen(kw_only=True)
class Message:
    """A message as sent: how it was read (``note``), the readable text, and the file that holds it to the letter."""

    note: str
    text: str
    file: str


def read_message(directory: Path, case_id: str) -> Message | None:
    """Return the message of a case, or ``None`` where none was kept in the report folder."""
    kept = (case_file(directory, case_id, ".b64"), _saml), (case_file(directory, case_id, ".url"), _link)
    for path, readable in kept:
        if path.is_file():
            note, text = readable(path.read_bytes())
            return Message(note=note, text=text, file=f"{CASES}/{path.name}")
    return None


def readable(sent: Form) -> tuple[str, str]:
    """Return how a message was read that a browser carried, and its readable text."""
    posted = posted_message(sent)
    return _link(sent.url.encode()) if posted is None else _saml(posted.encode())


def posted_message(sent: Form) -> str | None:
    """Return the SAML message in a form that was sent, as it stands there; ``None`` where it came in the address."""
    response = sent.field("SAMLResponse")
    return sent.field("SAMLRequest") if response is None else response


def _saml(sent: bytes) -> tuple[str, str]:
    if not sent.strip():
        return "The field SAMLResponse was blank.", ""
    try:
        decoded = base64.b64decode(b"".join(sent.split()), validate=True)
    except ValueError:
        return "Not base64; shown as sent.", _text(sent)
    try:
        root = etree.fromstring(decoded, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return "Base64, but not XML; shown decoded.", _text(decoded)
    tree = root.getroottree()
    etree.indent(tree)
    return "Decoded and laid out for reading.", _text(etree.tostring(tree, encoding="utf-8"))


def _link(sent: bytes) -> tuple[str, str]:
    url = _text(sent).strip()
    parameters = parse_qsl(urlsplit(url).query, keep_blank_values=True, errors="backslashreplace")
    lines = [f"    {name} = {value}" for name, value in parameters]
    return "The link as sent, then its parameters decoded.", "\n".join([url, "", *lines])


def _text(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")
