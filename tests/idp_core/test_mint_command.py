"""``idp-sim scenarios``, ``show`` and ``mint``, as they are typed."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import hashes
from lxml import etree

from idp_sim.cli import main
from idp_sim.keyring import Keyring
from idp_sim.mint import cases_of
from idp_sim.people import directory
from tests.idp_core.logins import FIXTURES, PORTAL, SCENARIOS

PORTALS = f"""
[[portal]]
name = "acme"
base_url = "http://portal.localhost:5002"
slo_url = "http://portal.localhost:5002/login/saml/logout"
encryption_certificate = '''{PORTAL.encryption_certificate}'''
[portal.remote_login]
secret = "0123456789abcdef0123456789abcdef"

[[portal]]
name = "saml-only"
base_url = "https://helpdesk.example"
"""
MOMENT = "2026-03-14T15:09:26Z"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instance")
    Keyring.open(folder)
    return folder


@pytest.fixture
def run(tmp_path: Path, instance: Path) -> Run:
    portals = tmp_path / "portals.toml"
    portals.write_text(PORTALS)

    def invoke(*words: str) -> Result:
        filled = [word.replace("PORTALS", str(portals)).replace("TMP", str(tmp_path)) for word in words]
        return CliRunner().invoke(main, filled, env={"IDP_SIM_INSTANCE": str(instance)})

    return invoke


def minted(run: Run, *words: str) -> Result:
    result = run("mint", *words, "--portals", "PORTALS")
    assert result.exit_code == 0, result.output
    return result


def schema(name: str) -> Any:
    return json.loads((FIXTURES / "schemas" / f"{name}.schema.json").read_text())


def test_scenarios_are_listed_all_of_them(run: Run) -> None:
    lines = run("scenarios").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [known.id for known in SCENARIOS]
    listed = json.loads(run("scenarios", "--json").stdout)
    jsonschema.validate(listed, schema("scenarios"))
    assert [entry["id"] for entry in listed] == [known.id for known in SCENARIOS]


@pytest.mark.parametrize("scenario_id", [known.id for known in SCENARIOS])
def test_every_scenario_can_be_shown(run: Run, scenario_id: str) -> None:
    result = run("show", scenario_id)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{scenario_id}\n\n")
    assert "outcome:" in result.stdout


def test_show_says_all_there_is(run: Run) -> None:
    shown = run("show", "saml.text.comment-in-name-id@both").stdout
    for words in ("CVE-2017-11427", "never-as-forged", "stage tree", "assertion, response, both", "saml-core 5.4.2"):
        assert words in shown
    assert "given:    simple.profile = md5" in run("show", "remote-login.sound.profile-md5").stdout
    assert "begins:   at the identity provider" in run("show", "saml.sound.idp-initiated").stdout


def test_each_form_holds_the_same_message(run: Run) -> None:
    words = ("saml.sound.plain@response", "--seed", "7", "--at", MOMENT, "--in-response-to", "_r&")
    encoded = minted(run, *words).stdout_bytes
    assert minted(run, *words, "--form", "base64").stdout_bytes == encoded
    xml = minted(run, *words, "--form", "xml").stdout_bytes
    assert base64.b64decode(encoded, validate=True) == xml
    assert etree.fromstring(xml).get("InResponseTo") == "_r&"
    page = minted(run, *words, "--form", "html").stdout
    assert f'value="{encoded.decode()}"' in page
    assert 'action="http://portal.localhost:5002/login/saml"' in page
    told = json.loads(minted(run, *words, "--form", "json").stdout)
    jsonschema.validate(told, schema("minted"))
    assert told["fields"] == [{"name": "SAMLResponse", "value": encoded.decode()}]
    assert (told["id"], told["base"]) == ("saml.sound.plain@response", "response")


def test_a_remote_login_is_a_link(run: Run) -> None:
    words = ("remote-login.sound.phone-and-company", "--at", "1400000000")
    link = minted(run, *words).stdout
    assert link.startswith(
        "http://portal.localhost:5002/login/sso?name=Jane+Doe&email=jane.doe%40example.com&timestamp=14"
    )
    assert minted(run, *words, "--form", "url").stdout == link
    assert link.replace("&", "&amp;") in minted(run, *words, "--form", "html").stdout
    told = json.loads(minted(run, *words, "--form", "json").stdout)
    jsonschema.validate(told, schema("minted"))
    assert told["url"] == link


def test_equal_seed_and_moment_give_equal_bytes(run: Run) -> None:
    words = ("saml.sound.plain", "--at", MOMENT)
    assert minted(run, *words, "--seed", "1").stdout_bytes == minted(run, *words, "--seed", "1").stdout_bytes
    assert minted(run, *words, "--seed", "1").stdout_bytes != minted(run, *words, "--seed", "2").stdout_bytes
    assert minted(run, *words).stdout_bytes != minted(run, *words).stdout_bytes


def test_person_portal_and_base_are_as_chosen(run: Run) -> None:
    person = directory()[7]
    words = ("--portal", "saml-only", "--person", person.email, "--base", "both", "--form", "json")
    told = json.loads(minted(run, "saml.sound.plain", *words).stdout)
    assert told["action"] == "https://helpdesk.example/login/saml"
    assert told["genuine"] == person.email
    assert told["id"] == "saml.sound.plain@both"


def test_the_first_base_of_a_scenario_is_the_default(run: Run) -> None:
    told = json.loads(minted(run, "saml.destination.missing", "--form", "json").stdout)
    assert told["base"] == "response"


def everything(run: Run, folder: str) -> None:
    result = minted(run, "--all", "--out", folder, "--seed", "1", "--at", MOMENT)
    assert "0 left out" in result.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_are_minted_and_indexed(run: Run, tmp_path: Path) -> None:
    everything(run, "TMP/a")
    everything(run, "TMP/b")
    first, second = files(tmp_path / "a"), files(tmp_path / "b")
    random = {name for name in first if re.search(r"ecdsa|rsa-pss|dsa-key|saml\.encryption\.", name)}
    assert {name for name in first if first[name] != second[name]} <= random
    index = json.loads(first.pop("index.json"))
    jsonschema.validate(index, schema("minted-index"))
    assert [entry["id"] for entry in index] == [case.id for case in cases_of(SCENARIOS)]
    queries = ("remote-login.", "saml.logout")
    assert {name.removeprefix("cases/").rpartition(".")[0] for name in first} == {entry["id"] for entry in index}
    assert {name for name in first if not name.startswith(tuple(f"cases/{query}" for query in queries))} <= {
        f"cases/{entry['id']}.b64" for entry in index if entry["base"]
    }
    sound = [base64.b64decode(first[f"cases/saml.sound.{name}.b64"]) for name in ("no-names", "milliseconds")]
    assert len({etree.fromstring(xml).get("ID") for xml in sound}) == 2, "a portal that remembers IDs would refuse one"
    alone = minted(run, "saml.signature.altered@both", "--seed", "1", "--at", MOMENT).stdout_bytes
    assert first["cases/saml.signature.altered@both.b64"] == alone


def test_what_a_portal_cannot_take_is_left_out_and_said_so(run: Run, tmp_path: Path) -> None:
    result = run("mint", "--all", "--out", "TMP/c", "--portals", "PORTALS", "--portal", "saml-only")
    assert result.exit_code == 0
    assert "remote-login.sound.plain: 'remote-login.sound.plain' is a remote login, and portal" in result.stderr
    index = json.loads((tmp_path / "c" / "index.json").read_text())
    assert not any(entry["id"].startswith(("remote-login.", "saml.logout")) for entry in index)
    assert "is a logout, and portal" in result.stderr
    assert f"{len(index)} minted" in result.stdout


MINT = ("mint", "--portals", "PORTALS")
BAD = {
    "scenario": (("mint", "saml.sound.plan", *MINT[1:]), "Did you mean 'saml.sound.plain'?"),
    "journey": (
        ("mint", "saml.replay.posted-again", *MINT[1:]),
        "journey or in the portal's settings cannot be minted",
    ),
    "show": (("show", "saml.sound.plan"), "Did you mean 'saml.sound.plain'?"),
    "command": (("shw",), "Did you mean 'show'?"),
    "base": ((*MINT, "saml.sound.plain", "--base", "bth"), "Did you mean 'both'?"),
    "base-in-id": ((*MINT, "saml.sound.plain@bth"), "Did you mean 'both'?"),
    "two-bases": ((*MINT, "saml.sound.plain@both", "--base", "response"), "Give one of them."),
    "other-base": ((*MINT, "saml.destination.missing@assertion"), "only on: response, both"),
    "base-of-link": ((*MINT, "remote-login.sound.plain", "--base", "both"), "which has no base"),
    "form": ((*MINT, "saml.sound.plain", "--form", "xlm"), "Did you mean 'xml'?"),
    "xml-of-link": ((*MINT, "remote-login.sound.plain", "--form", "xml"), "choose url, html or json"),
    "url-of-post": ((*MINT, "saml.sound.plain", "--form", "url"), "choose xml, base64, html or json"),
    "xml-of-no-base64": ((*MINT, "saml.message.not-base64[first]", "--form", "xml"), "choose base64"),
    "portal": ((*MINT, "saml.sound.plain", "--portal", "acne"), "Did you mean 'acme'?"),
    "person": ((*MINT, "saml.sound.plain", "--person", "jane.do@example.com"), "Did you mean 'jane.doe@example.com'?"),
    "moment": ((*MINT, "saml.sound.plain", "--at", "2026-03-14T15:09:26"), "expected a time such as"),
    "words": ((*MINT, "saml.sound.plain", "--at", "now"), "expected a time such as"),
    "before-time": ((*MINT, "saml.sound.plain", "--at", "0001-01-01T00:00:00Z"), "expected a time such as"),
    "after-time": ((*MINT, "saml.sound.plain", "--at", "9999-12-31T23:59:59Z"), "expected a time such as"),
    "huge": ((*MINT, "saml.sound.plain", "--at", "9" * 30), "expected a time such as"),
    "seed": ((*MINT, "saml.sound.plain", "--seed", "x"), "not a valid integer"),
    "request": ((*MINT, "saml.sound.plain", "--in-response-to", "\x01"), "Expected the ID of a request"),
    "no-request": ((*MINT, "saml.sound.plain", "--in-response-to", ""), "Expected the ID of a request"),
    "remote-of-saml-only": (
        (*MINT, "remote-login.sound.plain", "--portal", "saml-only"),
        "has no [portal.remote_login]",
    ),
    "nothing": (MINT, "either the ID of a scenario, or --all"),
    "both": ((*MINT, "saml.sound.plain", "--all", "--out", "TMP/x"), "either the ID of a scenario, or --all"),
    "no-folder": ((*MINT, "--all"), "--all needs --out"),
    "out-of-one": ((*MINT, "saml.sound.plain", "--out", "TMP/x"), "--out goes with --all"),
    "base-of-all": ((*MINT, "--all", "--out", "TMP/x", "--base", "both"), "--base cannot be chosen with --all"),
    "folder": ((*MINT, "--all", "--out", "TMP/portals.toml/x"), "cannot be written"),
    "portals": (("mint", "saml.sound.plain", "--portals", "TMP/none.toml"), "cannot be read"),
    "serve": (("serve", "--portals", "TMP/none.toml"), "cannot be read"),
    "instance": ((*MINT, "saml.sound.plain", "--instance", "TMP/portals.toml/x"), "Choose another instance folder"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_clear_message(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)


def test_keys_are_those_of_the_instance(run: Run, instance: Path) -> None:
    root = etree.fromstring(minted(run, "saml.sound.plain", "--form", "xml").stdout_bytes)
    texts = root.xpath("//*[local-name()='X509Certificate']/text()")
    assert isinstance(texts, list)
    sent = base64.b64decode(str(texts[0]))
    known = Keyring.open(instance).certificate("signing").fingerprint(hashes.SHA256())
    digest = hashes.Hash(hashes.SHA256())
    digest.update(sent)
    assert digest.finalize() == known
