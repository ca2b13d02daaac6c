"""Names the mistake by which a Response came out as it did. It explains a refusal, and can never grant anything.

A mistake is named where it explains what came to the letter: a signature verifies once the mistake is undone, an
address becomes the one that is wanted, all the times hold by a clock that is off. What anybody may have altered on
purpose is no mistake, and stays without a name.
"""

import base64
import logging
from datetime import datetime

import attrs

from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.detective import addresses, altered, clock, encryption, person, status, trust, wire
from portal_stub.saml.judge import judge
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.saml.received import Received
from portal_stub.suspect import Suspect
from portal_stub.weakness import SOUND
from rulebook.rules import guards_of

_log = logging.getLogger(__name__)

_FAILED = "a part of the detective failed, which costs its answer alone"
_LONGEST = 256 * 1024
"""Characters of a message that is looked into: what is longer was not made by mistake."""

_GUARDS = guards_of("saml.signature.only-signed-is-read")
"""Nobody breaks one of these by mistake: what else such a message says wrongly, it says on purpose."""

_PARTS = (wire, trust, altered, encryption, status, addresses, clock, person)
_EXPLAINERS = tuple(explainer for part in _PARTS for explainer in part.EXPLAINERS)
MISTAKES: tuple[Suspect, ...] = tuple(mistake for part in _PARTS for mistake in part.MISTAKES)
"""Everything that can be named, for the table of mistakes."""


def suspects(post: Post, settings: Settings, now: datetime, own_key: OwnKey | None = None) -> tuple[Suspect, ...]:
    """Return the mistakes that explain what was posted and refused, none where nothing explains it.

    ``now`` (UTC) is when it arrived; ``own_key`` gives the portal's key for decryption. One suspect for one cause, be
    it of several rules; causes that have nothing to do with each other are told together. Any post gives an answer;
    nothing is raised.
    """
    if len(post.saml_response or "") > _LONGEST:
        return ()
    diagnosis = judge(post, settings, now, OFFLINE, own_key=own_key)
    if diagnosis.granted or not _GUARDS.isdisjoint(diagnosis.violations):
        return ()
    received = Received(post=post, settings=settings, now=now, memory=OFFLINE, weaknesses=SOUND, own_key=own_key)
    restored = _restored(received)
    if restored is not None:
        # What else is wrong with the message is told of it as it was before.
        suspect, before = restored
        rest = attrs.evolve(post, saml_response=base64.b64encode(before).decode("ascii"))
        return (suspect, *suspects(rest, settings, now, own_key))
    found: dict[Suspect, None] = {}
    for rules, explain in _EXPLAINERS:
        if rules.isdisjoint(diagnosis.violations):
            continue
        try:
            found.update(dict.fromkeys(explain(received)))
        except NotApplicable:
            continue
        except Exception:
            _log.exception(_FAILED)
    return tuple(found)


def _restored(received: Received) -> tuple[Suspect, bytes] | None:
    try:
        return altered.restored(received)
    except NotApplicable:
        return None
    except Exception:
        _log.exception(_FAILED)
        return None
