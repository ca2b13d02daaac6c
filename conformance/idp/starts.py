"""Where a probe begins: pages on our portal's own host that send a browser to the identity provider with a request.

The portal itself asks for sound logins alone. A request that is out of the ordinary begins here instead, with the
portal's cookie that binds it to this browser, so that the portal judges the answer as one to a request of its own.
"""

import secrets
from collections.abc import Callable

import attrs
from flask import Flask, Response, abort, make_response, redirect, render_template_string, request
from flask.typing import ResponseReturnValue

from portal_stub.web.visit import BROWSER_COOKIE

PLACE = "/conformance"
"""Below this path nothing is the portal's own."""
ELSEWHERE = f"{PLACE}/not-registered"
"""An address on the portal's host that no identity provider was told of."""

_PAGE = """<!doctype html><title>Going to your identity provider</title>
<form method="post" action="{{ action }}" data-auto-submit>
{% for name, value in fields %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<button type="submit">Go on</button></form>
<script>document.querySelector("form").submit();</script>"""


@attrs.frozen(kw_only=True)
class Departure:
    """A request on its way: the address to which the browser is sent, or the form that it is to post there.

    ``browser`` is the value of the portal's cookie, to which the request is bound.
    """

    address: str
    fields: tuple[tuple[str, str], ...] = ()
    browser: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Stray:
    """What came to a place where nothing must come: the whole address, and the fields of a form."""

    url: str
    fields: dict[str, str]


class Starts:
    """The pages, and what strayed to one of them."""

    def __init__(self, base_url: str) -> None:
        self.strays: list[Stray] = []
        self.app = Flask("starts", static_folder=None)
        self._base_url, self._departures = base_url, dict[str, Departure]()
        self.app.add_url_rule("/start/<token>", view_func=self._start)
        self.app.add_url_rule("/not-registered", view_func=noting(self.strays), methods=["GET", "POST"])

    def address_of(self, departure: Departure) -> str:
        """Return the address at which this departure begins."""
        token = secrets.token_urlsafe(16)
        self._departures[token] = departure
        return f"{self._base_url}{PLACE}/start/{token}"

    def _start(self, token: str) -> ResponseReturnValue:
        leaving = self._departures.get(token)
        if leaving is None:
            abort(404)
        if leaving.fields:
            page = render_template_string(_PAGE, action=leaving.address, fields=leaving.fields)
            answer: Response = make_response(page)
        else:
            answer = make_response(redirect(leaving.address, 302))
        answer.set_cookie(BROWSER_COOKIE, leaving.browser, secure=True, httponly=True, samesite="None", path="/")
        return answer


def noting(strays: list[Stray]) -> Callable[..., ResponseReturnValue]:
    """Return a view that notes whatever comes, under any path."""

    def note(**_: str) -> ResponseReturnValue:
        strays.append(Stray(url=request.url, fields={**request.args.to_dict(), **request.form.to_dict()}))
        return "Nothing is expected here."

    return note
