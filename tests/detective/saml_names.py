"""What the detective names, for the tests of each kind of mistake."""

import base64
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from portal_stub.config import Settings
from portal_stub.saml.detective import suspects
from portal_stub.saml.message import Post
from portal_stub.suspect import Suspect
from tests.portal_core.responses import NOW, diagnose, key, post, settings


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


def issued(subject: str, subject_key: str, issuer: str, issuer_key: str) -> x509.Certificate:
    """A certificate that has expired; of no words there is no name."""

    def name(words: str) -> x509.Name:
        return x509.Name.from_rfc4514_string(words if "=" in words or not words else f"CN={words}")

    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key(subject_key).public_key())
        .serial_number(8)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2025, 1, 1, tzinfo=UTC))
        .sign(key(issuer_key), hashes.SHA256())
    )
