"""Performing a logout: plan, tree, then the form or the signed query, with a scenario's deviation at its stage."""

from collections.abc import Mapping
from types import MappingProxyType

from idp_sim.catalogue import CannotPerform, Scenario, Start
from idp_sim.keyring import Keyring
from idp_sim.logout import BINDING_OF, STAGES, Kind, Logout, LogoutDraft, LogoutForm, LogoutQuery
from idp_sim.perform import deviate
from idp_sim.saml.logout import form, message, octets, query, signed

KIND_OF: Mapping[Start, Kind] = MappingProxyType({"idp": "request", "portal": "response"})
"""What the simulator sends, by where the logout begins."""


def perform_logout(logout: Logout, keyring: Keyring, scenario: Scenario | None = None) -> LogoutForm | LogoutQuery:
    """Perform a logout and return what the browser is to send to the portal.

    Raises CannotPerform for a scenario that this logout cannot carry.
    """
    if scenario is not None:
        logout = _prepared(logout, scenario)
    planned = deviate(Logout.stage, logout, scenario)
    draft = deviate(LogoutDraft.stage, LogoutDraft(planned, message(planned)), scenario)
    if draft.logout.portal.slo_at(draft.logout.binding) is None:
        raise CannotPerform(f"Portal '{planned.portal.name}' has no address for logouts by {draft.logout.binding}.")
    if draft.logout.binding == "post":
        return deviate(
            LogoutForm.stage, form(deviate("signed logout tree", signed(draft, keyring), scenario)), scenario
        )
    return deviate(LogoutQuery.stage, query(deviate("logout octets", octets(draft), scenario), keyring), scenario)


def _prepared(logout: Logout, scenario: Scenario) -> Logout:
    if scenario.stage not in STAGES:
        raise CannotPerform(f"'{scenario.id}' lives in the {scenario.stage}, not in a logout message.")
    if KIND_OF[scenario.start] != logout.kind:
        raise CannotPerform(f"'{scenario.id}' is performed by a logout {KIND_OF[scenario.start]}, not a {logout.kind}.")
    binding = BINDING_OF.get(scenario.stage)
    return logout if binding is None else logout.but(binding=binding)
