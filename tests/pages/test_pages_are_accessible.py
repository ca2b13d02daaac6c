"""Every page of the check and of the diagnosis, before axe-core, by keyboard, and narrow as a phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Page

from tests.pages.administrator import Administrator
from tests.pages.conftest import SAML

Open = Callable[[Administrator, dict[str, str]], None]


def _open(path: str) -> Open:
    return lambda admin, _: admin.open(path)


def _diagnosis(name: str) -> Open:
    return lambda admin, diagnoses: admin.open(diagnoses[name])


def _forms(admin: Administrator, _: dict[str, str]) -> None:
    admin.end_check()
    admin.open("/admin/check")


def _mistake(admin: Administrator, _: dict[str, str]) -> None:
    admin.end_check()
    admin.page.fill("#metadata_url", "ftp://nowhere.example")
    admin.page.click("#begin-saml")


def _saved(admin: Administrator, diagnoses: dict[str, str]) -> None:
    """Open the saved file with nothing beside it: no site, no style sheet."""
    address = f"{diagnoses['refused SAML']}/diagnosis.html"
    file = admin.page.evaluate("async (address) => (await fetch(address)).text()", address)
    admin.page.goto("about:blank")
    admin.page.set_content(file)
    assert admin.page.evaluate("getComputedStyle(document.querySelector('mark')).textDecorationLine") == "underline"


PAGES: dict[str, Open] = {
    "home": _open("/"),
    "attempts": _open("/admin/attempts"),
    "security": _open("/admin/security"),
    **{name: _diagnosis(name) for name in (*SAML, "refused remote login")},
    "saved file": _saved,
    "check of a remote login page": lambda admin, _: admin.check_remote_login_page(),
    "check of an identity provider": lambda admin, _: admin.check_identity_provider(),
    "check, with a mistake": _mistake,
    "check": _forms,
}


BY_KEYBOARD = ("security", "refused SAML", "check of an identity provider", "check, with a mistake", "check")


def shown(name: str, admin: Administrator, diagnoses: dict[str, str]) -> Page:
    """Open a page with everything on it unfolded. Of many rules that are kept three stand for all."""
    PAGES[name](admin, diagnoses)
    admin.page.evaluate(
        """() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
        for (const finding of document.querySelectorAll('.finding:nth-child(n+4)')) finding.remove();
        }"""
    )
    return admin.page


def found_by_axe(page: Page, **options: object) -> list[str]:
    results = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [
        f"{found['id']}: {node['target']} {node['html'][:200]}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_light_or_in_the_dark(
    name: str, admin: Administrator, diagnoses: dict[str, str]
) -> None:
    page = shown(name, admin, diagnoses)
    page.emulate_media(color_scheme="light")
    assert found_by_axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert found_by_axe(page, runOnly=["color-contrast"]) == []
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert width <= 390, "wider than a phone"


CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
NEXT_STOP = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    const stop = [...document.querySelectorAll(CONTROLS)].indexOf(here);
    return [stop, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
}"""


@pytest.mark.parametrize("name", BY_KEYBOARD)
def test_the_keyboard_reaches_everything_in_order_and_is_seen(
    name: str, admin: Administrator, diagnoses: dict[str, str]
) -> None:
    page = shown(name, admin, diagnoses)
    wanted = page.evaluate(
        """(controls) => { window.CONTROLS = controls;
        return [...document.querySelectorAll(controls)].map((each) => each.type !== 'radio' || each.checked) }""",
        CONTROLS,
    )
    page.evaluate("document.body.focus()")
    reached, unseen = [], []
    for _ in range(len(wanted) + 1):
        page.keyboard.press("Tab")
        stop, seen = page.evaluate(NEXT_STOP)
        if stop < 0:
            break
        reached.append(stop)
        unseen += [] if seen else [stop]
    assert reached == [stop for stop, is_one in enumerate(wanted) if is_one]
    assert unseen == []


@pytest.mark.usefixtures("diagnoses")
def test_no_page_complained(problems: list[str]) -> None:
    assert problems == []
