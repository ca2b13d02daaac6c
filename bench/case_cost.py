"""What a case costs in the browser, beside a bare round trip over two sites, measured in one run.

A bare round trip opens the portal's login in a new browser profile, presses the button on the identity provider's
page by script and waits for the portal's page: no choice, no reading, no verdict, and no reuse. It is measured before
and after the cases. A case costs its share of everything that ``conformance run`` does, controls included. Prints
seconds and ratios; takes some minutes. Run it on a machine that does nothing else:
``python -m bench.case_cost [SELECT ...]``, without a SELECT by the whole catalogue.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from conformance.browser import find_or_fetch
from conformance.case import all_cases
from conformance.run import run
from conformance.selection import select
from conformance.sites import Addresses, stub_sites
from conformance.targets.target import find

ROUND_TRIPS = 30


def bare_round_trip(browser: Browser, sites: Addresses) -> float:
    """Return the seconds of one sign-in that nobody judges."""
    started = time.perf_counter()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{sites.portal}/login", wait_until="domcontentloaded")
    page.evaluate("document.querySelector('#sign-in').click()")
    page.wait_for_url(f"{sites.portal}/", wait_until="domcontentloaded")
    context.close()
    return time.perf_counter() - started


def measure_round_trips() -> dict[str, list[float]]:
    """Return the seconds of bare round trips, by SAML and by remote login."""
    found: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_fetch())
        for method in ("saml", "simple"):
            with stub_sites({"sso.method": method}) as sites:
                bare_round_trip(browser, sites)
                found[method] = [bare_round_trip(browser, sites) for _ in range(ROUND_TRIPS)]
        browser.close()
    return found


def main() -> None:
    """Measure and print."""
    cases, _ = select(all_cases(), sys.argv[1:])
    bare = measure_round_trips()
    spent = {}
    for driver, workers in (("browser", 1), ("browser", 2), ("http", 1), ("http", 2)):
        with tempfile.TemporaryDirectory() as directory:
            started = time.perf_counter()
            run(find("stub"), cases, driver, workers, Path(directory), [])
            spent[driver, workers] = time.perf_counter() - started
    for method, again in measure_round_trips().items():
        bare[method] += again
    saml, link = (statistics.median(bare[method]) for method in ("saml", "simple"))
    share = sum(case.protocol == "saml" for case in cases) / len(cases)
    mixed = share * saml + (1 - share) * link
    print(f"bare round trip: SAML {saml:.3f} s, remote login {link:.3f} s, as in {len(cases)} cases {mixed:.3f} s")
    for (driver, workers), seconds in spent.items():
        each = seconds / len(cases)
        print(
            f"{driver}, {workers} worker(s): {seconds:.1f} s, {each:.3f} s a case, {each / mixed:.2f} bare round trips"
        )


if __name__ == "__main__":
    main()
