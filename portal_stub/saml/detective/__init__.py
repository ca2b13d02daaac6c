"""Names the mistake by which a Response came out as it did. It explains a refusal, and can never grant anything."""

from datetime import datetime

from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.detective import claims, trust, wire
from portal_stub.saml.judge import judge
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.saml.received import Received
from portal_stub.suspect import Suspect
from portal_stub.weakness import SOUND

_LONGEST = 256 * 1024
"""Characters of a message that is looked into."""
_EXPLAINERS = (*wire.EXPLAINERS, *trust.EXPLAINERS, *claims.EXPLAINERS)
MISTAKES = (*wire.MISTAKES, *trust.MISTAKES, *claims.MISTAKES)
"""Everything that can be named, for the table of mistakes."""


def suspects(post: Post, settings: Settings, now: datetime, own_key: OwnKey | None = None) -> tuple[Suspect, ...]:
    """Return the mistakes that explain what was posted and refused, none where nothing explains it.

    ``now`` (UTC) is when it arrived; ``own_key`` gives the portal's key for decryption. One suspect for each rule that
    is violated at most, and one for rules that are violated for one cause.
    """
    if len(post.saml_response or "") > _LONGEST:
        return ()
    diagnosis = judge(post, settings, now, OFFLINE, own_key=own_key)
    received = Received(post=post, settings=settings, now=now, memory=OFFLINE, weaknesses=SOUND, own_key=own_key)
    found: dict[str, Suspect] = {}
    for rules, explain in _EXPLAINERS:
        if not rules.isdisjoint(diagnosis.violations):
            try:
                suspect = explain(received)
            except NotApplicable:
                continue
            if suspect is not None:
                found.setdefault(suspect.code, suspect)
    return tuple(found.values())
