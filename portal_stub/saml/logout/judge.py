"""Hold a logout message against the rules (portal-contract S14)."""

import logging
from datetime import datetime
from typing import Literal

import attrs
from lxml import etree

from portal_stub.address import mailbox
from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, Identity, unused_to
from portal_stub.saml.logout.arrival import Arrival, LogoutMemory
from portal_stub.saml.logout.checks import CHECKS
from portal_stub.saml.logout.received import ReceivedLogout
from portal_stub.saml.xml import saml, samlp
from portal_stub.weakness import SOUND, Weaknesses

_log = logging.getLogger(__name__)
_PARTIAL = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"


@attrs.frozen(kw_only=True)
class LogoutDiagnosis(Diagnosis):
    """All findings for one logout message. What it says was read from what the signature covers.

    ``identity`` is the principal of a request, ``session_indexes`` the sessions that it names, ``message_id`` its own
    ID; ``request_id`` is the request that a response answers, and ``partial`` whether some other portal did not follow.
    """

    kind: Literal["request", "response"] | None = None
    message_id: str | None = None
    session_indexes: tuple[str, ...] = ()
    partial: bool = False

    @property
    def granted(self) -> bool:
        """Whether the request is to be followed, or the response believed."""
        read = self.identity if self.kind == "request" else self.request_id
        return self.rules_kept and self.kind is not None and read is not None


def judge_logout(
    arrival: Arrival, settings: Settings, now: datetime, memory: LogoutMemory, weaknesses: Weaknesses = SOUND
) -> LogoutDiagnosis:
    """Return the diagnosis of what arrived at the single logout service. ``now`` is in UTC.

    Anything that arrives gives a diagnosis; nothing is raised.
    """
    received = ReceivedLogout(arrival=arrival, settings=settings, now=now, logouts=memory, weaknesses=weaknesses)
    findings = CHECKS.run(received, received.left_out)
    habit = weaknesses.reader("logout-habit")
    if habit is not None and habit.refuses(received):
        findings = unused_to(findings, habit.tightens)
    message = _trusted(received)
    if message is None:
        return LogoutDiagnosis(findings=findings, waived=received.left_out)
    codes = (code.get("Value") for code in message.iterfind(f"{samlp('Status')}//{samlp('StatusCode')}"))
    return LogoutDiagnosis(
        findings=findings,
        waived=received.left_out,
        kind=received.kind,
        identity=_principal(message, received),
        message_id=message.get("ID"),
        session_indexes=tuple(received.text(found) for found in message.iterfind(samlp("SessionIndex"))),
        request_id=message.get("InResponseTo") if received.kind == "response" else None,
        partial=_PARTIAL in codes,
        redirect_to=arrival.relay_state,
    )


def _trusted(received: ReceivedLogout) -> etree._Element | None:
    try:
        return received.trusted_message
    except NotApplicable:
        return None
    except Exception:
        # The checks that needed the same reading have become not-checked, so nothing is granted.
        _log.exception("the logout message could not be read")
        return None


def _principal(message: etree._Element, received: ReceivedLogout) -> Identity | None:
    found = message.find(saml("NameID"))
    name_id = "" if found is None else received.text(found)
    return Identity(email=name_id, name=mailbox(name_id)) if name_id.strip() and received.kind == "request" else None
