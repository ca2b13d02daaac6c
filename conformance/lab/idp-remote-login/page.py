"""A remote login page in Python's standard library, written after the published recipe."""

import hashlib
import hmac
import html
import json
import os
import secrets
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

PORTAL = os.environ["LAB_SP_BASE_URL"]
SECRET = os.environ["LAB_SECRET"].encode()
PEOPLE = {person["user"]: person for person in json.loads(Path(os.environ["LAB_PEOPLE"]).read_text("utf-8"))}
COOKIE = "idp-remote-login"
FORM = """<!DOCTYPE html>
<html lang="en"><title>Sign in</title><h1>Sign in</h1><p>{problem}</p>
<form method="post" action="{action}"><p><label>User name <input name="user"></label></p>
<p><label>Password <input name="password" type="password"></label></p><button>Sign in</button></form></html>
"""

sessions: dict[str, str] = {}


class Page(BaseHTTPRequestHandler):
    """The login page, and the address for logouts."""

    def do_GET(self) -> None:
        """Show the form, or send who has a session back; end the session at ``/logout``."""
        if urlsplit(self.path).path == "/logout":
            sessions.pop(self.session(), None)
            return self.answer(200, "<!DOCTYPE html><title>Signed out</title><p>You are signed out.</p>")
        if not self.is_known():
            return self.answer(400, "<!DOCTYPE html><title>Refused</title><p>This host_url is not served.</p>")
        user = sessions.get(self.session())
        return self.send_back(user) if user else self.ask()

    def do_POST(self) -> None:
        """Check a password."""
        if not self.is_known():
            return self.answer(400, "<!DOCTYPE html><title>Refused</title><p>This host_url is not served.</p>")
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        user, password = given.get("user", [""])[0], given.get("password", [""])[0]
        person = PEOPLE.get(user)
        if person is None or not secrets.compare_digest(person["password"].encode(), password.encode()):
            return self.ask("User name or password is wrong.")
        token = secrets.token_hex()
        sessions[token] = user
        return self.send_back(user, f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax")

    def is_known(self) -> bool:
        """Whether the portal that asks is the one that is served here."""
        return parse_qs(urlsplit(self.path).query).get("host_url", [""])[0] == urlsplit(PORTAL).netloc

    def session(self) -> str:
        """Return the token of this browser's session, or the empty string."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return cookie.value if cookie else ""

    def ask(self, problem: str = "") -> None:
        """Show the login form."""
        self.answer(200, FORM.format(problem=problem, action=html.escape(self.path)))

    def send_back(self, user: str, cookie: str = "") -> None:
        """Send the person to the portal, with the hash of name, email and timestamp."""
        person = PEOPLE[user]
        name, email = f"{person['first_name']} {person['last_name']}", person["email"]
        timestamp = str(int(time.time()))
        signed = hmac.new(SECRET, f"{name}{email}{timestamp}".encode(), hashlib.md5).hexdigest()
        query = urlencode({"name": name, "email": email, "timestamp": timestamp, "hash": signed})
        self.send_response(303)
        self.send_header("Location", f"{PORTAL}/login/sso?{query}")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status: int, page: str) -> None:
        """Send a page."""
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["LAB_PORT"])), Page).serve_forever()
