"""Every time at its limit, a second inside and a second beyond, by the scenarios' own functions and a frozen clock."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from conformance.case import Case, all_cases
from conformance.in_process import deliver
from idp_sim.catalogue import CannotPerform
from idp_sim.login import RemoteLogin, SamlLogin
from idp_sim.scenarios.remote_login.clock import stamped
from idp_sim.scenarios.saml import limits

SECOND = timedelta(seconds=1)
CASES = {case.id: case for case in all_cases()}
INCLUSIVE = {
    "not-before-ahead": True,
    "not-on-or-after-passed": False,
    "confirmation-passed": False,
    "session-passed": False,
    "issued-ahead": True,
    "issued-too-long-ago": True,
    "authenticated-beyond[ahead]": True,
    "authenticated-beyond[ago]": True,
}
"""Of each scenario just beyond a limit: whether the limit itself is still good."""
PLACES = {
    "not-before-ahead": limits.PLACES["not-before"],
    "not-on-or-after-passed": limits.PLACES["not-on-or-after"],
    "confirmation-passed": limits.PLACES["confirmation"],
    "session-passed": limits.PLACES["session"],
    "issued-ahead": limits.PLACES["issued-ahead"],
    "issued-too-long-ago": limits.issued_ago,
    "authenticated-beyond[ahead]": limits.AUTHENTICATED["ahead"],
    "authenticated-beyond[ago]": limits.AUTHENTICATED["ago"],
}


def violations(case: Case, change: Any) -> tuple[str, ...]:
    """What the portal of this case finds in a login that is changed otherwise than the scenario changes it."""
    scenario = attrs.evolve(case.scenario, variant=None, function=change)
    delivered = deliver(Case(scenario=scenario, base=case.base))
    assert delivered is not None
    return delivered.diagnose().violations


def test_each_scenario_of_the_topic_is_put_to_its_limit() -> None:
    beyond = {name for name in CASES if name.startswith("saml.limits.") and CASES[name].outcome == "must-refuse"}
    assert {f"saml.limits.{name}" for name in PLACES} == beyond
    assert set(INCLUSIVE) == set(PLACES)


@pytest.mark.parametrize("drift", [0, 60, 90])
@pytest.mark.parametrize("name", PLACES)
def test_a_limit_is_kept_to_the_second(name: str, drift: int) -> None:
    plain = CASES[f"saml.limits.{name}"]
    given = {**plain.scenario.given, "saml.allowed_drift_seconds": drift}
    case = Case(scenario=attrs.evolve(plain.scenario, given=given))

    def beyond(span: timedelta) -> tuple[str, ...]:
        def change(login: SamlLogin) -> SamlLogin:
            return PLACES[name](login, span)

        return violations(case, change)

    assert beyond(-SECOND) == ()
    assert beyond(timedelta()) == (() if INCLUSIVE[name] else case.expected)
    assert beyond(SECOND) == case.expected


@pytest.mark.parametrize(
    ("name", "limit", "further"),
    [("remote-login.timestamps.too-old", -1800, -1), ("remote-login.timestamps.in-the-future", 30, 1)],
)
def test_both_ends_of_a_remote_logins_window_are_inside(name: str, limit: int, further: int) -> None:
    case = CASES[name]

    def at(seconds: int) -> tuple[str, ...]:
        def change(login: RemoteLogin) -> RemoteLogin:
            return stamped(login, seconds)

        return violations(case, change)

    assert at(limit - further) == at(limit) == ()
    assert at(limit + further) == case.expected


@pytest.mark.parametrize("drift", [0, 19])
def test_where_clocks_may_hardly_differ_times_cannot_be_turned_round(drift: int) -> None:
    plain = CASES["saml.conditions.valid-until-before-from[inverted]"].scenario
    with pytest.raises(CannotPerform):
        deliver(Case(scenario=attrs.evolve(plain, given={"saml.allowed_drift_seconds": drift})))
