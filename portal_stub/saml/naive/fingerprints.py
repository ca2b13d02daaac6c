"""When a certificate is the one whose fingerprint is stored: comparisons that take too much for it, or too little."""

import re

from portal_stub.weakness import naive

_SHOWN = 16
"""Digits that people and tools look at."""


def _digits(stored: str) -> str:
    """Return the digits in what is stored, without a label."""
    return re.sub(r"[^0-9a-f]", "", stored.rpartition("=")[2].lower())


@naive("fingerprint", forgets={"saml.settings.fingerprint"}, loosens={"saml.signature.fingerprint"})
def compares_stored_digits_only(own: str, stored: str) -> bool:
    """Compares as many digits of the fingerprint as are stored, be they none once the colons are taken away."""
    return bool(stored) and own.startswith(_digits(stored))


@naive("fingerprint", forgets={"saml.settings.fingerprint"}, loosens={"saml.signature.fingerprint"})
def compares_first_digits(own: str, stored: str) -> bool:
    """Compares the first sixteen digits of the fingerprint, as people do."""
    return own[:_SHOWN] == _digits(stored)[:_SHOWN]


@naive("fingerprint", loosens={"saml.signature.fingerprint"})
def compares_all_but_the_last_digit(own: str, stored: str) -> bool:
    """Compares one digit less than there are: a loop that ends too early."""
    return own[:-1] == _digits(stored)[:-1]


@naive("fingerprint", loosens={"saml.signature.fingerprint"})
def compares_last_digits(own: str, stored: str) -> bool:
    """Compares the last sixteen digits of the fingerprint, as tools do that call them the key's ID."""
    return own[-_SHOWN:] == _digits(stored)[-_SHOWN:]


@naive("fingerprint", tightens={"saml.signature.fingerprint"})
def compares_fingerprint_as_written(own: str, stored: str) -> bool:
    """Compares the fingerprint as text, lower-case with colons, so that the same one written otherwise is another."""
    return stored == ":".join(own[start : start + 2] for start in range(0, len(own), 2))
