"""The outcome of a login in one sentence."""

from collections.abc import Mapping, Sequence

from portal_stub.diagnosis import Finding
from portal_stub.messages import SENTENCES
from rulebook.rules import RULES

_OWN: Mapping[str, str] = {
    "portal.sso.enabled": "Single sign-on is switched off on the portal, or set to the other method",
    "remote-login.query.utf-8": "The link has bytes that are not UTF-8",
    "remote-login.query.once": "A parameter of the link was sent more than once",
    "remote-login.query.link": "The login was posted in a form, not sent as a link",
    "remote-login.name.present": "The link has no name",
    "remote-login.name.printable": "The name has characters that cannot be shown",
    "remote-login.email.present": "The link has no email address",
    "remote-login.email.address": "What came as email is no address",
    "remote-login.timestamp.present": "The link has no timestamp",
    "remote-login.timestamp.format": "The timestamp is no number of seconds",
    "remote-login.timestamp.not-too-old": "The link is too old",
    "remote-login.timestamp.not-in-future": "The link comes from the future",
    "remote-login.hash.present": "The link has no hash",
    "remote-login.hash.matches": "The hash is not that of the values that came",
    "remote-login.link.once": "The link was used before",
    "saml.message.present": "No message came in the field SAMLResponse",
    "saml.signature.value": "The signature was not made with the key of the trusted certificate",
    "saml.signature.digest": "What was signed was altered afterwards",
}
"""Where more can be said than to the person. Those of a remote login stand in the order of what is looked at first: a
wrong hash last but one, since the others are often its reason."""

_FIRST_OF_ALL = (*(rule_id for rule_id in _OWN if rule_id not in SENTENCES), *SENTENCES)


def headline(granted: bool, person: str | None, findings: Sequence[Finding], method: str) -> str:
    """Return granted or refused, and the first reason, in one sentence. ``method`` as in an attempt."""
    broken = [found.rule for found in findings if found.outcome == "violated"]
    unchecked = [found.rule for found in findings if found.outcome == "not-checked"]
    warnings = sum(found.outcome == "warning" for found in findings)
    if granted:
        done = "the logout is in order" if method == "logout" else f"this is {person}"
        kept = "every rule is kept" if not warnings else f"every rule is kept, with {_counted(warnings, 'warning')}"
        return f"Granted: {done}, and {kept}."
    if not broken:
        return f"Refused: {_counted(len(unchecked), 'rule')} could not be checked, and nothing is granted unchecked."
    first = _first(broken)
    more = len(broken) + len(unchecked) - 1
    besides = f", and {_counted(more, 'more rule')} {'is' if more == 1 else 'are'} not kept" if more else ""
    return f"Refused: {first[0].lower()}{first[1:]}{besides}."


def _first(broken: Sequence[str]) -> str:
    for rule_id in _FIRST_OF_ALL:
        if rule_id in broken:
            return _OWN.get(rule_id) or SENTENCES[rule_id]
    known = RULES.get(broken[0])
    return f"this is not kept: {known.statement.rstrip('.')}" if known else f"the rule {broken[0]} is not kept"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
