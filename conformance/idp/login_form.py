"""Recognising an ordinary login form: a password with a user name before it, on one page or on two."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import lxml.html
from lxml import etree

from conformance.idp.profile import LoginForm as Named

_TEXTS = ("text", "email", "tel", "")
_USER_WORDS = ("user", "email", "mail", "login", "account", "identifier", "uid", "name")
"""A lone text field is taken for that of a user name only if its name, id or purpose has one of these in it."""
_BUTTONS = etree.XPath(
    ".//button[not(@type) or translate(@type, 'SUBMIT', 'submit')='submit'] "
    "| .//input[translate(@type, 'SUBMIT', 'submit')='submit' or @type='image']"
)


@attrs.frozen(kw_only=True)
class LoginForm:
    """A login form on a page: the names of its fields (``None``: not on this page) and the selector of its button."""

    user: str | None
    password: str | None
    submit: str


def recognise(html: str, named: Named = Named()) -> LoginForm | None:  # noqa: B008 - a frozen value
    """Return the login form of a page, or None where there is none. What ``named`` gives need not be recognised."""
    document = _parsed(html)
    forms = [found for form in document.iter("form") if (found := _read(form, named)) is not None]
    # A page may offer a search or a newsletter as well: what asks for a password is the login.
    return next((form for form in forms if form.password), next(iter(forms), None))


def _parsed(html: str) -> Any:
    try:
        return lxml.html.document_fromstring(html)
    except (etree.ParserError, ValueError):
        return lxml.html.document_fromstring("<html></html>")


def _read(form: Any, named: Named) -> LoginForm | None:
    fields = [field for field in form.iter("input") if field.get("name") and field.get("disabled") is None]
    passwords = [field for field in fields if _is_password(field, named)]
    if len(passwords) > 1 and not named.password:
        return None  # a registration, or a change of the password
    password = next(iter(passwords), None)
    user = _user_field(fields, password, named)
    button = named.submit or _button(form)
    if not button or (password is None and user is None):
        return None
    if password is None and not named.user and not _speaks_of_a_user(user):
        return None
    return LoginForm(
        user=None if user is None else user.get("name"),
        password=None if password is None else password.get("name"),
        submit=button,
    )


def _is_password(field: Any, named: Named) -> bool:
    if named.password:
        return bool(field.get("name") == named.password)
    return bool(field.get("type", "").lower() == "password")


def _user_field(fields: Sequence[Any], password: Any, named: Named) -> Any:
    if named.user:
        return next((field for field in fields if field.get("name") == named.user), None)
    before = fields if password is None else fields[: fields.index(password)]
    texts = [field for field in before if field.get("type", "").lower() in _TEXTS and field.get("readonly") is None]
    if password is None and len(texts) != 1:
        return None
    # Of several before the password, the last: a tenant or a realm stands above the user name.
    return next(iter([*filter(_speaks_of_a_user, texts)][-1:] or texts[-1:]), None)


def _speaks_of_a_user(field: Any) -> bool:
    words = " ".join(field.get(key, "") for key in ("name", "id", "autocomplete", "type")).lower()
    return any(word in words for word in _USER_WORDS)


def _button(form: Any) -> str:
    found = _BUTTONS(form)
    return _selector(found[0]) if found else ""


def _selector(element: Any) -> str:
    return " > ".join(reversed([*_steps(element)]))


def _steps(element: Any) -> Iterator[str]:
    while element is not None:
        place = 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        yield element.tag if element.getparent() is None else f"{element.tag}:nth-of-type({place})"
        element = element.getparent()
