"""Fresh logins as a browser sends them, and what the portal makes of a capture of them."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import attrs
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from portal_stub.captured.logins import Capture
from portal_stub.captured.reading import recognised
from portal_stub.config import Settings, SimpleSettings, SsoSettings
from portal_stub.offline import diagnose_capture
from portal_stub.remote_login.hashes import login_hash
from tests.portal_core import captures, responses
from tests.portal_core.captures import PORTAL, Json, Step, as_text, chrome, firefox, tracer
from tests.portal_core.responses import NOW, REQUEST
from tests.portal_core.test_portal_commands import run

SCHEMAS = captures.ROOT / "fixtures/schemas"
SAML_TOML = str(captures.FOLDER / "portal.toml")
SIMPLE_TOML = str(captures.FOLDER / "portal-remote-login.toml")
SECRET = "0123456789abcdef0123456789abcdef"
SIMPLE = Settings(sso=SsoSettings(enabled=True), simple=SimpleSettings(secret=SECRET))
SHAPES = {"chrome": chrome, "firefox": firefox, "tracer": tracer}


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def listed(*words: str) -> list[Json]:
    """What ``check --json`` prints of a capture, held against the schema."""
    told = json.loads(run("check", *words, "--json").stdout)
    registry = Registry().with_resource("diagnosis.schema.json", Resource.from_contents(schema("diagnosis")))
    Draft202012Validator(schema("captured"), registry=registry).validate(told)
    assert isinstance(told, list)
    return told


# Fresh logins: those of tests/portal_core/responses.py, posted at 2026-03-01T12:00:00Z.


def posted(xml: bytes, at: datetime = NOW, **changes: Any) -> Step:
    form = (("SAMLResponse", base64.b64encode(xml).decode()), ("RelayState", "/tickets/1?a=b&c=d"))
    return attrs.evolve(Step("POST", f"{PORTAL}/login/saml", form, 303, f"{PORTAL}/", at), **changes)


def asked(request: str = REQUEST) -> tuple[Step, ...]:
    return captures.asked(NOW, request)


def link(timestamp: int = int(NOW.timestamp()), **changes: str) -> str:
    moment = str(timestamp).encode()
    digest = login_hash("hmac-md5", SECRET.encode(), b"Jane Doe", b"jane@example.com", moment).decode()
    values = {"name": "Jane Doe", "email": "jane@example.com", "timestamp": str(timestamp), "hash": digest, **changes}
    return urlencode(values)


def found(content: bytes | str | Json, given: Settings | None = None) -> Capture:
    text = as_text(content) if isinstance(content, dict) else content
    read = recognised(text.encode() if isinstance(text, str) else text, given or responses.settings())
    assert isinstance(read, Capture)
    return read


def violated(content: Json, given: Settings | None = None, **moments: Any) -> list[list[str]]:
    """The violated rules of every login in the capture; ``now`` is far from everything, so it must not be used."""
    portal = given or responses.settings()
    capture = found(content, portal)
    judged = diagnose_capture(capture, portal, datetime(2031, 1, 1, tzinfo=UTC), **moments)
    assert len(judged) == len(capture.logins)
    return [list(each.diagnosis.violations) for each in judged]
