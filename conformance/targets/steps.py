"""What a portal asks of a person on the way: a consent page, a page on which one chooses the identity provider."""

from collections import Counter
from collections.abc import Callable, Sequence

import attrs

from conformance.drivers import NotOnPage, SiteFailed, Visitor
from conformance.targets.signs import is_at, selector
from rulebook.settings import setting


@attrs.frozen(kw_only=True)
class Step:
    """One step: on a page with this address the person fills in fields, then presses a button, then waits."""

    at: str = setting("Glob of the page's address, in which only `*` and `?` are special; `/...` is of the portal.")
    fill: dict[str, str] = setting("Fields to fill in, by their names.", attrs.Factory(dict))
    click: str = selector("Selector of the button or link to press. It leads to another page, unless `wait` is given.")
    wait: str = selector("Selector of what must be shown before it goes on, on this page or the next.")
    times: int = setting("How often it is done at most, each time that the person comes by.", 1)

    def __attrs_post_init__(self) -> None:
        if not (self.fill or self.click or self.wait):
            raise ValueError(f"the step at '{self.at}' does nothing: give 'click', 'fill' or 'wait'")
        if self.times < 1:
            raise ValueError(f"the step at '{self.at}' needs 'times' of 1 or more, got {self.times}")

    def take(self, visitor: Visitor) -> None:
        """Do it on the page that is shown. Raises NotOnPage when that cannot be done."""
        if self.fill:
            visitor.fill(self.fill)
        if self.wait:
            visitor.wait_for(self.wait, press=self.click)
        elif self.click:
            moves = len(visitor.moves)
            try:
                visitor.press(self.click)
            except SiteFailed:
                if len(visitor.moves) > moves:
                    raise
                raise NotOnPage(f"'{self.click}' leads to no page; say with 'wait' what it shows") from None


def take(steps: Sequence[Step], visitor: Visitor, portal: str, is_over: Callable[[], bool]) -> str:
    """Take the steps for the page that is shown, and for those to which they lead, until ``is_over``.

    Returns why a step could not be taken, or nothing. No step is taken more than its number of times, so that pages
    which lead to each other come to an end.
    """
    taken = Counter[int]()
    while True:
        here = (number for number, step in enumerate(steps) if is_at(step.at, visitor.url, portal))
        number = next((number for number in here if taken[number] < steps[number].times), None)
        if number is None or is_over():
            return ""
        taken[number] += 1
        try:
            steps[number].take(visitor)
        except NotOnPage as error:
            return f"The step at '{steps[number].at}' cannot be taken: {error}."
