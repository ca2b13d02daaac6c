"""The three formulas of the hash (portal-contract R4). Values are bytes, after percent-decoding."""

import hashlib
import hmac

from portal_stub.config import Profile

FORMULAS: dict[Profile, str] = {
    "md5": "MD5(name + email + secret)",
    "hmac-md5": "HMAC-MD5(secret, name + email + timestamp)",
    "hmac-md5-salted": "HMAC-MD5(secret, name + secret + email + timestamp)",
}


def login_hash(profile: Profile, secret: bytes, name: bytes, email: bytes, timestamp: bytes) -> bytes:
    """Return the hash that authenticates a login: 32 lower-case hex digits, in ASCII."""
    match profile:
        case "md5":
            digits = hashlib.md5(name + email + secret).hexdigest()  # noqa: S324 - the protocol's own formula
        case "hmac-md5":
            digits = hmac.new(secret, name + email + timestamp, "md5").hexdigest()
        case "hmac-md5-salted":
            digits = hmac.new(secret, name + secret + email + timestamp, "md5").hexdigest()
    return digits.encode("ascii")
