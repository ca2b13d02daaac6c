"""An error inside the detective costs its answer only, and is logged: no test may pass because of that."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_error_is_hidden(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.ERROR)
    yield
    assert not caplog.get_records("call")  # here ``records`` are those of the teardown
