"""What every case and every probe is called in a report, by its id."""

from collections.abc import Mapping

from conformance.case import all_cases
from conformance.idp.probes import all_probes


def titles() -> Mapping[str, str]:
    """Return the titles of the catalogue's cases, and of the probes of identity providers."""
    return {
        **{case.id: case.scenario.title for case in all_cases()},
        **{probe.id: probe.title for probe in all_probes()},
    }
