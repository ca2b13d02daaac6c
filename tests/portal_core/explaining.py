"""Explanations for the tests, of messages that were judged as they are."""

from typing import Any
from urllib.parse import quote

from portal_stub.config import Settings, SimpleSettings, SsoSettings
from portal_stub.diagnosis import Diagnosis
from portal_stub.explain import Explanation, explain
from portal_stub.explain.explanation import Judged, Text
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.message import Post
from tests.portal_core.responses import NOW, diagnose, post, settings

SECRET = "0123456789abcdef0123456789abcdef"
ATTRIBUTES = "saml:Assertion/saml:AttributeStatement"


def explained(message: bytes | Post, given: Settings | None = None, **options: Any) -> Explanation:
    sent = post(message) if isinstance(message, bytes) else message
    found = diagnose(sent, given, now=options.get("at", NOW))
    return tell(sent, found, given or settings(), **options)


def tell(message: bytes | Post, found: Diagnosis, given: Settings, **options: Any) -> Explanation:
    named = {"method": "simple" if isinstance(message, bytes) else "saml", "at": NOW} | options
    return explain(message, found.findings, given, granted=found.granted, person=found.person, **named)


def link(**values: str) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in values.items())


def explained_link(query: str, profile: Any = "hmac-md5", **options: Any) -> Explanation:
    given = Settings(
        sso=SsoSettings(enabled=True, method="simple"), simple=SimpleSettings(secret=SECRET, profile=profile)
    )
    raw = query.encode()
    return tell(raw, judge_link(raw, given, NOW), given, **options)


def broken(explanation: Explanation, rule: str) -> Judged:
    return next(judged for judged in explanation.problems if judged.rule == rule)


def text(pieces: Text) -> str:
    return "".join(piece.text for piece in pieces)


def marked(pieces: Text) -> list[str]:
    return [piece.text for piece in pieces if piece.marked]


def places(explanation: Explanation) -> dict[str, list[int]]:
    """Return the marked places of the message by their text, each with the problems that stand there."""
    return {piece.text: list(piece.problems) for line in explanation.message.lines for piece in line if piece.marked}
