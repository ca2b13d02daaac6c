"""Every case of the catalogue, put to the portal under test."""

from collections.abc import Callable

from conformance.batches import Batch


def test_portal(batch: Batch, perform: Callable[[Batch], None]) -> None:
    """Perform the cases of a batch between its controls. It fails where the referee fails (``conformance.plugin``)."""
    perform(batch)
