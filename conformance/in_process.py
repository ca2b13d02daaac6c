"""Every case whose deviation is in a message or in the portal's settings, put to the judges in this process.

No server, no browser and a frozen clock: the whole catalogue is minted and judged in seconds.
"""

import functools
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

from conformance.canary import Canary
from conformance.case import Case, all_cases
from conformance.sites import encryption_certificate, portal_keys, remote_login_of, sound_settings
from conformance.targets.target import METHODS
from conformance.verdict import Observation, Verdict, judge
from idp_sim.config import Portal
from idp_sim.enrolment import signing_key_of
from idp_sim.keyring import Keyring
from idp_sim.login import Login, RemoteLogin, SamlLogin, named_by
from idp_sim.logout import Logout, LogoutForm, LogoutQuery
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.perform_logout import KIND_OF, perform_logout
from idp_sim.stages import Form, Link
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.logout.arrival import Arrival, LogoutMemory
from portal_stub.saml.logout.judge import LogoutDiagnosis, judge_logout
from portal_stub.saml.message import Memory, Post
from portal_stub.weakness import SOUND, Weaknesses

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
PORTAL, SIMULATOR = "http://portal.localhost:5002", "http://idp.localhost:5001"
REQUEST = "_the-open-request"
ACCEPTED = Observation(result="as-signed")


@attrs.frozen
class Delivered:
    """One case as it arrives: the message, the portal's settings, and who is genuine and who is forged in it."""

    case: Case
    sent: Form | Link | LogoutForm | LogoutQuery
    settings: Settings

    def diagnose(self, weaknesses: Weaknesses = SOUND) -> Diagnosis:
        """Return the judge's diagnosis of the message, by a portal with these weaknesses."""
        settings = self.settings
        if isinstance(self.sent, LogoutForm | LogoutQuery):
            arrival = arrival_of(self.sent)
            return judge_logout(arrival, settings, NOW, LogoutMemory(open_logouts={REQUEST}), weaknesses)
        if isinstance(self.sent, Link):
            return judge_link(urlsplit(self.sent.url).query.encode("ascii"), settings, NOW, weaknesses)
        in_address = parse_qsl(urlsplit(self.sent.action).query) if self.sent.method == "post" else []
        responses = [value for name, value in (*self.sent.fields, *in_address) if name == "SAMLResponse"]
        post = Post(
            saml_response=responses[0] if responses else None,
            relay_state=dict(self.sent.fields).get("RelayState"),
            further=tuple(responses[1:]),
            binding="post" if self.sent.method == "post" else "redirect",
            sender="127.0.0.1",
        )
        memory = Memory(open_requests={REQUEST}, seen_assertions=set())
        return judge_response(post, settings, NOW, memory, weaknesses, lambda: portal_keys().encryption.key)

    def verdict(self, weaknesses: Weaknesses = SOUND) -> Verdict:
        """Return the verdict on a portal with these weaknesses, beside an accepted control."""
        return judge(self.case.outcome, self.case.expected, self.observe(weaknesses), ACCEPTED)

    def observe(self, weaknesses: Weaknesses = SOUND) -> Observation:
        """Return what a person would experience at a portal with these weaknesses."""
        started = time.perf_counter()
        diagnosis = self.diagnose(weaknesses)
        return attrs.evolve(self._experienced(diagnosis), unmet=self._disturbed(time.perf_counter() - started))

    def _disturbed(self, seconds: float) -> str:
        touches = canary().touches_since_last_asked(self._plan.person.email)
        slow = 0 < self.case.scenario.within_seconds < seconds
        return (
            "The portal fetched an address that the message names." if touches else "It took too long." if slow else ""
        )

    @property
    def _plan(self) -> Login | Logout:
        return self.sent.logout if isinstance(self.sent, LogoutForm | LogoutQuery) else self.sent.login

    def _experienced(self, diagnosis: Diagnosis) -> Observation:
        if isinstance(diagnosis, LogoutDiagnosis) and diagnosis.granted and diagnosis.kind == "response":
            return ACCEPTED
        if not diagnosis.granted or diagnosis.identity is None:
            return Observation(result="refused", message="refused", rules=diagnosis.violations, rules_from="page")
        login = self._plan
        shown = {diagnosis.identity.email, diagnosis.identity.name}
        forged = {login.forged.email, login.forged.name}
        result: Any = "as-forged" if shown & forged else "as-signed" if self.is_genuine(diagnosis) else "as-other"
        warnings = tuple(found.rule for found in diagnosis.findings if found.outcome == "warning")
        return Observation(result=result, person=diagnosis.identity.email, rules=warnings)

    def is_genuine(self, diagnosis: Diagnosis) -> bool:
        """Whether the identity that was read is the one that the message rightly names."""
        login, identity = self._plan, diagnosis.identity
        if identity is None:
            return False
        if self.case.outcome not in ("must-accept", "advisory"):
            return identity.email == login.person.email
        if isinstance(login, Logout):
            return identity.email == login.name_id
        return (identity.email, identity.name) == named_by(login)


@functools.cache
def canary() -> Canary:
    """Return this process's canary, which listens from now on."""
    return Canary()


@functools.cache
def keyring() -> Keyring:
    """Return the simulator's keys, made once for this process."""
    return Keyring.ephemeral()


@functools.cache
def delivered() -> tuple[Delivered, ...]:
    """Return every case that is a message or a setting; journeys need servers."""
    return tuple(one for case in all_cases() if (one := deliver(case)) is not None)


def deliver(case: Case, seed: str | None = None) -> Delivered | None:
    """Mint one case, or return None for a journey; by default each has a seed of its own."""
    seed = case.id if seed is None else seed
    person, scenario = directory()[0], case.scenario
    if scenario.stage == "journey":
        return None
    given = {"sso.method": METHODS[case.protocol], **scenario.given}
    settings = sound_settings(given, PORTAL, SIMULATOR, keyring())
    known = settings.read()
    portal = Portal(
        "portal",
        PORTAL,
        remote_login=remote_login_of(known),
        allowed_drift_seconds=known.saml.allowed_drift_seconds,
        canary_url=canary().url,
        signing_key=signing_key_of(scenario.given),
        slo_url=known.slo_service_url,
        encryption_certificate=encryption_certificate() if scenario.encrypted else None,
    )
    if scenario.stage == "logout settings":
        return Delivered(case, perform_logout(_logout(case, portal, seed), keyring()), scenario.apply(settings).read())
    if scenario.protocol == "saml-logout":
        return Delivered(case, perform_logout(_logout(case, portal, seed), keyring(), scenario), known)
    asked = REQUEST if scenario.start == "portal" else None
    login: Any = RemoteLogin(person=person, portal=portal, at=NOW)
    if case.protocol == "saml":
        login = SamlLogin(
            person=person, portal=portal, at=NOW, seed=seed, base=case.base or "assertion", in_response_to=asked
        )
    if scenario.stage == "settings":
        return Delivered(case, perform(login, keyring()), scenario.apply(settings).read())
    return Delivered(case, perform(login, keyring(), scenario), settings.read())


def _logout(case: Case, portal: Portal, seed: str) -> Logout:
    kind = KIND_OF[case.scenario.start]
    return Logout(
        kind=kind,
        person=directory()[0],
        portal=portal,
        at=NOW,
        seed=seed,
        in_response_to=REQUEST if kind == "response" else None,
        session_indexes=("_session",) if kind == "request" else (),
    )


def arrival_of(sent: LogoutForm | LogoutQuery) -> Arrival:
    """Return a logout message as it arrives at the portal."""
    if isinstance(sent, LogoutForm):
        return Arrival.from_form(sent.fields)
    return Arrival.from_query(urlsplit(sent.url).query.encode("ascii"))
