import os
import stat
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp_sim.keyring import NAMES, Keyring, UnknownKey
from rulebook.strict_toml import FileProblem
from tests.idp_core.logins import post, saml_login


def fingerprints(keyring: Keyring) -> list[str]:
    return [keyring.certificate(name).fingerprint(hashes.SHA256()).hex() for name in NAMES]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "instance"
    old = os.umask(0)
    try:
        first = Keyring.open(folder)
    finally:
        os.umask(old)
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert fingerprints(Keyring.open(folder)) == fingerprints(first)


def test_keys_are_of_the_promised_kinds_and_say_that_they_are_for_tests() -> None:
    keyring = Keyring.ephemeral()
    signing, rogue, curve = keyring.key("signing"), keyring.key("rogue"), keyring.key("ec")
    assert isinstance(signing, rsa.RSAPrivateKey)
    assert isinstance(rogue, rsa.RSAPrivateKey)
    assert isinstance(curve, ec.EllipticCurvePrivateKey)
    assert (signing.key_size, rogue.key_size, curve.curve.name) == (2048, 2048, "secp256r1")
    sizes = {name: keyring.key(name).key_size for name in NAMES}
    assert sizes == dict.fromkeys(NAMES, 2048) | {
        "ec": 256, "ec-384": 384, "ec-521": 521, "rsa-1024": 1024, "dsa": 1024
    }  # fmt: skip
    for name in NAMES:
        certificate = keyring.certificate(name)
        assert "test" in certificate.subject.rfc4514_string().lower()
        assert certificate.public_key() == keyring.key(name).public_key()
    assert len(set(fingerprints(keyring))) == len(NAMES)


def test_the_certificates_are_as_odd_as_their_names_say() -> None:
    keyring = Keyring.ephemeral()
    years = {
        name: (found.not_valid_before_utc.year, found.not_valid_after_utc.year)
        for name in NAMES
        if (found := keyring.certificate(name))
    }
    assert {name: years.pop(name) for name in ("expired", "not-yet-valid")} == {
        "expired": (2010, 2012), "not-yet-valid": (2090, 2095)
    }  # fmt: skip
    assert set(years.values()) == {(2020, 2060)}
    issued = [name for name in NAMES if not is_self_signed(keyring, name)]
    assert issued == ["issued"]
    keyring.certificate("issued").verify_directly_issued_by(keyring.certificate("authority"))
    assert keyring.key("renewed") is keyring.key("signing")
    assert "somebody-else" in keyring.certificate("other-subject").subject.rfc4514_string()


def is_self_signed(keyring: Keyring, name: str) -> bool:
    certificate = keyring.certificate(name)
    return certificate.issuer == certificate.subject


def test_a_key_is_made_when_it_is_first_asked_for(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path)
    assert not (tmp_path / "ec.pem").exists()
    assert keyring.certificate("ec") == Keyring.open(tmp_path).certificate("ec")


def test_two_processes_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from idp_sim.keyring import *;"
        "from cryptography.hazmat.primitives import hashes;"
        "k = Keyring.open(Path(sys.argv[1]));"
        "print([k.certificate(n).fingerprint(hashes.SHA256()).hex() for n in NAMES])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "instance")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(printed)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_spoilt_key_file_is_one_plain_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "signing.pem").write_bytes(content)
    with pytest.raises(FileProblem, match=r"signing\.pem: expected a private key and its certificate"):
        Keyring.open(tmp_path)


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    Keyring.open(tmp_path).key("rogue")
    signing, rogue = (tmp_path / f"{name}.pem" for name in ("signing", "rogue"))
    key, border, _ = signing.read_text().partition("-----BEGIN CERTIFICATE-----")
    signing.write_text(key + border + rogue.read_text().partition(border)[2])
    with pytest.raises(FileProblem, match=r"signing\.pem"):
        Keyring.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="Choose another instance folder"):
        Keyring.open(tmp_path / "file" / "instance")


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UnknownKey, match="Did you mean 'signing'"):
        Keyring.ephemeral().key("sining")


def test_the_pem_is_parsed_once(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path)
    with patch("signxml.signer.load_pem_private_key", side_effect=AssertionError("a PEM was parsed")):
        post(saml_login(base="both"))
    assert keyring.key("signing") is keyring.key("signing")


def test_every_file_that_is_there_is_looked_at_when_the_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "ec-521.pem").write_bytes(b"nonsense")
    with pytest.raises(FileProblem, match=r"ec-521\.pem: expected a private key"):
        Keyring.open(tmp_path)
