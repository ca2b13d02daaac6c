"""The doctor's findings as text for people, and as JSON."""

from collections.abc import Sequence
from typing import Any

from conformance.doctor.findings import Finding


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return one line a check, below a failure its mend, and at the end a summary."""
    checks = max(len(finding.check) for finding in findings)
    told = []
    for finding in findings:
        start = f"{finding.outcome:<11}  {finding.check:<{checks}}  "
        if finding.trouble is None:
            told.append(start + finding.said)
        else:
            told.append(f"{start}{finding.trouble.cause} [{finding.trouble.code}]")
            told.append(f"{'mend:':>{len(start) - 1}} {finding.trouble.mend}")
    return [" ".join(line.split("\n")) for line in told] + [summary(findings)]


def summary(findings: Sequence[Finding]) -> str:
    """Return the result in one sentence."""
    codes = dict.fromkeys(finding.trouble.code for finding in findings if finding.trouble is not None)
    if codes:
        return f"The doctor found: {', '.join(codes)}."
    warnings = sum(finding.outcome == "warning" for finding in findings)
    return "The doctor found nothing wrong" + (f"; warnings: {warnings}." if warnings else ".")


def as_json(findings: Sequence[Finding], clock_offset: float) -> dict[str, Any]:
    """Return the findings as plain JSON values."""
    return {"clock_offset": clock_offset, "findings": [finding.as_dict() for finding in findings]}
