"""The profile of a target: one TOML file that tells how a browser drives a portal and reads its answers."""

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import attrs

from conformance.targets.signs import Refused, SignedIn, SignOut, selector
from conformance.targets.steps import Step
from idp_sim.config import PROFILES
from rulebook import UnknownRule, rule
from rulebook.settings import setting
from rulebook.strict_toml import FileProblem, nearest, read

Protocol = Literal["remote-login", "saml"]


@attrs.frozen(kw_only=True)
class Pages:
    """Pages of the portal that some cases visit."""

    needs_login: str = setting("A page that only a signed-in person sees.", "")
    password_login: str = setting("The page with the form for a password.", "")
    log_in: str = selector("Selector of the button of that form.")


@attrs.frozen(kw_only=True)
class Admin:
    """The page on which an administrator sets single sign-on up: its address and its buttons."""

    security: str = setting("The page on which an administrator sets single sign-on up.", "")
    save: str = selector("Selector of the button that saves it.")
    secret: str = selector("Selector of the shared secret on it.")
    regenerate: str = selector("Selector of the button that makes a new secret.")


@attrs.frozen(kw_only=True)
class Simulator:
    """Where the portal expects its identity provider, and what it shares with it."""

    base_url: str = setting(
        "Where the portal expects the simulator: an address of this machine.", "http://idp.localhost:5001"
    )
    secret: str = setting(
        "Shared secret of remote logins. `env:NAME` reads a variable. Empty: those cases are skipped.", "", repr=False
    )
    profile: str = setting(
        "Formula of their hash: `md5`, `hmac-md5` or `hmac-md5-salted`. `env:NAME` reads a variable.", "hmac-md5"
    )
    max_age_seconds: int = setting("Greatest age of a remote login's timestamp that the portal accepts.", 1800)
    max_future_seconds: int = setting("How far in the future such a timestamp may lie.", 30)
    instance: str = setting(
        "Folder of the simulator's keys, from this file's folder. Empty: the one that `idp-sim serve` takes too.", ""
    )


@attrs.frozen(kw_only=True)
class Profile:
    """Everything the referee knows of a target."""

    login: str = setting(
        "Where a login begins: the whole address, or a path below `base_url`. It sends the browser to the identity "
        "provider, if need be by way of the steps.",
        "/login",
    )
    name: str = setting("What reports call the portal. Empty: its host.", "")
    base_url: str = setting("Address of the portal. Empty: from `login`.", "")
    metadata: str = setting(
        "The portal's SAML metadata: an address, or a path from this file's folder. What is given beside it wins.", ""
    )
    entity_id: str = setting("Its entity ID. Empty: from the metadata, or from the request that `login` sends.", "")
    acs_url: str = setting("Its assertion consumer service. Empty: from the same.", "")
    slo_url: str = setting(
        "Its single logout service. Empty: from the metadata; without one, those cases are skipped.", ""
    )
    slo_redirect_url: str = setting("The same for HTTP-Redirect, where each binding has an address of its own.", "")
    slo_post_url: str = setting("The same for HTTP-POST.", "")
    encryption_certificate: str = setting(
        "Certificate, in PEM, for which assertions are encrypted. Empty: from the metadata; without one, those cases "
        "are skipped.",
        "",
    )
    request_certificate: str = setting(
        "Certificates, in PEM, with which the signatures of its requests are verified. Empty: from the metadata.", ""
    )
    requests_signed: bool = setting("Whether every request of the portal is signed.", False)
    ca_file: str = setting(
        "A file, from this one's folder, of certificates in PEM that are trusted on https beside the machine's own.", ""
    )
    protocols: tuple[Protocol, ...] = setting(
        "`saml`, `remote-login` or both. Empty: the one that `login` begins, or both where that cannot be seen.", ()
    )
    clock_allowance_seconds: int = setting(
        "The clock drift that the portal allows; sign-ins at the limits of time keep ten seconds away from it.", 60
    )
    patience_seconds: int = setting("How long a page may take.", 10)
    keeps: Literal["cookies", "anything"] = setting(
        "Where the portal keeps what it knows of a person in their browser. In `cookies` alone: a window without them "
        "is as good as a new one, and the next case uses it again, which is much faster.",
        "anything",
    )
    signed_in: SignedIn = setting("", attrs.Factory(SignedIn))
    refused: Refused = setting("", attrs.Factory(Refused))
    sign_out: SignOut = setting("", attrs.Factory(SignOut))
    step: tuple[Step, ...] = setting(
        "Steps that a portal needs before a login reaches the identity provider, or after it comes back: one table for "
        "each. They are taken whenever a page with that address is shown which is not a refusal.",
        (),
    )
    pages: Pages = setting("", attrs.Factory(Pages))
    admin: Admin = setting("", attrs.Factory(Admin))
    simulator: Simulator = setting("", attrs.Factory(Simulator))
    messages: dict[str, str] = setting(
        "A table: regular expressions, searched in the portal's message, and the id of the rule that each means. "
        "Without it a refusal counts whatever its reason.",
        attrs.Factory(dict),
    )
    unsupported: dict[str, str] = setting(
        "A table: globs of case ids, and the reason why the portal does not take them. They are skipped with it.",
        attrs.Factory(dict),
    )

    def rules_of(self, message: str) -> tuple[str, ...]:
        """Return the ids of the rules that the portal's message means, sorted."""
        return tuple(sorted({means for pattern, means in self.messages.items() if re.search(pattern, message)}))


STUB_PROFILE = Path(__file__).with_name("stub.toml")


def load(path: Path) -> Profile:
    """Read the profile at ``path``. Raises FileProblem when it cannot be used, saying where and how to mend it.

    What it leaves out is found out by ``discovery``; ``env:NAME`` is read by ``from_environment``.
    """
    profile = read(path, Profile)
    if not profile.signed_in.is_told:
        raise FileProblem(
            f"{path}: 'signed_in' needs 'email', 'name', 'text' or 'address': what the portal shows of a signed-in "
            "person."
        )
    for pattern, means in profile.messages.items():
        try:
            re.compile(pattern)
            rule(means)
        except re.error as error:
            raise FileProblem(f"{path}: 'messages': '{pattern}' is not a regular expression: {error}.") from None
        except UnknownRule as error:
            raise FileProblem(f"{path}: 'messages': {error}") from None
    if profile.metadata and urlsplit(profile.metadata).scheme not in ("http", "https"):
        profile = attrs.evolve(profile, metadata=str(path.parent / profile.metadata))
    if profile.ca_file:
        profile = attrs.evolve(profile, ca_file=str(path.parent / profile.ca_file))
    if profile.simulator.instance:
        instance = str(path.parent / profile.simulator.instance)
        profile = attrs.evolve(profile, simulator=attrs.evolve(profile.simulator, instance=instance))
    return profile


def from_environment(profile: Profile, path: Path) -> Profile:
    """Return the profile with the texts of the variables that it names. Raises FileProblem for one that is not set."""
    given = {}
    for key in ("secret", "profile"):
        text, name = (written := getattr(profile.simulator, key)), written.removeprefix("env:")
        if name != written:
            text = os.environ.get(name, "")
            if not text:
                raise FileProblem(
                    f"{path}: 'simulator.{key}' is read from the variable {name}, which is not set. "
                    f"Set it: export {name}=..."
                )
        given[key] = text
    if given["profile"] not in PROFILES:
        raise FileProblem(
            f"{path}: 'simulator.profile' must be one of {', '.join(PROFILES)}, got '{given['profile']}'."
            f"{nearest(given['profile'], PROFILES)}"
        )
    return attrs.evolve(profile, simulator=attrs.evolve(profile.simulator, **given))


def with_addresses(profile: Profile, path: Path) -> Profile:
    """Return the profile with the portal's address and a name. Raises FileProblem where neither tells its address."""
    login = urlsplit(profile.login)
    base_url = profile.base_url.rstrip("/")
    if not base_url and login.scheme in ("http", "https") and login.netloc:
        base_url = f"{login.scheme}://{login.netloc}"
    if not base_url:
        raise FileProblem(
            f"{path}: the portal's address is missing. Write 'login' as a whole address (https://...), or 'base_url'."
        )
    return attrs.evolve(profile, base_url=base_url, name=profile.name or urlsplit(base_url).netloc)
