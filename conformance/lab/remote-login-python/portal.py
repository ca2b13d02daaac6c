"""A small portal with simple single sign-on (remote login), in Python's standard library.

Formula: HMAC-MD5 over name, email and timestamp, keyed with the shared secret.
"""

import hashlib
import hmac
import html
import os
import re
import secrets
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

BASE_URL = os.environ["LAB_BASE_URL"]
REMOTE_LOGIN_URL = os.environ["LAB_IDP_REMOTE_LOGIN_URL"]
SECRET = os.environ["LAB_SECRET"].encode()
OLDEST, MOST_AHEAD = 30 * 60, 30
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

contacts: dict[str, dict[str, str]] = {}
sessions: dict[str, dict[str, str]] = {}


class Refused(Exception):
    """A login that is not accepted; the text says why."""


def judge(query: str) -> dict[str, str]:
    """Return the fields of an acceptable login. Raises Refused for any other."""
    try:
        given = parse_qs(query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except UnicodeDecodeError:
        raise Refused("Login was unsuccessful! The query is not UTF-8.") from None
    except ValueError:
        raise Refused("Login was unsuccessful! The query has too many parameters.") from None
    known = ("name", "email", "timestamp", "hash", "phone", "company", "redirect_to")
    for field in known:
        if len(given.get(field, ())) > 1:
            raise Refused(f"Login was unsuccessful! More than one {field}.")
    fields = {field: given.get(field, [""])[0] for field in known}
    for field in ("name", "email", "timestamp", "hash"):
        if not fields[field].strip():
            raise Refused(f"Login was unsuccessful! The {field} is missing.")
    message = "".join(fields[field] for field in ("name", "email", "timestamp"))
    expected = hmac.new(SECRET, message.encode(), hashlib.md5).hexdigest()
    if not hmac.compare_digest(expected.encode(), fields["hash"].encode()):
        raise Refused("Login was unsuccessful! The hash does not match.")
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]+)?", fields["timestamp"]):
        raise Refused("Invalid Time Stamp: not a number of seconds.")
    age = int(time.time()) - int(fields["timestamp"].partition(".")[0])
    if age > OLDEST:
        raise Refused("Invalid Time Stamp: too old.")
    if age < -MOST_AHEAD:
        raise Refused("Invalid Time Stamp: in the future.")
    if len(fields["email"]) > 254 or not ADDRESS.fullmatch(fields["email"]):
        raise Refused("Login was unsuccessful! The email is no address.")
    if len(fields["name"]) > 255 or not fields["name"].isprintable():
        raise Refused("Login was unsuccessful! The name cannot be shown.")
    return fields


def own_page(target: str) -> str:
    """Return the target when it is a page of this portal, else the home page."""
    there, here = urlsplit(urljoin(f"{BASE_URL}/", target)), urlsplit(BASE_URL)
    if not target.isprintable() or "\\" in target or there[:2] != here[:2]:
        return "/"
    return there._replace(scheme="", netloc="", path="/" + there.path.lstrip("/")).geturl()


class Page(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Answer the portal's addresses."""
        address = urlsplit(self.path)
        session = sessions.get(self._cookie(), {})
        contact = contacts.get(session.get("email", ""))
        match address.path:
            case "/":
                self._show(200, _home(contact))
            case "/support/tickets" if contact:
                self._show(200, "<h1>Tickets</h1>")
            case "/login" | "/support/tickets":
                wanted = {} if address.path == "/login" else {"wanted": self.path}
                query = urlencode({"host_url": urlsplit(BASE_URL).netloc})
                self._redirect(f"{REMOTE_LOGIN_URL}{'&' if '?' in REMOTE_LOGIN_URL else '?'}{query}", wanted)
            case "/login/sso" | "/login/sso/":
                self._sign_in(address.query, session)
            case "/logout":
                sessions.pop(self._cookie(), None)
                self._redirect("/", {})
            case _:
                self._show(404, "<h1>Not found</h1>")

    def do_POST(self) -> None:
        """Refuse: a login comes as a link."""
        self._refuse("Login was unsuccessful! A login comes as a link.")

    def _sign_in(self, query: str, session: dict[str, str]) -> None:
        try:
            fields = judge(query)
        except Refused as refusal:
            self._refuse(str(refusal))
            return
        contact = contacts.setdefault(fields["email"].lower(), {"email": fields["email"]})
        contact["name"] = fields["name"]
        contact.update({field: fields[field] for field in ("phone", "company") if fields[field].strip()})
        sessions.pop(self._cookie(), None)
        target = own_page(fields["redirect_to"] or session.get("wanted", "/"))
        self._redirect(target, {"email": fields["email"].lower()})

    def _redirect(self, to: str, session: dict[str, str]) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        if session:
            token = secrets.token_urlsafe()
            sessions[token] = session
            self.send_header("Set-Cookie", f"session={token}; Path=/; HttpOnly; SameSite=Lax")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, why: str) -> None:
        self._show(403, f'<h1>Login refused</h1><p id="login-error">{html.escape(why)}</p>')

    def _show(self, status: int, body: str) -> None:
        text = f"<!DOCTYPE html>\n<html lang=en><title>Portal</title>\n{body}\n</html>\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _cookie(self) -> str:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return cookie.value if cookie else ""


def _home(contact: dict[str, str] | None) -> str:
    if contact is None:
        return '<h1>Portal</h1><p>Nobody is signed in. <a href="/login">Log in</a></p>'
    shown = "".join(f'<p id="person-{field}">{html.escape(value)}</p>' for field, value in contact.items())
    return f'<h1>Portal</h1>{shown}<form action="/logout"><button id="log-out">Log out</button></form>'


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["LAB_PORT"])), Page).serve_forever()
