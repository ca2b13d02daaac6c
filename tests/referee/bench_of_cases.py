"""Every case whose deviation is in a message or in the portal's settings, put to the judges in this process."""

import functools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from conformance.case import Case, all_cases
from conformance.sites import sound_settings
from conformance.targets.target import METHODS
from conformance.verdict import Observation, Verdict, judge
from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.keyring import Keyring
from idp_sim.login import RemoteLogin, SamlLogin
from idp_sim.people import directory
from idp_sim.perform import perform
from idp_sim.stages import Form, Link
from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.judge import judge as judge_response
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
    sent: Form | Link
    settings: Settings

    def diagnose(self, weaknesses: Weaknesses = SOUND) -> Diagnosis:
        settings = self.settings
        if isinstance(self.sent, Link):
            return judge_link(urlsplit(self.sent.url).query.encode("ascii"), settings, NOW, weaknesses)
        responses = [value for name, value in self.sent.fields if name == "SAMLResponse"]
        post = Post(
            saml_response=responses[0] if responses else None,
            relay_state=dict(self.sent.fields).get("RelayState"),
            copies=len(responses),
        )
        memory = Memory(open_requests={REQUEST}, seen_assertions=set())
        return judge_response(post, settings, NOW, memory, weaknesses)

    def verdict(self, weaknesses: Weaknesses = SOUND) -> Verdict:
        return judge(self.case.outcome, self.case.expected, self.observe(weaknesses), ACCEPTED)

    def observe(self, weaknesses: Weaknesses = SOUND) -> Observation:
        diagnosis = self.diagnose(weaknesses)
        if not diagnosis.granted or diagnosis.identity is None:
            return Observation(result="refused", message="refused", rules=diagnosis.violations, rules_from="page")
        login = self.sent.login
        shown = {diagnosis.identity.email, diagnosis.identity.name}
        forged = {login.forged.email, login.forged.name}
        result: Any = "as-forged" if shown & forged else "as-signed" if self.is_genuine(diagnosis) else "as-other"
        return Observation(result=result, person=diagnosis.identity.email)

    def is_genuine(self, diagnosis: Diagnosis) -> bool:
        login, identity = self.sent.login, diagnosis.identity
        if identity is None:
            return False
        if self.case.outcome != "must-accept":
            return identity.email == login.person.email
        if isinstance(login, RemoteLogin):
            return (identity.email, identity.name) == (login.email, login.name)
        return identity.email == login.name_id


@functools.cache
def keyring() -> Keyring:
    return Keyring.ephemeral()


@functools.cache
def delivered() -> tuple[Delivered, ...]:
    return tuple(_deliver())


def _deliver() -> Iterator[Delivered]:
    person = directory()[0]
    for case in all_cases():
        scenario = case.scenario
        if scenario.stage == "journey":
            continue
        given = {"sso.method": METHODS[case.protocol], **scenario.given}
        settings = sound_settings(given, PORTAL, SIMULATOR, keyring())
        known = settings.read().simple
        portal = Portal("portal", PORTAL, remote_login=RemoteLoginPortal(secret=known.secret, profile=known.profile))
        asked = REQUEST if scenario.start == "portal" else None
        login: Any = RemoteLogin(person=person, portal=portal, at=NOW)
        if case.protocol == "saml":
            login = SamlLogin(
                person=person, portal=portal, at=NOW, seed=case.id, base=case.base or "assertion", in_response_to=asked
            )
        if scenario.stage == "settings":
            yield Delivered(case, perform(login, keyring()), scenario.apply(settings).read())
        else:
            yield Delivered(case, perform(login, keyring(), scenario), settings.read())
