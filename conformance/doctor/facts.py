"""What was found out about a portal: values that ``gather`` fills in and the checks read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import attrs

from conformance.targets.profile import Protocol
from conformance.verdict import Observation
from idp_sim.saml.request import AuthnRequest

ContactProblem = Literal["no-address", "unreachable", "untrusted", "no-tls", "tls-expected", "no-answer"]
NOTHING: Mapping[str, str] = {}


@attrs.frozen(kw_only=True)
class Reading:
    """A moment that the portal told, read between two moments of this machine's clock.

    ``width`` is how much the telling leaves open: a second where whole seconds are told.
    """

    told: datetime
    width: timedelta = timedelta(seconds=1)
    earliest: datetime
    latest: datetime

    @property
    def offset(self) -> float:
        """The portal's clock minus this machine's, in seconds; 0 where the reading cannot tell them apart."""
        least = (self.told - self.latest).total_seconds()
        most = (self.told + self.width - self.earliest).total_seconds()
        return 0.0 if least <= 0 <= most else round((least + most) / 2, 1)


@attrs.frozen(kw_only=True)
class Contact:
    """What came of connecting to the portal and asking for a page as a stranger.

    ``problem`` is the first step that failed, ``detail`` what the machine said of it; ``tls_error`` is the number that
    OpenSSL gives to the flaw of a certificate. ``date`` is the answer's Date header.
    """

    address: str
    problem: ContactProblem | None = None
    detail: str = ""
    tls_error: int | None = None
    certificate_ends: datetime | None = None
    status: int | None = None
    redirects_to: str = ""
    date: Reading | None = None


@attrs.frozen(kw_only=True)
class Metadata:
    """What the portal's metadata says. ``address`` is empty where none is known; ``problem`` says why it is no use."""

    address: str = ""
    problem: str = ""
    entity_id: str = ""
    acs_url: str = ""
    valid_until: datetime | None = None
    certificates: Mapping[str, datetime] = attrs.field(factory=dict)
    """For each use of a key, when its certificate ends."""


@attrs.frozen(kw_only=True)
class Page:
    """A page on which the browser rests: its address, its status and all its text."""

    url: str
    status: int
    text: str


@attrs.frozen(kw_only=True)
class Arrival:
    """Where the portal's login address led.

    ``failed_host`` is the host that gave no answer on the way, ``failed`` says how. ``request`` is the authentication
    request that came with the browser, and ``read`` the reading of its IssueInstant; ``unreadable`` says why there is
    none. ``heading`` is the page's; ``problem`` is why the simulator does not answer. ``unmet`` says that the way ended
    before it.
    """

    url: str = ""
    status: int = 0
    heading: str = ""
    problem: str = ""
    failed_host: str = ""
    failed: str = ""
    unmet: str = ""
    request: AuthnRequest | None = None
    unreadable: str = ""
    read: Reading | None = None


@attrs.frozen(kw_only=True)
class CloserLook:
    """What was looked at once a sound sign-in was not accepted.

    ``landed`` is the page on which it ended, and ``shown_there`` whether that has the sign of a signed-in person;
    ``home`` is the portal's own page then, ``stranger`` the same page for somebody who never signed in. ``broken`` are
    the pages on which sign-ins ended that are broken on purpose, by the trouble that each of them would be. ``words``
    are the names and addresses of the people in play.
    """

    landed: Page | None
    shown_there: bool = False
    home: Page | None
    stranger: Page | None
    broken: Mapping[str, Page] = attrs.field(factory=dict)
    words: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Wanted:
    """How the portal should be set, as the profile and the simulator say."""

    portal: str
    login: str
    entity_id: str
    acs_url: str
    probe: str
    signs: Mapping[str, str]
    simulator: str
    idp_entity_id: str
    fingerprint: str = ""
    """SHA-1 and SHA-256 of the certificate with which the simulator signs; empty where it is not known."""
    protocols: tuple[Protocol, ...]
    lacks: Mapping[str, str] = NOTHING
    """Keys that the profile leaves out, each with what it would tell."""


@attrs.frozen(kw_only=True)
class SignIns:
    """What came of one protocol: where the login address leads, the sound sign-in, and the forged one.

    ``sound`` and ``forged`` are ``None`` where they were not performed; ``unsupported`` is the reason, if the profile
    or the driver gave it.
    """

    protocol: Protocol
    wanted: Wanted
    arrival: Arrival
    sound: Observation | None = None
    closer: CloserLook | None = None
    forged: Observation | None = None
    unsupported: str = ""


@attrs.frozen(kw_only=True)
class Facts:
    """Everything that was found out. ``now`` is this machine's moment; ``metadata`` is only there for SAML."""

    wanted: Wanted
    now: datetime
    contact: Contact
    metadata: Metadata | None = None
    sign_ins: tuple[SignIns, ...] = ()

    @property
    def readings(self) -> tuple[tuple[str, Reading], ...]:
        """What the portal told of its clock, the best source first."""
        asked = [("the AuthnRequest's IssueInstant", one.arrival.read) for one in self.sign_ins]
        return tuple((source, read) for source, read in (*asked, ("the Date header", self.contact.date)) if read)

    @property
    def clock_offset(self) -> float:
        """The portal's clock minus this machine's, in seconds."""
        return self.readings[0][1].offset if self.readings else 0.0
