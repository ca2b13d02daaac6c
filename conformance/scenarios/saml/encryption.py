"""What the outside learns from a portal about messages that it cannot use."""

from conformance.journey import Journey
from idp_sim.catalogue import ENCRYPTED, breaks

FAILURES = (
    "saml.encryption.for-another",
    "saml.encryption.altered[content]",
    "saml.encryption.altered[key]",
    "saml.encryption.padding-wrong",
    "saml.encryption.not-an-assertion[text]",
    "saml.encryption.not-an-assertion[truncated]",
    "saml.encryption.not-an-assertion[document-type]",
    "saml.encryption.signature-rule[signature.unsigned]",
    "saml.encryption.signature-rule[signature.altered]",
    "saml.encryption.signature-rule[signature.other-key]",
)
"""Whether it was the key, the padding, the authentication tag, the XML or the signature inside."""


@breaks("saml.encryption.opaque", start="idp", given=ENCRYPTED)
def answers_alike(journey: Journey) -> None:
    """An encrypted assertion is unusable in one way after the other, and the portal answers every time alike."""
    once, again = (_answer(journey, FAILURES[0]) for _ in range(2))
    # A clock on the page, or the number of the request: it differs between two answers to one failure as well.
    # Where the two are not equally long, nothing says which word stands for which, and no word is left out.
    pairs = enumerate(zip(once, again, strict=True)) if len(once) == len(again) else ()
    restless = {place for place, (word, other) in pairs if word != other}
    told: dict[tuple[str, ...], str] = {}
    for scenario in FAILURES:
        answer = once if scenario == FAILURES[0] else _answer(journey, scenario)
        told.setdefault(tuple(word for place, word in enumerate(answer) if place not in restless), scenario)
    journey.expect(len(told) == 1, f"The portal tells these apart: {', '.join(told.values())}.")


def _answer(journey: Journey, scenario: str) -> list[str]:
    """Sign in, and return word for word what can be seen of the portal's answer."""
    journey.sign_in(scenario)
    shown = journey.refusal()
    texts = (word for name, text in sorted(shown.texts.items()) for word in (name, *(text or "").split()))
    return [str(shown.status), journey.path, *texts]
