"""Name and address: missing, blank, not an address. The hash is made over what is sent."""

from idp_sim.catalogue import breaks
from idp_sim.login import RemoteLogin

BLANK = {"empty": "", "blanks": "  "}


@breaks("remote-login.name.present")
def name_missing(login: RemoteLogin) -> RemoteLogin:
    """The link has no name."""
    return login.but(name=None)


@breaks("remote-login.name.present", variants=BLANK)
def name_blank(login: RemoteLogin, value: str) -> RemoteLogin:
    """The name is blank: {variant}."""
    return login.but(name=value)


@breaks("remote-login.email.present")
def email_missing(login: RemoteLogin) -> RemoteLogin:
    """The link has no address."""
    return login.but(email=None)


@breaks("remote-login.email.present", variants=BLANK)
def email_blank(login: RemoteLogin, value: str) -> RemoteLogin:
    """The address is blank: {variant}."""
    return login.but(email=value)


NOT_AN_ADDRESS = {
    "login-name": "jane.doe",
    "no-domain": "jane.doe@",
    "no-mailbox": "@example.com",
    "blank-inside": "jane doe@example.com",
    "two-addresses": "jane@example.com,john@example.com",
    "with-name": "Jane <jane@example.com>",
    "newline-at-end": "jane@example.com\n",
    "newline-inside": "jane@example.com\nbcc: john@example.com",
    "nul-inside": "jane\0@example.com",
    "very-long": f"{'j' * 300}@example.com",
}


@breaks("remote-login.email.address", variants=NOT_AN_ADDRESS)
def email_not_an_address(login: RemoteLogin, value: str) -> RemoteLogin:
    """What is sent as address is none: {variant}."""
    return login.but(email=value)


NOT_A_NAME = {
    "nul": "Jane\0Doe",
    "newline": "Jane\nDoe",
    "escape": "Jane \x1b[31mDoe",
    "right-to-left-override": "Jane \u202eeoD",
    "isolate": "Jane \u2066Doe",
    "very-long": "Jane " + "Doe" * 2000,
}


@breaks("remote-login.name.printable", variants=NOT_A_NAME)
def name_not_printable(login: RemoteLogin, value: str) -> RemoteLogin:
    """The name holds what no name holds and no page can show: {variant}."""
    return login.but(name=value)
