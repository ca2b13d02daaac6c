import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes

from idp_sim import cli, server
from idp_sim.keyring import Keyring
from idp_sim.server import CannotServe, serve
from rulebook.strict_toml import FileProblem
from tests.idp_web.idp_bench import portal


class Served:
    """Stands in for waitress: it notes what is served, and stops at once."""

    def __init__(self, app: Any, sockets: list[socket.socket], **_: Any) -> None:
        self.app = app
        (bound,) = sockets
        self.address = bound.getsockname()
        bound.close()

    def run(self) -> None:
        with self.app.test_client() as client:
            assert client.get("/").status_code == 200


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    made: list[Served] = []

    def create(app: Any, **options: Any) -> Served:
        made.append(Served(app, **options))
        return made[-1]

    monkeypatch.setattr(server, "create_server", create)
    return made


def test_it_says_where_it_is_and_what_portals_need_to_know(
    served: list[Served], tmp_path: Path, capsys: pytest.CaptureFixture[str], free_port: int
) -> None:
    serve((portal(),), "127.0.0.1", free_port, tmp_path)
    said = capsys.readouterr().out
    certificate = Keyring.open(tmp_path).certificate("signing")
    for words in (
        f"http://idp.localhost:{free_port} (stop it with Ctrl+C)",
        "helpdesk",
        "Entity ID: http://idp.localhost/saml/metadata",
        f"Metadata: http://idp.localhost:{free_port}/saml/metadata",
        certificate.fingerprint(hashes.SHA1()).hex(":").upper(),
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    ):
        assert words in said
    assert served[0].address == ("127.0.0.1", free_port)


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.2", "http://127.0.0.2:"), ("0.0.0.0", "http://idp.localhost:")]
)
def test_it_is_found_at_the_host_that_it_is_served_on(
    served: list[Served], tmp_path: Path, capsys: pytest.CaptureFixture[str], free_port: int, host: str, address: str
) -> None:
    serve((), host, free_port, tmp_path)
    said = capsys.readouterr().out
    assert f"{address}{free_port} " in said
    assert "no portal yet" in said
    assert served[0].address == (host, free_port)


def test_a_taken_port_is_one_plain_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"Port {port} on 127.0.0.1 cannot be used \([^()]*\)\."):
            serve((portal(),), "127.0.0.1", port, tmp_path)


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "256.1.1.1"])
def test_a_host_that_is_not_ours_is_one_plain_sentence(tmp_path: Path, free_port: int, host: str) -> None:
    with pytest.raises(CannotServe, match="cannot be used"):
        serve((), host, free_port, tmp_path)


def test_a_folder_that_cannot_hold_keys_is_told_plainly(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("")
    with pytest.raises(FileProblem, match="a-file"):
        serve((), "127.0.0.1", 5998, file)


def test_the_command_serves_the_portals_of_the_file_on_loopback(
    served: list[Served], tmp_path: Path, free_port: int
) -> None:
    file = tmp_path / "portals.toml"
    file.write_text('[[portal]]\nname = "desk"\nbase_url = "http://desk.localhost"\n', "utf-8")
    done = CliRunner().invoke(
        cli.main,
        ["serve", "--portals", str(file), "--port", str(free_port)],
        env={"IDP_SIM_INSTANCE": str(tmp_path / "instance")},
    )
    assert done.exit_code == 0, done.output
    assert "It serves: desk." in done.output
    assert served[0].address == ("127.0.0.1", free_port)


def test_the_command_names_a_file_that_cannot_be_used(served: list[Served], tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.main, ["serve", "--portals", str(tmp_path / "none.toml")])
    assert done.exit_code == 2
    assert "none.toml" in done.output
    assert not served
