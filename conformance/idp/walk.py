"""The way through an identity provider's pages: login forms are filled in, steps of the profile are taken."""

import re
from collections import Counter
from collections.abc import Callable

import attrs

from conformance.drivers import NotOnPage, Query, SiteFailed, Visitor
from conformance.idp.login_form import LoginForm, recognise
from conformance.idp.profile import PASSWORD, USER, Account, Profile, SignInStep
from conformance.targets.signs import is_at

MOST_PAGES = 20
_SHOWN = 200
"""Characters of a page that are told of it."""


@attrs.frozen(kw_only=True)
class Walk:
    """What the person went through. ``asked`` is how often they had to prove who they are.

    ``stuck`` says why they got no further, and is empty where they did; ``rejected``: the form came again once the
    password was given.
    """

    asked: int = 0
    stuck: str = ""
    rejected: bool = False


def walk(
    visitor: Visitor,
    profile: Profile,
    account: Account,
    here: str,
    is_over: Callable[[], bool],
    *,
    passive: bool = False,
) -> Walk:
    """Go on from the page that is shown, until ``is_over``. ``here`` is an address of the identity provider.

    With ``passive`` the person does nothing at all: every page is one too many. Raises SiteFailed.
    """
    taken, given = Counter[int](), set[str]()
    asked = 0
    for _ in range(MOST_PAGES):
        if is_over():
            return Walk(asked=asked)
        if passive:
            return Walk(stuck=_page(visitor))
        try:
            number = _step_here(profile, visitor, here, taken)
            if number is not None:
                taken[number] += 1
                asked += profile.step[number].proves
                filled_in(profile.step[number], account).take(visitor)
                continue
            form = recognise(visitor.html(), profile.login_form)
            if form is None:
                return Walk(asked=asked, stuck=f"There is no login form, and no step of the profile. {_page(visitor)}")
            wanted = {kind for kind in ("user", "password") if getattr(form, kind)}
            if wanted <= given:
                return Walk(asked=asked, stuck=f"The form came again. {_page(visitor)}", rejected=True)
            asked += "password" in wanted
            given |= wanted
            _submit(visitor, form, account)
        except NotOnPage as error:
            return Walk(asked=asked, stuck=f"The page cannot be used: {_without_query(str(error))}.")
    return Walk(asked=asked, stuck=f"After {MOST_PAGES} pages there is still another. {_page(visitor)}")


def filled_in(step: SignInStep, account: Account) -> SignInStep:
    """Return the step with the account's user name and password in their places."""
    fill = {
        name: text.replace(USER, account.user).replace(PASSWORD, account.password) for name, text in step.fill.items()
    }
    return attrs.evolve(step, fill=fill)


def _step_here(profile: Profile, visitor: Visitor, here: str, taken: Counter[int]) -> int | None:
    fitting = (number for number, step in enumerate(profile.step) if is_at(step.at, visitor.url, here))
    return next((number for number in fitting if taken[number] < profile.step[number].times), None)


def _submit(visitor: Visitor, form: LoginForm, account: Account) -> None:
    texts = {form.user: account.user, form.password: account.password}
    moves = len(visitor.moves)
    try:
        visitor.press(form.submit, {name: text for name, text in texts.items() if name is not None})
    except SiteFailed:
        if len(visitor.moves) > moves:
            raise
        raise NotOnPage("the button of the login form leads to no page") from None


def _without_query(text: str) -> str:
    """Return the text with the queries of addresses cut off: a request fills half a page."""
    return re.sub(r"(https?://[^\s?]+)\?\S+", r"\1?…", text)


def _page(visitor: Visitor) -> str:
    words = visitor.read({"words": Query("body")}).texts["words"] or ""
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    return f"The page {visitor.url.partition('?')[0]} says: {shown or '(nothing)'}"
