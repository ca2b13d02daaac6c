"""The profile of an identity provider: how to sign in there, and what it knows of our portal. One TOML file."""

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from conformance.targets.signs import selector
from conformance.targets.steps import Step
from portal_stub.address import address_problem
from portal_stub.config import Profile as Formula
from rulebook.settings import setting
from rulebook.strict_toml import FileProblem, read

PORTAL = "http://portal.localhost:5002"
USER, PASSWORD = "{user}", "{password}"
"""What stands in a step's ``fill`` for the user name and the password."""


@attrs.frozen(kw_only=True)
class Account:
    """Who signs in. The password is never written into a report."""

    user: str = setting("User name, as it is typed into the login form.")
    password: str = setting(
        "Password. `env:NAME` reads a variable, so that it need not stand in the file.", "", repr=False
    )
    email: str = setting("The address that must come out. Empty: the user name, which then is one.", "")
    name: str = setting("The name that must come out. Empty: it is not held against anything.", "")

    @property
    def address(self) -> str:
        """The address that must come out."""
        return self.email or self.user


@attrs.frozen(kw_only=True)
class SignInStep(Step):
    """A step at the identity provider. In ``fill``, ``{user}`` and ``{password}`` are the account's."""

    at: str = setting(
        "Glob of the page's address, in which only `*` and `?` are special; `/...` is of the host to which logins go."
    )
    authenticates: bool = setting(
        "Whether the person proves here who they are, in place of a login form: what a forced authentication must show "
        "again. A step that fills in `{password}` does so anyway.",
        False,
    )

    @property
    def proves(self) -> bool:
        """Whether the person proves here who they are."""
        return self.authenticates or any(PASSWORD in text for text in self.fill.values())


@attrs.frozen(kw_only=True)
class LoginForm:
    """Where an ordinary login form is not recognised: the names of its fields, and its button."""

    user: str = setting("Name of the field for the user name. Empty: recognised, or there is none.", "")
    password: str = setting("Name of the field for the password. Empty: recognised.", "")
    submit: str = selector("Selector of the button. Empty: recognised.")


@attrs.frozen(kw_only=True)
class OurPortal:
    """Our portal, as the identity provider knows it. It is started there for the time of the check."""

    base_url: str = setting("Its address: one of this machine.", PORTAL)
    entity_id: str = setting("Its entity ID. Empty: the address.", "")
    keys: str = setting(
        "Folder of its keys for signing and for decryption, from this file's folder. They are made on first use, and "
        "stay, so that its metadata stays as well. Empty: `instance` beside you.",
        "",
    )
    sign_requests: Literal["as-announced", "always", "never"] = setting(
        "Whether ordinary requests are signed: `always`, `never`, or as the identity provider's metadata announces it "
        "(WantAuthnRequestsSigned).",
        "as-announced",
    )
    want_signed: Literal["either", "assertion", "response", "both"] = setting("Which part must be signed.", "either")
    allowed_drift_seconds: int = setting("Allowed clock drift.", 60)


@attrs.frozen(kw_only=True)
class IdpInitiated:
    """Logins that begin at the identity provider."""

    url: str = setting("Where such a login begins. Empty: those probes are skipped.", "")


@attrs.frozen(kw_only=True)
class RemoteLoginPage:
    """A remote login page, which speaks the protocol `remote-login`."""

    url: str = setting("Its address, to which `host_url` is added.", "")
    secret: str = setting("The shared secret. `env:NAME` reads a variable.", "", repr=False)
    profile: Formula = setting("Formula of the hash: `md5`, `hmac-md5` or `hmac-md5-salted`.", "hmac-md5")
    logout_url: str = setting("Its address for logouts. Empty: those probes are skipped.", "")
    max_age_seconds: int = setting("Greatest age of a timestamp.", 1800)


@attrs.frozen(kw_only=True)
class Profile:
    """Everything that the check knows of an identity provider."""

    name: str = setting("What reports call it.")
    protocol: Literal["saml", "remote-login"] = setting("`saml`, or `remote-login` for a remote login page.", "saml")
    metadata: str = setting(
        "Its SAML metadata: an address, or a path from this file's folder. What is given beside it wins.", ""
    )
    entity_id: str = setting("Its entity ID. Empty: from the metadata.", "")
    login_url: str = setting("Where it takes requests by HTTP-Redirect. Empty: from the metadata.", "")
    login_post_url: str = setting(
        "Where it takes requests by HTTP-POST. Empty: from the metadata; without one, those probes are skipped.", ""
    )
    slo_url: str = setting(
        "Where it takes logout messages. Empty: from the metadata; without one, those probes are skipped.", ""
    )
    slo_binding: Literal["redirect", "post"] = setting(
        "Binding of logout messages to `slo_url`; from the metadata, its own.", "redirect"
    )
    certificate: str = setting(
        "Its signing certificate: in PEM, or a path from this file's folder. Empty: from the metadata.", ""
    )
    user: str = setting("User name, as it is typed into the login form.")
    password: str = setting(
        "Password. `env:NAME` reads a variable, so that it need not stand in the file. It is in no report.",
        "",
        repr=False,
    )
    email: str = setting("The address that must come out. Empty: the user name, which then is one.", "")
    person: tuple[Account, ...] = setting(
        "Further people, one table for each, whose names and addresses are unusual: with letters that are not ASCII in "
        "the name, or a `+` in the address. Without them those probes are skipped.",
        (),
    )
    patience_seconds: int = setting("How long a page may take.", 10)
    ca_file: str = setting(
        "A file, from this one's folder, of certificates in PEM that are trusted on https beside the machine's own.", ""
    )
    portal: OurPortal = setting("", attrs.Factory(OurPortal))
    idp_initiated: IdpInitiated = setting("", attrs.Factory(IdpInitiated))
    remote_login: RemoteLoginPage = setting("", attrs.Factory(RemoteLoginPage))
    login_form: LoginForm = setting("", attrs.Factory(LoginForm))
    step: tuple[SignInStep, ...] = setting(
        "Steps for pages that are no ordinary login form: one table for each. A step is taken whenever a page with "
        "that address is shown, before a login form is looked for.",
        (),
    )
    unsupported: dict[str, str] = setting(
        "A table: globs of probe ids, and the reason why the identity provider does not take them. They are skipped "
        "with it.",
        attrs.Factory(dict),
    )

    @property
    def account(self) -> Account:
        """Who signs in."""
        return Account(user=self.user, password=self.password, email=self.email)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords and the shared secret, the longest first: no report holds any of them."""
        words = (self.password, *(person.password for person in self.person), self.remote_login.secret)
        return tuple(sorted(filter(None, words), key=len, reverse=True))


def load(path: Path) -> Profile:
    """Read the profile at ``path``, with the texts of the variables that it names.

    Raises FileProblem when it cannot be used, saying where and how to mend it.
    """
    profile = from_environment(read(path, Profile), path)
    for account in (profile.account, *profile.person):
        if problem := address_problem(account.address):
            raise FileProblem(
                f"{path}: 'email' of the user '{account.user}' must say which address comes out: {problem}"
            )
    if profile.protocol == "remote-login":
        for key in ("url", "secret"):
            if not getattr(profile.remote_login, key):
                raise FileProblem(f"{path}: 'remote_login.{key}' is missing: a remote login page needs it.")
    elif not profile.metadata:
        for key in ("entity_id", "login_url", "certificate"):
            if not getattr(profile, key):
                raise FileProblem(f"{path}: give 'metadata', or 'entity_id', 'login_url' and 'certificate' ({key}).")
    return _from_here(profile, path)


def _from_here(profile: Profile, path: Path) -> Profile:
    """Return the profile with its paths and files read from the folder of the profile. Raises FileProblem."""
    changes: dict[str, Any] = {}
    if profile.metadata and urlsplit(profile.metadata).scheme not in ("http", "https"):
        changes["metadata"] = str(path.parent / profile.metadata)
    if profile.ca_file:
        changes["ca_file"] = str(path.parent / profile.ca_file)
    if profile.certificate and "-----BEGIN" not in profile.certificate:
        try:
            changes["certificate"] = (path.parent / profile.certificate).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise FileProblem(
                f"{path}: 'certificate' is neither PEM nor a file that can be read: {profile.certificate} ({reason})."
            ) from None
    if profile.portal.keys:
        changes["portal"] = attrs.evolve(profile.portal, keys=str(path.parent / profile.portal.keys))
    return attrs.evolve(profile, **changes)


def from_environment(profile: Profile, path: Path) -> Profile:
    """Return the profile with the texts of the variables that it names. Raises FileProblem for one that is not set."""
    people = tuple(
        attrs.evolve(person, password=_variable(person.password, "person.password", path)) for person in profile.person
    )
    page = profile.remote_login
    return attrs.evolve(
        profile,
        password=_variable(profile.password, "password", path),
        person=people,
        remote_login=attrs.evolve(page, secret=_variable(page.secret, "remote_login.secret", path)),
    )


def _variable(written: str, key: str, path: Path) -> str:
    name = written.removeprefix("env:")
    if name == written:
        return written
    text = os.environ.get(name, "")
    if not text:
        raise FileProblem(
            f"{path}: '{key}' is read from the variable {name}, which is not set. Set it: export {name}=..."
        )
    return text
