"""The check in a real browser: what only cookies, scripts and a cross-site form can show."""

import re

from playwright.sync_api import expect

from conformance.sites import ADMINISTRATOR
from tests.pages.administrator import Administrator


def test_a_check_shows_the_diagnosis_and_signs_nobody_in(admin: Administrator) -> None:
    admin.check_identity_provider()
    for scenario, headline in (
        ("saml.sound.plain", r"^Granted: this is .+@"),
        ("saml.sound.idp-initiated", r"^Granted: this is .+@"),
        ("saml.message.by-get[plain]", r"^Refused: .+not posted"),
        ("saml.status.refused[request-denied]", r"^Refused: the identity provider refused the login"),
    ):
        admin.sign_in(scenario)
        expect(admin.page.locator("#headline")).to_have_text(re.compile(headline))
        expect(admin.page.locator("#checked")).to_contain_text("nobody was signed in")
        expect(admin.page.locator("#person-email")).to_have_text(ADMINISTRATOR)
    admin.open("/admin/check")
    assert admin.page.locator("#came ~ ul li").count() == 4
    admin.end_check()
    admin.page.goto(f"{admin.sites.portal}/login")
    admin.page.press("#scenario", "Enter")
    expect(admin.page.locator("#person-email")).not_to_have_text(ADMINISTRATOR)
    admin.log_in()


def test_a_problem_leads_to_its_place_in_the_message_and_back(admin: Administrator) -> None:
    admin.check_identity_provider()
    admin.sign_in("saml.audience.other[slash]")
    page = admin.page
    page.get_by_role("link", name="text of Audience").click()
    place = page.locator("mark:target")
    expect(place).to_have_text(f"{admin.sites.portal}/")
    expect(place).to_be_in_viewport()
    page.get_by_role("link", name="Problem 1 stands here").click()
    expect(page.locator("#problem-1:target")).to_be_in_viewport()


def test_a_value_is_copied_by_its_button(admin: Administrator) -> None:
    admin.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=admin.sites.portal)
    admin.check_identity_provider()
    admin.page.get_by_role("button", name="Copy: ACS URL").press("Enter")
    expect(admin.page.locator(".copied")).to_contain_text("Copied: ACS URL")
    assert admin.page.evaluate("navigator.clipboard.readText()") == f"{admin.sites.portal}/login/saml"
