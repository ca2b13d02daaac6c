"""The portal's own keys: made once, kept for itself, or set."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from portal_stub.keys import Keypair, Keys
from rulebook.strict_toml import FileProblem
from tests.portal_core.responses import certificate


def kept_in(folder: Path) -> Path:
    return folder / "portal.sqlite-signing-key.pem"


def belongs(pair: Keypair) -> bool:
    signature = pair.key.sign(b"x", padding.PKCS1v15(), SHA256())
    public = pair.certificate.public_key()
    public.verify(signature, b"x", padding.PKCS1v15(), SHA256())  # type: ignore[union-attr, call-arg, arg-type]
    return True


def test_a_key_is_made_at_its_first_use_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "portal.sqlite")
    assert not list(tmp_path.iterdir())
    made = keys.signing
    assert belongs(made)
    assert keys.signing is made
    assert list(tmp_path.iterdir()) == [kept_in(tmp_path)]
    assert kept_in(tmp_path).stat().st_mode & 0o777 == 0o600
    assert Keys(tmp_path / "portal.sqlite").signing.certificate == made.certificate


def test_each_name_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "portal.sqlite")
    assert keys.pair("another").certificate != keys.signing.certificate


def test_of_many_first_uses_all_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = pool.map(lambda _: Keys(tmp_path / "portal.sqlite").signing.certificate, range(4))
    assert len(set(made)) == 1
    assert list(tmp_path.iterdir()) == [kept_in(tmp_path)]


def test_without_a_place_a_key_lives_as_long_as_the_portal() -> None:
    keys = Keys()
    assert keys.signing is keys.signing


def test_a_key_that_is_set_is_used_and_nothing_is_kept(tmp_path: Path) -> None:
    Keys(tmp_path / "a").signing  # noqa: B018 - the key is made here
    pem = (tmp_path / "a-signing-key.pem").read_text()
    found = Keys(tmp_path / "b", {"signing": pem}).signing
    assert belongs(found)
    assert found.certificate == Keys(tmp_path / "a").signing.certificate
    assert not (tmp_path / "b-signing-key.pem").exists()


def test_what_is_no_key_is_told_with_its_place(tmp_path: Path) -> None:
    kept_in(tmp_path).write_text("spoilt")
    with pytest.raises(FileProblem, match=r"signing-key\.pem: expected an RSA private key and its certificate"):
        Keys(tmp_path / "portal.sqlite").signing  # noqa: B018 - reading is the test
    with pytest.raises(FileProblem, match=r"'saml\.signing_key': expected"):
        Keys(None, {"signing": "spoilt"}).signing  # noqa: B018 - reading is the test


def test_a_certificate_of_another_key_is_told(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    Keys(tmp_path / "portal.sqlite").signing  # noqa: B018 - the key is made here
    key = kept_in(tmp_path).read_text().partition("-----BEGIN CERTIFICATE")[0]
    foreign = certificate("trusted").public_bytes(Encoding.PEM).decode()
    with pytest.raises(FileProblem, match="expected an RSA private key and its certificate"):
        Keys(None, {"signing": key + foreign}).signing  # noqa: B018 - reading is the test


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be kept here"):
        Keys(tmp_path / "missing" / "portal.sqlite").signing  # noqa: B018 - making is the test
