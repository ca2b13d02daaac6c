"""Hold the link of a remote login against the rules (portal-contract R3 to R8)."""

from collections.abc import Iterable
from datetime import datetime

from portal_stub.address import mailbox
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, Finding, Identity
from portal_stub.remote_login.checks import CHECKS
from portal_stub.remote_login.link import Received, parse_query
from portal_stub.weakness import SOUND, Weaknesses

_PRESENT, _MATCHES = "remote-login.hash.present", "remote-login.hash.matches"


def judge(query: bytes, settings: Settings, now: datetime, weaknesses: Weaknesses = SOUND) -> Diagnosis:
    """Return the diagnosis of a login whose raw query (still percent-encoded) is ``query``. ``now`` is in UTC.

    Any bytes give a diagnosis; nothing is raised.
    """
    reader = weaknesses.reader("link")
    pairs = parse_query(query) if reader is None else reader.read(parse_query(query))
    link = Received(pairs=pairs, settings=settings, now=now, waived=weaknesses.forgotten)
    findings = CHECKS.run(link, link.waived)
    return Diagnosis(
        findings=findings,
        identity=_identity(link) if _authentic(link, findings) else None,
        waived=link.waived,
        redirect_to=link.text("redirect_to") or None,
    )


def _authentic(link: Received, findings: Iterable[Finding]) -> bool:
    """Return whether the values are those that the hash authenticates, or the portal forgot to ask for that."""
    if _MATCHES in link.waived or (_PRESENT in link.waived and link.blank("hash")):
        return True
    return any(finding.rule == _MATCHES and finding.outcome == "ok" for finding in findings)


def _identity(link: Received) -> Identity | None:
    if link.blank("email"):
        return None
    email = link.text("email")
    return Identity(
        email=email,
        name=link.text("name").strip() or mailbox(email),
        phone=link.text("phone").strip() or None,
        company=link.text("company").strip() or None,
    )
