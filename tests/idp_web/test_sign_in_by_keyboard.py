"""The sign-in page in a real browser, by keyboard alone, and without scripts."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from conformance.browser import find_or_fetch
from conformance.sites import Server, listen
from idp_sim.app import create_app
from idp_sim.config import Simulator
from idp_sim.keyring import Keyring
from tests.idp_web.idp_bench import portal

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_or_fetch())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    bound = listen()
    url = f"http://idp.localhost:{bound.getsockname()[1]}"
    # Its own pages stand in for the portal's: what comes back there is refused, but it arrives.
    app = create_app(Simulator(portals=(portal(base_url=url),), keyring=Keyring.ephemeral(), base_url=url))
    server = Server(app, bound)
    yield url
    server.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Opens the page of a login that begins here, and sees that nothing on it is blocked or fails."""
    contexts, problems = [], []

    def open_one(**options: bool) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if "Policy" in message.text else None)
        page.goto(f"{address}/saml/start?portal=helpdesk")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def chosen(page: Page, name: str) -> str:
    return page.locator(f"input[name={name}]:checked").input_value()


def scenario(page: Page) -> str:
    return page.locator("#scenario").input_value()


def show_all(page: Page) -> None:
    page.click("#show-scenarios")
    page.wait_for_selector("#scenarios li")


def test_filters_and_enter_choose_and_sign_in(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "filter-people":
        page.keyboard.press("Tab")
    page.keyboard.type("zo mül")
    assert page.locator("#people li:visible").count() == 1
    page.keyboard.press("Enter")
    assert chosen(page, "person") == "zoe+test@example.com"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "scenario"
    page.keyboard.type("sound.IDP-Initiated")
    expect(page.locator("#scenarios li:visible")).to_have_count(1)
    assert page.locator("#scenarios fieldset:visible").count() == 1
    page.keyboard.press("Enter")
    assert chosen(page, "listed") == scenario(page) == "saml.sound.idp-initiated"
    assert " ".join(page.inner_text("#choice").split()) == "Zoë Müller · saml.sound.idp-initiated"
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/saml")


def test_an_id_that_is_typed_at_once_needs_no_list(open_page: OpenPage) -> None:
    page = open_page()
    page.focus("#scenario")
    page.keyboard.type("saml.times.expired")
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/saml")


def test_arrow_keys_choose_the_next(open_page: OpenPage) -> None:
    page = open_page()
    page.focus("input[name=person]:checked")
    page.keyboard.press("ArrowDown")
    assert chosen(page, "person") == "zoe+test@example.com"
    assert page.inner_text("#choice").startswith("Zoë Müller")


def test_enter_in_an_unchanged_filter_chooses_its_first_again(open_page: OpenPage) -> None:
    page = open_page()
    page.focus("#filter-people")
    page.keyboard.type("example.org")
    page.keyboard.press("Enter")
    first = page.inner_text("#choice")
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#choice") != first
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.inner_text("#choice") == first


def test_a_filter_that_finds_nothing_says_so_and_chooses_nothing(open_page: OpenPage) -> None:
    page = open_page()
    page.fill("#scenario", "no such scenario")
    page.wait_for_selector("#no-scenarios", state="visible")
    assert page.is_hidden("#no-people")
    page.press("#scenario", "Enter")
    assert page.url.endswith("/saml/start?portal=helpdesk")
    assert page.locator("input[name=listed]:checked").count() == 0
    page.fill("#scenario", "")
    page.wait_for_selector("#no-scenarios", state="hidden")
    assert page.locator("#scenarios li:visible").count() == page.locator("#scenarios li").count()


def test_a_base_that_the_scenario_does_not_run_on_cannot_be_chosen(open_page: OpenPage) -> None:
    page = open_page()
    page.check("input[name=base][value=both]")
    show_all(page)
    limited = page.locator("input[name=listed][data-bases]").first
    allowed = str(limited.get_attribute("data-bases")).split()
    assert "both" not in allowed
    limited.check()
    assert chosen(page, "base") == allowed[0]
    for base in ("assertion", "response", "both"):
        assert page.locator(f"input[name=base][value={base}]").is_enabled() == (base in allowed)
    page.check("input[name=listed][value='saml.sound.plain']")
    assert page.locator("input[name=base]:enabled").count() == 3


@pytest.mark.parametrize("width", [390, 1280])
def test_every_choice_and_the_button_can_be_clicked(open_page: OpenPage, width: int) -> None:
    page = open_page()
    page.set_viewport_size({"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("input[name=person]").last.check()
    show_all(page)
    page.locator("input[name=listed]").last.check()
    assert scenario(page) == page.locator("input[name=listed]").last.input_value()
    assert page.locator("#sign-in").bounding_box() is not None
    page.click("#sign-in")
    page.wait_for_url("**/login/saml")


def test_without_scripts_the_person_presses_a_second_button(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    assert page.is_hidden("#filter-people")
    assert page.is_hidden("#show-scenarios")
    page.fill("#scenario", "saml.sound.idp-initiated")
    page.check("input[name=person][value='zoe+test@example.com']")
    page.click("#sign-in")
    assert page.url.endswith("/sign-in")
    page.click("#saml-form button")
    page.wait_for_url("**/login/saml")
