"""``conformance replay``: one case again, with what was sent and seen, and the exit code of a run."""

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.sites import SECRET, Server, listen
from tests.referee.wrong_portals import page, portal


def _replay(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["replay", *arguments])
    printed = capsys.readouterr()
    return int(str(stopped.value.code)), printed.out + printed.err


def test_what_was_sent_stands_between_its_controls(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _replay(capsys, "saml.audience.missing", "--driver", "http")
    assert code == 0
    told = [line.partition(":")[0] for line in said.splitlines() if not line.startswith(" ")]
    assert told[1:] == ["Breaks", "Demanded", "Control before", "Sent", "Seen", "Control after", "Verdict"]
    assert "<saml:Issuer>" in said
    assert "<saml:Audience>" not in said
    assert "Verdict: pass (proved by: declared)" in said


def test_a_failure_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    weak = "stub:without=remote-login.hash.matches"
    code, said = _replay(capsys, "remote-login.hash.wrong", "--portal", weak, "--driver", "http")
    assert code == 1
    assert "    email = " in said
    assert "Verdict: fail" in said
    assert "Reason: It must be refused." in said


def test_a_secret_that_the_portal_blurts_out_is_masked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listen() as free:
        simulator = f"http://idp.localhost:{free.getsockname()[1]}"
    bound = listen()
    blurts = portal(simulator, lambda _: page(f'<p id="login-error">Not hashed with {SECRET}.</p>'))
    server = Server(blurts, bound)
    profile = tmp_path / "blurts.toml"
    profile.write_text(
        f'name = "blurts"\nbase_url = "http://portal.localhost:{bound.getsockname()[1]}"\n[refused]\n'
        f'message = "#login-error"\n[signed_in]\nemail = "#person-email"\n'
        f'[simulator]\nbase_url = "{simulator}"\nsecret = "{SECRET}"\n',
        encoding="utf-8",
    )
    code, said = _replay(capsys, "remote-login.hash.wrong", "--portal", str(profile), "--driver", "http")
    server.close()
    assert code == 6
    assert "Not hashed with ********." in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["saml.audience.mising"], 5, "Did you mean 'saml.audience.missing'?"),
        (["saml.audience.*"], 4, "One case is replayed at a time"),
        (["saml.audience.missing", "--headed", "--driver", "http"], 4, "--headed and --slow are the browser's"),
        (["saml.audience.missing", "--portal", "stbu"], 4, "Did you mean 'stub'?"),
        (["saml.browser.back-button", "--driver", "http"], 5, "needs a browser"),
    ],
)
def test_wrong_usage_is_answered_in_plain_words(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, printed = _replay(capsys, *arguments)
    assert ended == code
    assert said in printed


def test_it_can_be_slow_and_a_limit_of_time_does_not_count_then(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _replay(capsys, "saml.transforms.many[enveloped]@assertion", "--slow", "1.5")
    assert "It took" not in said
    assert code == 0, said
