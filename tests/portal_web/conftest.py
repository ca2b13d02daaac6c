from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from portal_stub.weakness import SOUND, Weaknesses
from tests.portal_web.portal_bench import Bench, settings

MakeBench = Callable[..., Bench]


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords at a hundredth of the cost: it is not what these tests are about."""
    quick = partial(generate_password_hash, method="scrypt:256:8:1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal_stub.accounts.contacts.generate_password_hash", quick)
        yield


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """Makes portals, each with a database of its own."""
    made: list[Bench] = []

    def make(method: str = "simple", weaknesses: Weaknesses = SOUND, **changes: Any) -> Bench:
        database = f"sqlite:///{tmp_path}/portal{len(made)}.db"
        made.append(Bench(settings(method, **changes), database, weaknesses=weaknesses))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def remote(make_bench: MakeBench) -> Bench:
    """A portal that is set to remote login."""
    return make_bench("simple")


@pytest.fixture
def saml(make_bench: MakeBench) -> Bench:
    """A portal that is set to SAML."""
    return make_bench("saml")
