"""The visitor without a browser carries a form on as a browser would that runs the page's script."""

import contextlib

import pytest
from flask import Flask, request

from conformance.drivers import Query
from conformance.drivers.http import HttpVisitors
from conformance.sites import Server, listen

FORM = '<form action="/there" method="post"><input type="hidden" name="word" value="hello"></form>'
WITH_MESSAGE = FORM.replace("</form>", '<input type="hidden" name="SAMLResponse" value="PA=="></form>')
PAGES = {
    "our own": f"<body>{FORM.replace('<form', '<form data-auto-submit')}</body>",
    "by the body": f'<body onload="document.forms[0].submit()">{FORM}</body>',
    "by the window": f"<body>{FORM}<script>onload = () => document.forms[0].submit()</script></body>",
    "at once": f"<body>{FORM}<script>document.forms[0].submit()</script></body>",
    "by a file, with a message": f"<body>{WITH_MESSAGE}<script src='send.js'></script></body>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_sends_its_form_by_itself(page: str) -> None:
    assert _end_of(page) == "hello"


def test_a_form_that_waits_for_a_person() -> None:
    assert _end_of(f"<body>{FORM}<script>document.title = 'submit'</script></body>") is None


@pytest.mark.parametrize(
    "page",
    [
        WITH_MESSAGE,
        f"<body>{FORM}<script src='send.js'></script></body>",
        f"<body>{WITH_MESSAGE.replace('</form>', '<input name=code></form>')}<script src='send.js'></script></body>",
    ],
    ids=["no script", "no message", "somebody is to type"],
)
def test_a_form_with_a_file_of_scripts_waits_unless_it_only_carries_a_message(page: str) -> None:
    assert _end_of(page) is None


@pytest.mark.parametrize("page", ["", "<!-- nothing -->", "<!doctype html>", "\0"])
def test_a_page_without_any_element_shows_nothing(page: str) -> None:
    assert _end_of(page) is None


def _end_of(page: str) -> str | None:
    app = Flask("a site")
    app.add_url_rule("/", "page", lambda: page)
    app.add_url_rule("/there", "there", lambda: f"<p id=word>{request.form['word']}</p>", methods=["POST"])
    bound = listen()
    with contextlib.closing(Server(app, bound)), contextlib.closing(HttpVisitors(patience=10)) as visitors:
        visitor = visitors()
        visitor.open(f"http://site.localhost:{bound.getsockname()[1]}/")
        return visitor.read({"word": Query("#word")}).texts["word"]
