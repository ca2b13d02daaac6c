"""Portals that show who is signed in by texts and addresses, and that ask for steps on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.referee.commands import run, verdicts
from tests.referee.strangers import BANNER, SIGNS, STEPS, gullible, judged, serving, stranger, written

SOUND, BROKEN = "remote-login.sound.plain", "remote-login.hash.wrong"


@pytest.fixture(autouse=True)
def _keys_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_SIM_INSTANCE", str(tmp_path / "instance"))


@pytest.fixture
def sites() -> Iterator[tuple[str, str]]:
    with serving(stranger) as addresses:
        yield addresses


@pytest.mark.parametrize(("driver", "steps"), [("http", STEPS), ("browser", BANNER + STEPS)])
def test_steps_lead_to_the_identity_provider_and_past_a_consent_page(
    sites: tuple[str, str], driver: str, steps: str, tmp_path: Path
) -> None:
    profile = written(tmp_path, *sites, steps + SIGNS)
    done, result = run(tmp_path / "report", SOUND, BROKEN, "--portal", str(profile), "--driver", driver)
    assert verdicts(result) == {SOUND: "pass", BROKEN: "pass"}, done.stdout + done.stderr
    seen = {case.id: case.observed for case in result.cases}
    assert (seen[SOUND].result, seen[BROKEN].result) == ("as-signed", "refused")
    assert "@" in (seen[SOUND].person or "")
    assert seen[BROKEN].message == "E7"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (STEPS.partition('[[step]]\nat = "/consent*"')[0], "Nobody is signed in"),
        (STEPS.replace("/login", "/elsewhere"), "did not lead to the identity provider, but to"),
        (STEPS.replace(".lab", ".none"), "The step at '/login' cannot be taken: the page"),
        (STEPS.replace("form button", "a.button"), "The step at '/consent*' cannot be taken: the page"),
        (BANNER + STEPS, "The step at '/consent*' cannot be taken: the button '#banner' of the page"),
        (STEPS.replace("I agree", "I do not"), "Nobody is signed in"),
        (STEPS.replace('words = "I', 'worlds = "I'), "has no field 'worlds'"),
        (STEPS.replace('click = ".lab"', 'wait = "#none"'), "shows no '#none'"),
    ],
    ids=[
        "consent-missing",
        "choice-missing",
        "no-link",
        "no-button",
        "needs-a-browser",
        "comes-back",
        "no-field",
        "never-shown",
    ],
)
def test_a_step_that_is_missing_or_wrong_proves_nothing_and_is_told(
    sites: tuple[str, str], steps: str, said: str, tmp_path: Path
) -> None:
    for verdict, _ in judged(written(tmp_path, *sites, steps + SIGNS), SOUND, BROKEN).values():
        assert verdict.word == "inconclusive"
        assert said in verdict.reason


ONLY_THAT = '[signed_in]\nprobe = "/account"\naddress = "/account"\n[refused]\naddress = "/login?error=*"\n'


def test_an_address_tells_that_somebody_is_signed_in_and_not_who(sites: tuple[str, str], tmp_path: Path) -> None:
    found = judged(written(tmp_path, *sites, ONLY_THAT + STEPS), SOUND, BROKEN)
    assert [(found[case][0].word, found[case][1].result) for case in (SOUND, BROKEN)] == [
        ("pass", "accepted"),
        ("pass", "refused"),
    ]
    assert found[SOUND][1].person is None
    assert found[BROKEN][1].message == "/login?error=7"


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (r"text = 'You are (\S+@\S+)\.'", ("as-forged", "fail", "fail")),
        ("text = 'You are'", ("accepted", "inconclusive", "fail")),
    ],
    ids=["tells-who", "tells-not"],
)
def test_what_may_be_the_forged_identity_never_passes(signs: str, words: tuple[str, str, str], tmp_path: Path) -> None:
    forged, broken = "saml.digests.two-signed-infos-two-assertions[forged-first]", "saml.signature.unsigned"
    with serving(gullible) as sites:
        profile = written(tmp_path, *sites, f"[signed_in]\n{signs}\n")
        found = judged(profile, forged, broken)
    assert (found[forged][1].result, found[forged][0].word, found[broken][0].word) == words
