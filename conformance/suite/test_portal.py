"""Every case of the catalogue, put to the portal under test."""

from collections.abc import Callable

from conformance.case import Case


def test_portal(case: Case, perform: Callable[[Case], None]) -> None:
    """Perform one case. Its verdict is decided, and reported, with its batch: see ``conformance.plugin``."""
    perform(case)
