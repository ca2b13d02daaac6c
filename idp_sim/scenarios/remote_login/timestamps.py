"""The time of a remote login: missing, outside the window, not a number of seconds.

The hash is made over what is sent.
"""

from idp_sim.catalogue import breaks
from idp_sim.login import RemoteLogin
from idp_sim.scenarios.remote_login.clock import known_to, stamped


@breaks("remote-login.timestamp.present")
def missing(login: RemoteLogin) -> RemoteLogin:
    """The link has no timestamp."""
    return stamped(login, "").but(timestamp=None)


@breaks("remote-login.timestamp.present", variants={"empty": "", "blanks": "  "})
def blank(login: RemoteLogin, value: str) -> RemoteLogin:
    """The timestamp is blank: {variant}."""
    return stamped(login, value)


TEN_SECONDS = 10
LATER_ERA = {"simple.max_age_seconds": 30}


@breaks("remote-login.timestamp.not-too-old")
def too_old(login: RemoteLogin) -> RemoteLogin:
    """The login is ten seconds older than the portal allows."""
    return stamped(login, -(known_to(login).max_age_seconds + TEN_SECONDS))


@breaks("remote-login.timestamp.not-too-old", given=LATER_ERA)
def too_old_later_era(login: RemoteLogin) -> RemoteLogin:
    """The portal allows 30 seconds, as in the later era, and the login is ten seconds older."""
    return too_old(login)


@breaks("remote-login.timestamp.not-too-old")
def zero(login: RemoteLogin) -> RemoteLogin:
    """The timestamp is 0, the first second of 1970."""
    return stamped(login, "0")


@breaks("remote-login.timestamp.not-in-future")
def in_the_future(login: RemoteLogin) -> RemoteLogin:
    """The remote login page's clock is ten seconds further ahead than the portal allows."""
    return stamped(login, known_to(login).max_future_seconds + TEN_SECONDS)


@breaks("remote-login.timestamp.not-in-future")
def local_time(login: RemoteLogin) -> RemoteLogin:
    """The timestamp is made from local time two hours east of Greenwich, as if it were UTC."""
    return stamped(login, 2 * 60 * 60)


@breaks("remote-login.timestamp.not-in-future", variants={"40-digits": 40, "5000-digits": 5000})
def huge(login: RemoteLogin, digits: int) -> RemoteLogin:
    """The timestamp has far more digits than any moment: {variant}."""
    return stamped(login, "9" * digits)


@breaks("remote-login.timestamp.not-in-future")
def milliseconds(login: RemoteLogin) -> RemoteLogin:
    """The timestamp counts milliseconds instead of seconds."""
    return stamped(login, f"{login.at.timestamp():.0f}000")


WRITTEN = {
    "words": "yesterday",
    "decimal-comma": "{seconds},5",
    "exponent": "1e9",
    "plus-sign": "+{seconds}",
    "minus-sign": "-{seconds}",
    "hexadecimal": "0x5f000000",
    "thousands": "1,400,000,000",
    "nul-at-end": "{seconds}\0",
    "other-digits": "{other_digits}",
    "blank-inside": "{seconds} ",
    "iso": "{iso}",
}
_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@breaks("remote-login.timestamp.format", variants=WRITTEN)
def not_seconds(login: RemoteLogin, pattern: str) -> RemoteLogin:
    """The timestamp is not written as a number of seconds in ASCII digits: {variant}."""
    seconds = str(int(login.at.timestamp()))
    iso = f"{login.at:%Y-%m-%dT%H:%M:%SZ}"
    return stamped(login, pattern.format(seconds=seconds, iso=iso, other_digits=seconds.translate(_ARABIC_INDIC)))
