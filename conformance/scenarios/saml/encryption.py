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
    told: dict[object, str] = {}
    for scenario in FAILURES:
        journey.sign_in(scenario)
        shown = journey.refusal()
        told.setdefault((shown.status, journey.path, *sorted(shown.texts.items())), scenario)
    journey.expect(len(told) == 1, f"The portal tells these apart: {', '.join(told.values())}.")
