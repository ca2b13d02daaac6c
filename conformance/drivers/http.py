"""A visitor without a browser, for the work at hand: it knows links, forms and cookies, but no scripts, no SameSite."""

import functools
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

import lxml.html
from lxml import etree
from lxml.cssselect import CSSSelector

from conformance.drivers.connections import Answer, Connections
from conformance.drivers.visitor import Form, NotOnPage, Query, Shown, SiteFailed, Unsupported
from idp_sim.catalogue import NOTHING

MOST_REDIRECTS = 20
REDIRECTS = (301, 302, 303, 307, 308)

_PARSER = lxml.html.HTMLParser(encoding="utf-8")
_TO_ENCODE = re.compile("[^A-Za-z0-9_.~-]+")
_CODES = {sign: quote_plus(sign) for sign in "+/="}
_CONTROLS = ("input", "select", "textarea")
_WORDS = etree.XPath(".//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]")
# Forms that a page sends by itself: ours say so, those of others are sent by a script. Where that is a file of its own,
# a message of SAML tells, unless somebody is to type beside it.
_AUTOMATIC = etree.XPath(
    "//form[@data-auto-submit or //body[contains(@onload, '.submit()')] or //script[contains(., '.submit()')] "
    "or .//input[@type='hidden'][@name='SAMLResponse' or @name='SAMLRequest'] and //script[@src] "
    "and not(.//input[@type='password' or @type='text' or @type='email' or not(@type)])]"
)


class HttpVisitors:
    """Makes visitors that share their connections.

    ``patience`` is how long an answer may take, in seconds; ``trust`` verifies the certificates of sites.
    """

    def __init__(self, patience: float, trust: ssl.SSLContext | None = None) -> None:
        self._connections = Connections(patience, trust)

    def __call__(self, *, slow: bool = False) -> "HttpVisitor":
        """Return a visitor with no cookies."""
        if slow:
            raise Unsupported("needs a browser: only a browser loses a cookie that has no SameSite after two minutes")
        return HttpVisitor(self._connections)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


class HttpVisitor:
    """One person with cookies of their own; the page that is shown is its parsed HTML."""

    def __init__(self, connections: Connections, cookies: dict[tuple[str, str], str] | None = None) -> None:
        self._connections = connections
        self._cookies = {} if cookies is None else cookies
        self._document: Any = None
        self._values: dict[str, str] = {}
        self.status = 0
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
        controls = _controls(self._document) if fields else {}
        for name, value in fields.items():
            found = controls.get(name)
            if not found:
                raise NotOnPage(f"the page {self.url} has no field '{name}'")
            if found[0].get("type") == "radio" and all(radio.get("value") != value for radio in found):
                raise NotOnPage(f"the page {self.url} offers no {name} '{value}'")
        self._values.update(fields)

    def tick(self, name: str, *, on: bool) -> None:
        """Tick or clear a box."""
        for box in self._document.xpath("//input[@type='checkbox'][@name=$n]", n=name):
            box.checked = on

    def press(self, selector: str, fields: Mapping[str, str] = NOTHING) -> None:
        """Press the button, which submits its form, or follow the link. Raises NotOnPage when there is none."""
        self.fill(fields)
        buttons = _selected(self._document, selector)
        if not buttons:
            raise NotOnPage(f"the page {self.url} has no button '{selector}'")
        if buttons[0].tag == "a" and buttons[0].get("href"):
            self.open(urljoin(self.url, buttons[0].get("href")))
            return
        form = next(buttons[0].iterancestors("form"), None)
        if form is None:
            raise NotOnPage(f"the button '{selector}' of the page {self.url} belongs to no form; it needs a browser")
        sent, own = dict(form.form_values()), _controls(form)
        sent.update({name: value for name, value in self._values.items() if name in own})
        if buttons[0].get("name"):
            sent[buttons[0].get("name")] = buttons[0].get("value", "")
        self._submit(
            form.get("method", "get"), buttons[0].get("formaction") or form.get("action") or "", list(sent.items())
        )

    def wait_for(self, selector: str, press: str = "") -> None:
        """Look whether the page shows something. Raises NotOnPage when it does not: without scripts, it never will."""
        if press:
            self.press(press)
        if not _selected(self._document, selector):
            raise NotOnPage(f"the page {self.url} shows no '{selector}' without a browser")

    def post(self, action: str, fields: Sequence[tuple[str, str]]) -> None:
        """Send a form."""
        self._submit("post", action, fields)

    def back(self) -> None:
        """Raise Unsupported: what Back does is the browser's own."""
        raise Unsupported("needs a browser: it presses the Back button")

    def second_tab(self) -> "HttpVisitor":
        """Open a second tab, with the same cookies."""
        return HttpVisitor(self._connections, self._cookies)

    def with_same_cookies(self) -> "HttpVisitor":
        """Return another person's browser that holds a copy of this one's cookies."""
        return HttpVisitor(self._connections, dict(self._cookies))

    def read(self, queries: Mapping[str, Query]) -> Shown:
        """Read the page that was loaded last."""
        return Shown(self.url, self.status, {name: _text(self._document, query) for name, query in queries.items()})

    def html(self) -> str:
        """Return the page that was loaded last, as HTML."""
        text: str = lxml.html.tostring(self._document, encoding="unicode")
        return text

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
            answer = self._request(move)
            self.url, self.status = move.url, answer.status
            if answer.status in REDIRECTS and answer.location is not None:
                keep = answer.status in (307, 308)
                address = urljoin(move.url, answer.location)
                move = Form(move.method if keep else "GET", address, move.body if keep else None)
                continue
            self._document = _parsed(answer.body)
            self._values = {}
            automatic = _AUTOMATIC(self._document)
            if not automatic:
                return
            form = automatic[0]
            move = _submitted(form.get("method", "get"), urljoin(self.url, form.get("action")), form.form_values())
        raise SiteFailed(urlsplit(move.url).netloc, "redirects without end")

    def _request(self, move: Form) -> Answer:
        self.moves.append(move)
        parts = urlsplit(move.url)
        host = parts.hostname or ""
        headers = {}
        cookies = "; ".join(f"{name}={value}" for (site, name), value in self._cookies.items() if site == host)
        if cookies:
            headers["Cookie"] = cookies
        if move.body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            here = urlsplit(self.url)
            headers["Origin"] = f"{here.scheme}://{here.netloc}" if here.netloc else "null"
        answer = self._connections.send(move, headers)
        if answer.status >= 500:
            raise SiteFailed(parts.netloc, f"answered {answer.status} to {move.method} {parts.path}")
        for header in answer.cookies:
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self._cookies.pop((host, name), None)
                else:
                    self._cookies[host, name] = morsel.value
        return answer


def _parsed(body: bytes) -> Any:
    try:
        return lxml.html.document_fromstring(body, _PARSER)
    except etree.ParserError:
        return lxml.html.document_fromstring(b"<html></html>", _PARSER)  # the body has no element


def _submitted(method: str, url: str, fields: Sequence[tuple[str, str]]) -> Form:
    """Return the request by which a form is sent; sent by GET, its fields take the place of the address's query."""
    body = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in fields)
    return Form("POST", url, body) if method.lower() == "post" else Form("GET", f"{url.partition('?')[0]}?{body}")


def _encoded(text: str) -> str:
    # What ``quote_plus`` gives, which looks at every letter: most of a message is base64.
    return _TO_ENCODE.sub(_code_of, text)


def _code_of(found: re.Match[str]) -> str:
    return _CODES.get(found[0]) or quote_plus(found[0])


def _controls(part: Any) -> dict[str, list[Any]]:
    """Return the controls in a part of a page, by their names."""
    found: dict[str, list[Any]] = {}
    for control in part.iter(*_CONTROLS):
        found.setdefault(control.get("name", ""), []).append(control)
    return found


@functools.cache
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def _selected(document: Any, selector: str) -> Any:
    return _compiled(selector)(document)


def _text(document: Any, query: Query) -> str | None:
    found = _selected(document, query.selector)
    if not found:
        return None
    if query.attribute is not None:
        value: str | None = found[0].get(query.attribute)
        return value
    return " ".join("".join(_WORDS(found[0])).split())
