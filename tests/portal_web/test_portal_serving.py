"""The settings file, and the command that serves the portal."""

import os
import re
import socket
from pathlib import Path
from typing import Any

import attrs
import pytest
from flask import Flask

from portal_stub import server
from portal_stub.accounts import contacts, overrides
from portal_stub.accounts.database import Database
from portal_stub.config import Account, Settings
from portal_stub.settings_file import load
from portal_stub.weakness import SOUND, Weaknesses
from rulebook.strict_toml import FileProblem
from tests.portal_web.portal_bench import ADMIN, fingerprint, pem, settings
from tests.portal_web.test_portal_admin import idp_metadata

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "portal.toml"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collects what would be served instead of serving it."""
    calls: list[dict[str, Any]] = []

    class Server:
        def run(self) -> None:
            calls[-1]["ran"] = True

    def create(app: Flask, **options: Any) -> Server:
        calls.append({"app": app, "hosts": [bound.getsockname()[0] for bound in options["sockets"]]})
        return Server()

    monkeypatch.setattr(server, "create_server", create)
    return calls


def serve(path: Path, weaknesses: Weaknesses = SOUND, host: str = "127.0.0.1", port: int = 0, **more: Any) -> None:
    changed = attrs.evolve(settings(), **{"base_url": "http://portal.localhost", **more})
    server.serve(changed, f"sqlite:///{path}/portal.db", weaknesses, host, port)


def test_serving_says_where_the_portal_is(
    tmp_path: Path, served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    serve(tmp_path, port=port, base_url=f"http://portal.localhost:{port}")
    assert served[0]["ran"]
    assert served[0]["hosts"] == ["127.0.0.1"]
    assert capsys.readouterr().out == f"The portal is at http://portal.localhost:{port} (stop it with Ctrl+C).\n"


@pytest.mark.usefixtures("served")
def test_the_administrators_password_is_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serve(tmp_path, account=())
    printed = re.search(r"An administrator was made: (\S+), password (\S+) ", capsys.readouterr().out)
    assert printed
    database = Database(f"sqlite:///{tmp_path}/portal.db")
    with database.reading() as rows:
        found = contacts.find(rows, printed[1])
        assert contacts.password_fits(contacts.password_hash_of(found), printed[2])
    database.close()
    serve(tmp_path, account=())
    assert "administrator" not in capsys.readouterr().out


@pytest.mark.usefixtures("served")
def test_changed_settings_another_port_and_weaknesses_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(f"sqlite:///{tmp_path}/portal.db")
    with database.writing() as rows:
        overrides.save(rows, settings(), overrides.with_value(settings(), "saml.fingerprint", "ab"))
    database.close()
    serve(
        tmp_path,
        Weaknesses.named(["saml.assertion.once"], ["first-assertion"]),
        base_url="http://portal.localhost:5003",
    )
    lines = capsys.readouterr().out.splitlines()
    assert "which is not that of base_url" in lines[1]
    assert lines[2].endswith("whatever the file says: saml.fingerprint.")
    assert lines[3] == "WARNING: this portal does not check saml.assertion.once."
    assert lines[4] == "WARNING: this portal reads naively: first-assertion."


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.example"])
def test_a_weak_portal_is_not_offered_to_other_machines(
    tmp_path: Path, served: list[dict[str, Any]], host: str
) -> None:
    weak = Weaknesses.named(["saml.assertion.once"])
    with pytest.raises(server.CannotServe, match="on this machine only"):
        serve(tmp_path, weak, host)
    assert not served
    for own in ("127.0.0.1", "::1", "localhost"):
        serve(tmp_path, weak, own)
    assert len(served) == 3


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.CannotServe, match=f"Port {port} on 127.0.0.1 cannot be used") as problem:
            serve(tmp_path, port=port)
    assert problem.value.exit_code == 2


def test_the_example_is_a_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PORTAL_SECRET", "0" * 32)
    monkeypatch.setitem(os.environ, "PORTAL_ADMIN_PASSWORD", "from the environment")
    example = load(EXAMPLE)
    assert example.simple.secret == "0" * 32
    assert [account.password for account in example.account if account.admin] == ["from the environment"]


def write(folder: Path, text: str) -> Path:
    (folder / "portal.toml").write_text(text)
    return folder / "portal.toml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('base_url = "http://portal.localhost:5002/"', "not even a slash"),
        ('base_url = "portal.localhost"', "expected an address such as"),
        ('base_url = "http://me@portal.localhost"', "expected an address such as"),
        ('base_url = "http://portal.localhost:port"', "expected an address such as"),
        ('[[account]]\nemail = "nobody"\nname = "N"\npassword = "p"', "'account.0': expected an email address"),
        ('[[account]]\nemail = "n@example.com"\nname = " "\npassword = "p"', "a name that is not blank"),
        ('[[account]]\nemail = "n@example.com"\nname = "N"\npassword = "p"\nadmin = true', 'needs role = "agent"'),
        ('[[account]]\nemail = "n@example.com"\nname = "N"\npassword = "env:NOT_SET_HERE"', "NOT_SET_HERE"),
        ('[simple]\nsecret = "env:NOT_SET_HERE"', "'simple.secret' is read from the variable NOT_SET_HERE"),
        ('[saml]\nidp_metadata = "missing.xml"', "missing.xml, which cannot be read"),
        ('[saml]\nidp_metadata = "portal.toml"', "is not XML"),
        ('[saml]\nfingerprnt = ""', "Did you mean 'fingerprint'"),
    ],
)
def test_a_slip_in_the_file_is_said_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileProblem, match=re.escape(says)):
        load(write(tmp_path, text))


def test_metadata_fills_what_the_file_leaves_empty(tmp_path: Path) -> None:
    (tmp_path / "idp.xml").write_text(idp_metadata())
    found = load(write(tmp_path, '[saml]\nidp_metadata = "idp.xml"\nlogin_url = "http://mine"')).saml
    assert (found.login_url, found.idp_entity_id, found.certificate) == ("http://mine", "urn:new", pem())
    pinned = load(write(tmp_path, f'[saml]\nidp_metadata = "idp.xml"\nfingerprint = "{fingerprint()}"')).saml
    assert (pinned.fingerprint, pinned.certificate) == (fingerprint(), "")


def test_no_secret_stands_in_what_is_printed_of_settings() -> None:
    shown = repr(settings())
    assert ADMIN.password not in shown
    assert settings().simple.secret not in shown
    with pytest.raises(ValueError, match="needs role"):
        Account(email="n@example.com", name="N", password="p", admin=True)
    assert Settings().account == ()


@pytest.mark.usefixtures("served")
def test_a_key_of_the_portal_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "portal.db-signing-key.pem").write_text("spoilt")
    with pytest.raises(FileProblem, match="expected an RSA private key"):
        serve(tmp_path)


def test_the_signing_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "portal.toml").write_text('[saml]\nsigning_key = "env:PORTAL_KEY"\n')
    monkeypatch.setenv("PORTAL_KEY", "a key")
    assert load(tmp_path / "portal.toml").saml.signing_key == "a key"
