"""Cases that share their controls: which are performed together, and in which order."""

from collections.abc import Iterable

import attrs

from conformance.case import Case, Control

BATCH = 25
"""Most cases that share a closing control: a killed run loses no more of them, for each worker."""


@attrs.frozen
class Batch:
    """Cases with one control, which is performed before and after them."""

    control: Control
    cases: tuple[Case, ...]

    @property
    def id(self) -> str:
        """Its first case, and how many more there are: ``saml.sound.plain@both+24``."""
        first, *others = self.cases
        return f"{first.id}+{len(others)}" if others else first.id


def batches(cases: Iterable[Case]) -> list[Batch]:
    """Return the cases in batches of at most ``BATCH``; those with one control stand side by side.

    The control with the most cases comes first: workers that take one batch after the other then end at nearly the
    same time, since the last batches are small.
    """
    with_control: dict[Control, list[Case]] = {}
    for case in cases:
        with_control.setdefault(case.control, []).append(case)
    return [
        Batch(control, tuple(group[start : start + BATCH]))
        for control, group in sorted(with_control.items(), key=lambda item: -len(item[1]))
        for start in range(0, len(group), BATCH)
    ]
