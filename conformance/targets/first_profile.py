"""The first profile of a portal, with a comment for each key, from what its address and its own host tell."""

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import attrs

from conformance.targets.discovery import LoginPage, Unreachable, ask, login_page
from conformance.targets.profile import Simulator
from idp_sim.saml.metadata import PortalMetadata, UnreadableMetadata, read_portal_metadata
from idp_sim.web.visit import toml_text
from rulebook.strict_toml import FileProblem

LOGINS = ("/login", "/login/saml", "/saml/login", "/saml2/login/", "/sso", "/sso/saml", "/auth/saml")
"""Where logins usually begin."""
METADATA = (
    *("/login/saml/metadata", "/saml/metadata", "/saml/metadata.xml", "/saml2/metadata", "/saml2/metadata/"),
    *("/metadata", "/metadata.xml", "/sso/metadata", "/sso/saml/metadata", "/auth/saml/metadata"),
    *("/Shibboleth.sso/Metadata", "/mellon/metadata", "/simplesaml/module.php/saml/sp/metadata.php/default-sp"),
)
"""Where metadata usually is."""


HEAD = """how a browser drives this portal and reads its answers.
# Lines that begin with '# key =' show what may be set. Every key is in docs/profiles.md.
"""
TO_ENTER = """
# The clock drift that the portal allows, in seconds.
# clock_allowance_seconds = 60

# ENTER what shows that a person is signed in: a page, and the selector of the person's address on it. 'name' is a
# selector too, and 'text' a regular expression for the text of the page.
[signed_in]
probe = "/"
email = "#signed-in-email"
# text = 'Signed in as (?P<email>\\S+@\\S+)'

# ENTER how a refused login looks: the selector of its message, its text, or the address of its page.
[refused]
# message = ".error"
# text = 'Sign-in failed: (.+)'
# address = "/login?error=*"

# How to sign out.
[sign_out]
# press = "#log-out"

# A page on the way to the identity provider, or after it, on which something must be done.
# [[step]]
# at = "/choose*"
# click = "a.saml"

# What the portal's messages mean: regular expressions, and ids of rules ('portal-stub checks' lists them).
[messages]
# 'expired' = "saml.conditions.not-on-or-after"

# Cases that the portal does not take ('conformance list' shows all), each with the reason.
[unsupported]
# "saml.encryption.*" = "it takes no encrypted assertions"
"""


@attrs.frozen
class _Seen:
    """What the portal's own host tells."""

    login_url: str
    login: LoginPage
    metadata_url: str = ""
    metadata: PortalMetadata | None = None


def first_profile(url: str) -> str:
    """Return the text of a profile for the portal at this address. Raises FileProblem for one that does not answer.

    Nobody but the portal's own host is asked.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FileProblem(f"'{url}' is no address: it begins with https:// or http://.")
    seen = _login(url)
    return _written(_metadata(seen))


def _login(url: str) -> _Seen:
    """Look where a login begins: at the address itself, or, where that is the home page, at the usual places."""
    given = login_page(url)
    if given.answer is None:
        raise FileProblem(f"{given.problem} Give the address of the portal as a browser opens it.")
    if given.protocol is None and urlsplit(url).path in ("", "/"):
        for path in LOGINS:
            found = login_page(urljoin(url, path))
            if found.protocol is not None:
                return _Seen(urljoin(url, path), found)
    return _Seen(url, given)


def _metadata(seen: _Seen) -> _Seen:
    """Look for the portal's metadata: at its entity ID, where that is an address of this host, and at usual places."""
    request, host = seen.login.request, urlsplit(seen.login_url).netloc
    named = [request.issuer] if request is not None and urlsplit(request.issuer).netloc == host else []
    for url in (*named, *(urljoin(seen.login_url, path) for path in METADATA)):
        try:
            answer = ask(url)
            if answer.status == 200:
                return attrs.evolve(seen, metadata_url=url, metadata=read_portal_metadata(answer.body))
        except (Unreachable, UnreadableMetadata):
            continue
    return seen


def _written(seen: _Seen) -> str:
    host = urlsplit(seen.login_url).netloc
    saml = "" if seen.login.protocol == "remote-login" and seen.metadata is None else f"\n{_saml_keys(seen)}\n"
    return f"# The profile of {host}: {HEAD}\n{_login_key(seen)}\n{saml}{TO_ENTER}\n{_simulator(seen)}\n"


def _login_key(seen: _Seen) -> str:
    login = seen.login
    leads = f"It leads to {_plain(login.identity_provider)}." if login.protocol else _plain(login.problem)
    lines = [f"# Where a login begins. {leads}"]
    if login.protocol is None:
        lines.append("# If something must be pressed first, say so in a [[step]] below.")
    lines.append(f"login = {toml_text(seen.login_url)}")
    lines.append("# What it speaks: 'saml', 'remote-login' or both.")
    known = login.protocol or ("saml" if seen.metadata else "")
    lines.append(f"protocols = [{toml_text(known)}]" if known else '# protocols = ["saml"]')
    return "\n".join(lines)


def _saml_keys(seen: _Seen) -> str:
    if seen.metadata is not None:
        lines = [
            "# Its SAML metadata. It tells the entity ID, the addresses for logins and logouts, and the certificates:",
            f"# {_plain(seen.metadata.entity_id)}, {_plain(seen.metadata.acs_url)}",
            f"metadata = {toml_text(seen.metadata_url)}",
        ]
        return "\n".join(lines)
    lines = ["# Its SAML metadata was found at none of the usual places.", '# metadata = "https://..."']
    request = seen.login.request
    if request is not None:
        lines += ["# From the request that it sends:", f"entity_id = {toml_text(request.issuer)}"]
        if request.acs_url is not None:
            lines.append(f"acs_url = {toml_text(request.acs_url)}")
    return "\n".join(lines)


def _simulator(seen: _Seen) -> str:
    provider = urlsplit(seen.login.identity_provider)
    here = _is_this_machine(provider.hostname or "")
    base_url = f"{provider.scheme}://{provider.netloc}" if here else Simulator().base_url
    lines = ["# Where the portal expects the simulator: at an address of this machine."]
    if seen.login.protocol is not None and not here:
        lines.append("# Now it leads elsewhere. Enter the simulator's addresses at the portal.")
    lines += ["[simulator]", f"base_url = {toml_text(base_url)}"]
    comment = "" if seen.login.protocol == "remote-login" else "# "
    lines += [
        "# The shared secret of remote logins, from a variable, and the formula of their hash.",
        f'{comment}secret = "env:PORTAL_SECRET"',
        f'{comment}profile = "hmac-md5"',
    ]
    return "\n".join(lines)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _plain(text: str) -> str:
    """Return a text that stays in its line, whatever the portal wrote."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
