from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from conformance.browser import find_or_fetch
from conformance.sites import Addresses, stub_sites
from tests.pages.administrator import Administrator


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_or_fetch())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def sites() -> Iterator[Addresses]:
    """The simulator, and a portal that knows its encryption certificate is known there."""
    with stub_sites({"encrypted": True}) as found:
        yield found


@pytest.fixture(scope="module")
def problems() -> list[str]:
    """What the pages complain of: errors of scripts, and what the policy blocks."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if "Policy" in message.text else None)
    yield opened
    context.close()


@pytest.fixture(scope="module")
def admin(page: Page, sites: Addresses) -> Administrator:
    """An administrator who is signed in at the portal."""
    found = Administrator(page, sites)
    found.log_in()
    return found


@pytest.fixture(scope="module")
def diagnoses(admin: Administrator) -> dict[str, str]:
    """Login attempts of several kinds, each with the path of its page. A check of remote logins goes on at the end."""
    admin.check_identity_provider()
    found = {name: admin.sign_in(scenario) for name, scenario in SAML.items()}
    admin.check_remote_login_page()
    return found | {"refused remote login": admin.sign_in("remote-login.hash.email-altered")}


SAML = {
    "granted": "saml.sound.plain",
    "encrypted": "saml.encryption.assertion",
    "refused SAML": "saml.audience.other[slash]",
    "refused for several": "saml.signature-wrapping.forged-before",
    "no XML": "saml.message.not-xml[truncated]",
}
