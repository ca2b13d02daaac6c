"""The probes, one module a topic, in the order in which they are made."""

import functools

from conformance.idp.probe import Probe, probes_in
from conformance.idp.probes import logout, message, remote_login, request, sign_in

MODULES = (sign_in, message, request, remote_login, logout)


@functools.cache
def all_probes() -> tuple[Probe, ...]:
    """Return every probe of either protocol. That a password is asked at all is tried last: it may lock an account."""
    found = [probe for module in MODULES for probe in probes_in(module)] + list(message.probes())
    return tuple(sorted(found, key=_order))


def _order(probe: Probe) -> int:
    topics = [f"idp.{module.__name__.rpartition('.')[2]}.".replace("_", "-") for module in MODULES]
    topic = next(place for place, start in enumerate(topics) if probe.id.startswith(start))
    return len(topics) if probe.id == sign_in.WRONG_PASSWORD else topic
