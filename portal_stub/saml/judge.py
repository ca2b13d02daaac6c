"""Hold a SAML Response against the rules (portal-contract S4 to S6, S8 to S13, S15, S16)."""

import logging
from datetime import datetime, timedelta

from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, unused_to
from portal_stub.saml.checks import CHECKS
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.identity import identity_in
from portal_stub.saml.message import Memory, Post
from portal_stub.saml.received import Received
from portal_stub.saml.veil import is_veiled
from portal_stub.saml.xml import saml
from portal_stub.times import later, parse_utc
from portal_stub.weakness import SOUND, Weaknesses

_log = logging.getLogger(__name__)

_UNKNOWN_LIFE = timedelta(days=1)
"""How long an assertion is remembered that does not say when it expires. Only a weakness accepts one."""


def judge(
    post: Post,
    settings: Settings,
    now: datetime,
    memory: Memory,
    weaknesses: Weaknesses = SOUND,
    own_key: OwnKey | None = None,
) -> Diagnosis:
    """Return the diagnosis of what was posted to the assertion consumer service. ``now`` is in UTC.

    ``own_key`` gives the portal's key for decryption, and is asked only where something is encrypted.

    Any post gives a diagnosis; nothing is raised. The identity, and what is to be remembered, are read from the
    assertion that a signature covers, and are None where there is none.
    """
    received = Received(post=post, settings=settings, now=now, memory=memory, weaknesses=weaknesses, own_key=own_key)
    findings = CHECKS.run(received, received.left_out)
    habit = weaknesses.reader("habit")
    if habit is not None and habit.refuses(received):
        findings = unused_to(findings, habit.tightens)
    assertion = _trusted(received)
    identity = None if assertion is None else identity_in(assertion, received.text, weaknesses)
    return Diagnosis(
        findings=findings,
        identity=identity,
        waived=received.left_out,
        veiled=_is_veiled(received),
        assertion_id=None if assertion is None else assertion.get("ID"),
        remember_until=None if assertion is None else _remember_until(assertion, received),
        session_until=None if assertion is None else _session_until(assertion),
        session_index=None if assertion is None else _session_index(assertion),
        request_id=_request_id(received),
        redirect_to=post.relay_state or None,
    )


def _trusted(received: Received) -> etree._Element | None:
    try:
        return received.trusted_assertion
    except NotApplicable:
        return None
    except Exception:
        # The checks that needed the same reading have become not-checked, so nothing is granted.
        _log.exception("the assertion could not be read")
        return None


def _is_veiled(received: Received) -> bool:
    try:
        return is_veiled(received)
    except Exception:
        _log.exception("whether the refusal may be explained could not be found out")
        return True


def _request_id(received: Received) -> str | None:
    try:
        return None if received.envelope is None else received.envelope.get("InResponseTo")
    except NotApplicable:
        return None


def _remember_until(assertion: etree._Element, received: Received) -> datetime:
    """Return until when the assertion could be accepted again: its latest NotOnOrAfter, and the allowed drift."""
    places = (
        *assertion.iterfind(saml("Conditions")),
        *assertion.iterfind(f"{saml('Subject')}/{saml('SubjectConfirmation')}/{saml('SubjectConfirmationData')}"),
    )
    ends = [end for place in places if (end := parse_utc(place.get("NotOnOrAfter", ""))) is not None]
    return later(max(ends, default=received.now + _UNKNOWN_LIFE), received.drift)


def _session_index(assertion: etree._Element) -> str | None:
    return next((found.get("SessionIndex") for found in assertion.iterfind(saml("AuthnStatement"))), None)


def _session_until(assertion: etree._Element) -> datetime | None:
    statements = assertion.iterfind(saml("AuthnStatement"))
    ends = [parse_utc(statement.get("SessionNotOnOrAfter", "")) for statement in statements]
    return min((end for end in ends if end is not None), default=None)
