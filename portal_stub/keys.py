"""The portal's own keys: set, or made at their first use and kept beside the database."""

import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from rulebook.strict_toml import FileProblem

_VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_VALID_FOR = timedelta(days=365 * 40)


@attrs.frozen
class Keypair:
    """A private key and the certificate of its public key."""

    key: rsa.RSAPrivateKey = attrs.field(repr=False)
    certificate: x509.Certificate


class Keys:
    """The keys of one portal by name, such as ``signing``; each is read, or made, when it is first asked for.

    ``given`` holds those that are set, in PEM. The others are kept in files that begin with ``place``, mode 0600;
    without a place (a database that is no file) they live as long as the portal runs.
    """

    def __init__(self, place: Path | None = None, given: Mapping[str, str] | None = None) -> None:
        self._place = place
        self._given = given or {}
        self._known: dict[str, Keypair] = {}
        self._lock = threading.Lock()

    def pair(self, name: str) -> Keypair:
        """Return the key with this name. Raises FileProblem when it is set, or kept, as something else than a key."""
        with self._lock:
            if name not in self._known:
                self._known[name] = self._find(name)
            return self._known[name]

    @property
    def signing(self) -> Keypair:
        """The key with which the portal signs what it sends."""
        return self.pair("signing")

    @property
    def encryption(self) -> Keypair:
        """The key for which others encrypt what they send to the portal."""
        return self.pair("encryption")

    def _find(self, name: str) -> Keypair:
        given = self._given.get(name, "")
        if given.strip():
            return _read(given.encode("utf-8", "replace"), f"'saml.{name}_key'")
        if self._place is None:
            return _make(name)
        path = self._place.with_name(f"{self._place.name}-{name}-key.pem")
        try:
            if not path.exists():
                _keep(path, _make(name))
            return _read(path.read_bytes(), str(path))
        except OSError as error:
            raise FileProblem(f"{path}: the portal's key cannot be kept here ({error.strerror}).") from None


def _make(name: str) -> Keypair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"portal-stub {name}")])
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
    return Keypair(key, certificate)


def _read(pem: bytes, where: str) -> Keypair:
    try:
        # What is checked here at the cost of many logins is only whether somebody spoilt the portal's own key.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        certificate = x509.load_pem_x509_certificate(pem)
        if isinstance(key, rsa.RSAPrivateKey) and certificate.public_key() == key.public_key():
            return Keypair(key, certificate)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass
    raise FileProblem(
        f"{where}: expected an RSA private key and its certificate, both in PEM. Take it away, and a new key is made; "
        "the identity provider must then be told its certificate."
    )


def _keep(path: Path, pair: Keypair) -> None:
    """Write the key where there is none yet; of several processes that do so at once, the first one's stays."""
    pem = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem += pair.certificate.public_bytes(Encoding.PEM)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
