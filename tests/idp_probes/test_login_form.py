"""Ordinary login forms are recognised without help; what is none is left alone."""

import pytest

from conformance.idp.login_form import LoginForm, recognise
from conformance.idp.profile import LoginForm as Named

ONE_PAGE = """<form action="/search"><input name="q"><button>Go</button></form>
<main><form method="post"><input type="hidden" name="AuthState" value="x">
<input id="username" name="username"><input type="password" name="password">
<input type="checkbox" name="remember"><button>Login</button></form></main>"""


@pytest.mark.parametrize(
    ("html", "user", "password"),
    [
        (ONE_PAGE, "username", "password"),
        ("<form><input type=email name=mail><input type=PASSWORD name=pw><input type=submit></form>", "mail", "pw"),
        (
            "<form><input name=realm><input name=uid><input type=password name=pw><button>OK</button></form>",
            "uid",
            "pw",
        ),
        ("<form><input name=a><input name=b><input type=password name=pw><button>OK</button></form>", "b", "pw"),
        ("<form><input type=email name=login><button type=submit>Next</button></form>", "login", None),
        ("<form><input name=x autocomplete=username><button>Next</button></form>", "x", None),
        (
            "<form><input name=user readonly value=jane><input type=password name=pw><button>OK</button></form>",
            None,
            "pw",
        ),
        ("<form><input type=hidden name=user><input type=password name=pw><input type=image></form>", None, "pw"),
        (
            "<form><input name=user><button type=button>?</button><input type=password name=pw><button>OK</button>",
            "user",
            "pw",
        ),
        ("<form><input name=user><button>Next</button></form>" + ONE_PAGE, "username", "password"),
    ],
)
def test_a_login_form_is_recognised(html: str, user: str | None, password: str | None) -> None:
    form = recognise(html)
    assert form is not None
    assert (form.user, form.password) == (user, password)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>Nothing to fill in.</p>",
        "<form><input name=q><button>Search</button></form>",
        "<form><input type=email name=newsletter><input name=name><button>Subscribe</button></form>",
        "<form><input name=user><input type=password name=a><input type=password name=b><button>Go</button></form>",
        "<form><input name=user><input type=password name=pw></form>",
        "<form><input name=user><input type=password name=pw disabled><button>OK</button></form>",
        "<form><input><input type=password><button>OK</button></form>",
        "<input name=user><input type=password name=pw><button>OK</button>",
        "\x00<<<",
    ],
)
def test_what_is_no_login_form_is_left_alone(html: str) -> None:
    found = recognise(html)
    assert found is None or found == LoginForm(user="user", password=None, submit=found.submit)
    assert found is None or "disabled" in html


def test_the_button_is_that_of_the_form() -> None:
    form = recognise(ONE_PAGE)
    assert form is not None
    assert form.submit.endswith("main:nth-of-type(1) > form:nth-of-type(1) > button:nth-of-type(1)")


def test_what_the_profile_names_is_taken_in_its_place() -> None:
    html = """<form><input name=tenant><input name=who><input name=secret><input type=password name=trap>
    <button>No</button><a id=go href=#>Go</a></form>"""
    form = recognise(html, Named(user="who", password="secret", submit="#go"))
    assert form == LoginForm(user="who", password="secret", submit="#go")
    assert recognise("<form><input name=q><button>Search</button></form>", Named(user="who")) is None
