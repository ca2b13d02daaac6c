"""Telling what the input of ``portal-stub check`` is: one message in whatever form, or a capture of many."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from portal_stub.address import shown
from portal_stub.captured import har, tracer
from portal_stub.captured.exchange import NoCapture, document, fields
from portal_stub.captured.logins import MOST_LOGINS, Capture, Message, find, post_of
from portal_stub.config import Settings
from portal_stub.saml.message import Binding, Post
from rulebook.strict_toml import FileProblem

LARGEST = 256 * 1024 * 1024
"""Bytes of a capture that are read at most. Reading JSON takes several times as much memory."""

_LONGEST_NAME = 4096
_FORM = re.compile(r"[A-Za-z0-9_.%+-]+=")
_SOUGHT = (
    "a form with SAMLResponse, a link with SAMLResponse, a link with name, email and hash, and whatever was sent to "
    "{acs} and {sso}"
)


def read_input(text: str, read_standard_input: Callable[[], bytes], settings: Settings) -> Message | Capture:
    """Return what ``text`` is or names: a file, ``-``, a link, a form's body, base64 or XML.

    What stands in a file is taken as it is, however broken. Raises FileProblem for a text that is none of these, and
    for a capture without a login.
    """
    if text == "-":
        return recognised(read_standard_input(), settings)
    path = _file(text)
    if path is not None:
        try:
            if path.stat().st_size > LARGEST:
                raise FileProblem(f"{path}: is larger than the {LARGEST >> 20} MiB that are read at most.")
            return recognised(path.read_bytes(), settings)
        except OSError as error:
            raise FileProblem(f"{path}: cannot be read ({error.strerror}).") from None
    if _is_link(text) or _is_form(text) or text.lstrip().startswith("<") or _is_base64_of_xml(text):
        return recognised(text.encode("utf-8", "surrogateescape"), settings)
    raise FileProblem(
        f"There is no file {shown(text, 80)}, and it is neither a link, nor a form's body, nor base64, nor XML. "
        "Give one of these, or '-' for standard input."
    )


def recognised(content: bytes, settings: Settings) -> Message | Capture:
    """Return the message or the capture that these bytes are; what is nothing else is taken for base64.

    Raises FileProblem for JSON that is no capture, for a capture without a login, and for what is no login at all.
    """
    if len(content) > LARGEST:
        raise FileProblem(f"The input is larger than the {LARGEST >> 20} MiB that are read at most.")
    stripped = content.strip()
    if stripped.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return _capture(stripped, settings)
    text = stripped.decode("utf-8", "replace")
    if _is_link(text):
        query = stripped.partition(b"?")[2].partition(b"#")[0]
        return _sent(query, "redirect")
    if _is_xml(stripped):
        return Post(saml_response=base64.b64encode(stripped).decode("ascii"))
    if text.startswith("--") and "form-data" in text:
        raise FileProblem("The input is a form as multipart/form-data, which is not read: give the field SAMLResponse.")
    if _is_form(text):
        return _sent(stripped, "post")
    return Post(saml_response=text)


def _sent(encoded: bytes, binding: Binding) -> Message:
    """Return the login that the query of a link, or a form, sends."""
    pairs = fields(encoded.decode("utf-8", "replace"))
    names = {name for name, _ in pairs}
    if "SAMLRequest" in names and "SAMLResponse" not in names:
        raise FileProblem("The input carries a SAMLRequest: a question, not a login. 'idp-sim decode' shows it.")
    return post_of(pairs, binding) if "SAMLResponse" in names else encoded


def _capture(content: bytes, settings: Settings) -> Capture:
    try:
        read = document(content)
    except NoCapture as problem:
        raise FileProblem(f"The input cannot be used: {problem}.") from None
    if har.is_har(read):
        capture = find("HAR file", har.exchanges(read), settings)
    elif tracer.is_tracer_export(read):
        capture = find("SAML-tracer export", tracer.exchanges(read), settings)
    else:
        raise FileProblem(
            "The input is JSON, but neither a HAR file ('log' with 'entries') nor an export of SAML-tracer "
            "('requests', each with 'method' and 'url')."
        )
    if len(capture.logins) > MOST_LOGINS:
        raise FileProblem(f"The {capture.kind} has {len(capture.logins)} logins; at most {MOST_LOGINS} are judged.")
    if not capture.logins:
        raise FileProblem(_without_login(capture, settings))
    return capture


def _without_login(capture: Capture, settings: Settings) -> str:
    sought = _SOUGHT.format(acs=settings.acs_url, sso=f"{settings.base_url}/login/sso")
    counted = f"{capture.seen} request{'' if capture.seen == 1 else 's'}"
    found = "".join(f"\n{each.method} {shown(each.url)}: {each.reason}." for each in capture.unread)
    return f"The {capture.kind} has no login that can be judged among its {counted}. Sought was: {sought}.{found}"


def _file(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if len(text) <= _LONGEST_NAME and path.exists() else None
    except (OSError, ValueError):
        return None


def _is_link(text: str) -> bool:
    return bool(re.match(r"(?:https?://|/)[^\s<>]*\?", text)) and bool(_query(text))


def _query(text: str) -> str:
    try:
        return urlsplit(text).query
    except ValueError:
        return ""


def _is_form(text: str) -> bool:
    """Return whether the text is the body of a form that carries a message, or a remote login's query by itself."""
    if not _FORM.match(text):
        return False
    names = {name for name, _ in fields(text)}
    return bool(names & {"SAMLResponse", "SAMLRequest"}) or {"email", "hash"} <= names


def _is_xml(content: bytes) -> bool:
    return content.startswith((b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff"))


def _is_base64_of_xml(text: str) -> bool:
    try:
        return _is_xml(base64.b64decode("".join(text.split()), validate=True).lstrip())
    except ValueError:
        return False
