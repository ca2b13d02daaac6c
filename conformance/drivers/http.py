"""A visitor without a browser, for the work at hand: it knows links, forms and cookies, but no scripts, no SameSite."""

from collections.abc import Callable, Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import lxml.html
from lxml import etree

from conformance.drivers.visitor import Form, NotOnPage, Query, Shown, SiteFailed, Unsupported

MOST_REDIRECTS = 20

_FIELDS = etree.XPath("//*[self::input or self::select or self::textarea][@name=$name]")
# Forms that a page sends by itself: ours say so, those of others are sent by a script.
_AUTOMATIC = etree.XPath(
    "//form[@data-auto-submit or //body[contains(@onload, '.submit()')] or //script[contains(., '.submit()')]]"
)


class HttpVisitors:
    """Makes visitors that share one connection pool. ``patience`` is how long an answer may take, in seconds."""

    def __init__(self, patience: float) -> None:
        # Each visitor keeps cookies of their own; the client, which all of them share, keeps none.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.Client(timeout=patience, trust_env=False, follow_redirects=False, cookies=no_cookies)

    def __call__(self, *, slow: bool = False) -> "HttpVisitor":
        """Return a visitor with no cookies."""
        if slow:
            raise Unsupported("needs a browser: only a browser loses a cookie that has no SameSite after two minutes")
        return HttpVisitor(self._client)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class HttpVisitor:
    """One person with cookies of their own; the page that is shown is its parsed HTML."""

    def __init__(self, client: httpx.Client, cookies: dict[tuple[str, str], str] | None = None) -> None:
        self._client = client
        self._cookies = {} if cookies is None else cookies
        self._document: Any = None
        self._values: dict[str, str] = {}
        self._status = 0
        self.url = "about:blank"
        self.moves: list[Form] = []
        self.stops_before: Callable[[Form], bool] = lambda _: False
        """Before which request this visitor stops; it is then kept as ``held`` instead of being sent."""
        self.held: Form | None = None

    def open(self, url: str) -> None:
        """Follow a link."""
        self._move(Form("GET", url))

    def fill(self, fields: Mapping[str, str]) -> None:
        """Fill in fields. Raises NotOnPage for one that is not on the page, or does not offer the value."""
        for name, value in fields.items():
            found = _FIELDS(self._document, name=name)
            if not found:
                raise NotOnPage(f"the page {self.url} has no field '{name}'")
            if found[0].get("type") == "radio" and all(radio.get("value") != value for radio in found):
                raise NotOnPage(f"the page {self.url} offers no {name} '{value}'")
        self._values.update(fields)

    def tick(self, name: str, *, on: bool) -> None:
        """Tick or clear a box."""
        for box in self._document.xpath("//input[@type='checkbox'][@name=$n]", n=name):
            box.checked = on

    def press(self, selector: str) -> None:
        """Press the button, which submits its form. Raises NotOnPage when it is not on the page."""
        buttons = self._document.cssselect(selector)
        if not buttons:
            raise NotOnPage(f"the page {self.url} has no button '{selector}'")
        form = next(buttons[0].iterancestors("form"))
        fields = dict(form.form_values())
        fields.update({name: value for name, value in self._values.items() if name in form.fields})
        if buttons[0].get("name"):
            fields[buttons[0].get("name")] = buttons[0].get("value", "")
        self._submit(
            form.get("method", "get"), buttons[0].get("formaction") or form.get("action") or "", list(fields.items())
        )

    def post(self, action: str, fields: Sequence[tuple[str, str]]) -> None:
        """Send a form."""
        self._submit("post", action, fields)

    def back(self) -> None:
        """Raise Unsupported: what Back does is the browser's own."""
        raise Unsupported("needs a browser: it presses the Back button")

    def second_tab(self) -> "HttpVisitor":
        """Open a second tab, with the same cookies."""
        return HttpVisitor(self._client, self._cookies)

    def with_same_cookies(self) -> "HttpVisitor":
        """Return another person's browser that holds a copy of this one's cookies."""
        return HttpVisitor(self._client, dict(self._cookies))

    def read(self, queries: Mapping[str, Query]) -> Shown:
        """Read the page that was loaded last."""
        return Shown(self.url, self._status, {name: _text(self._document, query) for name, query in queries.items()})

    def look(self, url: str, queries: Mapping[str, Query]) -> Shown:
        """Load another page beside the one that is shown."""
        beside = self.second_tab()
        beside.open(url)
        return beside.read(queries)

    def picture(self) -> bytes | None:
        """Return nothing: there is no browser that could draw the page."""
        return None

    def leave(self) -> None:
        """Forget the cookies."""
        self._cookies.clear()

    def _submit(self, method: str, action: str, fields: Sequence[tuple[str, str]]) -> None:
        self._move(_submitted(method, urljoin(self.url, action), fields))

    def _move(self, move: Form) -> None:
        for _ in range(MOST_REDIRECTS):
            if self.stops_before(move):
                self.held = move
                return
            response = self._request(move)
            self.url, self._status = move.url, response.status_code
            location = response.headers.get("location")
            if response.is_redirect and location is not None:
                keep = response.status_code in (307, 308)
                move = Form(move.method if keep else "GET", urljoin(move.url, location), move.body if keep else None)
                continue
            self._document = lxml.html.document_fromstring(
                response.content or b"<html></html>", lxml.html.HTMLParser(encoding="utf-8")
            )
            self._values = {}
            automatic = _AUTOMATIC(self._document)
            if not automatic:
                return
            form = automatic[0]
            move = _submitted(form.get("method", "get"), urljoin(self.url, form.get("action")), form.form_values())
        raise SiteFailed(urlsplit(move.url).netloc, "redirects without end")

    def _request(self, move: Form) -> httpx.Response:
        self.moves.append(move)
        parts = urlsplit(move.url)
        host = parts.hostname or ""
        # No resolver but a browser's knows *.localhost: connect to the loopback address and keep the name in Host.
        address = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}") if host.endswith(".localhost") else parts
        headers = {"Host": parts.netloc}
        cookies = "; ".join(f"{name}={value}" for (site, name), value in self._cookies.items() if site == host)
        if cookies:
            headers["Cookie"] = cookies
        if move.body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            here = urlsplit(self.url)
            headers["Origin"] = f"{here.scheme}://{here.netloc}" if here.netloc else "null"
        try:
            response = self._client.request(
                move.method, address._replace(fragment="").geturl(), content=move.body, headers=headers
            )
        except httpx.TimeoutException:
            raise SiteFailed(parts.netloc, "did not answer in time") from None
        except httpx.InvalidURL as error:
            raise SiteFailed(parts.netloc, f"sent the browser to what is no address of a page ({error})") from None
        except httpx.TransportError as error:
            raise SiteFailed(parts.netloc, f"dropped the connection ({error})") from None
        if response.status_code >= 500:
            raise SiteFailed(parts.netloc, f"answered {response.status_code} to {move.method} {parts.path}")
        for header in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self._cookies.pop((host, name), None)
                else:
                    self._cookies[host, name] = morsel.value
        return response


def _submitted(method: str, url: str, fields: Sequence[tuple[str, str]]) -> Form:
    """Return the request by which a form is sent; sent by GET, its fields take the place of the address's query."""
    body = urlencode(fields)
    return Form("POST", url, body) if method.lower() == "post" else Form("GET", f"{url.partition('?')[0]}?{body}")


def _text(document: Any, query: Query) -> str | None:
    found = document.cssselect(query.selector)
    if not found:
        return None
    if query.attribute is not None:
        value: str | None = found[0].get(query.attribute)
        return value
    return " ".join(found[0].text_content().split())
