"""Logouts: how a person performs one in the browser, and how it is read what came of it.

Where the logout begins at the identity provider, the portal is sent a logout request: it was followed when the
session of the person whom the signature names is over. Where it begins at the portal, that sends the request itself
and is sent the answer: its own session ends in any case, and its page says whether the answer was accepted.
"""

from typing import Any

import attrs

from conformance.drivers import Shown, Visitor
from conformance.journey import Journey
from conformance.verdict import Observation
from idp_sim.catalogue import Scenario
from idp_sim.config import Binding, Portal
from idp_sim.login import SUCCESS
from idp_sim.logout import BINDING_OF, Logout, LogoutDraft
from idp_sim.people import Person
from idp_sim.perform import deviate
from idp_sim.perform_logout import KIND_OF
from idp_sim.saml.logout import message


def binding_of(scenario: Scenario, plan: Logout) -> Binding:
    """Return the binding by which a scenario sends the logout that is planned."""
    planned = deviate(Logout.stage, plan, scenario)
    draft = deviate(LogoutDraft.stage, LogoutDraft(planned, message(planned)), scenario)
    return BINDING_OF.get(scenario.stage, draft.logout.binding)


@attrs.define
class Performance:
    """One logout of the worker's main person; a forgery would end the session of the newcomer in another browser.

    Without a scenario it is a control: the sound logout, which begins where the journey begins.
    """

    journey: Journey
    scenario: Scenario | None = None
    victim: Visitor | None = None

    def perform(self) -> None:
        """Sign in, and out."""
        journey, scenario = self.journey, self.scenario
        chosen = scenario.id if scenario is not None and scenario.stage != "logout settings" else ""
        self._signed_in(journey.people.main)
        if scenario is not None and scenario.outcome == "never-as-forged":
            carrier = journey.another_browser()
            self._signed_in(journey.people.newcomer)
            self.victim, journey.visitor = journey.visitor, carrier
        if journey.start == "portal":
            journey.log_out_at_portal(chosen)
        else:
            journey.log_out_at_idp(chosen, other=journey.people.newcomer if self.victim else None)

    def _signed_in(self, person: Person) -> None:
        # At the portal, wherever the logout begins: not every portal takes logins that begin elsewhere.
        self.journey.sign_in(person=person, start="portal")
        accepted = self.journey.end(just_now=True)[1].signed_in
        self.journey.expect(accepted, "The login before the logout was not accepted.")

    def read(self, refusal: Shown, refused: Observation) -> Observation:
        """Return what the person experienced; ``refusal`` is the page at the end, ``refused`` what it says."""
        own, forged = self.journey.people.main, self.journey.people.newcomer
        if self.victim is not None and not self._goes_on(self.victim):
            return Observation(result="as-forged", person=f"{forged.name} <{forged.email}>")
        goes_on = self.journey.is_signed_in()
        if self.journey.start == "idp":
            if goes_on:
                return attrs.evolve(refused, message=refused.message or self._refused_by_answer())
            return Observation(result="as-signed", person=f"{own.name} <{own.email}>", unmet=self._answered())
        if goes_on:
            return attrs.evolve(refused, unmet="The session goes on after signing out.")
        if refusal.texts.get("confirmed") is None:
            return refused
        return Observation(result="as-signed", person=f"{own.name} <{own.email}>", off_site=refused.off_site)

    def _goes_on(self, visitor: Visitor) -> bool:
        carrier, self.journey.visitor = self.journey.visitor, visitor
        try:
            return self.journey.is_signed_in()
        finally:
            self.journey.visitor = carrier

    def _refused_by_answer(self) -> str | None:
        """Return what the portal's answer says where it refuses the request: the portal itself then shows no page."""
        status = self.journey.answer_shown.get("status")
        return None if status in (None, "none", SUCCESS) else f"The portal's answer was: {status}."

    def _answered(self) -> str:
        """Return what is wrong with the portal's answer to the request, which the simulator has shown, or nothing."""
        texts = self.journey.answer_shown
        if self.scenario is not None and self.scenario.outcome != "must-accept":
            return ""
        if texts.get("status") != SUCCESS:
            return f"The portal ended the session, and its answer was: {texts.get('status') or 'none'}."
        expected = self._relay_state()
        if texts.get("relay") != expected:
            return f"The RelayState {expected!r} should come back with the answer, and {texts.get('relay')!r} did."
        return ""

    def _relay_state(self) -> str | None:
        if self.scenario is None or self.scenario.stage != Logout.stage:
            return None
        person, kind = self.journey.people.main, KIND_OF[self.scenario.start]
        plan: Any = self.scenario.apply(Logout(kind=kind, person=person, portal=Portal("", "")))
        relay_state: str | None = plan.relay_state
        return relay_state
