"""A visitor with a real browser: Chromium, driven by Playwright."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Playwright, Request
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from conformance.drivers.visitor import Form, NotOnPage, Query, Shown, SiteFailed
from idp_sim.catalogue import NOTHING

# A cookie without SameSite is sent with a cross-site POST only while it is younger than two minutes. With this
# feature Chromium drops it at once: the browser of somebody who takes longer than that to sign in.
SLOW_PERSON = "--enable-features=SameSiteDefaultChecksMethodRigorously"

# Reads the page in one round trip; with an address, a second page of the same site beside it.
READ = """async ([queries, beside]) => {
  const pick = (page) => Object.fromEntries(Object.entries(queries).map(([name, [selector, attribute]]) => {
    const found = page.querySelector(selector);
    if (!found) return [name, null];
    if (attribute) return [name, found.getAttribute(attribute)];
    const words = found.cloneNode(true);
    for (const unseen of words.querySelectorAll('script, style, noscript, template')) unseen.remove();
    return [name, words.textContent.split(/\\s+/).join(' ').trim()];
  }));
  if (!beside) {
    const status = performance.getEntriesByType('navigation')[0].responseStatus;
    return {url: location.href, status, texts: pick(document)};
  }
  const answer = await fetch(beside, {credentials: 'same-origin'});
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return {url: answer.url, status: answer.status, texts: pick(page)};
}"""

# The pages of one site in one process: it is still there when the next visitor comes.
ONE_PROCESS_A_SITE = "--process-per-site"

ERROR_PAGE_MS = 2000

# Fills in the fields as a person would, and tells which could not be.
FILL = """(fields) => {
  const differ = Object.entries(fields).filter(([name, value]) => {
    const offered = [...document.getElementsByName(name)].filter((field) => !field.disabled);
    if (offered[0]?.type === 'radio') {
      const button = offered.find((radio) => radio.value === value);
      button?.click();
      return !button?.checked;
    }
    const field = offered.find((field) => field.matches('input:not([type=hidden]), select, textarea'));
    if (!field) return true;
    field.focus();
    field.value = value;
    for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true}));
    return field.value.replace(/\\r\\n?/g, '\\n') !== value.replace(/\\r\\n?/g, '\\n');
  });
  return differ.map(([name]) => name);
}"""

# Fills in fields and presses a button that a person could press, in one round trip. Tells which fields could not be
# filled in, and whether it pressed; null: there is no such button.
PRESS = f"""([selector, fields]) => {{
  const missing = ({FILL})(fields);
  if (missing.length) return {{missing}};
  const button = document.querySelector(selector);
  if (!button) return {{missing, pressed: null}};
  const hidden = !button.checkVisibility({{visibilityProperty: true}}) || button.closest('[inert]');
  if (hidden || button.matches(':disabled')) return {{missing, pressed: false}};
  button.click();
  return {{missing, pressed: true}};
}}"""

# Waits until the page is parsed and tells its HTTP status. One that sends a form by itself goes away while it is asked,
# and the browser is on its way to the next one; null: it is still there after so many milliseconds. Ours say that they
# do; one of somebody else's, whose script may, is given a moment.
RESTS = """async (patience) => {
  if (document.readyState === 'loading') {
    await new Promise((parsed) => document.addEventListener('DOMContentLoaded', parsed));
  }
  if (document.querySelector('form[data-auto-submit]')) {
    return await new Promise((late) => setTimeout(late, patience, null));
  }
  const scripts = [document.body?.getAttribute('onload'), ...[...document.scripts].map((script) => script.text)];
  const message = document.querySelector('input[type=hidden][name=SAMLResponse], input[type=hidden][name=SAMLRequest]');
  const typed = message?.form?.querySelector('input[type=password], input[type=text], input[type=email]');
  const byFile = message && !typed && document.scripts.length;
  const posts = byFile || scripts.some((script) => script?.includes('.submit()'));
  if (document.forms.length && posts) {
    await new Promise((stays) => setTimeout(stays, 500));
  }
  return performance.getEntriesByType('navigation')[0].responseStatus;
}"""


class ChromiumVisitors:
    """Makes visitors of one browser process.

    ``patience`` is how long a page may take, in seconds; ``arguments`` are further ones of the browser's command line.
    With ``headed`` its window is shown, and ``slow`` is how many seconds it rests at each step.

    ``reuse`` gives the window that a visitor has left to the next one, without cookies, cache and history. That is
    much lighter than a new profile, and sound where a portal keeps what it knows of a person in cookies alone.
    """

    def __init__(
        self,
        playwright: Playwright,
        executable: Path | None,
        patience: float,
        arguments: Sequence[str] = (),
        *,
        reuse: bool = False,
        headed: bool = False,
        slow: float = 0,
    ) -> None:
        self._playwright, self._executable, self._patience = playwright, executable, patience
        self._arguments, self._headed, self._slow = tuple(arguments), headed, slow
        self._reuse = reuse
        self._browsers: dict[bool, Browser] = {}
        self._windows: list[Window] = []

    def __call__(self, *, slow: bool = False) -> "ChromiumVisitor":
        """Return a visitor whom no site knows. The browser is started on first use, once for each kind."""
        if slow not in self._browsers:
            self._browsers[slow] = self._playwright.chromium.launch(
                executable_path=self._executable,
                args=[ONE_PROCESS_A_SITE, *self._arguments, *([SLOW_PERSON] if slow else [])],
                headless=not self._headed,
                slow_mo=self._slow * 1000,
            )
        if slow or not self._reuse:
            return ChromiumVisitor(_new_page(self._browsers[slow], self._patience), self._patience)
        window = self._windows.pop() if self._windows else Window(_new_page(self._browsers[slow], self._patience))
        return ChromiumVisitor(window.page, self._patience, window, self._windows.append)

    def close(self) -> None:
        """Close the browsers."""
        for browser in self._browsers.values():
            browser.close()


class Window:
    """A window that several visitors use one after another."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)

    def forget_visitor(self) -> None:
        """Forget the visitor who leaves. Raises PlaywrightError where the browser cannot."""
        self._session.send("Network.clearBrowserCookies")
        self._session.send("Network.clearBrowserCache")

    def forget_ways(self) -> None:
        """Let no Back lead from the page that is shown."""
        self._session.send("Page.resetNavigationHistory")


def _new_page(browser: Browser, patience: float) -> Page:
    context = browser.new_context(viewport={"width": 1024, "height": 720}, service_workers="block")
    context.set_default_timeout(patience * 1000)
    return context.new_page()


class ChromiumVisitor:
    """One person with a window and a profile of their own; or with a ``window`` that is given back when they leave."""

    def __init__(
        self,
        page: Page,
        patience: float,
        window: Window | None = None,
        give_back: Callable[[Window], None] = lambda _: None,
    ) -> None:
        self._page, self._patience, self._window, self._give_back = page, patience, window, give_back
        self.status = 0
        self.moves: list[Form] = []
        page.on("request", self._note)

    @property
    def url(self) -> str:
        """The address of the page that is shown."""
        return self._page.url if self.moves else "about:blank"

    def open(self, url: str) -> None:
        """Type an address."""
        arrives = not self.moves
        self._load(lambda: self._page.goto(url, wait_until="domcontentloaded"))
        if arrives and self._window is not None:
            self._window.forget_ways()

    def fill(self, fields: Mapping[str, str]) -> None:
        """Fill in fields. Raises NotOnPage for one that is not on the page, or does not offer the value.

        The page itself writes the texts and clicks the buttons: the keyboard's and the pointer's ways to them, which
        take longer than half a login, are tested once with the sign-in page.
        """
        self._offered(fields, self._page.evaluate(FILL, dict(fields)))

    def _offered(self, fields: Mapping[str, str], missing: Sequence[str]) -> None:
        for name in missing:
            raise NotOnPage(f"the page {self.url} offers no {name} '{fields[name]}'")

    def tick(self, name: str, *, on: bool) -> None:
        """Tick or clear a box."""
        self._page.set_checked(f'input[type=checkbox][name="{name}"]', on)

    def press(self, selector: str, fields: Mapping[str, str] = NOTHING) -> None:
        """Press a button and wait for the page to which it leads. Raises NotOnPage when there is none to press."""

        def press() -> None:
            with self._page.expect_navigation(wait_until="domcontentloaded"):
                found = self._page.evaluate(PRESS, [selector, dict(fields)])
                self._offered(fields, found["missing"])
                if found["pressed"] is None:
                    raise NotOnPage(f"the page {self.url} has no button '{selector}'")
                if not found["pressed"]:
                    self._press_when_ready(selector)

        self._load(press)

    def _press_when_ready(self, selector: str) -> None:
        """Press a button that nobody can press yet. Raises NotOnPage when that does not change in time."""
        try:
            self._page.click(selector, no_wait_after=True)
        except PlaywrightTimeout:
            raise NotOnPage(f"the button '{selector}' of the page {self.url} cannot be pressed") from None

    def wait_for(self, selector: str, press: str = "") -> None:
        """Wait until something is shown; press a button first. Raises NotOnPage when that does not come to pass."""

        def wait() -> None:
            if press:
                self._press_when_ready(press)
            try:
                self._page.wait_for_selector(selector)
            except PlaywrightTimeout:
                raise NotOnPage(f"the page {self.url} does not show '{selector}' in time") from None

        self._load(wait)

    def post(self, action: str, fields: Sequence[tuple[str, str]]) -> None:
        """Send a form from a page of another site."""
        script = """([action, fields]) => {
          const form = Object.assign(document.createElement('form'), {method: 'post', action});
          for (const [name, value] of fields) {
            form.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value}));
          }
          document.documentElement.append(form);
          HTMLFormElement.prototype.submit.call(form);
        }"""
        self._page.goto("about:blank")

        def post() -> None:
            with self._page.expect_navigation(wait_until="domcontentloaded"):
                self._page.evaluate(script, [action, list(fields)])

        self._load(post)

    def back(self) -> None:
        """Press the Back button; a page that the browser cannot show again counts as shown."""
        try:
            self._load(lambda: self._page.go_back(wait_until="domcontentloaded"))
        except SiteFailed:
            if not self._page.url.startswith("chrome-error:"):
                raise

    def second_tab(self) -> "ChromiumVisitor":
        """Open a second tab of the same window."""
        self._window = None  # one with more than one tab is not for another visitor
        return ChromiumVisitor(self._page.context.new_page(), self._patience)

    def with_same_cookies(self) -> "ChromiumVisitor":
        """Return another person's browser that holds a copy of this one's cookies."""
        browser = self._page.context.browser
        assert browser is not None  # noqa: S101 - only a browser that keeps its profile on disk has none
        page = _new_page(browser, self._patience)
        page.context.add_cookies(self._page.context.cookies())  # type: ignore[arg-type]
        return ChromiumVisitor(page, self._patience)

    def read(self, queries: Mapping[str, Query]) -> Shown:
        """Read the page that is shown."""
        return self._read(queries, None)

    def html(self) -> str:
        """Return the page that is shown, as HTML: as its scripts have made it by now."""
        try:
            return self._page.content()
        except PlaywrightError:
            self._load(lambda: None)  # the page has left for another by itself
            return self._page.content()

    def look(self, url: str, queries: Mapping[str, Query]) -> Shown:
        """Read another page with this visitor's session; without leaving this one, where both are of one site."""
        here, there = urlsplit(self._page.url), urlsplit(url)
        if (here.scheme, here.netloc) == (there.scheme, there.netloc):
            try:
                return self._read(queries, url)
            except PlaywrightError:
                # The page's own policy may forbid it to fetch: then the person walks there.
                pass
        self.open(url)
        return self.read(queries)

    def picture(self) -> bytes | None:
        """Return a PNG of the page that is shown, or nothing where a site hangs and there is none."""
        try:
            return self._page.screenshot(animations="disabled")
        except PlaywrightError:
            return None

    def leave(self) -> None:
        """Leave the window, and forget the profile."""
        self._page.remove_listener("request", self._note)
        if self._window is not None:
            with contextlib.suppress(PlaywrightError):
                self._window.forget_visitor()
                self._give_back(self._window)
                return
        self._page.context.close()

    def _note(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self.moves.append(
                Form(request.method, request.url, request.post_data if request.method == "POST" else None)
            )

    def _read(self, queries: Mapping[str, Query], beside: str | None) -> Shown:
        asked = {name: (query.selector, query.attribute) for name, query in queries.items()}
        found: dict[str, Any] = self._page.evaluate(READ, [asked, beside])
        return Shown(found["url"], found["status"], found["texts"])

    def _load(self, load: Callable[[], object]) -> None:
        try:
            load()
            self.status = self._status_at_rest()
        except PlaywrightTimeout:
            self._window = None
            raise SiteFailed(self._asked(), "did not answer in time") from None
        except PlaywrightError as error:
            self._window = None
            with contextlib.suppress(PlaywrightError):
                # Until the browser shows its own page for this, it interrupts whatever the person opens next.
                self._page.wait_for_url("chrome-error://**", timeout=ERROR_PAGE_MS)
            raise SiteFailed(self._asked(), f"dropped the connection ({error.message.splitlines()[0]})") from None
        if self.status >= 500:
            raise SiteFailed(self._asked(), f"answered {self.status}")

    def _status_at_rest(self) -> int:
        """Wait until the page is parsed and sends no form by itself; return its HTTP status."""
        late = time.monotonic() + self._patience
        while time.monotonic() < late:
            with contextlib.suppress(PlaywrightError):
                status: int | None = self._page.evaluate(RESTS, self._patience * 1000)
                if status is not None:
                    return status
        raise PlaywrightTimeout("the page does not come to rest")

    def _asked(self) -> str:
        return urlsplit(self.moves[-1].url).netloc if self.moves else "the site"
