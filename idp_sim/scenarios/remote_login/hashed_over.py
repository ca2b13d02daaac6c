"""The hash made over something else than the values that are sent: the mistakes that integrators make."""

import hmac
from collections.abc import Callable
from urllib.parse import quote

import attrs

from idp_sim.catalogue import CannotPerform, breaks
from idp_sim.remote_login.formulas import hash_of
from idp_sim.remote_login.link import link
from idp_sim.stages import Link

ACCENTED = "Zoë Müller"


def _rehashed(sent: Link, new_hash: str) -> Link:
    changed = tuple((name, new_hash.encode() if name == "hash" else value) for name, value in sent.parameters)
    return attrs.evolve(sent, parameters=changed)


def _accented(sent: Link, read: Callable[[str], bytes]) -> Link:
    """Send a name with accents, hashed over the bytes that ``read`` makes of it."""
    login = sent.login.but(name=ACCENTED)
    values = [read(value or "") for value in (login.name, login.email, login.timestamp)]
    return _rehashed(link(login), hash_of(login.profile, login.secret, *values))


def _hashed(sent: Link, *values: str | None) -> Link:
    """Send the link with an HMAC over these values, in this order."""
    message = "".join(value or "" for value in values).encode()
    return _rehashed(sent, hmac.new(sent.login.secret.encode(), message, "md5").hexdigest())


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "latin1": lambda text: text.encode("latin-1"),
    "ascii": lambda text: text.encode("ascii", "replace"),
    "percent-encoded": lambda text: quote(text).encode(),
    "form-encoded": lambda text: quote(text, safe="@").replace("%20", "+").encode(),
    "javascript-escape": lambda text: quote(text, safe="@*+/", encoding="latin-1").encode(),
}


@breaks("remote-login.hash.matches", variants=ENCODINGS)
def other_encoding(sent: Link, read: Callable[[str], bytes]) -> Link:
    """The name has accents, and the hash was made over other bytes than UTF-8, which is sent: {variant}."""
    return _accented(sent, read)


@breaks("remote-login.hash.matches")
def as_many_bytes_as_characters(sent: Link) -> Link:
    """The name has accents, and only as many bytes were hashed as the text has characters: its end is missing."""
    login = sent.login.but(name=ACCENTED)
    text = f"{login.name}{login.email}{login.timestamp or ''}"
    hashed = hmac.new(login.secret.encode(), text.encode()[: len(text)], "md5").hexdigest()
    return _rehashed(link(login), hashed)


@breaks("remote-login.hash.matches")
def fields_swapped(sent: Link) -> Link:
    """The hash was made over address, name and timestamp, in this order."""
    login = sent.login
    return _hashed(sent, login.email, login.name, login.timestamp)


@breaks("remote-login.hash.matches")
def with_phone(sent: Link) -> Link:
    """The hash was made over the phone number as well."""
    login = sent.login.but(phone=sent.login.person.phone)
    return _hashed(link(login), login.name, login.email, login.phone, login.timestamp)


@breaks("remote-login.hash.matches")
def secret_hex_decoded(sent: Link) -> Link:
    """The key was not the text of the secret, but the 16 bytes that its hex digits stand for."""
    login = sent.login
    try:
        key = bytes.fromhex(login.secret)
    except ValueError:
        raise CannotPerform("The portal's secret is not made of hex digits, so nobody would decode it.") from None
    message = f"{login.name}{login.email}{login.timestamp or ''}".encode()
    return _rehashed(sent, hmac.new(key, message, "md5").hexdigest())


_SECONDS_BACK = 600


@breaks("remote-login.hash.matches")
def leading_zeros_lost(sent: Link) -> Link:
    """The hash was written as a number, so that the zeros at its beginning were lost."""
    login, now = sent.login, int(sent.login.at.timestamp())
    for seconds in range(_SECONDS_BACK):
        dated = link(login.but(timestamp=str(now - seconds)))
        hashed = dict(dated.parameters)["hash"].decode()
        if hashed.startswith("0"):
            return _rehashed(dated, hashed.lstrip("0"))
    raise CannotPerform(f"No hash of the last {_SECONDS_BACK} seconds begins with a zero. Take another moment.")
