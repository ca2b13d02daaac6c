"""Portals that are set up rightly, and wrongly: real servers on loopback, each with the profile that leads to it."""

import contextlib
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli_w
import werkzeug.serving
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask, Response, redirect

import portal_stub.app
from conformance.cli import main
from conformance.sites import SECRET, Server, listen, portal_keys, sound_settings
from idp_sim.keyring import Keyring

Settings = Mapping[str, Any]


@attrs.frozen(kw_only=True)
class SetUp:
    """A portal stub and its profile. Both are right but for what is given here."""

    protocol: str = "saml"
    portal: Settings = attrs.field(factory=dict)
    """Settings of the portal, as dotted keys."""
    profile: Settings = attrs.field(factory=dict)
    """Keys of the profile."""
    ahead: timedelta = timedelta(0)
    """By how much the portal's clock is ahead."""
    scheme: str = "http"
    """What the profile's address begins with."""
    tls: bool = False
    alter: Callable[[Flask], None] = lambda _: None
    """What is done to the portal's application before it is served."""
    stranger: Callable[[], Flask] | None = None
    """The application that stands in the portal's place."""
    served: bool = True
    lean: bool = False
    """Whether the profile tells no more than where to log in and how to know who is signed in."""


@contextlib.contextmanager
def standing(setup: SetUp, folder: Path, keys: Path) -> Iterator[Path]:
    """Serve the portal, and yield the path of its profile. The simulator's keys are in the folder ``keys``."""
    with listen() as free:
        simulator = f"http://idp.localhost:{free.getsockname()[1]}"
    bound = listen()
    port = bound.getsockname()[1]
    base_url = f"{'https' if setup.tls else 'http'}://portal.localhost:{port}"
    keyring = Keyring.open(keys)
    with contextlib.ExitStack() as stack:
        if setup.stranger is not None:
            app = setup.stranger()
        else:
            method = "saml" if setup.protocol == "saml" else "simple"
            sound = sound_settings({"sso.method": method}, base_url, simulator, keyring)
            settings = attrs.evolve(sound, values={**sound.values, **_said(setup.portal, keyring)}).read()
            app = portal_stub.app.create_app(
                settings, "sqlite://", clock=lambda: datetime.now(UTC) + setup.ahead, keys=portal_keys()
            )
        setup.alter(app)
        if not setup.served:
            bound.close()
        elif setup.tls:
            stack.enter_context(_with_tls(app, bound, folder))
        else:
            stack.callback(Server(app, bound).close)
        profile = folder / "profile.toml"
        told = {**_profile(setup, simulator, keys), "base_url": f"{setup.scheme}://portal.localhost:{port}"}
        for key, value in setup.profile.items():
            told[key] = {**told.get(key, {}), **value} if isinstance(value, dict) else value
        profile.write_text(tomli_w.dumps(told), encoding="utf-8")
        yield profile


def doctor(capsys: pytest.CaptureFixture[str], profile: Path, driver: str = "http") -> tuple[int, dict[str, Any]]:
    """Run the doctor, and return its exit code and what it found by the names of its checks."""
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--portal", str(profile), "--driver", driver, "--json"])
    told = json.loads(capsys.readouterr().out)
    return int(str(stopped.value.code)), told


def codes(told: Mapping[str, Any]) -> set[str]:
    return {finding["trouble"]["code"] for finding in told["findings"] if finding["outcome"] == "failed"}


def outcomes(told: Mapping[str, Any]) -> dict[str, str]:
    return {finding["check"]: finding["outcome"] for finding in told["findings"]}


def _profile(setup: SetUp, simulator: str, keys: Path) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": "set up for the doctor",
        "protocols": [setup.protocol],
        "patience_seconds": 5,
        "signed_in": {"email": "#person-email", "name": "#person-name"},
        "simulator": {"base_url": simulator, "secret": SECRET, "instance": str(keys)},
    }
    if not setup.lean:
        told["refused"] = {"message": "#login-error", "rules_attribute": "data-rules"}
        told["sign_out"] = {"press": "#log-out"}
        told["pages"] = {"needs_login": "/support/tickets"}
    return told


def _said(settings: Settings, keyring: Keyring) -> dict[str, Any]:
    """Return the settings, in which a fingerprint may be given as the name of a key."""
    given = dict(settings)
    if "saml.fingerprint" in given:
        certificate = keyring.certificate(given["saml.fingerprint"])
        given["saml.fingerprint"] = certificate.fingerprint(hashes.SHA1()).hex()
    return given


@contextlib.contextmanager
def _with_tls(app: Flask, bound: Any, folder: Path) -> Iterator[None]:
    """Serve the application on https, with a certificate that nobody signed but itself."""
    certify(folder / "site.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem")
    bound.listen()
    server = werkzeug.serving.make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=_Quiet, ssl_context=context, fd=bound.fileno()
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        bound.close()


class _Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, kind: str, message: str, *args: Any) -> None:
        """Say nothing: a browser that trusts nobody hangs up, as it should."""


def certify(path: Path, *, host: str = "portal.localhost", days: int = 90) -> None:
    """Write a key and a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, minutes=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def metadata_that_ended(app: Flask) -> None:
    """Let the portal's metadata have ended an hour ago. All stubs of a process share hooks, so it is done around it."""
    ended = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    portal = app.wsgi_app

    def end(environ: Any, start_response: Any) -> Any:
        response = Response.from_app(portal, environ)
        if response.mimetype == "application/samlmetadata+xml":
            response.set_data(response.get_data().replace(b" entityID=", f' validUntil="{ended}" entityID='.encode()))
        return response(environ, start_response)

    app.wsgi_app = end  # type: ignore[method-assign]


def always_500() -> Flask:
    """Return a portal that fails whatever it is asked."""
    app = Flask("always_500")

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>")
    def fail(path: str) -> tuple[str, int]:
        return f"Internal error at {path}", 500

    return app


def leads_elsewhere() -> Flask:
    """Return a portal whose login page leads to an identity provider that is not the simulator."""
    app = Flask("leads_elsewhere")

    @app.get("/")
    def home() -> str:
        return "<h1>Portal</h1>"

    @app.get("/login")
    def login() -> Any:
        return redirect("http://other-idp.localhost:9/sso?SAMLRequest=x")

    return app
