"""Checks of the small identity provider, in this process."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import attrs

from conformance.baseline import Held
from conformance.events import CaseEvent, Driver, Exit, Run, read
from conformance.idp.enrolment import described
from conformance.idp.probes import all_probes
from conformance.idp.profile import OurPortal, load
from conformance.idp.run import run
from conformance.selection import select
from conformance.sites import SECRET, Server, listen
from idp_sim.config import Portal
from tests.idp_probes.small_idp import SmallIdp, remote


@attrs.frozen
class Stand:
    """A small identity provider that runs, and the profile by which it is checked."""

    idp: SmallIdp
    profile: Path


def free_port() -> int:
    with listen() as bound:
        return int(bound.getsockname()[1])


@contextlib.contextmanager
def standing(folder: Path, *faults: str, protocol: str = "saml", pages: int = 1, extra: str = "") -> Iterator[Stand]:
    """Run a small identity provider with these faults, registered with our portal; ``extra`` ends its profile."""
    base_url, keys = f"http://portal.localhost:{free_port()}", folder / "keys"
    ours = described(OurPortal(base_url=base_url, keys=str(keys)))
    portal = Portal(
        name="portal",
        base_url=base_url,
        entity_id=ours.entity_id,
        acs_url=ours.acs_url,
        slo_url=ours.slo_url,
        request_certificate=ours.certificate,
    )
    bound = listen()
    idp = SmallIdp(remote(portal, SECRET), f"http://idp.localhost:{bound.getsockname()[1]}", faults, pages)
    server = Server(idp.app(), bound)
    profile = folder / "small.toml"
    profile.write_text(_PROFILES[protocol].format(idp=idp.base_url, portal=base_url, keys=keys, secret=SECRET) + extra)
    try:
        yield Stand(idp, profile)
    finally:
        server.close()


_PERSON = """
[[person]]
user = "zoe"
password = "right too"
email = "zoe+test@example.com"
name = "Zoë Müller"
"""
_PROFILES = {
    "saml": """
name = "small"
metadata = "{idp}/metadata"
user = "lab"
password = "right"
email = "lara.lab@example.com"
patience_seconds = 5
[portal]
base_url = "{portal}"
keys = "{keys}"
[idp_initiated]
url = "{idp}/start"
"""
    + _PERSON,
    "remote-login": """
name = "small page"
protocol = "remote-login"
user = "lab"
password = "right"
email = "lara.lab@example.com"
patience_seconds = 5
[portal]
base_url = "{portal}"
keys = "{keys}"
[remote_login]
url = "{idp}/remote-login"
logout_url = "{idp}/remote-logout"
secret = "{secret}"
"""
    + _PERSON,
}


def check(stand: Stand, folder: Path, *selects: str, driver: Driver = "http") -> tuple[Exit, Run]:
    """Check it, and return the exit code and what the stream holds."""
    probes, remarks = select(all_probes(), selects)
    assert not remarks, remarks
    ended = run(load(stand.profile), probes, driver, folder / "report", lambda _: Held())
    return ended, read(folder / "report")


def events(result: Run) -> Mapping[str, CaseEvent]:
    return {event.id: event for event in result.cases}


def against(result: Run, verdicts: Collection[str] = ("fail", "wrong-reason", "crash", "inconclusive")) -> set[str]:
    """Return the ids of the probes that have one of these verdicts."""
    return {event.id for event in result.cases if event.verdict in verdicts}
