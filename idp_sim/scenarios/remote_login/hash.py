"""The hash of a remote login: missing, wrong, or made with something else than agreed."""

import attrs

from idp_sim.catalogue import CannotPerform, breaks
from idp_sim.config import Profile
from idp_sim.login import RemoteLogin
from idp_sim.stages import Link


def _with_hash(link: Link, new_hash: str) -> Link:
    return _with(link, "hash", new_hash.encode())


def _with(link: Link, parameter: str, value: bytes) -> Link:
    changed = tuple((name, value if name == parameter else old) for name, old in link.parameters)
    return attrs.evolve(link, parameters=changed)


def _hash(link: Link) -> str:
    return dict(link.parameters)["hash"].decode()


@breaks("remote-login.hash.present", variants={"empty": "", "blanks": "  "})
def blank(link: Link, value: str) -> Link:
    """The hash is blank: {variant}."""
    return _with_hash(link, value)


@breaks("remote-login.hash.present")
def missing(link: Link) -> Link:
    """The link has no hash."""
    return attrs.evolve(link, parameters=tuple(pair for pair in link.parameters if pair[0] != "hash"))


@breaks("remote-login.hash.matches")
def wrong(link: Link) -> Link:
    """One hex digit of the hash is another."""
    sound = _hash(link)
    return _with_hash(link, ("1" if sound[0] == "0" else "0") + sound[1:])


@breaks("remote-login.hash.matches")
def upper_case(link: Link) -> Link:
    """The hash is written in upper case."""
    if _hash(link).isdigit():
        raise CannotPerform("The hash has no letters this time, so its upper case is the same. Take another moment.")
    return _with_hash(link, _hash(link).upper())


@breaks("remote-login.hash.matches", variants={"one-digit-short": 31, "half": 16, "one-digit": 1})
def truncated(link: Link, length: int) -> Link:
    """Only the beginning of the hash is sent: {variant}."""
    return _with_hash(link, _hash(link)[:length])


@breaks("remote-login.hash.matches")
def too_long(link: Link) -> Link:
    """The hash is followed by one more digit."""
    return _with_hash(link, _hash(link) + "0")


@breaks("remote-login.hash.matches")
def not_hex(link: Link) -> Link:
    """The last digit of the hash is a letter that is no hex digit."""
    return _with_hash(link, _hash(link)[:-1] + "g")


@breaks("remote-login.hash.matches")
def not_ascii(link: Link) -> Link:
    """The hash holds letters that are not ASCII, over which a careless comparison stumbles."""
    return _with_hash(link, "é" * 32)


@breaks("remote-login.hash.matches")
def other_secret(login: RemoteLogin) -> RemoteLogin:
    """The hash is made with the secret of another portal."""
    return login.but(secret=login.secret[::-1] + "0")


@breaks("remote-login.hash.matches", variants={"md5": "md5", "hmac-md5-salted": "hmac-md5-salted"})
def other_formula(login: RemoteLogin, profile: Profile) -> RemoteLogin:
    """The hash is made by the formula of another profile than the portal's: {variant}."""
    if login.profile == profile:
        raise CannotPerform(f"The portal is set to the profile {profile}, so this login would be sound.")
    # The timestamp is sent all the same, so that nothing but the hash is wrong.
    return login.but(profile=profile, timestamp=login.timestamp)


@breaks("remote-login.hash.matches", given={"simple.profile": "hmac-md5-salted"})
def formula_without_salt(login: RemoteLogin) -> RemoteLogin:
    """The portal is set to the latest profile, and the hash is made by the documented formula that came before it."""
    return login.but(profile="hmac-md5")


@breaks("remote-login.hash.matches", variants={"newline": "\n", "blank": " ", "windows-newline": "\r\n"})
def secret_with_tail(login: RemoteLogin, tail: str) -> RemoteLogin:
    """The secret was read from a file together with what stands at its end: {variant}."""
    return login.but(secret=login.secret + tail)


@breaks("remote-login.hash.matches")
def name_altered(link: Link) -> Link:
    """The name was changed to the forged one after hashing."""
    return _with(link, "name", link.login.forged.name.encode())


@breaks("remote-login.hash.matches")
def email_altered(link: Link) -> Link:
    """The address was changed to the forged one after hashing."""
    return _with(link, "email", link.login.forged.email.encode())


@breaks("remote-login.hash.matches")
def timestamp_altered(link: Link) -> Link:
    """The timestamp was changed after hashing, to another moment inside the window."""
    if link.login.timestamp is None:
        raise CannotPerform("In the profile md5 the timestamp is not part of the hash, so nothing would be broken.")
    return _with(link, "timestamp", str(int(link.login.at.timestamp()) - 60).encode())


@breaks("remote-login.hash.matches", given={"simple.profile": "hmac-md5-salted"})
def border_moved(link: Link) -> Link:
    """The first letter of the address was moved to the end of the name after hashing, across the secret."""
    name, email = link.login.name or "", link.login.email or ""
    return _with(_with(link, "name", (name + email[0]).encode()), "email", email[1:].encode())


@breaks("remote-login.hash.matches", outcome="advisory")
def border_moved_without_salt(login: RemoteLogin) -> RemoteLogin:
    """The first letter of the address was moved to the end of the name, and the documented formula gives the same hash.

    No portal on the older formulas can tell: the hash is right for the address that now stands there. It is why the
    formula was changed in 2016.
    """
    email = login.person.email
    return login.but(name=login.person.name + email[0], email=email[1:])
