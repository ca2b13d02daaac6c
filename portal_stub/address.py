"""What is an email address (portal-contract R7, S12)."""

import functools
import unicodedata

from email_validator import EmailNotValidError, validate_email

_LONGEST_KEPT = 320


def address_problem(text: str) -> str:
    """Return why ``text`` is not an email address, or the empty string when it is one. Nothing is looked up."""
    return _problem(text) if len(text) <= _LONGEST_KEPT else _problem.__wrapped__(text)


@functools.lru_cache(maxsize=1024)  # the same people come again and again
def _problem(text: str) -> str:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return ""


_ALIKE = str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456", "aeopcyxi")
"""Cyrillic letters that are drawn as Latin ones are."""


def folded(address: str) -> str:
    """Return what ``address`` looks like to the eye: without blanks around it, invisible signs, width and case."""
    if address.isascii():
        return address.strip().casefold()
    visible = "".join(sign for sign in unicodedata.normalize("NFKC", address) if unicodedata.category(sign) != "Cf")
    return visible.strip().casefold().translate(_ALIKE)


def mailbox(address: str) -> str:
    """Return the part before the ``@``: the name of a person of whom no name is known (portal-contract S13)."""
    return address.partition("@")[0].strip() or address


def shown(text: str, limit: int = 120) -> str:
    """Return ``text`` in quotes, with control characters escaped and at most ``limit`` characters long."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut) + "'"
