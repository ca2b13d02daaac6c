"""The link of a remote login used more than once, or sent otherwise than as a link."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from conformance.journey import Journey, People
from idp_sim.catalogue import breaks
from idp_sim.people import Person


def _follow(journey: Journey) -> None:
    journey.visitor.open(journey.last_message().url)


def _again_after_logout(journey: Journey) -> None:
    journey.sign_out()
    _follow(journey)


def _again_elsewhere(journey: Journey) -> None:
    link = journey.last_message().url
    journey.another_browser()
    journey.visitor.open(link)


AGAIN: dict[str, Callable[[Journey], None]] = {
    "at-once": _follow,
    "after-logout": _again_after_logout,
    "other-browser": _again_elsewhere,
}


@breaks("remote-login.link.once", variants=AGAIN, outcome="advisory")
def followed_again(journey: Journey, again: Callable[[Journey], None]) -> None:
    """The same link is followed once more inside its window, {variant}: the protocol has no means against it."""
    journey.sign_in()
    again(journey)


WHOSE: dict[str, Callable[[People], Person]] = {
    "after-logout": lambda people: people.newcomer,
    "other-browser": lambda people: people.stored,
}
"""Two sound links for one person made in the same second are the same link, and so is the control's."""


@breaks("remote-login.link.once", variants=WHOSE)
def followed_again_where_once(journey: Journey, whose: Callable[[People], Person]) -> None:
    """The same link is followed once more, {variant}, at a portal that is set to accept each link once."""
    journey.portal_of_its_own(simple__links_once=True)
    journey.sign_in_as(whose(journey.people))
    journey.expect(journey.is_signed_in(), "The link was not accepted the first time.")
    (_again_after_logout if whose is WHOSE["after-logout"] else _again_elsewhere)(journey)


@breaks("remote-login.query.link", variants={"body": False, "query-and-body": True})
def posted(journey: Journey, with_query: bool) -> None:
    """The parameters of a sound login are posted as a form instead of being followed as a link: {variant}."""
    journey.sign_in()
    link = journey.last_message().url
    journey.sign_out()
    fields = parse_qsl(urlsplit(link).query)
    journey.visitor.post(link if with_query else link.partition("?")[0], [] if with_query else fields)
