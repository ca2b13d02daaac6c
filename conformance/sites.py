"""Starting sites in this process: real servers on real sockets, on the loopback interface."""

import base64
import contextlib
import functools
import socket
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

import attrs
import waitress.server
from cryptography import x509
from lxml import etree
from waitress import wasyncore

from idp_sim import enrolment
from idp_sim.config import ENTITY_ID, Portal, RemoteLoginPortal, Simulator
from idp_sim.keyring import Keyring
from idp_sim.people import Person, directory
from idp_sim.saml.metadata import idp_metadata
from portal_stub.config import Settings
from portal_stub.idp_metadata import taken_from
from portal_stub.keys import Keys
from portal_stub.weakness import SOUND, Weaknesses
from rulebook.strict_toml import FileProblem, structure

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live as long as one run
ADMINISTRATOR = "administrator@portal.example"
SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"  # noqa: S105 - of a portal that lives as long as one run
CUSTOMER = Person("Carla", "Customer", "customer@portal.example", "", "")
PEOPLE_EACH = 4
"""Each worker has four people of the directory. The third is an agent of the stub, the fourth a customer of it."""
STORED_NAME = "Name Before"
_THREADS = 2
"""Threads that answer at each site: as many as the journeys need, of which one posts twice at the same moment."""
_IDLE_SECONDS = 60
"""How long a site sleeps where nobody comes. By default it is one second, and a run has more than a hundred sites."""


class Server:
    """A WSGI application on a loopback socket, served by waitress in a thread of its own."""

    def __init__(self, app: "WSGIApplication", bound: socket.socket) -> None:
        self._connections: dict[int, Any] = {}
        self._server: Any = waitress.server.create_server(
            app, map=self._connections, sockets=[bound], threads=_THREADS, asyncore_loop_timeout=_IDLE_SECONDS
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving, close every connection and free the port."""
        # First the threads that answer (waitress's own way of waiting for them takes a tenth of a second), then, in
        # its own thread, what the server waits for: with nothing left, it ends.
        answering = self._server.task_dispatcher
        answering.set_thread_count(0)
        patience = time.monotonic() + 5
        while answering.threads and time.monotonic() < patience:
            time.sleep(0.001)
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._connections, ignore_all=True))
        self._thread.join(timeout=5)


def listen(port: int = 0) -> socket.socket:
    """Return a loopback socket on this port, or on a free one. Raises OSError when the port is taken."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def listen_at(base_url: str, who: str, setting: str) -> socket.socket:
    """Return a socket for ``who`` at an address that ``setting`` of a profile names.

    Raises FileProblem when the address is not one of this machine's loopback, or its port is taken.
    """
    try:
        return listen(urlsplit(base_url).port or 80)
    except OSError as error:
        raise FileProblem(
            f"{who} cannot listen on {base_url} ({error.strerror}). Free the port, or set another {setting}."
        ) from None


@attrs.frozen
class Addresses:
    """Where a simulator and the portal that trusts it are found, and the canary that the simulator names."""

    simulator: str
    portal: str
    canary: str


@attrs.frozen
class PortalSettings:
    """The settings of a portal, as dotted keys of ``portal.toml``: a scenario on them sets the portal otherwise."""

    stage: ClassVar = "settings"

    values: Mapping[str, Any]
    keyring: Keyring

    def but(self, **changes: Any) -> "PortalSettings":
        """Return a copy with these settings, written ``saml__fingerprint`` for ``saml.fingerprint``."""
        dotted = {key.replace("__", "."): value for key, value in changes.items()}
        return PortalSettings({**self.values, **dotted}, self.keyring)

    def fingerprint(self, key: str = "signing", algorithm: Literal["sha1", "sha256"] = "sha1") -> str:
        """Return the fingerprint of one of the simulator's certificates: lower-case hex digits with colons."""
        return enrolment.fingerprint(self.keyring.certificate(key), algorithm)

    def pem(self, key: str = "signing") -> str:
        """Return one of the simulator's certificates in PEM."""
        return enrolment.pem(self.keyring.certificate(key))

    def metadata(self, *keys: str) -> bytes:
        """Return an identity provider's metadata with the certificates of these keys."""
        certificates = [self.keyring.certificate(key) for key in keys]
        return idp_metadata(ENTITY_ID, str(self.values["saml.login_url"]), certificates)

    def taking(self, metadata: bytes) -> "PortalSettings":
        """Return a copy in which everything is taken from the identity provider's metadata (portal-contract P3)."""
        taken = attrs.asdict(taken_from(self.read().saml, metadata))
        names = ("idp_entity_id", "login_url", "logout_url", "certificate", "fingerprint")
        return self.but(**{f"saml__{name}": taken[name] for name in names})

    def read(self) -> Settings:
        """Return the settings as the portal reads them. Raises FileProblem for one that does not exist."""
        table: dict[str, Any] = {"account": _accounts()}
        for key, value in self.values.items():
            place = table
            *parents, last = key.split(".")
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
        return structure(table, Settings, "settings of the case")


@attrs.frozen
class LogoutPortalSettings(PortalSettings):
    """The same for a logout: a scenario on them is performed by a sound logout at the portal that is set otherwise."""

    stage: ClassVar = "logout settings"


def fingerprint_in(sites: Addresses) -> str:
    """Return the SHA-1 fingerprint of the certificate in the simulator's metadata, as an administrator takes it."""
    host = urlsplit(sites.simulator)
    request = urllib.request.Request(f"http://127.0.0.1:{host.port}/saml/metadata", headers={"Host": host.netloc})
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the loopback address above
        certificate = etree.fromstring(answer.read()).findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    return enrolment.fingerprint(x509.load_der_x509_certificate(base64.b64decode(certificate or "")))


Change = Callable[[PortalSettings], PortalSettings]


@contextlib.contextmanager
def stub_sites(
    given: Mapping[str, Any],
    change: Change | None = None,
    weaknesses: Weaknesses = SOUND,
    keyring: Keyring | None = None,
    canary_url: str = Portal("", "").canary_url,
    ports: tuple[int, int] = (0, 0),
) -> Iterator[Addresses]:
    """Start a simulator and a portal stub that trust each other, and stop them at the end.

    ``given`` are settings (dotted keys of ``portal.toml``) that both sides know, and what ``sound_settings`` reads.
    ``change`` alters the portal's settings behind the simulator's back.
    """
    # Flask and SQLAlchemy take half a second, and the process that leads a run's workers starts no sites.
    import idp_sim.app  # noqa: PLC0415
    import portal_stub.app  # noqa: PLC0415

    keyring = keyring or Keyring.ephemeral()
    sockets = [listen(port) for port in ports]
    simulator_url, portal_url = (
        f"http://{name}.localhost:{bound.getsockname()[1]}"
        for name, bound in zip(("idp", "portal"), sockets, strict=True)
    )
    sound = sound_settings(given, portal_url, simulator_url, keyring)
    known = sound.read()
    served = Portal(
        name="portal",
        base_url=portal_url,
        entity_id=known.entity_id,
        slo_url=known.slo_service_url,
        encryption_certificate=encryption_certificate() if given.get("encrypted") else None,
        remote_login=remote_login_of(known),
        signing_key=enrolment.signing_key_of(given),
        request_certificate=enrolment.pem(portal_keys().signing.certificate),
        requests_signed=known.saml.sign_requests,
        allowed_drift_seconds=known.saml.allowed_drift_seconds,
        canary_url=canary_url,
    )
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        settings = known if change is None else change(sound).read()
        database = f"sqlite:///{Path(folder) / 'portal.db'}"
        portal = portal_stub.app.create_app(settings, database, weaknesses, keys=portal_keys())
        simulator = idp_sim.app.create_app(Simulator(portals=(served,), keyring=keyring, base_url=simulator_url))
        for app, bound in zip((simulator, portal), sockets, strict=True):
            stack.callback(Server(app, bound).close)
        yield Addresses(simulator_url, portal_url, canary_url)


@functools.cache
def portal_keys() -> Keys:
    """Return the keys of every stub in this process: a portal that made its own would start later."""
    return Keys()


def encryption_certificate() -> str:
    """Return the certificate with which is encrypted for the stubs, in PEM."""
    return enrolment.pem(portal_keys().encryption.certificate)


def remote_login_of(settings: Settings) -> RemoteLoginPortal:
    """Return what the simulator must know of a portal with these settings to send it remote logins."""
    simple = settings.simple
    return RemoteLoginPortal(
        secret=simple.secret,
        profile=simple.profile,
        max_age_seconds=simple.max_age_seconds,
        max_future_seconds=simple.max_future_seconds,
    )


def sound_settings(given: Mapping[str, Any], portal_url: str, simulator_url: str, keyring: Keyring) -> PortalSettings:
    """Return the settings of a stub that trusts the simulator, set as a scenario needs (``given``)."""
    return PortalSettings(enrolment.settings(given, portal_url, simulator_url, SECRET, keyring), keyring)


def _accounts() -> list[dict[str, Any]]:
    def account(email: str, name: str, role: str, *, admin: bool = False) -> dict[str, Any]:
        return {"email": email, "name": name, "password": PASSWORD, "role": role, "admin": admin}

    everybody = directory()
    return [
        account(ADMINISTRATOR, "Administrator", "agent", admin=True),
        account(CUSTOMER.email, CUSTOMER.name, "customer"),
        *(account(agent.email, STORED_NAME, "agent") for agent in everybody[2::PEOPLE_EACH]),
        *(account(stored.email, STORED_NAME, "customer") for stored in everybody[3::PEOPLE_EACH]),
    ]
