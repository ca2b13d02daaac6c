"""What a page makes of a RelayState that would be markup."""

from conformance.drivers import Query
from conformance.journey import Journey
from idp_sim.catalogue import sound
from idp_sim.scenarios.saml.relay_state import MARKUP
from idp_sim.scenarios.saml.status import MARKER


@sound(start="idp", variants={name: name for name in MARKUP})
def shown_as_text(journey: Journey, name: str) -> None:
    """RelayState would be markup ({variant}): the page on which the person lands holds none of it."""
    journey.sign_in(f"saml.relay-state.markup[{name}]")
    found = journey.visitor.read({"marker": Query(f"#{MARKER}")})
    journey.expect(found.texts["marker"] is None, f"{found.url} takes RelayState for markup.")
