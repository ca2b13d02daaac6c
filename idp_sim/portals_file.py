"""Reading ``portals.toml``: the portals that the simulator serves, as written or by their metadata."""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.keyring import NAMES as KEYS
from idp_sim.saml.metadata import read_portal_metadata
from rulebook.strict_toml import FileProblem, nearest, read

METADATA_SECONDS = 10
METADATA_BYTES = 1 << 20
"""How long to wait for a portal's metadata, and how much of it is read at most."""

SLO = ("slo_url", "slo_redirect_url", "slo_post_url")
"""The keys of a portal's logout service: for both bindings, and for each of them."""

_CONTROL = re.compile(r"[\x00-\x20\x7f\ufffe\uffff]")


@attrs.frozen(kw_only=True)
class _Entry:
    """A table ``[[portal]]`` as written; what is left out is taken from the metadata, or follows from the base URL."""

    name: str
    base_url: str | None = None
    entity_id: str | None = None
    acs_url: str | None = None
    metadata: str | None = None
    slo_url: str | None = None
    slo_redirect_url: str | None = None
    slo_post_url: str | None = None
    encryption_certificate: str | None = None
    request_certificate: str | None = None
    requests_signed: bool | None = None
    signing_key: str | None = None
    remote_login: RemoteLoginPortal | None = None


@attrs.frozen
class _PortalsFile:
    portal: tuple[_Entry, ...] = ()


def load_portals(path: Path) -> tuple[Portal, ...]:
    """Read ``portals.toml`` at ``path`` (command-line.md).

    A ``secret`` may be ``env:NAME``. ``metadata`` is an http(s) address that is read now, or a file path relative to
    ``path``; what the table itself says wins over it. Raises FileProblem when the file or a portal cannot be used.
    """
    entries = read(path, _PortalsFile).portal
    if not entries:
        raise FileProblem(f"{path}: no portal is given. Write at least one table [[portal]] with name and base_url.")
    portals = tuple(_portal(entry, path) for entry in entries)
    _refuse_twins(portals, path)
    return portals


def _portal(entry: _Entry, path: Path) -> Portal:
    where = f"{path}: portal '{entry.name}'"
    if not entry.name.strip():
        raise FileProblem(f"{path}: a portal has an empty 'name'. Give it one: it is how the portal is chosen.")
    given = attrs.asdict(entry, recurse=False, filter=lambda _, value: value is not None)
    if entry.metadata is not None:
        given = beside_metadata(given, from_metadata(entry.metadata, path.parent, where))
    if "base_url" not in given:
        raise FileProblem(f"{where}: 'base_url' is missing. Give the portal's address, or its 'metadata'.")
    given["base_url"] = given["base_url"].rstrip("/")
    if entry.remote_login is not None:
        given["remote_login"] = _with_secret(entry.remote_login, where)
    portal = Portal(**given)
    for key in ("base_url", "acs_url", *SLO):
        _check_address(getattr(portal, key), f"{where}: '{key}'")
    if not portal.entity_id or _CONTROL.search(portal.entity_id):
        raise FileProblem(f"{where}: 'entity_id' must be a name without blanks, got {portal.entity_id!r}.")
    _check_keys(portal, where)
    return portal


def _check_keys(portal: Portal, where: str) -> None:
    if portal.signing_key not in KEYS:
        raise FileProblem(
            f"{where}: 'signing_key' must be one of {', '.join(KEYS)}, got '{portal.signing_key}'."
            f"{nearest(portal.signing_key, KEYS)}"
        )
    try:
        certificates = portal.request_certificates
    except ValueError:
        raise FileProblem(f"{where}: 'request_certificate' must be a certificate in PEM.") from None
    if portal.requests_signed and not certificates:
        raise FileProblem(
            f"{where}: 'requests_signed' is true, but there is no certificate to verify with. "
            "Give 'request_certificate', or the portal's 'metadata'."
        )


def _check_address(address: str | None, where: str) -> None:
    if address is None:
        return
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or _CONTROL.search(address):
        raise FileProblem(f"{where} must be an address that begins with http:// or https://, got {address!r}.")


def _with_secret(remote_login: RemoteLoginPortal, where: str) -> RemoteLoginPortal:
    secret, name = remote_login.secret, remote_login.secret.removeprefix("env:")
    if name != secret:
        if name not in os.environ:
            raise FileProblem(f"{where}: 'remote_login.secret' is read from the variable {name}, which is not set.")
        secret = os.environ[name]
    if not secret:
        raise FileProblem(f"{where}: 'remote_login.secret' is empty. Copy the shared secret from the portal.")
    return attrs.evolve(remote_login, secret=secret)


def _refuse_twins(portals: tuple[Portal, ...], path: Path) -> None:
    """Refuse two portals that could not be told apart when a request arrives."""
    remote = [portal for portal in portals if portal.remote_login]
    for what, names in (
        ("name", [portal.name for portal in portals]),
        ("entity ID", [portal.entity_id for portal in portals]),
        ("host_url", [host_url for portal in remote for host_url in portal.host_urls]),
    ):
        for name in _repeated(names):
            raise FileProblem(f"{path}: two portals have the {what} '{name}'. Each must have its own.")


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def beside_metadata(given: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a portal when its metadata says ``found``: what is ``given`` wins over it."""
    if given.keys() & set(SLO):
        found = {key: value for key, value in found.items() if key not in SLO}
    return {**found, **given}


def from_metadata(source: str, folder: Path, where: str, fetch: Callable[[str], bytes] | None = None) -> dict[str, Any]:
    """Return what the portal's metadata says of it, by the names of ``portals.toml``.

    ``source`` is an http(s) address, which ``fetch`` reads, or a path from ``folder``. Raises FileProblem, which begins
    with ``where``.
    """
    try:
        xml = (
            (fetch or _fetch)(source)
            if urlsplit(source).scheme in {"http", "https"}
            else (folder / source).read_bytes()
        )
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise FileProblem(
            f"{where}: its metadata at {source} cannot be read ({reason}). "
            "Start the portal first, or give base_url and entity_id instead."
        ) from None
    try:
        read_of_it = read_portal_metadata(xml)
    except ValueError as error:
        raise FileProblem(f"{where}: its metadata at {source} cannot be used: {error}") from None
    parts = urlsplit(read_of_it.acs_url)
    found = {"base_url": f"{parts.scheme}://{parts.netloc}", **attrs.asdict(read_of_it)}
    return {key: value for key, value in found.items() if value is not None}


def _fetch(address: str) -> bytes:
    parts = urlsplit(address)
    request = urllib.request.Request(address)  # noqa: S310  the scheme was checked by the caller
    if parts.scheme == "http" and (parts.hostname or "").endswith(".localhost"):
        # Browsers take every name below .localhost for this machine; Python's resolver does not.
        port = f":{parts.port}" if parts.port else ""
        request = urllib.request.Request(  # noqa: S310
            parts._replace(netloc=f"127.0.0.1{port}").geturl(), headers={"Host": parts.netloc}
        )
    try:
        with urllib.request.urlopen(request, timeout=METADATA_SECONDS) as answer:  # noqa: S310
            xml: bytes = answer.read(METADATA_BYTES + 1)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise
    if len(xml) > METADATA_BYTES:
        raise ValueError(f"it is larger than {METADATA_BYTES} bytes")
    return xml
