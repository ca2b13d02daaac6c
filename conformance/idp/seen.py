"""What was seen of one sign-in: by the person, by our portal, and by places that nothing must reach."""

from collections.abc import Sequence

import attrs

from conformance.events import Observed
from conformance.idp.answer import Answer
from conformance.idp.starts import Stray
from conformance.idp.walk import Walk
from portal_stub.accounts.attempts import Attempt, findings_of
from portal_stub.address import folded
from portal_stub.diagnosis import Finding

NOT_GONE = Walk()


@attrs.frozen(kw_only=True)
class Seen:
    """One sign-in. ``expected`` is the address that must come out, ``failure`` how a site failed on the way.

    ``attempt`` is what reached the portal last, ``answer`` the Response in it; ``strays`` came to places where nothing
    must come.
    """

    expected: str
    walk: Walk = NOT_GONE
    attempt: Attempt | None = None
    answer: Answer | None = None
    strays: Sequence[Stray] = ()
    failure: str = ""
    picture: bytes | None = attrs.field(default=None, repr=False)
    ended: str = ""
    """The address of the page on which the person ended."""
    suspicion: str = ""
    """The mistake that explains a refusal, in words."""

    @property
    def granted(self) -> bool:
        """Whether the portal signed somebody in."""
        return self.attempt is not None and self.attempt.granted

    @property
    def answered(self) -> bool:
        """Whether a login came to the portal, sound or not."""
        if self.attempt is None:
            return False
        return self.attempt.method == "simple" or (self.answer is not None and self.answer.signs_in)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the portal found of it."""
        return () if self.attempt is None else findings_of(self.attempt)

    @property
    def violated(self) -> tuple[Finding, ...]:
        """The findings for which the portal refused it."""
        return tuple(found for found in self.findings if found.outcome == "violated")

    @property
    def person(self) -> str | None:
        """The address that came out, believed or not."""
        if self.attempt is not None and self.attempt.person:
            return self.attempt.person
        return self.answer.name_id if self.answer is not None else None

    @property
    def right_person(self) -> bool:
        """Whether the person who signed in is the one who came out."""
        return self.person is not None and folded(self.person) == folded(self.expected)

    def as_observed(self) -> Observed:
        """Return what the event of the probe says of it."""
        rules = tuple(sorted({found.rule for found in self.violated}))
        message = self.attempt.public_message if self.attempt is not None else self.walk.stuck
        if self.failure:
            return Observed(result="crash", message=self.failure, rules=rules)
        if self.strays:
            return Observed(result="accepted", message=f"Sent to {self.strays[0].url.partition('?')[0]}", rules=rules)
        if self.granted:
            return Observed(result="as-signed" if self.right_person else "as-other", person=self.person)
        return Observed(result="refused", message=message or None, rules=rules)

    def told(self) -> str:
        """Say in a sentence or two what came of it."""
        if self.failure:
            return f"The identity provider failed: {self.failure}."
        if self.strays:
            return f"A message was sent to {self.strays[0].url.partition('?')[0]}."
        if self.attempt is None:
            return f"No login came to the portal. {self.walk.stuck or f'The browser ended at {self.ended}.'}"
        if self.granted:
            return f"Signed in as {self.person}."
        statuses = () if self.answer is None else self.answer.statuses
        if self.answer is not None and not self.answer.signs_in:
            return f"The answer was the status {' / '.join(statuses) or '(none)'}, without a login."
        why = " ".join(explained(found) for found in self.violated)
        return f"The portal refused the login. {why} {self.suspicion}".rstrip()


def explained(found: Finding) -> str:
    """Return a finding in words: both sides, and the mend."""
    sides = f"expected {found.expected}, got {found.got}" if found.expected or found.got else found.reason
    return " ".join(part for part in (f"{found.rule}: {sides.rstrip('.')}.", found.hint) if part)
