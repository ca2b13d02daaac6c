"""What the doctor's tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the simulator's keys: making them takes longer than a sign-in."""
    return tmp_path_factory.mktemp("keys")
