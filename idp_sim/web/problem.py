"""The one way in which a page says that something cannot be done."""

import attrs


@attrs.frozen
class Problem(Exception):
    """A request that cannot be served, in plain words: what was expected, what came, how to mend it.

    ``status`` is the HTTP status. ``lines`` are to be added to a file, or are facts to compare; they are shown as they
    stand. All texts are escaped by the page.
    """

    title: str
    text: str
    status: int = 400
    mend: str = ""
    lines: tuple[str, ...] = ()
