"""Captures of a browser in the shapes that Chrome, Firefox and SAML-tracer give them, and those in fixtures/captures.

``python -m tests.portal_core.captures`` writes the latter anew.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import attrs

from portal_stub.captured.exchange import fields
from portal_stub.config import SamlSettings, Settings
from portal_stub.saml.request import redirect_url

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "fixtures/captures"
PORTAL, IDP = "http://portal.localhost:5002", "http://idp.localhost:5001"
AT = datetime(2026, 3, 14, 15, 9, 26, 417000, tzinfo=UTC)
"""The moment of the vectors, from which the logins are taken."""

Json = dict[str, Any]


@attrs.frozen
class Step:
    """One request of a browser and its answer."""

    method: str
    url: str
    form: tuple[tuple[str, str], ...] = ()
    status: int = 200
    location: str = ""
    at: datetime = AT

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        return fields(urlsplit(self.url).query)


def _header(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[Json]:
    return [_header(name, value) for name, value in pairs]


def _request_headers(step: Step) -> list[Json]:
    headers = [_header("Host", urlsplit(step.url).netloc), _header("Accept", "text/html,application/xhtml+xml")]
    return [*headers, _header("Content-Type", "application/x-www-form-urlencoded")] if step.form else headers


def _response_headers(step: Step) -> list[Json]:
    date = step.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = [_header("Date", date), _header("Content-Type", "text/html; charset=utf-8")]
    return [*headers, _header("Location", step.location)] if step.location else headers


def _har_entry(step: Step, started: str, posted: Json) -> Json:
    request = {
        "method": step.method,
        "url": step.url,
        "httpVersion": "HTTP/1.1",
        "headers": _request_headers(step),
        "queryString": _pairs(step.query),
        "cookies": [],
        "headersSize": 400,
        "bodySize": len(urlencode(step.form)) if step.form else 0,
        **({"postData": posted} if step.form else {}),
    }
    content: Json = {"size": 0, "mimeType": "text/html"}
    if step.status == 200:
        page = b"<!DOCTYPE html><title>A page</title>"
        content = {**content, "size": len(page), "text": base64.b64encode(page).decode(), "encoding": "base64"}
    response = {
        "status": step.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "headers": _response_headers(step),
        "cookies": [],
        "content": content,
        "redirectURL": step.location,
        "headersSize": 300,
        "bodySize": 0,
    }
    return {
        "startedDateTime": started,
        "time": 12.5,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"blocked": 1, "dns": -1, "connect": -1, "send": 0.1, "wait": 11, "receive": 0.4},
    }


def chrome(steps: Sequence[Step]) -> Json:
    """As Chrome does: times in UTC, and the fields of a form as they are on the way."""
    entries = []
    for step in steps:
        escaped = [(quote(name, safe=""), quote(value, safe="")) for name, value in step.form]
        posted = {
            "mimeType": "application/x-www-form-urlencoded",
            "text": urlencode(step.form),
            "params": _pairs(escaped),
        }
        entry = _har_entry(step, step.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z", posted)
        entries.append({"_initiator": {"type": "other"}, "_priority": "VeryHigh", "_resourceType": "document", **entry})
    creator = {"name": "WebInspector", "version": "537.36"}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}


def firefox(steps: Sequence[Step]) -> Json:
    """As Firefox does: times of the place, and the fields of a form decoded."""
    entries = []
    for step in steps:
        local = step.at.astimezone(timezone(timedelta(hours=1)))
        posted = {
            "mimeType": "application/x-www-form-urlencoded",
            "params": _pairs(step.form),
            "text": urlencode(step.form),
        }
        entries.append({"pageref": "page_1", **_har_entry(step, local.isoformat(timespec="milliseconds"), posted)})
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "Firefox", "version": "140.0"},
            "browser": {"name": "Firefox", "version": "140.0"},
            "pages": [{"id": "page_1", "title": "", "startedDateTime": "2026-03-14T16:09:00.000+01:00"}],
            "entries": entries,
        }
    }


def tracer(steps: Sequence[Step], profile: Literal["none", "mask", "remove"] = "none") -> Json:
    """As SAML-tracer exports: without times, and with masks where the profile asks for them."""
    return {
        "requests": [_traced(number, step, profile) for number, step in enumerate(steps, 1)],
        "timestamp": (steps[-1].at + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
    }


def _traced(number: int, step: Step, profile: str) -> Json:
    def masked(value: str) -> str:
        if profile == "mask":
            return "{hash:" + hashlib.sha1(value.encode()).hexdigest() + "}"  # what the extension writes
        return value if profile == "none" else "{obf:alternative_0}"

    traced: Json = {
        "method": step.method,
        "url": step.url,
        "requestId": str(number),
        "requestHeaders": _request_headers(step),
    }
    if step.method == "GET":
        traced["get"] = [list(pair) for pair in step.query]
    if step.form:
        data = {name: [value] for name, value in step.form}
        traced["postData"] = data if profile == "none" else "{overwritten}"
        traced["post"] = [[name, masked(value)] for name, value in step.form]
    encoded = dict(step.form).get("SAMLResponse")
    if encoded:
        traced |= {"protocol": "SAML-P", "saml": base64.b64decode(encoded).decode()}
    return traced | {
        "responseStatus": step.status,
        "responseStatusText": f"HTTP/1.1 {step.status}",
        "responseHeaders": _response_headers(step),
    }


# The captures in fixtures/captures.


def vector(vector_id: str) -> Json:
    topic = vector_id.rpartition("@")[0].rpartition(".")[0] or vector_id.rpartition(".")[0]
    found = json.loads((ROOT / f"fixtures/vectors/{topic}.json").read_text(encoding="utf-8"))["vectors"]
    return next(each for each in found if each["id"] == vector_id)


def asked(at: datetime = AT, request: str = "_the-open-request") -> tuple[Step, Step, Step]:
    """The portal's request, and the identity provider's page."""
    given = Settings(base_url=PORTAL, saml=SamlSettings(login_url=f"{IDP}/saml/sso"))
    address = redirect_url(given, request, at)
    return (
        Step("GET", f"{PORTAL}/login", status=302, location=address, at=at - timedelta(seconds=9)),
        Step("GET", address, at=at - timedelta(seconds=8)),
        Step("POST", f"{IDP}/saml/sso", (("person", "jane.doe"), ("password", "secret")), at=at - timedelta(seconds=1)),
    )


def answered(vector_id: str, at: datetime = AT) -> Step:
    """The Response of a vector, posted to the portal."""
    form = tuple((field["name"], field["value"]) for field in vector(vector_id)["message"]["fields"])
    return Step("POST", f"{PORTAL}/login/saml", form, 303, f"{PORTAL}/", at)


def home(at: datetime = AT) -> Step:
    return Step("GET", f"{PORTAL}/", at=at + timedelta(milliseconds=80))


def published() -> dict[str, Json]:
    """Every capture in fixtures/captures by its name."""
    sound, wrong = answered("saml.sound.plain@assertion"), answered("saml.audience.missing")
    again = attrs.evolve(sound, at=AT + timedelta(seconds=40))
    linked = Step("GET", vector("remote-login.sound.plain")["message"]["url"], status=303, location=f"{PORTAL}/")
    return {
        "chrome-posted-twice.har": chrome([*asked(), sound, home(), again]),
        "firefox-no-audience.har": firefox([*asked(), wrong, home()]),
        "chrome-remote-login.har": chrome([linked, home()]),
        "saml-tracer.json": tracer([*asked(), sound, home()]),
        "saml-tracer-masked.json": tracer([*asked(), sound, home()], "mask"),
    }


def as_text(capture: Json) -> str:
    return json.dumps(capture, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, capture in published().items():
        (FOLDER / name).write_text(as_text(capture), encoding="utf-8")
