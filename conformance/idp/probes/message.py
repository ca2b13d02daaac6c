"""Rule by rule: what the portal found of the messages of all sound sign-ins."""

from collections.abc import Callable, Iterator

from conformance.idp.check import Check
from conformance.idp.probe import Found, NotOffered, Probe, Protocol
from portal_stub.remote_login.checks import CHECKS as LINK_CHECKS
from portal_stub.saml.checks import CHECKS as RESPONSE_CHECKS
from rulebook import rule

ENFORCED: dict[Protocol, tuple[str, ...]] = {"saml": tuple(RESPONSE_CHECKS), "remote-login": tuple(LINK_CHECKS)}
OUR_OWN = ("portal.", "saml.settings.")
"""Rules about our own settings: nothing that an identity provider could break."""


def probes() -> Iterator[Probe]:
    """Yield a probe for each rule to which the portal holds a message."""
    kinds: dict[str, list[Protocol]] = {}
    for protocol, rule_ids in ENFORCED.items():
        for rule_id in rule_ids:
            if not rule_id.startswith(OUR_OWN):
                kinds.setdefault(rule_id, []).append(protocol)
    for rule_id, protocols in kinds.items():
        yield Probe(
            id=f"idp.message.{rule_id}",
            title=rule(rule_id).statement,
            rule=rule(rule_id),
            outcome="must-accept",
            protocols=tuple(protocols),
            ask=_asking(rule_id),
        )


def _asking(rule_id: str) -> Callable[[Check], Found]:
    return lambda check: of_rule(check, rule_id)


def of_rule(check: Check, rule_id: str) -> Found:
    """Return what the portal found about this rule. Raises NotOffered where the messages have nothing of the kind."""
    worst = check.worst(rule_id)
    if worst is None:
        return Found(
            state="unclear",
            seen=check.opening,
            got=check.opening.told(),
        )
    name, seen, found = worst
    match found.outcome:
        case "ok":
            return Found(state="kept", seen=seen)
        case "not-applicable":
            raise NotOffered(f"does not apply to these messages: {found.reason}")
        case "not-checked":
            return Found(state="unclear", seen=seen, got=f"It was not checked: {found.reason}.")
    got = f"{found.got.rstrip('.')}, in {name}"
    if found.outcome == "warning":
        return Found(state="left-open", seen=seen, expected=found.expected, got=got, mend=found.hint)
    mend = " ".join(filter(None, (found.hint, seen.suspicion)))
    return Found(state="broken", seen=seen, expected=found.expected, got=got, mend=mend, alone=True)
