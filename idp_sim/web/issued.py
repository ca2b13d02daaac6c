"""The sessions that the simulator began, as an identity provider remembers them for single logout."""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime

import attrs

from idp_sim.login import SamlLogin
from idp_sim.people import Person

MOST = 50
"""How many are remembered, the latest; they last as long as the simulator runs."""


@attrs.frozen(kw_only=True)
class Issued:
    """One session at one portal: whose it is, and by what the portal knows it."""

    portal: str
    person: Person
    name_id: str
    session_index: str
    at: datetime


class Sessions:
    """The latest sessions, of all portals."""

    def __init__(self) -> None:
        self._latest: deque[Issued] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def add(self, login: SamlLogin) -> None:
        """Remember that this login was sent to its portal."""
        with self._lock:
            self._latest.appendleft(
                Issued(
                    portal=login.portal.name,
                    person=login.person,
                    name_id=login.name_id or login.person.email,
                    session_index=login.session_index,
                    at=login.at,
                )
            )

    def at_portal(self, portal: str) -> Mapping[str, Issued]:
        """Return the sessions at this portal, the latest first, by names that people can read.

        The name is the person's address for their latest session, and the address with a number for those before it:
        ``jane.doe@example.com 2``.
        """
        with self._lock:
            latest = [issued for issued in self._latest if issued.portal == portal]
        named: dict[str, Issued] = {}
        counts: dict[str, int] = {}
        for issued in latest:
            email = issued.person.email
            counts[email] = counts.get(email, 0) + 1
            named[email if counts[email] == 1 else f"{email} {counts[email]}"] = issued
        return named

    def forget(self, portal: str, name_id: str | None, session_indexes: tuple[str, ...]) -> None:
        """Forget the sessions that a portal has ended: those with these indexes, or all of the person's."""
        with self._lock:
            kept = [
                issued
                for issued in self._latest
                if issued.portal != portal
                or issued.name_id != name_id
                or (session_indexes and issued.session_index not in session_indexes)
            ]
            self._latest = deque(kept, maxlen=MOST)
