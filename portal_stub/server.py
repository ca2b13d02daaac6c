"""``portal-stub serve``: the portal on a port of this machine."""

import ipaddress
import socket
from urllib.parse import urlsplit

import click
from waitress.server import create_server

from portal_stub.accounts import contacts, overrides
from portal_stub.app import LARGEST_BODY, create_app
from portal_stub.config import Settings
from portal_stub.weakness import SOUND, Weaknesses
from portal_stub.web.visit import Portal

_THREADS = 8


class CannotServe(click.ClickException):
    """The portal cannot be served; the text says why and what to do."""

    exit_code = 2


def serve(settings: Settings, database: str, weaknesses: Weaknesses, host: str, port: int) -> None:
    """Serve the portal until Ctrl+C, and say where it is found.

    Raises CannotServe when the port is taken, or when a weakness would be offered to other machines, and
    DatabaseProblem, or FileProblem for the portal's own key.
    """
    if weaknesses != SOUND and not _is_loopback(host):
        raise CannotServe(
            f"A portal with weaknesses is served on this machine only, not on {host}. Leave --host out, "
            "or leave --without and --naive out."
        )
    bound = _bind(host, port)
    try:
        app = create_app(settings, database, weaknesses)
        app.extensions["portal"].keys.pair("signing")  # a key that cannot be used is told now, not on a page
        for line in _greeting(settings, app.extensions["portal"], weaknesses, bound.getsockname()[1]):
            click.echo(line)
        create_server(
            app, sockets=[bound], threads=_THREADS, max_request_body_size=2 * LARGEST_BODY, ident="portal-stub"
        ).run()
    finally:
        bound.close()


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (")[0]
        raise CannotServe(
            f"Port {port} on {host} cannot be used ({reason}). Stop what uses it, or choose another one with --port."
        ) from None


def _greeting(settings: Settings, portal: Portal, weaknesses: Weaknesses, port: int) -> list[str]:
    """Return what is printed at the start. Makes an administrator where there is none."""
    with portal.database.writing() as rows:
        changed = sorted(overrides.SAVED_ON_THE_PAGE & overrides.read(rows).keys())
        password = contacts.ensure_administrator(rows, portal.clock())
    lines = [f"The portal is at {settings.base_url} (stop it with Ctrl+C)."]
    parts = urlsplit(settings.base_url)
    if (parts.port or {"http": 80, "https": 443}[parts.scheme]) != port:
        lines.append(
            f"It listens on port {port}, which is not that of base_url. Change one of them, or lead the other here."
        )
    if changed:
        lines.append(f"Changed under Admin > Security, whatever the file says: {', '.join(changed)}.")
    if password is not None:
        lines.append(f"An administrator was made: {contacts.ADMINISTRATOR}, password {password} (shown only now).")
    if weaknesses.without:
        lines.append(f"WARNING: this portal does not check {', '.join(sorted(weaknesses.without))}.")
    if weaknesses.naive:
        lines.append(f"WARNING: this portal reads naively: {', '.join(sorted(weaknesses.naive))}.")
    return lines


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
