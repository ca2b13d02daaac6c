"""``conformance run`` and ``list``: selection, exit codes, last line, files, and runs that are cut off."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from conformance.case import all_cases
from conformance.cli import main
from conformance.events import read
from conformance.run import Recorder
from tests.referee.commands import conformance, run, verdicts

LAST_LINE = re.compile(
    r"\d+ passed, \d+ failed, \d+ wrong-reason, \d+ crashed, \d+ inconclusive, \d+ advisory, \d+ skipped in [\d.]+ s"
)
SCHEMA = Path(__file__).parents[2] / "fixtures" / "schemas" / "events.schema.json"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_writes_its_files_and_ends_with_the_counts(tmp_path: Path, workers: str) -> None:
    done, result = run(tmp_path, "remote-login.hash.*", "saml.sound.plain*", "--driver", "http", "-n", workers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert LAST_LINE.fullmatch(done.stdout.splitlines()[-1])
    assert {path.name for path in tmp_path.iterdir()} == {
        "events.ndjson",
        "junit.xml",
        "index.html",
        "summary.md",
        "cases",
    }
    assert result.complete
    assert set(verdicts(result).values()) <= {"pass", "advisory"}
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for line in (tmp_path / "events.ndjson").read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_the_message_of_a_case_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    run(tmp_path, "remote-login.hash.wrong", "saml.sound.plain@both", "--driver", "http")
    assert "hash=" in (tmp_path / "cases" / "remote-login.hash.wrong.url").read_text(encoding="utf-8")
    response = (tmp_path / "cases" / "saml.sound.plain@both.b64").read_text(encoding="utf-8")
    assert base64.b64decode(response, validate=True).startswith(b"<samlp:Response")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "saml.sonud.*", "--driver", "http"], 5, "No case matches 'saml.sonud.*'"),
        (["run", "saml.*", "not:saml.*", "--driver", "http"], 5, "Nothing is selected"),
        (["run", "--portal", "stbu"], 4, "There is no target 'stbu'. Did you mean 'stub'?"),
        (["run", "--portal", "stub:without=saml.conditions.audence"], 4, "Did you mean 'saml.conditions.audience'?"),
        (["run", "--portal", "stub:naive=first-asertion"], 4, "Did you mean 'first-assertion'?"),
        (["run", "--portal", "no-such-file.toml"], 4, "cannot be read"),
        (["run", "--drvier", "http"], 4, "--driver"),
        (["run", "--driver", "htpt"], 4, "htpt"),
        (["run", "-n", "0"], 4, "-n"),
        (["rnu"], 4, "run"),
        (["list", "nothing-like-this"], 5, "No case matches"),
        (["list", "rule:saml.conditions.audiense"], 5, "Did you mean 'rule:saml.conditions.audience'?"),
    ],
)
def test_wrong_usage_is_answered_in_plain_words(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = ["--report", str(tmp_path)] if arguments[0] == "run" else []
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, *report])
    assert stopped.value.code == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_a_profile_with_a_slip_of_the_pen_is_refused_with_the_right_word(tmp_path: Path) -> None:
    profile = tmp_path / "acme.toml"
    profile.write_text('name = "acme"\nbase_ulr = "http://portal.localhost:1"\n[signed_in]\nemail = "#me"\n')
    done = conformance("run", "--portal", str(profile), "--report", str(tmp_path / "report"))
    assert done.returncode == 4
    assert "unknown key 'base_ulr'. Did you mean 'base_url'?" in done.stderr


def test_nothing_but_skips_is_nothing(tmp_path: Path) -> None:
    done, result = run(tmp_path, "saml.browser.back-button", "--driver", "http")
    assert done.returncode == 5
    assert "needs a browser" in (result.cases[0].reason or "")


def test_a_case_that_the_driver_cannot_perform_is_reported_with_its_reason(tmp_path: Path) -> None:
    done, result = run(tmp_path, "saml.browser.back-button", "remote-login.hash.wrong", "--driver", "http")
    assert done.returncode == 0
    assert verdicts(result) == {"saml.browser.back-button": "skipped", "remote-login.hash.wrong": "pass"}


def test_a_killed_run_leaves_readable_events(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "run", "--driver", "http", "--report", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("["):
                break
        process.kill()
    result = read(tmp_path)
    assert not result.complete
    assert 0 < len(result.cases) < result.header.selected


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_and_keeps_its_reports(tmp_path: Path, sent: signal.Signals) -> None:
    command = [sys.executable, "-m", "conformance", "run", "--driver", "http", "--report", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("["):
                break
        time.sleep(0.2)
        os.killpg(process.pid, sent)
        process.stdout.read()
        assert process.wait(60) == 2
    assert (tmp_path / "index.html").exists()
    assert not read(tmp_path).complete


def test_an_interrupt_may_strike_where_no_line_is_known() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    interrupted.__code__ = interrupted.__code__.replace(co_linetable=b"")
    with pytest.raises(KeyboardInterrupt) as struck:
        interrupted()
    assert struck.tb.tb_next is not None
    assert struck.tb.tb_next.tb_lineno is None
    with pytest.raises(TypeError):
        struck.getrepr(funcargs=True)
    Recorder.pytest_keyboard_interrupt(struck)
    assert struck.getrepr(funcargs=True).reprcrash is not None


def test_the_list_has_what_the_contract_says() -> None:
    done = conformance("list", "--json")
    listed = json.loads(done.stdout)
    assert [entry["id"] for entry in listed] == [case.id for case in all_cases()]
    assert len({entry["id"] for entry in listed}) == len(listed)
    for entry in listed:
        assert list(entry) == ["id", "rule", "outcome", "topic", "title", "clause", "cves"]


def test_a_select_adds_and_takes_away() -> None:
    done = conformance("list", "rule:saml.response.*", "saml.sound.plain@both", "not:*.destination.*", "--json")
    listed = {entry["id"]: entry["rule"] for entry in json.loads(done.stdout)}
    assert listed.pop("saml.sound.plain@both") is None
    assert listed
    assert all(rule.startswith("saml.response.") for rule in listed.values())
    assert not any("destination" in case_id for case_id in listed)
