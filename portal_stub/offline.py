"""Judging one login away from the site, as ``portal-stub check`` does: whatever form it comes in."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

from portal_stub.address import shown
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.keys import Keys
from portal_stub.remote_login.checks import CHECKS as REMOTE_LOGIN_CHECKS
from portal_stub.remote_login.detective import suspects as suspects_of_link
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.checks import CHECKS as SAML_CHECKS
from portal_stub.saml.detective import suspects as suspects_of_response
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.logout.checks import CHECKS as LOGOUT_CHECKS
from portal_stub.saml.message import Memory, Post
from portal_stub.suspect import Suspect
from rulebook.strict_toml import FileProblem

Message = bytes | Post
"""The raw query of a remote login, or a posted Response."""

_LONGEST_NAME = 4096


def checked_rules() -> Iterator[str]:
    """Yield the id of every rule that has a check, each once."""
    return iter(dict.fromkeys((*REMOTE_LOGIN_CHECKS, *SAML_CHECKS, *LOGOUT_CHECKS)))


def diagnose(message: Message, settings: Settings, now: datetime, in_response_to: str | None = None) -> Diagnosis:
    """Judge the message offline: rules that need state are not-applicable, except for the request that is given."""
    if isinstance(message, bytes):
        return judge_link(message, settings, now)
    requests = None if in_response_to is None else frozenset({in_response_to})
    keys = Keys(given={"encryption": settings.saml.encryption_key})
    own_key = (lambda: keys.encryption.key) if settings.saml.encryption_key else None
    return judge_response(message, settings, now, Memory(open_requests=requests), own_key=own_key)


def suspects(message: Message, settings: Settings, now: datetime) -> tuple[Suspect, ...]:
    """Return the mistakes that explain a message that was refused, none where nothing explains it."""
    if isinstance(message, bytes):
        return suspects_of_link(message, settings, now)
    return suspects_of_response(message, settings, now)


def read_input(text: str, read_standard_input: Callable[[], bytes]) -> Message:
    """Return the message that ``text`` is or names: a file, ``-``, a link, a form's body, base64 or XML.

    What stands in a file is taken as it is, however broken. Raises FileProblem for a text that is none of these.
    """
    if text == "-":
        return _message(read_standard_input())
    path = _file(text)
    if path is not None:
        try:
            return _message(path.read_bytes())
        except OSError as error:
            raise FileProblem(f"{path}: cannot be read ({error.strerror}).") from None
    if _is_link(text) or _is_form(text) or text.lstrip().startswith("<") or _is_base64_of_xml(text):
        return _message(text.encode("utf-8", "surrogateescape"))
    raise FileProblem(
        f"There is no file {shown(text, 80)}, and it is neither a link, nor a form's body, nor base64, nor XML. "
        "Give one of these, or '-' for standard input."
    )


def _file(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if len(text) <= _LONGEST_NAME and path.exists() else None
    except (OSError, ValueError):
        return None


def _message(content: bytes) -> Message:
    stripped = content.strip()
    text = stripped.decode("utf-8", "replace")
    if _is_link(text):
        query = stripped.partition(b"?")[2].partition(b"#")[0]
        fields = dict(parse_qsl(query.decode("utf-8", "replace")))
        if "SAMLResponse" not in fields:
            return query
        return Post(saml_response=fields["SAMLResponse"], relay_state=fields.get("RelayState"), binding="redirect")
    if _is_form(text):
        values = parse_qs(text, keep_blank_values=True)
        first, *further = values["SAMLResponse"]
        relay_state = next(iter(values.get("RelayState", ())), None)
        return Post(saml_response=first, further=tuple(further), relay_state=relay_state)
    if _is_xml(stripped):
        return Post(saml_response=base64.b64encode(stripped).decode("ascii"))
    return Post(saml_response=text)


def _is_form(text: str) -> bool:
    """Whether it is what a browser sends for a form (application/x-www-form-urlencoded) with a Response."""
    return bool(re.match(r"(?:[\w.-]+=[^&\s]*&)*SAMLResponse=", text))


def _is_link(text: str) -> bool:
    return bool(re.match(r"(?:https?://|/)[^\s<>]*\?", text)) and bool(_query(text))


def _query(text: str) -> str:
    try:
        return urlsplit(text).query
    except ValueError:
        return ""


def _is_xml(content: bytes) -> bool:
    return content.startswith((b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff"))


def _is_base64_of_xml(text: str) -> bool:
    try:
        return _is_xml(base64.b64decode("".join(text.split()), validate=True).lstrip())
    except ValueError:
        return False
