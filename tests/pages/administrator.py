"""An administrator at a browser: checks the simulator from the portal's pages, as an integrator would."""

from urllib.parse import urlsplit

import attrs
from playwright.sync_api import Page

from conformance.sites import ADMINISTRATOR, PASSWORD, Addresses


@attrs.frozen
class Administrator:
    """Somebody signed in as the portal's administrator."""

    page: Page
    sites: Addresses

    def open(self, path: str) -> None:
        self.page.goto(f"{self.sites.portal}{path}")

    def log_in(self) -> None:
        self.open("/login/normal")
        self.page.fill("#email", ADMINISTRATOR)
        self.page.fill("#password", PASSWORD)
        self.page.click("#log-in")

    def check_identity_provider(self) -> None:
        self.end_check()
        self.page.fill("#metadata_url", f"{self.sites.simulator}/saml/metadata")
        self.page.click("#begin-saml")

    def check_remote_login_page(self) -> None:
        self.end_check()
        self.page.fill("[id='simple.remote_login_url']", f"{self.sites.simulator}/remote-login")
        self.page.click("#begin-simple")

    def sign_in(self, scenario: str) -> str:
        """Sign in at the simulator with this scenario, by the check's button. Returns the path of the diagnosis."""
        self.open("/admin/check")
        self.page.click("#check-sign-in")
        self.page.fill("#scenario", scenario)
        self.page.press("#scenario", "Enter")
        self.page.wait_for_url("**/admin/attempts/*")
        return urlsplit(self.page.url).path

    def end_check(self) -> None:
        self.open("/admin/check")
        if self.page.locator("#end-check").count():
            self.page.click("#end-check")
