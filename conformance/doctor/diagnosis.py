"""From facts to findings: every check in order, and what depends on a failed one is not checked, with the reason."""

from collections.abc import Sequence

from conformance.doctor.connection import CERTIFICATE, CLOCK, METADATA, certificate, clock, metadata, reachable, tls
from conformance.doctor.facts import Facts, Wanted
from conformance.doctor.findings import Finding, not_checked, ok, warning
from conformance.doctor.sign_ins import checks, names

PROFILE = "profile"


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """Return a finding for every check."""
    wanted = facts.wanted
    findings = [profile(wanted), reachable(facts.contact), tls(facts.contact, facts.now)]
    if facts.contact.status is None:
        rest = [METADATA, CERTIFICATE, CLOCK, *(name for protocol in wanted.protocols for name in names(protocol))]
        return (*findings, *(not_checked(name, "the portal gave no answer") for name in rest))
    if facts.metadata is not None:
        its = next(found.wanted for found in facts.sign_ins if found.protocol == "saml")
        findings += [metadata(facts.metadata, its, facts.now), certificate(facts.metadata, facts.now)]
    findings.append(clock(facts))
    for found in facts.sign_ins:
        findings += checks(found, _failures(findings))
    return tuple(findings)


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether a run can tell anything: nothing failed."""
    return not _failures(findings)


def profile(wanted: Wanted) -> Finding:
    """Does the profile tell what cannot be found out?"""
    asked = "; ".join(f"'{key}' ({what})" for key, what in wanted.lacks.items())
    return warning(PROFILE, f"please tell {asked}") if asked else ok(PROFILE, "tells what is needed")


def _failures(findings: Sequence[Finding]) -> dict[str, str]:
    return {found.trouble.code: found.check for found in findings if found.trouble is not None}
