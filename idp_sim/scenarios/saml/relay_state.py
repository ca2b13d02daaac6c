"""The RelayState: where a login asks to land, and what else a portal may take it for (saml-bindings 3.5.3)."""

from urllib.parse import urlsplit

from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.scenarios.remote_login.redirects import ELSEWHERE
from idp_sim.scenarios.saml.status import MARKER


@breaks(
    "portal.redirect.own-host",
    outcome="must-accept",
    start="idp",
    variants=ELSEWHERE,
    cves=("CVE-2019-13038", "CVE-2021-3639"),
)
def off_site(login: SamlLogin, pattern: str) -> SamlLogin:
    """RelayState asks to land on another host; the person must be signed in and stay on the portal: {variant}."""
    parts = urlsplit(login.portal.base_url)
    return login.but(relay_state=pattern.format(host=parts.netloc, hostname=parts.hostname))


TAMPERED = {name: ELSEWHERE[name] for name in ("absolute", "without-scheme")}


@breaks("portal.redirect.own-host", outcome="advisory", variants=TAMPERED)
def tampered(login: SamlLogin, target: str) -> SamlLogin:
    """The RelayState that the portal sent with its request comes back as an address on another host: {variant}."""
    return login.but(relay_state=target)


@breaks("portal.redirect.own-host", outcome="advisory", start="idp", variants={"81-bytes": 81, "3000-bytes": 3000})
def too_long(login: SamlLogin, length: int) -> SamlLogin:
    """RelayState is longer than the 80 bytes that it may have, and leads to another host: {variant}."""
    return login.but(relay_state=ELSEWHERE["absolute"].ljust(length, "a"))


MARKUP = {
    "element": f"\"'><b id='{MARKER}'>here</b>",
    "script": f"</script><script id='{MARKER}'>document.body.id='{MARKER}'</script>",
    "own-page": f"/support/tickets?\"'><b/id='{MARKER}'>here</b>",
}


@sound(start="idp", variants=MARKUP)
def markup(login: SamlLogin, text: str) -> SamlLogin:
    """RelayState would be markup if a page took it so: {variant}."""
    return login.but(relay_state=text)
