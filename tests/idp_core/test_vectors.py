"""The published vectors are what the catalogue makes today, and suffice by themselves to judge a portal."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from conformance.case import all_cases
from idp_sim.cli import main
from idp_sim.vectors import comparable, value_of

FIXTURES = Path(__file__).parents[2] / "fixtures"
VECTORS, KEYS = FIXTURES / "vectors", FIXTURES / "keys"
SCHEMA = json.loads((FIXTURES / "schemas" / "vectors.schema.json").read_text("utf-8"))
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))


def topic(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return read


def vectors(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["vectors", "--keys", str(KEYS), *map(str, arguments)])


def test_the_vectors_are_what_the_catalogue_makes() -> None:
    done = vectors("--out", VECTORS, "--check")
    assert (done.exit_code, done.output) == (0, f"{VECTORS}: as the catalogue makes it.\n")


def test_the_vectors_do_not_depend_on_what_another_library_has_told_lxml() -> None:
    """A library beside us, such as python3-saml, names prefixes for the whole process when it is imported."""
    code = (
        "import sys; from lxml import etree; from idp_sim.cli import main; from idp_sim.saml.names import NAMESPACES\n"
        "for number, namespace in enumerate(NAMESPACES.values()): etree.register_namespace(f'odd{number}', namespace)\n"
        "main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "vectors", "--keys", str(KEYS), "--out", str(VECTORS), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, f"{VECTORS}: as the catalogue makes it.\n")


def test_every_case_that_is_one_message_is_a_vector_and_no_other() -> None:
    found = [vector["id"] for name in INDEX["topics"] for vector in topic(name)["vectors"]]
    messages = {
        case.id for case in all_cases() if case.scenario.stage not in ("journey", "settings", "logout settings")
    }
    assert set(found) == messages
    assert len(found) == len(messages) == INDEX["vectors"] == sum(INDEX["topics"].values())
    assert INDEX["left_out"] == {}


@pytest.mark.parametrize("name", INDEX["topics"])
def test_every_topic_is_as_the_schema_says(name: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    read = topic(name)
    validator.validate(read)
    assert read["topic"] == name


def test_the_schema_refuses_what_is_not_a_vector() -> None:
    read = topic("saml.times")
    read["vectors"][0]["outcome"] = "maybe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(read)


Edit = Callable[[dict[str, Any]], object]


def other_title(vector: dict[str, Any]) -> None:
    vector["title"] += "!"


def other_byte(vector: dict[str, Any]) -> None:
    field = vector["message"]["fields"][0]
    field["value"] = field["value"][:-9] + ("A" if field["value"][-9] != "A" else "B") + field["value"][-8:]


def other_attribute(vector: dict[str, Any]) -> None:
    vector["message"]["fields"].append({"name": "RelayState", "value": "/elsewhere"})


def unpackable(vector: dict[str, Any]) -> None:
    vector["message"]["fields"][0] = {"name": "SAMLResponse", "gzip": "AAAA"}


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        ("saml.times", other_title, "'title' is not what the catalogue makes of it."),
        ("saml.times", other_byte, "'message' is not what the catalogue makes of it."),
        ("saml.encryption", other_attribute, "'message' is not what the catalogue makes of it."),
        ("saml.times", unpackable, "cannot be unpacked"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, name: str, edit: Edit, said: str) -> None:
    shutil.copytree(VECTORS, tmp_path / "v")
    read = topic(name)
    edit(read["vectors"][0])
    (tmp_path / "v" / f"{name}.json").write_text(json.dumps(read), "utf-8")
    done = vectors("--out", tmp_path / "v", "--check")
    assert done.exit_code == 1
    assert said in done.output
    assert f"{name}.json" in done.output
    assert "1 differences" in done.output


def test_files_and_vectors_that_are_missing_or_too_many_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    shutil.copytree(VECTORS, folder)
    (folder / "saml.times.json").unlink()
    (folder / "stray.json").write_text("{}")
    (folder / "saml.status.json").write_text("{")
    read = topic("saml.issuer")
    gone = read["vectors"].pop()["id"]
    read["vectors"].append({**read["vectors"][0], "id": "saml.issuer.stray"})
    (folder / "saml.issuer.json").write_text(json.dumps(read), "utf-8")
    done = vectors("--out", folder, "--check")
    assert done.exit_code == 1
    for said in (
        f"{folder / 'saml.times.json'}: is missing.",
        f"{folder / 'stray.json'}: is of no topic of the catalogue.",
        f"{folder / 'saml.status.json'}: cannot be read",
        f"{gone} is missing.",
        "saml.issuer.stray is not in the catalogue.",
    ):
        assert said in done.output
    assert vectors("--out", folder).exit_code == 0
    assert vectors("--out", folder, "--check").exit_code == 0


def test_without_the_portals_key_nothing_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["vectors", "--keys", str(tmp_path / "none"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "portal-encryption.pem" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("case_id", "masked"),
    [
        ("saml.algorithms.rsa-sha384@both", 0),
        ("saml.algorithms.ecdsa[p256-sha256]@both", 4),
        ("saml.algorithms.rsa-pss[sha256]@response", 2),
        ("saml.encryption.aes-gcm[128]", 2),
    ],
)
def test_only_random_values_are_passed_over(case_id: str, masked: int) -> None:
    found = topic(case_id.rpartition(".")[0])["vectors"]
    vector = next(known for known in found if known["id"] == case_id)
    ((_, value),) = comparable(vector)["message"]["fields"]
    assert value.count(">*<") == masked
    assert (value == value_of(vector["message"]["fields"][0])) == (masked == 0)
