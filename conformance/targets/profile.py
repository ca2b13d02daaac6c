"""The profile of a target: one TOML file that tells how a browser drives a portal and reads its answers."""

import re
from pathlib import Path
from typing import Literal

import attrs

from rulebook import UnknownRule, rule
from rulebook.strict_toml import FileProblem, read

Protocol = Literal["remote-login", "saml"]


@attrs.frozen(kw_only=True)
class SignedIn:
    """How to know that a person is signed in: the probe page, and CSS selectors of what it shows there."""

    probe: str = "/"
    email: str = ""
    name: str = ""
    role: str = ""
    phone: str = ""
    company: str = ""


@attrs.frozen(kw_only=True)
class Refused:
    """How a refusal looks: the selector of the message, and the attribute in which it declares rule ids, if any."""

    message: str = ""
    rules_attribute: str = ""


@attrs.frozen(kw_only=True)
class SignOut:
    """How to sign out: the button on the probe page, and the address on which the person then lands.

    ``confirmed`` selects what the portal shows once the identity provider has confirmed a single logout.
    """

    press: str = ""
    lands_on: str = ""
    confirmed: str = ""


@attrs.frozen(kw_only=True)
class Pages:
    """Pages of the portal that some cases visit."""

    needs_login: str = ""
    password_login: str = ""
    log_in: str = ""


@attrs.frozen(kw_only=True)
class Admin:
    """The page on which an administrator sets single sign-on up: its address and its buttons."""

    security: str = ""
    save: str = ""
    secret: str = ""
    regenerate: str = ""


@attrs.frozen(kw_only=True)
class Simulator:
    """Where the portal expects its identity provider, and what it shares with it.

    ``secret`` of remote logins may be ``env:NAME``. ``instance`` is the folder of the simulator's keys.
    """

    base_url: str = "http://idp.localhost:5001"
    secret: str = attrs.field(default="", repr=False)
    profile: Literal["md5", "hmac-md5", "hmac-md5-salted"] = "hmac-md5"
    instance: str = ""


@attrs.frozen(kw_only=True)
class Profile:
    """Everything the referee knows of a target.

    ``messages`` maps regular expressions, searched in the portal's message, to rule ids. ``unsupported`` maps
    globs of case ids to the reason why the portal does not take them: those cases are skipped with it. ``ca_file`` is a
    file beside the profile, of certificates that are trusted on https beside those that the machine trusts.
    """

    name: str
    base_url: str = ""
    login: str = "/login"
    entity_id: str = ""
    acs_url: str = ""
    slo_url: str = ""
    ca_file: str = ""
    protocols: tuple[Protocol, ...] = ("remote-login", "saml")
    clock_allowance_seconds: int = 60
    patience_seconds: int = 10
    signed_in: SignedIn = attrs.field(factory=SignedIn)
    refused: Refused = attrs.field(factory=Refused)
    sign_out: SignOut = attrs.field(factory=SignOut)
    pages: Pages = attrs.field(factory=Pages)
    admin: Admin = attrs.field(factory=Admin)
    simulator: Simulator = attrs.field(factory=Simulator)
    messages: dict[str, str] = attrs.field(factory=dict)
    unsupported: dict[str, str] = attrs.field(factory=dict)

    def rules_of(self, message: str) -> tuple[str, ...]:
        """Return the ids of the rules that the portal's message means, sorted."""
        return tuple(sorted({means for pattern, means in self.messages.items() if re.search(pattern, message)}))


STUB_PROFILE = Path(__file__).with_name("stub.toml")


def load(path: Path) -> Profile:
    """Read the profile at ``path``. Raises FileProblem when it cannot be used, saying where and how to mend it."""
    profile = read(path, Profile)
    if not (profile.signed_in.email or profile.signed_in.name):
        raise FileProblem(f"{path}: 'signed_in' needs 'email' or 'name': what the portal shows of a signed-in person.")
    for pattern, means in profile.messages.items():
        try:
            re.compile(pattern)
            rule(means)
        except re.error as error:
            raise FileProblem(f"{path}: 'messages': '{pattern}' is not a regular expression: {error}.") from None
        except UnknownRule as error:
            raise FileProblem(f"{path}: 'messages': {error}") from None
    return attrs.evolve(profile, ca_file=str(path.parent / profile.ca_file)) if profile.ca_file else profile
