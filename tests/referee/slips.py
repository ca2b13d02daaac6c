"""A pytest plugin for runs: the referee itself fails in the case, or in the control, that ``--slips-in`` names."""

import os
from typing import Any

import pytest

from conformance.referee import Referee


class Slip(Exception):
    """An error of the referee's own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slips-in", default="", help="ids, 'dead:ID' to die there, 'control-2' for the second control")


def pytest_configure(config: pytest.Config) -> None:
    slips = config.getoption("--slips-in").split()
    perform, control, controls = Referee.perform, Referee.control, []

    def slipping_perform(self: Referee, case: Any) -> Any:
        if case.id in slips:
            raise Slip("the referee slipped")
        if f"dead:{case.id}" in slips:
            os._exit(1)
        return perform(self, case)

    def slipping_control(self: Referee, sound: Any) -> Any:
        controls.append(sound)
        if f"control-{len(controls)}" in slips:
            raise Slip("the referee slipped")
        return control(self, sound)

    Referee.perform, Referee.control = slipping_perform, slipping_control  # type: ignore[assignment, method-assign]
