"""Portals that refuse links that are sound: what they are used to is all that they accept. Sound links find them."""

import re

from portal_stub.remote_login.link import Received
from portal_stub.weakness import naive

_LONG = 10
"""Seconds."""


@naive("link-habit", tightens={"remote-login.query.link"})
def knows_one_order(link: Received, _: bytes) -> bool:
    """Wants name, email, timestamp and hash in this order, and nothing else."""
    return [name for name, _ in link.pairs] != [b"name", b"email", b"timestamp", b"hash"]


@naive("link-habit", tightens={"remote-login.query.utf-8"})
def knows_blanks_as_plus(_: Received, query: bytes) -> bool:
    """Undoes a plus sign in the query, and takes %20 for three letters."""
    return b"%20" in query


@naive("link-habit", tightens={"remote-login.name.printable"})
def knows_two_plain_names(link: Received, _: bytes) -> bool:
    """Takes a first and a last name of plain letters."""
    return not re.fullmatch(r"[A-Za-z]+ [A-Za-z]+", link.text("name"))


@naive("link-habit", tightens={"remote-login.email.address"})
def knows_plain_addresses(link: Received, _: bytes) -> bool:
    """Takes no address with a plus sign in it."""
    return "+" in link.text("email")


@naive("link-habit", tightens={"remote-login.timestamp.format"})
def knows_whole_timestamps(link: Received, _: bytes) -> bool:
    """Takes no timestamp with a fraction of a second."""
    return "." in link.text("timestamp")


@naive("link-habit", tightens={"remote-login.timestamp.not-too-old"})
def wants_fresh_links(link: Received, _: bytes) -> bool:
    """Wants every link to be made just now and none to be of the future, whatever the settings say."""
    sent = re.fullmatch(r"([0-9]{1,12})(\.[0-9]*)?", link.text("timestamp"))
    return sent is not None and not 0 <= link.now.timestamp() - int(sent[1]) <= _LONG


@naive("link-habit", tightens={"remote-login.hash.matches"})
def knows_one_formula(link: Received, _: bytes) -> bool:
    """Knows the formula of one era, whatever is set."""
    return link.settings.simple.profile != "hmac-md5"
