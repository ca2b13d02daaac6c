"""The query of the link: its bytes, and parameters that come twice."""

import attrs

from idp_sim.catalogue import breaks
from idp_sim.remote_login.formulas import hash_of
from idp_sim.stages import Link


@breaks("remote-login.query.utf-8")
def latin_1(link: Link) -> Link:
    """The name is encoded as Latin-1 instead of UTF-8, and so it was hashed."""
    login = link.login
    name, email, timestamp = "Zoë Müller".encode("latin-1"), (login.email or "").encode(), login.timestamp or ""
    hashed = hash_of(login.profile, login.secret, name, email, timestamp.encode())
    new = {"name": name, "hash": hashed.encode()}
    changed = tuple((parameter, new.get(parameter, value)) for parameter, value in link.parameters)
    return attrs.evolve(link, parameters=changed)


REPEATED = {
    f"{parameter}-forged-{place}": (parameter, place == "first")
    for parameter in ("name", "email", "timestamp", "hash")
    for place in ("first", "last")
}


@breaks("remote-login.query.once", variants=REPEATED)
def repeated(link: Link, which: tuple[str, bool]) -> Link:
    """A parameter comes twice, as it was hashed and forged: {variant}."""
    parameter, first = which
    forged = link.login.forged
    now = str(int(link.login.at.timestamp()) - 1)
    others = {"name": forged.name, "email": forged.email, "timestamp": now, "hash": "0" * 32}
    pair = (parameter, others[parameter].encode())
    parameters = (pair, *link.parameters) if first else (*link.parameters, pair)
    return attrs.evolve(link, parameters=parameters)


NAMES_LOST = {"amp-entity": b"amp;timestamp", "blank-in-front": b" timestamp", "upper-case": b"Timestamp"}


@breaks("remote-login.timestamp.present", variants=NAMES_LOST)
def timestamp_misnamed(link: Link, name: bytes) -> Link:
    """The timestamp comes under another name, as when a link is escaped for a page and then sent: {variant}."""
    changed = tuple((name.decode() if old == "timestamp" else old, value) for old, value in link.parameters)
    return attrs.evolve(link, parameters=changed)


@breaks("remote-login.timestamp.present")
def times_entity(link: Link) -> Link:
    """A page turned ``&times`` of ``&timestamp`` into a multiplication sign: all of it ends the phone number."""
    stamp = (link.login.timestamp or "").encode()
    rest = tuple(pair for pair in link.parameters if pair[0] != "timestamp")
    phone = link.login.person.phone.encode() + "\N{MULTIPLICATION SIGN}tamp=".encode() + stamp
    return attrs.evolve(link, parameters=(*rest, ("phone", phone)))
