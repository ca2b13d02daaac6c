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
    for parameter in ("name", "email", "hash")
    for place in ("first", "last")
}


@breaks("remote-login.query.once", variants=REPEATED)
def repeated(link: Link, which: tuple[str, bool]) -> Link:
    """A parameter comes twice, as it was hashed and forged: {variant}."""
    parameter, first = which
    forged = link.login.forged
    pair = (parameter, {"name": forged.name, "email": forged.email, "hash": "0" * 32}[parameter].encode())
    parameters = (pair, *link.parameters) if first else (*link.parameters, pair)
    return attrs.evolve(link, parameters=parameters)
