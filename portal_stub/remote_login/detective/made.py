"""How a site makes the hash of a remote login, and a mistake as another way to make it."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import attrs

from portal_stub.config import Profile

Means = Literal["hash", "hmac", "swapped"]
"""A plain hash; an HMAC by the secret; an HMAC with what is hashed as the key of the secret."""


class Made(NamedTuple):
    """How the hash is made: what is hashed, with which secret, by which digest, and how it is written down.

    The values are bytes, as they are hashed. ``parts`` are their names in the order in which they follow each other;
    ``length`` is how many bytes of them all are taken, where a site counts wrong. (A tuple, because thousands are made
    for one link.)
    """

    parts: tuple[str, ...]
    means: Means
    name: bytes
    email: bytes
    timestamp: bytes
    phone: bytes
    company: bytes
    secret: bytes
    host: str
    digest: str = "md5"
    length: int | None = None
    write: Callable[[bytes], bytes] = lambda digest: digest.hex().encode()

    @property
    def message(self) -> bytes:
        """What is hashed."""
        return b"".join([getattr(self, part) for part in self.parts])[: self.length]

    @property
    def hash(self) -> bytes:
        """The hash as it stands in the link."""
        match self.means:
            case "hash":
                return self.write(hashlib.new(self.digest, self.message).digest())
            case "hmac":
                return self.write(hmac.digest(self.secret, self.message, self.digest))
            case "swapped":
                return self.write(hmac.digest(self.message, self.secret, self.digest))

    @property
    def formula(self) -> str:
        """What is hashed, in the words of the formulas that the portal shows."""
        parts = " + ".join(self.parts)
        if self.means == "hash":
            return f"MD5({parts})"
        return f"HMAC-MD5(secret, {parts})" if self.means == "hmac" else f"HMAC-MD5({parts}, secret)"


PROFILES: dict[Profile, tuple[Means, tuple[str, ...]]] = {
    "md5": ("hash", ("name", "email", "secret")),
    "hmac-md5": ("hmac", ("name", "email", "timestamp")),
    "hmac-md5-salted": ("hmac", ("name", "secret", "email", "timestamp")),
}
"""The right way to make it, profile by profile."""

Ways = Callable[[Made], Iterable[tuple[str, Made]]]
"""What a site makes that has the mistake, given how it is made without it: each with what is told of it for ``{}``."""


@attrs.frozen(kw_only=True)
class Mistake:
    """A mistake by name: its sentence, with ``{}`` for what was found, its mend, with ``{}`` for the portal's formula.

    ``ways`` are what it may look like, the likeliest first. Of those, ``together`` are tried along with another
    mistake.
    """

    code: str
    sentence: str
    mend: str
    ways: Ways
    together: int = 4
