"""The three formulas of the hash (portal-contract R4)."""

import hashlib
import hmac

from idp_sim.config import Profile


def hash_of(profile: Profile, secret: str, name: bytes, email: bytes, timestamp: bytes) -> str:
    """Return the hash in 32 lower-case hex digits over the decoded values, without separators.

    The key is the text of the secret, never hex-decoded. The ``md5`` profile has no timestamp.
    """
    key = secret.encode()
    match profile:
        case "md5":
            return hashlib.md5(name + email + key, usedforsecurity=False).hexdigest()
        case "hmac-md5":
            message = name + email + timestamp
        case "hmac-md5-salted":
            message = name + key + email + timestamp
    return hmac.new(key, message, "md5").hexdigest()
