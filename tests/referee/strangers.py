"""A portal unlike the stub: one chooses the identity provider, consents after the login, and little has an id.

It is sound, and judged through a profile in this process, which takes a moment only.
"""

import base64
import contextlib
import hashlib
import hmac
import secrets
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue
from lxml import etree

from conformance.canary import Canary
from conformance.case import all_cases
from conformance.drivers.http import HttpVisitors
from conformance.journey import People
from conformance.referee import Referee
from conformance.sites import Server, listen
from conformance.targets.target import RealGrounds, find, ready, simulator_for
from conformance.verdict import Observation, Verdict, judge
from idp_sim.keyring import Keyring
from idp_sim.people import directory
from tests.referee.wrong_portals import NAME_ID, page

SECRET = "a secret that stands in no report"


def stranger(simulator: str) -> Flask:
    """Return a portal for remote logins: choose at /login, consent at /consent, see who you are at /."""
    app = Flask("stranger")
    app.secret_key = "strange"
    app.config.update(SESSION_COOKIE_NAME="stranger", SESSION_COOKIE_SAMESITE="Lax")

    @app.get("/login")
    def choose() -> ResponseReturnValue:
        failed = "<p>Sign-in failed (E7).</p>" if "error" in request.args else ""
        script = '<script>"Sign-in failed (E0). You are nobody@example.com."</script>'
        return page(f'{script}{failed}<a class="lab" href="start?with=lab">Sign in with the lab</a>')

    @app.get("/start")
    def start() -> ResponseReturnValue:
        return redirect(f"{simulator}/remote-login?host_url={urlsplit(request.host_url).netloc}")

    @app.get("/login/sso")
    def consume() -> ResponseReturnValue:
        name, email, moment = (request.args.get(key, "") for key in ("name", "email", "timestamp"))
        expected = hmac.new(SECRET.encode(), f"{name}{email}{moment}".encode(), hashlib.md5).hexdigest()
        if not hmac.compare_digest(expected.encode(), request.args.get("hash", "").encode()):
            return redirect("/login?error=7")
        session["pending"] = email
        return redirect("/consent?to=/")

    @app.route("/consent", methods=["GET", "POST"])
    def consent() -> ResponseReturnValue:
        if request.method == "POST" and request.form.get("words") == "I agree":
            session["email"] = session.pop("pending")
            return redirect("/")
        banner = (
            '<button id="banner" onclick="setTimeout(() => document.forms[0].hidden = false, 100)">Cookies!</button>'
        )
        return page(f'{banner}<form method="post" hidden><input name="words"><button>Go on</button></form>')

    @app.get("/")
    def home() -> ResponseReturnValue:
        script = '<script>"You are nobody@example.com."</script>'
        return page(f"{script} You are {session['email']}." if "email" in session else f"{script}<h1>Desk</h1>")

    @app.get("/account")
    def account() -> ResponseReturnValue:
        return page("<h1>Your account</h1>") if "email" in session else redirect("/login")

    @app.get("/bye")
    def bye() -> ResponseReturnValue:
        session.clear()
        return redirect("/")

    return app


ENTITY_ID = "urn:example:gullible-portal"
REQUEST = (
    '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="{id}" Version="2.0" '
    'IssueInstant="2026-01-01T00:00:00Z" AssertionConsumerServiceURL="{acs}">'
    '<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer></samlp:AuthnRequest>'
)


def gullible(simulator: str) -> Flask:
    """Return a SAML portal with an entity ID and addresses of its own, which believes whatever it is sent."""
    app = Flask("gullible")
    app.secret_key = "gullible"
    app.config.update(SESSION_COOKIE_NAME="gullible", SESSION_COOKIE_SAMESITE="Lax")

    @app.get("/login")
    def login() -> ResponseReturnValue:
        xml = REQUEST.format(id=f"_{secrets.token_hex(16)}", acs=f"{request.host_url}acs", issuer=ENTITY_ID)
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        deflated = packer.compress(xml.encode()) + packer.flush()
        return redirect(f"{simulator}/saml/sso?{urlencode({'SAMLRequest': base64.b64encode(deflated)})}")

    @app.post("/acs")
    def consume() -> ResponseReturnValue:
        response = etree.fromstring(base64.b64decode(request.form["SAMLResponse"]))
        session["email"] = response.findall(f".//{NAME_ID}")[-1].text
        return redirect("/")

    @app.get("/")
    def home() -> ResponseReturnValue:
        return page(f"You are {session['email']}." if "email" in session else "<h1>Desk</h1>")

    return app


STEPS = """
[[step]]
at = "/login"
click = ".lab"
[[step]]
at = "/consent*"
fill = { words = "I agree" }
click = "form button"
"""
BANNER = """
[[step]]
at = "/consent*"
click = "#banner"
wait = "form button"
"""
"""What a browser must do first on the page for consent; without scripts there is nothing to wait for."""
SIGNS = r"""
[signed_in]
text = 'You are (\S+@\S+)\.'
[refused]
text = 'Sign-in failed \((E\d)\)'
[sign_out]
open = "/bye"
"""


@contextlib.contextmanager
def serving(make: Callable[[str], Flask]) -> Iterator[tuple[str, str]]:
    """Serve a portal; yield its address, and that at which it expects the simulator."""
    with listen() as free:
        simulator = f"http://idp.localhost:{free.getsockname()[1]}"
    bound = listen()
    server = Server(make(simulator), bound)
    try:
        yield f"http://portal.localhost:{bound.getsockname()[1]}", simulator
    finally:
        server.close()


def written(folder: Path, portal: str, simulator: str, more: str, top: str = "", secret: str = SECRET) -> Path:
    """Write a lean profile and return its path."""
    path = folder / "stranger.toml"
    path.write_text(
        f'login = "{portal}/login"\n{top}\n{more}\n[simulator]\nbase_url = "{simulator}"\nsecret = "{secret}"\n',
        encoding="utf-8",
    )
    return path


def judged(profile: Path, *ids: str) -> dict[str, tuple[Verdict, Observation]]:
    """Perform the cases, each after its control, without a browser, and return each verdict with what was seen."""
    target = ready(find(str(profile)))
    with (
        Canary() as canary,
        simulator_for(target.profile, Keyring.ephemeral(), canary.url),
        contextlib.closing(HttpVisitors(target.profile.patience_seconds)) as visitors,
    ):
        grounds = RealGrounds(target.profile, canary.url)
        referee = Referee(target, grounds, visitors, People(*directory()[:4]), browser=False)
        found = {}
        for case in (case for case in all_cases() if case.id in ids):
            control, seen = referee.control(case.control), referee.perform(case).seen
            found[case.id] = judge(case.outcome, case.expected, seen, control, case.declared), seen
        return found
