"""The words in which a report says what a verdict means: of a portal, or of an identity provider."""

from collections.abc import Mapping

import attrs

from conformance.events import Proof, Result, Run, Verdict
from idp_sim.catalogue import Outcome


@attrs.frozen
class Words:
    """What each verdict means, what is demanded of a case, what was observed, and how that was proved."""

    meanings: Mapping[Verdict, str]
    outcomes: Mapping[Outcome, str]
    results: Mapping[Result | None, str]
    proofs: Mapping[Proof, str]


OF_A_PORTAL = Words(
    {
        "crash": "The portal failed, hung or dropped the connection.",
        "fail": "The portal did what the protocol forbids, or refused what it must accept.",
        "wrong-reason": "Refused as it must be, but not for the rule that was broken.",
        "inconclusive": "The sound login beside the case was not accepted, so nothing is proved.",
        "advisory": "The protocol leaves it to a setting: shown, not judged.",
        "skipped": "Not run, for the reason given.",
        "pass": "The portal did what the protocol demands.",
    },
    {
        "must-accept": "must be accepted",
        "must-refuse": "must be refused",
        "never-as-forged": "must never be accepted as the forged person",
        "advisory": "is left to a setting of the portal",
    },
    {
        "refused": "refused",
        "as-signed": "signed in as the genuine person",
        "as-forged": "signed in as the forged person",
        "as-other": "signed in as somebody else",
        "accepted": "signed in, as nobody knows whom",
        "crash": "the portal failed",
        None: "not run",
    },
    {
        "declared": "The page itself declares the rule for which it refuses.",
        "message": "The message shown is one that the target's profile knows for this rule.",
        "control": "By control alone: the same login, sound, was accepted before and after. No reason was given.",
        "identity": "The portal's own page shows who is signed in.",
    },
)
OF_AN_IDENTITY_PROVIDER = Words(
    {
        "crash": "The identity provider failed, hung or dropped the connection.",
        "fail": "The identity provider did what the protocol forbids, or did not do what it demands.",
        "wrong-reason": "It did what it must, but for another reason.",
        "inconclusive": "The sound sign-in beside the probe came to nothing, so nothing is proved.",
        "advisory": "The protocol leaves it open, or only advises it: shown, not judged.",
        "skipped": "Not asked, for the reason given.",
        "pass": "The identity provider did what the protocol demands.",
    },
    {
        "must-accept": "must be done as the rule says",
        "must-refuse": "must not be answered by a login",
        "never-as-forged": "must never be answered for another person",
        "advisory": "is left to the identity provider",
    },
    {
        "refused": "no login that the portal accepts",
        "as-signed": "signed in at the portal as the person who signed in",
        "as-forged": "signed in at the portal as the forged person",
        "as-other": "signed in at the portal as somebody else",
        "accepted": "a message was sent where none must be sent",
        "crash": "the identity provider failed",
        None: "not asked",
    },
    {
        "declared": "The answer itself declares it.",
        "message": "The page says it.",
        "control": "By control alone: the same sign-in, sound, was answered before and after.",
        "identity": "The portal's own page shows who is signed in.",
    },
)


def words_for(run: Run) -> Words:
    """Return the words for what this run judges."""
    return OF_AN_IDENTITY_PROVIDER if run.of_an_identity_provider else OF_A_PORTAL
