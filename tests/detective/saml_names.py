"""What the detective names, for the tests of each kind of mistake."""

import base64
from datetime import datetime
from typing import Any

from portal_stub.config import Settings
from portal_stub.saml.detective import suspects
from portal_stub.saml.message import Post
from portal_stub.suspect import Suspect
from tests.portal_core.responses import NOW, diagnose, post, settings


def suspected(posted: Post | bytes, given: Settings | None = None, now: datetime = NOW) -> list[Suspect]:
    """The suspects of a message that is refused."""
    message = post(posted) if isinstance(posted, bytes) else posted
    given = given or settings()
    assert not diagnose(message, given, now=now).granted, "the mistake is none"
    found = list(suspects(message, given, now))
    assert not any("{}" in suspect.sentence for suspect in found)
    return found


def named(posted: Post | bytes, now: datetime = NOW, **saml: Any) -> list[str]:
    """The codes of the suspects."""
    return [suspect.code for suspect in suspected(posted, settings(**saml), now)]


def in_words(posted: Post | bytes, now: datetime = NOW, **saml: Any) -> str:
    """The sentence of the one suspect."""
    (suspect,) = suspected(posted, settings(**saml), now)
    return suspect.sentence


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()
