"""Building the kill matrix. Journeys need servers; in the browser every entry is performed once more."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby

from conformance.canary import Canary
from conformance.case import Case, all_cases
from conformance.drivers import Unsupported, VisitorFactory
from conformance.drivers.http import HttpVisitors
from conformance.journey import People
from conformance.matrix import Matrix, Row, Weakness, experience, in_process, word_for
from conformance.referee import Referee
from conformance.sites import PEOPLE_EACH
from conformance.targets.target import StubGrounds, find
from idp_sim.people import directory

Pair = tuple[Case, Weakness]
Tell = AbstractContextManager[Callable[[int], None]]
_PATIENCE = 10


def build(cases: Sequence[Case], processes: int, progress: Callable[[str, int], Tell], *, browser: bool) -> Matrix:
    """Put the cases to every weakness and return the matrix.

    Messages and settings are judged in process; journeys, and what is enforced where only a server shows it, over HTTP.
    With ``browser`` each entry of the matrix is what a browser saw. Raises NoBrowser. ``progress`` is told what begins
    and how much there is to do, and returns what to call with the amount that came to be done.
    """
    with progress("In process", len(cases)) as tell:
        matrix = Matrix(rows=in_process(cases, processes, tell))
    pairs = [*(matrix.found() if browser else ()), *matrix.not_found_though_met(cases)]
    with (
        _visitors(browser=browser) as visitors,
        progress("In the browser" if browser else "Over HTTP", len(pairs)) as tell,
    ):
        live = perform(pairs, visitors, tell, browser=browser)
    seen = {case.id: live.get(case.id, {}) for case in cases if case.id in live or case.id in matrix.rows}
    return Matrix(rows=seen if browser else {name: matrix.rows.get(name, {}) | row for name, row in seen.items()})


def problems(matrix: Matrix, cases: Sequence[Case]) -> list[str]:
    """Return what is wrong with the matrix of these cases, a sentence each."""
    found = [
        f"{case.id} finds {weakness.name} though it breaks another rule, and no reason is known."
        for case, weakness in matrix.off_diagonal()
    ]
    found += [
        f"{case.id} does not find {weakness.name}, whose rule it breaks."
        for case, weakness in matrix.not_found_though_met(matrix.cases)
        if weakness.weaknesses.without and case.outcome != "advisory"
    ]
    found += [f"{case.id} finds nothing." for case in matrix.toothless()]
    if len(cases) == len(all_cases()):
        found += [f"{weakness.name} is found by nothing." for weakness in matrix.unfound()]
    return found


@contextlib.contextmanager
def _visitors(*, browser: bool) -> Iterator[VisitorFactory]:
    if not browser:
        with contextlib.closing(HttpVisitors(_PATIENCE)) as visitors:
            yield visitors
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - costs half a second that others save

    from conformance.browser import find_or_fetch  # noqa: PLC0415
    from conformance.drivers.chromium import ChromiumVisitors  # noqa: PLC0415

    with (
        sync_playwright() as playwright,
        contextlib.closing(ChromiumVisitors(playwright, find_or_fetch(), _PATIENCE, reuse=True)) as visitors,
    ):
        yield visitors


def perform(
    pairs: Iterable[Pair], visitors: VisitorFactory, tell: Callable[[int], None], *, browser: bool
) -> dict[str, Row]:
    """Perform each case at a stub with its weakness, and return the rows. What needs a browser has no row without one.

    ``tell`` is called with the number of pairs that came to be done.
    """
    rows: dict[str, Row] = {}
    usual: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        sound = _referee("stub", visitors, stack, browser=browser)
        for name, group in groupby(sorted(pairs, key=lambda pair: pair[1].name), key=lambda pair: pair[1].name):
            with contextlib.ExitStack() as own:
                weak = _referee(f"stub:{name}", visitors, own, browser=browser)
                for case, _ in group:
                    tell(1)
                    if sound.why_not(case) is not None:
                        continue
                    with contextlib.suppress(Unsupported):
                        if case.outcome == "advisory" and case.id not in usual:
                            usual[case.id] = experience(sound.perform(case).seen)
                        word = word_for(case, weak.perform(case).seen, usual.get(case.id, ""), case.declared)
                        rows.setdefault(case.id, {}).update({name: word} if word else {})
    return rows


def _referee(target: str, visitors: VisitorFactory, stack: contextlib.ExitStack, *, browser: bool) -> Referee:
    found = find(target)
    assert found.weaknesses is not None  # noqa: S101 - it is the stub
    grounds = StubGrounds(found.weaknesses, stack, stack.enter_context(Canary()).url)
    return Referee(found, grounds, visitors, People(*directory()[:PEOPLE_EACH]), browser)
