"""Hold the link of a remote login against the rules (portal-contract R3 to R8)."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from portal_stub.address import mailbox
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis, Finding, Identity, unused_to
from portal_stub.remote_login.checks import CHECKS
from portal_stub.remote_login.link import Received, parse_query
from portal_stub.times import later
from portal_stub.weakness import SOUND, Weaknesses

_PRESENT, _MATCHES = "remote-login.hash.present", "remote-login.hash.matches"


def judge(
    query: bytes,
    settings: Settings,
    now: datetime,
    weaknesses: Weaknesses = SOUND,
    *,
    seen_links: Container[str] | None = None,
    posted: bool = False,
) -> Diagnosis:
    """Return the diagnosis of a login whose raw query (still percent-encoded) is ``query``. ``now`` is in UTC.

    ``posted`` tells that some of it came in the body of a form. ``seen_links`` are the ids of the links that were
    accepted; without them the login is judged offline. Any bytes give a diagnosis; nothing is raised.
    """
    reader = weaknesses.reader("link")
    pairs = parse_query(query) if reader is None else reader.read(parse_query(query))
    link = Received(
        pairs=pairs, settings=settings, now=now, waived=weaknesses.forgotten, seen_links=seen_links, posted=posted
    )
    simple = settings.simple
    findings = CHECKS.run(link, link.waived)
    habit = weaknesses.reader("link-habit")
    if habit is not None and habit.refuses(link, query):
        findings = unused_to(findings, habit.tightens)
    return Diagnosis(
        findings=findings,
        identity=_identity(link) if _authentic(link, findings) else None,
        waived=link.waived,
        link_id=link.id if simple.links_once else None,
        remember_until=later(now, timedelta(seconds=simple.max_age_seconds + simple.max_future_seconds)),
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
