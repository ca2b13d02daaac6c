"""Which cases are performed together, and in which order."""

from itertools import pairwise

from conformance.batches import BATCH, batches
from conformance.case import all_cases


def test_every_case_is_in_one_batch_with_its_own_control() -> None:
    made = batches(all_cases())
    assert sorted(case.id for batch in made for case in batch.cases) == sorted(case.id for case in all_cases())
    assert all(case.control == batch.control for batch in made for case in batch.cases)
    assert {len(batch.cases) for batch in made} <= set(range(1, BATCH + 1))
    assert len({batch.id for batch in made}) == len(made)


def test_what_many_cases_share_comes_first_and_side_by_side() -> None:
    made = batches(all_cases())
    runs = [made[0].control] + [after.control for before, after in pairwise(made) if after.control != before.control]
    assert len(runs) == len(set(runs))
    sizes = [sum(len(batch.cases) for batch in made if batch.control == control) for control in runs]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > BATCH > sizes[-1]


def test_a_batch_is_called_by_its_first_case() -> None:
    alone, wrong, missing = (f"remote-login.hash.{name}" for name in ("formula-without-salt", "wrong", "missing"))
    made = batches(case for case in all_cases() if case.id in (alone, wrong, missing))
    assert [batch.id for batch in made] == [f"{missing}+1", alone]
