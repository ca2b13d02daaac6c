"""The simulator's own keys: made on first use, for tests only, and loaded once.

A key object is kept, never its PEM: parsing one on every call would cost more than the signature.
"""

import fcntl
import functools
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from rulebook.strict_toml import FileProblem, nearest

INSTANCE, INSTANCE_VARIABLE = Path("instance"), "IDP_SIM_INSTANCE"
"""The folder of the keys unless another is named, and the variable that names one."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey

_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))


def _rsa(bits: int = 2048) -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@attrs.frozen(kw_only=True)
class _Kind:
    """How a key and its certificate are made. ``key_of`` names another key, for which this is a second certificate."""

    new: Callable[[], PrivateKey] = _rsa
    key_of: str = ""
    valid: tuple[datetime, datetime] = _VALID
    subject: str = ""
    issued_by: str = ""
    """The key of the authority that issued the certificate; without one, the key itself did."""


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "signing": _Kind(),
        "signing-next": _Kind(),
        "ec": _Kind(new=lambda: ec.generate_private_key(ec.SECP256R1())),
        "ec-384": _Kind(new=lambda: ec.generate_private_key(ec.SECP384R1())),
        "ec-521": _Kind(new=lambda: ec.generate_private_key(ec.SECP521R1())),
        "second-idp": _Kind(),
        "renewed": _Kind(key_of="signing"),
        "expired": _Kind(valid=(datetime(2010, 1, 1, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC))),
        "not-yet-valid": _Kind(valid=(datetime(2090, 1, 1, tzinfo=UTC), datetime(2095, 1, 1, tzinfo=UTC))),
        "authority": _Kind(subject="idp-sim test authority"),
        "issued": _Kind(issued_by="authority"),
        "other-subject": _Kind(subject="www.somebody-else.example"),
        "rsa-1024": _Kind(new=lambda: _rsa(1024)),
        "dsa": _Kind(new=lambda: dsa.generate_private_key(1024)),  # noqa: S505 - weak, and quickly made
        "rogue": _Kind(),
    }
)
NAMES = tuple(_KINDS)
"""All keys. RSA-2048 where the name does not say otherwise; no portal is told to trust ``rogue``."""
PUBLISHED = ("signing", "signing-next", "ec", "ec-384", "ec-521")
"""The keys that stand in the simulator's metadata. ``signing-next`` is the one to which ``signing`` rolls over."""


class UnknownKey(LookupError):
    """A name that no key of the keyring has."""


@attrs.frozen
class Entry:
    """A private key and the self-signed certificate of its public key."""

    key: PrivateKey = attrs.field(repr=False)
    certificate: x509.Certificate


class _OnFirstUse(Mapping[str, Entry]):
    """Entries that are made, or read, when they are first asked for, and then kept."""

    def __init__(self, find: Callable[[str], Entry]) -> None:
        self._find = find
        self._known: dict[str, Entry] = {}
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Entry:
        if name not in NAMES:
            raise KeyError(name)
        with self._lock:
            if name not in self._known:
                self._known[name] = self._find(name)
            return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


@attrs.frozen
class Keyring:
    """The simulator's keys by name."""

    entries: Mapping[str, Entry]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the keys of an instance folder; one that is missing is made when it is first asked for.

        Files are 0600, the folder 0700. Several processes may open the same new folder at once: all get the same keys.
        Raises FileProblem when the folder or a file in it cannot be used.
        """
        entries = _Entries(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(folder, error) from None
        for name in NAMES:
            if name == NAMES[0] or (folder / f"{name}.pem").exists():
                entries[name]
        return cls(entries)

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


class _Entries(Mapping[str, Entry]):
    """Keys that are read, or made, when they are first asked for; without a folder they live in memory only."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Entry] = {}
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Entry:
        kind = _KINDS[name]
        with self._lock:
            if name not in self._known:
                other = kind.key_of or kind.issued_by
                self._known[name] = self._find(name, kind, self[other] if other else None)
            return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_KINDS)

    def __len__(self) -> int:
        return len(_KINDS)

    def _find(self, name: str, kind: _Kind, other: Entry | None) -> Entry:
        if self._folder is None:
            return _make(name, kind, other)
        try:
            with _locked(self._folder / "keys.lock"):
                return _load_or_make(self._folder / f"{name}.pem", name, kind, other)
        except OSError as error:
            raise _unusable(self._folder, error) from None


@functools.cache
def _ephemeral() -> Mapping[str, Entry]:
    return _Entries(None)


def _unusable(folder: Path, error: OSError) -> FileProblem:
    return FileProblem(
        f"{error.filename or folder}: the simulator's keys cannot be kept here ({error.strerror}). "
        "Choose another instance folder."
    )


class _locked:  # noqa: N801 - used like a function
    """Hold an exclusive lock on a file, so that of two processes only one makes the keys."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _make(name: str, kind: _Kind, other: Entry | None) -> Entry:
    """Make a key and its certificate. ``other`` is the entry whose key it has, or that issues its certificate."""
    key = other.key if other and kind.key_of else kind.new()
    subject = _named(kind.subject or f"idp-sim test key {name}")
    issuer, issuing_key = (other.certificate.subject, other.key) if other and kind.issued_by else (subject, key)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(kind.valid[0])
        .not_valid_after(kind.valid[1])
        .sign(issuing_key, hashes.SHA256())
    )
    return Entry(key, certificate)


def _named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test only, do not trust"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _load_or_make(path: Path, name: str, kind: _Kind, other: Entry | None) -> Entry:
    if not path.exists():
        entry = _make(name, kind, other)
        _write(path, entry)
        return entry
    pem = path.read_bytes()
    try:
        # The check of an RSA key costs 50 ms, and these are our own.
        kept = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        certificate = x509.load_pem_x509_certificate(pem)
        if isinstance(kept, PrivateKey) and certificate.public_key() == kept.public_key():
            return Entry(kept, certificate)
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
