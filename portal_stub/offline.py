"""Judging logins away from the site, as ``portal-stub check`` does: one message, or all that a browser captured."""

from collections.abc import Iterator
from datetime import datetime

import attrs

from portal_stub.captured.logins import Capture, Message
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.keys import Keys
from portal_stub.remote_login.checks import CHECKS as REMOTE_LOGIN_CHECKS
from portal_stub.remote_login.detective import suspects as suspects_of_link
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.checks import CHECKS as SAML_CHECKS
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.detective import suspects as suspects_of_response
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.logout.checks import CHECKS as LOGOUT_CHECKS
from portal_stub.saml.message import Memory
from portal_stub.suspect import Suspect


@attrs.frozen(kw_only=True)
class JudgedLogin:
    """One login with its diagnosis: all that a page or a detective needs, beside the settings and ``own_key``.

    ``at`` is the moment (UTC) at which it was judged, ``suspects`` are the mistakes that explain why it was refused.
    ``open_requests`` are those that a Response could answer; None where it is not known what was asked.
    """

    message: Message
    at: datetime
    diagnosis: Diagnosis
    suspects: tuple[Suspect, ...] = ()
    open_requests: frozenset[str] | None = None


def checked_rules() -> Iterator[str]:
    """Yield the id of every rule that has a check, each once."""
    return iter(dict.fromkeys((*REMOTE_LOGIN_CHECKS, *SAML_CHECKS, *LOGOUT_CHECKS)))


def own_key(settings: Settings) -> OwnKey | None:
    """Return what gives the portal's key for decryption where the settings have it: offline none is made."""
    if not settings.saml.encryption_key:
        return None
    keys = Keys(given={"encryption": settings.saml.encryption_key})
    return lambda: keys.encryption.key


def diagnose(message: Message, settings: Settings, now: datetime, in_response_to: str | None = None) -> JudgedLogin:
    """Judge the message offline: rules that need state are not-applicable, except for the request that is given."""
    requests = None if in_response_to is None else frozenset({in_response_to})
    key = own_key(settings)
    if isinstance(message, bytes):
        diagnosis = judge_link(message, settings, now)
    else:
        diagnosis = judge_response(message, settings, now, Memory(open_requests=requests), own_key=key)
    return JudgedLogin(
        message=message,
        at=now,
        diagnosis=diagnosis,
        suspects=() if diagnosis.granted else _suspects(message, settings, now, key),
        open_requests=requests,
    )


def _suspects(message: Message, settings: Settings, now: datetime, key: OwnKey | None) -> tuple[Suspect, ...]:
    if isinstance(message, bytes):
        return suspects_of_link(message, settings, now)
    return suspects_of_response(message, settings, now, key)


def diagnose_capture(
    capture: Capture,
    settings: Settings,
    now: datetime,
    at: datetime | None = None,
    in_response_to: str | None = None,
) -> tuple[JudgedLogin, ...]:
    """Judge every login of a capture, as a portal that saw it alone: in order, and with what it showed by then.

    Each is judged at the moment ``at``, else when it was captured, else ``now`` (all UTC). Open are the requests that
    the capture shows before the login and that none has answered; ``in_response_to`` stands in place of them. A login
    that was granted is seen again where it comes again.
    """
    key = own_key(settings)
    judged = []
    seen: set[str] = set()
    answered: set[str] = set()
    for login in capture.logins:
        moment = at or login.at or now
        asked = login.requests if in_response_to is None else frozenset({in_response_to})
        requests = None if asked is None else asked - answered
        if isinstance(login.message, bytes):
            diagnosis = judge_link(login.message, settings, moment, seen_links=seen, posted=login.posted)
        else:
            memory = Memory(open_requests=requests, seen_assertions=seen)
            diagnosis = judge_response(login.message, settings, moment, memory, own_key=key)
        if diagnosis.granted:
            seen.update(filter(None, (diagnosis.assertion_id, diagnosis.link_id)))
            answered.update(filter(None, (diagnosis.request_id,)))
        judged.append(
            JudgedLogin(
                message=login.message,
                at=moment,
                diagnosis=diagnosis,
                suspects=() if diagnosis.granted else _suspects(login.message, settings, moment, key),
                open_requests=requests,
            )
        )
    return tuple(judged)
