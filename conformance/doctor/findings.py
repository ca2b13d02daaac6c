"""What the doctor says: one finding a check, and for each failure its code, its cause and its mend."""

from typing import Any, Literal

import attrs

Outcome = Literal["ok", "warning", "failed", "not checked"]


@attrs.frozen(kw_only=True)
class Trouble:
    """One thing that is wrong: a code for machines, the cause, and the mend in the words of where it is mended."""

    code: str
    cause: str
    mend: str


@attrs.frozen(kw_only=True)
class Finding:
    """The outcome of one check. ``said`` tells what was found, or why it was not checked; ``trouble`` what failed."""

    check: str
    outcome: Outcome
    said: str = ""
    trouble: Trouble | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        trouble = None if self.trouble is None else attrs.asdict(self.trouble)
        return {"check": self.check, "outcome": self.outcome, "said": self.said, "trouble": trouble}


def ok(check: str, said: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(check=check, outcome="ok", said=said)


def warning(check: str, said: str) -> Finding:
    """Return the finding that a run is possible, and what would make it tell more."""
    return Finding(check=check, outcome="warning", said=said)


def failed(check: str, code: str, cause: str, mend: str) -> Finding:
    """Return the finding that something is wrong."""
    return Finding(check=check, outcome="failed", trouble=Trouble(code=code, cause=cause, mend=mend))


def not_checked(check: str, why: str) -> Finding:
    """Return the finding that the check could not be made, and why."""
    return Finding(check=check, outcome="not checked", said=why)
