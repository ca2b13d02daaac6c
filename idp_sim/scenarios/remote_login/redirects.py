"""Where a remote login asks to land: a target on another host must not be followed."""

from urllib.parse import urlsplit

from idp_sim.catalogue import breaks
from idp_sim.login import RemoteLogin

ELSEWHERE = {
    "absolute": "http://elsewhere.localhost/",
    "without-scheme": "//elsewhere.localhost/",
    "backslash": "/\\elsewhere.localhost/",
    "three-slashes": "///elsewhere.localhost/",
    "tab-inside": "/\t/elsewhere.localhost/",
    "leading-blank": " http://elsewhere.localhost/",
    "userinfo": "http://{host}@elsewhere.localhost/",
    "host-as-prefix": "http://{hostname}.elsewhere.localhost/",
    "line-break-inside": "/\r\n/elsewhere.localhost/",
    "slashes-missing": "http:elsewhere.localhost/",
    "encoded-twice": "%2F%2Felsewhere.localhost%2F",
    "script": "javascript:location='http://elsewhere.localhost/'",
}


@breaks("portal.redirect.own-host", outcome="must-accept", variants=ELSEWHERE)
def off_site(login: RemoteLogin, pattern: str) -> RemoteLogin:
    """The login asks to land on another host; the person must be signed in and stay on the portal: {variant}."""
    parts = urlsplit(login.portal.base_url)
    return login.but(redirect_to=pattern.format(host=parts.netloc, hostname=parts.hostname))
