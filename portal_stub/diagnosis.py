"""The outcome of holding one message against the rules: every finding, the identity, and whether it is granted.

A diagnosis fails closed: it grants only if every applicable MUST rule is ok and an identity was read from
verified content. A check that could not run never grants.
"""

from collections.abc import Set
from datetime import datetime
from functools import cached_property
from typing import Literal

import attrs

from rulebook import rule

FindingOutcome = Literal["ok", "violated", "warning", "not-applicable", "not-checked"]


@attrs.frozen(kw_only=True)
class Finding:
    """What one check found. ``not-applicable`` and ``not-checked`` carry a reason, ``violated`` says both sides."""

    rule: str
    outcome: FindingOutcome
    expected: str = ""
    got: str = ""
    hint: str = ""
    reason: str = ""


def unused_to(findings: tuple[Finding, ...], rules: Set[str]) -> tuple[Finding, ...]:
    """Return the findings of a portal that refuses by a habit, as if these rules were broken, what keeps them all.

    What is refused anyway is left as it is.
    """
    if any(found.outcome in ("violated", "not-checked") for found in findings):
        return findings
    expected, got = "what this portal is used to", "something else that is sound"
    return tuple(
        Finding(rule=found.rule, outcome="violated", expected=expected, got=got) if found.rule in rules else found
        for found in findings
    )


@attrs.frozen(kw_only=True)
class Identity:
    """Who a login says the person is, read from verified content. What was not sent, or blank, is ``None``."""

    email: str
    name: str
    phone: str | None = None
    company: str | None = None


@attrs.frozen(kw_only=True)
class Diagnosis:
    """All findings for one message.

    ``waived`` are the rules left out on purpose (a weakness). ``assertion_id``, ``remember_until`` and ``request_id``
    are what the portal must remember of a granted SAML login: the assertion, until when, and the request it answers.
    ``link_id`` stands in the same way for a remote login's link.
    ``session_until`` is when the session ends at the latest, where the login says so (saml-core 2.7.2).
    ``session_index`` is by what the identity provider knows the session, for single logout.
    ``redirect_to`` is where the login asks to be sent, still unchecked. ``veiled`` means that a refusal is explained to
    the administrator alone: the message is encrypted, and nothing shows that the identity provider made it.
    """

    findings: tuple[Finding, ...]
    identity: Identity | None = None
    waived: frozenset[str] = frozenset()
    assertion_id: str | None = None
    link_id: str | None = None
    remember_until: datetime | None = None
    session_until: datetime | None = None
    session_index: str | None = None
    request_id: str | None = None
    redirect_to: str | None = None
    veiled: bool = False

    @property
    def violations(self) -> tuple[str, ...]:
        """The ids of the violated rules, sorted."""
        return tuple(sorted({finding.rule for finding in self.findings if finding.outcome == "violated"}))

    @cached_property
    def granted(self) -> bool:
        """Whether the person may be signed in."""
        return self.identity is not None and self.rules_kept

    @cached_property
    def rules_kept(self) -> bool:
        """Whether every applicable MUST rule is kept, and there is one at all."""
        applicable = [
            finding
            for finding in self.findings
            if finding.outcome != "not-applicable" and rule(finding.rule).level == "MUST"
        ]
        return bool(applicable) and all(finding.outcome in ("ok", "warning") for finding in applicable)

    @property
    def person(self) -> str | None:
        """The address of the person who is signed in, when the login is granted."""
        return self.identity.email if self.identity and self.granted else None
