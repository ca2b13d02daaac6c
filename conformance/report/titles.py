"""What every case and every probe is called in a report, by its id, and in which order they stand there."""

from collections.abc import Callable, Mapping

from conformance.case import all_cases
from conformance.events import Run


def titles() -> Mapping[str, str]:
    """Return the titles of the catalogue's cases, and of the probes of identity providers."""
    return {**_of_cases(), **_of_probes()}


def titles_for(run: Run) -> Mapping[str, str]:
    """Return the titles of what a run holds: cases or probes."""
    return _of_probes() if run.of_an_identity_provider else _of_cases()


def place_in(titles: Mapping[str, str]) -> Callable[[str], int]:
    """Return the key by which ids are sorted as they stand in ``titles``; those that are not there come last."""
    places = {known: place for place, known in enumerate(titles)}
    return lambda case_id: places.get(case_id, len(places))


def _of_cases() -> Mapping[str, str]:
    return {case.id: case.scenario.title for case in all_cases()}


def _of_probes() -> Mapping[str, str]:
    # They bring our portal with all its libraries, which the report of a run of cases does not need.
    from conformance.idp.probes import all_probes  # noqa: PLC0415

    return {probe.id: probe.title for probe in all_probes()}
