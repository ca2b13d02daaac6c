"""The simulator's own keys: made on first use, for tests only, and loaded once.

A key object is kept, never its PEM: parsing an RSA key checks it, which costs 54 ms on every call.
"""

import fcntl
import functools
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Self

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from rulebook.strict_toml import FileProblem, nearest

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

NAMES = ("signing", "ec", "rogue")
"""``signing`` (RSA-2048), ``ec`` (P-256), ``rogue`` (RSA-2048): no portal is told to trust the last."""

_VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_VALID_FOR = timedelta(days=365 * 40)


class UnknownKey(LookupError):
    """A name that no key of the keyring has."""


@attrs.frozen
class Entry:
    """A private key and the self-signed certificate of its public key."""

    key: PrivateKey = attrs.field(repr=False)
    certificate: x509.Certificate


@attrs.frozen
class Keyring:
    """The simulator's keys by name."""

    entries: Mapping[str, Entry]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load the keys of an instance folder; those that are missing are made (files 0600, the folder 0700).

        Several processes may open the same new folder at once: all get the same keys.
        Raises FileProblem when the folder or a file in it cannot be used.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(folder / "keys.lock"):
                return cls(MappingProxyType({name: _load_or_make(folder / f"{name}.pem", name) for name in NAMES}))
        except OSError as error:
            raise FileProblem(
                f"{error.filename or folder}: the simulator's keys cannot be kept here ({error.strerror}). "
                "Choose another instance folder."
            ) from None

    @classmethod
    def ephemeral(cls) -> Self:
        """Return keys that live in memory only, the same ones for the life of this process."""
        return cls(_ephemeral())

    def key(self, name: str) -> PrivateKey:
        """Return the private key with this name. Raises UnknownKey, which names the nearest one."""
        return self._entry(name).key

    def certificate(self, name: str) -> x509.Certificate:
        """Return the certificate with this name. Raises UnknownKey, which names the nearest one."""
        return self._entry(name).certificate

    def _entry(self, name: str) -> Entry:
        try:
            return self.entries[name]
        except KeyError:
            raise UnknownKey(f"There is no key '{name}'.{nearest(name, self.entries)}") from None


@functools.cache
def _ephemeral() -> Mapping[str, Entry]:
    return MappingProxyType({name: _make(name) for name in NAMES})


class _locked:  # noqa: N801 - used like a function
    """Hold an exclusive lock on a file, so that of two processes only one makes the keys."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _make(name: str) -> Entry:
    key: PrivateKey
    if name == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test only, do not trust"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"idp-sim test key {name}"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_FROM + _VALID_FOR)
        .sign(key, hashes.SHA256())
    )
    return Entry(key, certificate)


def _load_or_make(path: Path, name: str) -> Entry:
    if not path.exists():
        entry = _make(name)
        _write(path, entry)
        return entry
    pem = path.read_bytes()
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
        if (
            isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
            and certificate.public_key() == key.public_key()
        ):
            return Entry(key, certificate)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass
    raise FileProblem(
        f"{path}: expected a private key and its certificate in PEM. Delete the file: a new key is made at the "
        "next start, and portals must then be told its fingerprint."
    )


def _write(path: Path, entry: Entry) -> None:
    pem = entry.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem += entry.certificate.public_bytes(Encoding.PEM)
    # Written beside its place (mkstemp: mode 0600) and moved there, so that a killed process leaves no half key.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        Path(draft).replace(path)
    except OSError:
        with suppress(OSError):
            Path(draft).unlink()
        raise
