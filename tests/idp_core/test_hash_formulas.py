"""The hash of a remote login against the published and computed vectors (portal-contract R4)."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_sim.config import PROFILES, Profile
from idp_sim.remote_login.formulas import hash_of
from tests.idp_core.logins import NOW, link, remote_login

SECRET = "0123456789abcdef0123456789abcdef"
COMPUTED = [
    ("Jane Doe", "jane@example.com", "md5", "485b40eaa28a2d437d8f43d077bbb09a"),
    ("Jane Doe", "jane@example.com", "hmac-md5", "abdc164d0a0b5e7968b2c1c52876c07a"),
    ("Jane Doe", "jane@example.com", "hmac-md5-salted", "59c96abd7d52b7966e885640df5c3252"),
    ("Zoë Müller", "zoe+test@example.com", "md5", "ea108a79e4cf112f6d4e5b696780e4fc"),
    ("Zoë Müller", "zoe+test@example.com", "hmac-md5", "9341a57c995ba0a00ecfdc7168e5a2d3"),
    ("Zoë Müller", "zoe+test@example.com", "hmac-md5-salted", "a24fb43b49e8908734139384a78cefdf"),
]


@pytest.mark.parametrize(("name", "email", "profile", "expected"), COMPUTED)
def test_computed_vectors(name: str, email: str, profile: Profile, expected: str) -> None:
    assert hash_of(profile, SECRET, name.encode(), email.encode(), b"1400000000") == expected


def test_published_vector() -> None:
    hashed = hash_of("hmac-md5-salted", "123", b"Joe Bloggs", b"joe@joe.org", b"1602324610")
    assert hashed == "3d4b54ff08b74733437e757fa6fb44fa"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(PROFILES))
def test_a_link_carries_any_name_unharmed(name: str, profile: Profile) -> None:
    sent = link(remote_login(name=name, profile=profile))
    assert urlsplit(sent.url)._replace(query="").geturl() == "http://portal.localhost:5002/login/sso"
    values = dict(parse_qsl(urlsplit(sent.url).query, keep_blank_values=True, strict_parsing=True))
    assert values["name"] == name
    assert values.get("timestamp") == (None if profile == "md5" else str(int(NOW.timestamp())))
    hashed = hash_of(profile, SECRET, name.encode(), values["email"].encode(), values.get("timestamp", "").encode())
    assert values["hash"] == hashed
    assert SECRET not in repr(sent)
