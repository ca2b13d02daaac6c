"""The time of a remote login: missing, outside the window, not a number of seconds.

The hash is made over what is sent.
"""

from idp_sim.catalogue import breaks
from idp_sim.login import RemoteLogin
from idp_sim.scenarios.remote_login.clock import stamped


@breaks("remote-login.timestamp.present")
def missing(login: RemoteLogin) -> RemoteLogin:
    """The link has no timestamp."""
    return stamped(login, "").but(timestamp=None)


@breaks("remote-login.timestamp.present", variants={"empty": "", "blanks": "  "})
def blank(login: RemoteLogin, value: str) -> RemoteLogin:
    """The timestamp is blank: {variant}."""
    return stamped(login, value)


@breaks("remote-login.timestamp.not-too-old")
def too_old(login: RemoteLogin) -> RemoteLogin:
    """The login is 30 minutes and 10 seconds old."""
    return stamped(login, -(30 * 60 + 10))


@breaks("remote-login.timestamp.not-too-old")
def zero(login: RemoteLogin) -> RemoteLogin:
    """The timestamp is 0, the first second of 1970."""
    return stamped(login, "0")


@breaks("remote-login.timestamp.not-in-future")
def in_the_future(login: RemoteLogin) -> RemoteLogin:
    """The remote login page's clock is 40 seconds ahead of the portal's."""
    return stamped(login, 40)


@breaks("remote-login.timestamp.not-in-future")
def local_time(login: RemoteLogin) -> RemoteLogin:
    """The timestamp is made from local time two hours east of Greenwich, as if it were UTC."""
    return stamped(login, 2 * 60 * 60)


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
