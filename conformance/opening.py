"""Opening what performs cases: a referee, with the driver that was asked for and the grounds of the target."""

import contextlib
from collections.abc import Iterable
from urllib.parse import urljoin

import attrs

from conformance.canary import Canary
from conformance.drivers import VisitorFactory
from conformance.drivers.http import HttpVisitors
from conformance.drivers.trust import pinned, trusting
from conformance.events import Driver
from conformance.journey import People
from conformance.referee import Referee
from conformance.sites import PEOPLE_EACH
from conformance.targets.target import Grounds, RealGrounds, StubGrounds, Target
from idp_sim.people import directory


@attrs.frozen(kw_only=True)
class Window:
    """How a browser works: with a window to be seen (``headed``), resting so many seconds at each step (``slow``)."""

    headed: bool = False
    slow: float = 0


UNSEEN = Window()


def open_referee(
    target: Target,
    driver: Driver,
    canary_url: str,
    stack: contextlib.ExitStack,
    *,
    worker: int = 0,
    window: Window = UNSEEN,
) -> Referee:
    """Return a referee; the stack stops what it needs. ``worker`` is its number: each has people of its own.

    ``canary_url`` is what the simulator beside somebody else's portal names; stubs have a canary of their own. Raises
    NoBrowser, and FileProblem for a wrong ``ca_file``.
    """
    if target.weaknesses is None:
        grounds: Grounds = RealGrounds(target.profile, canary_url)
    else:
        grounds = StubGrounds(target.weaknesses, stack, stack.enter_context(Canary()).url)
    everybody = directory()
    first = worker * PEOPLE_EACH % len(everybody)
    people = People(*everybody[first : first + PEOPLE_EACH])
    profile = target.profile
    visitors = open_visitors(
        driver,
        stack,
        sites=(profile.base_url, urljoin(profile.base_url, profile.login)),
        patience=profile.patience_seconds,
        ca_file=profile.ca_file,
        reuse=profile.keeps == "cookies",
        window=window,
    )
    return Referee(target, grounds, visitors, people, driver == "browser")


def open_visitors(
    driver: Driver,
    stack: contextlib.ExitStack,
    *,
    sites: Iterable[str],
    patience: float,
    ca_file: str,
    reuse: bool = False,
    window: Window = UNSEEN,
) -> VisitorFactory:
    """Return what makes visitors; the stack closes it.

    ``sites`` are addresses of those that are visited, of which the ones on https are trusted by ``ca_file``; ``reuse``
    is told by ``ChromiumVisitors``. Raises NoBrowser, and FileProblem for a wrong ``ca_file``.
    """
    if driver == "http":
        return stack.enter_context(contextlib.closing(HttpVisitors(patience, trusting(ca_file))))
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - costs half a second that http runs save

    from conformance.browser import find_headed, find_or_fetch  # noqa: PLC0415
    from conformance.drivers.chromium import ChromiumVisitors  # noqa: PLC0415

    arguments = pinned(sites, ca_file, patience)
    browser = find_headed() if window.headed else find_or_fetch()
    made = ChromiumVisitors(
        stack.enter_context(sync_playwright()), browser, patience, arguments,
        reuse=reuse, headed=window.headed, slow=window.slow,
    )  # fmt: skip
    return stack.enter_context(contextlib.closing(made))
