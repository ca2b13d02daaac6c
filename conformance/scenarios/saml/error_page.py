"""What the page of a refused login makes of texts that anybody could have written (portal-contract S11)."""

from conformance.drivers import Query
from conformance.journey import Journey
from idp_sim.catalogue import breaks
from idp_sim.scenarios.saml.status import ISSUERS, MARKER, MARKUP

SHOWN = {
    "authn-failed": ("saml.status.refused[authn-failed]", "<b>wrong password</b> & locked."),
    "request-denied": ("saml.status.refused[request-denied]", "RequestDenied"),
    "no-passive": ("saml.status.refused[no-passive]", "NoPassive"),
}


@breaks("saml.status.success", variants=SHOWN)
def shows_status(journey: Journey, shown: tuple[str, str]) -> None:
    """The identity provider refuses the login: the person is shown its status ({variant})."""
    _expect_shown(journey, *shown)


@breaks("saml.status.success", variants={name: name for name in MARKUP})
def status_as_text(journey: Journey, name: str) -> None:
    """The identity provider refuses the login with a message that would be markup ({variant}): it is shown as text."""
    _expect_shown(journey, f"saml.status.message-with-markup[{name}]", MARKUP[name])


@breaks("saml.assertion.issuer", variants={name: name for name in ISSUERS})
def issuer_as_text(journey: Journey, name: str) -> None:
    """The response comes from an issuer whose name would be markup ({variant}): the page holds none of it."""
    journey.sign_in(f"saml.status.issuer-with-markup[{name}]")
    _message_without_markup(journey)


def _expect_shown(journey: Journey, scenario: str, text: str) -> None:
    journey.sign_in(scenario)
    message = _message_without_markup(journey)
    journey.expect(text in message, f"The page should show '{text}', and shows '{message}'.")


def _message_without_markup(journey: Journey) -> str:
    selector = journey.known(journey.profile.refused.message, "where the portal shows why it refused a login")
    found = journey.visitor.read(
        {"message": Query(selector), "marker": Query(f"#{MARKER}"), "bold": Query(f"{selector} b")}
    )
    taken = found.texts["marker"] is not None or found.texts["bold"] is not None
    journey.expect(not taken, f"{found.url} takes a text of the message for markup.")
    return found.texts["message"] or ""
