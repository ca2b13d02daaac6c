"""``idp-sim serve``: the simulator on a port of this machine."""

import os
import socket
from pathlib import Path

import click
from waitress.server import create_server

from idp_sim.app import LARGEST_FORM, create_app
from idp_sim.config import Portal, Simulator
from idp_sim.keyring import Keyring
from idp_sim.web.facts import facts

HOST = "127.0.0.1"
PORT = 5001
_THREADS = 8
_THIS_MACHINE = frozenset({HOST, "localhost", "::1", "0.0.0.0", "::"})  # noqa: S104 - looked up, not bound


class CannotServe(click.ClickException):
    """The simulator cannot be served; the text says why and what to do."""

    exit_code = 2


def serve(portals: tuple[Portal, ...], host: str, port: int, instance: Path) -> None:
    """Serve the simulator until Ctrl+C, and say where it is found and what portals need to know of it.

    Its keys are kept in the folder ``instance``. Raises CannotServe when the port is taken, and FileProblem when the
    keys cannot be kept or read.
    """
    keyring = Keyring.open(instance)
    name = "idp.localhost" if host in _THIS_MACHINE else f"[{host}]" if ":" in host else host
    config = Simulator(portals=portals, keyring=keyring, base_url=f"http://{name}:{port}")
    app = create_app(config)
    # Bound here, because waitress leaves its socket open when the port is taken.
    try:
        bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, ValueError) as error:
        raise CannotServe(
            f"Port {port} on {host} cannot be used ({_reason(error)}). Stop what is using it, "
            "or choose another one with --port."
        ) from None
    server = create_server(
        app, sockets=[bound], threads=_THREADS, max_request_body_size=2 * LARGEST_FORM, ident="idp-sim"
    )
    for line in greeting(config):
        click.echo(line)
    server.run()


def _reason(error: OSError | ValueError) -> str:
    # The text of a socket's error repeats the address. A name that cannot be resolved has a number below zero.
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)


def greeting(config: Simulator) -> list[str]:
    """Return the lines that are printed at the start."""
    names = ", ".join(portal.name for portal in config.portals)
    served = f"It serves: {names}." if names else "It serves no portal yet: name them with --portals FILE."
    return [
        f"The identity provider simulator is at {config.base_url} (stop it with Ctrl+C).",
        served,
        *(f"{name}: {value}" for name, value in facts(config)),
    ]
