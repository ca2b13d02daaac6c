// A small portal with simple single sign-on (remote login), in Node's standard library.
// Formula: HMAC-MD5 over name, email and timestamp, keyed with the shared secret.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { LAB_BASE_URL: base, LAB_IDP_REMOTE_LOGIN_URL: remoteLogin, LAB_SECRET: secret, LAB_PORT: port } = process.env;
const oldest = 30 * 60;
const mostAhead = 30;
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const address = new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]+@${label}(?:\\.${label})+$`, "i");
const contacts = new Map();
const sessions = new Map();

class Refused extends Error {}

/** Return the parameters of a query by name. Throws Refused for what is not UTF-8, or comes twice. */
function parsed(query) {
  const given = new Map();
  for (const pair of query.split("&").filter(Boolean)) {
    const [name, ...value] = pair.split("=");
    const decoded = [name, value.join("=")].map((text) => {
      try {
        return decodeURIComponent(text.replaceAll("+", " "));
      } catch {
        throw new Refused("Login was unsuccessful! The query is not UTF-8.");
      }
    });
    if (given.has(decoded[0])) throw new Refused(`Login was unsuccessful! More than one ${decoded[0]}.`);
    given.set(...decoded);
  }
  return given;
}

/** Return the fields of an acceptable login. Throws Refused for any other. */
function judge(query) {
  const given = parsed(query);
  const [name, email, timestamp, hash] = ["name", "email", "timestamp", "hash"].map((field) => {
    if (!given.get(field)?.trim()) throw new Refused(`Login was unsuccessful! The ${field} is missing.`);
    return given.get(field);
  });
  const expected = Buffer.from(createHmac("md5", secret).update(name + email + timestamp, "utf8").digest("hex"));
  const got = Buffer.from(hash, "utf8");
  if (got.length !== expected.length || !timingSafeEqual(got, expected)) {
    throw new Refused("Login was unsuccessful! The hash does not match.");
  }
  if (!/^[0-9]+(\.[0-9]+)?$/.test(timestamp)) throw new Refused("Invalid Time Stamp: not a number of seconds.");
  const age = Math.floor(Date.now() / 1000) - Math.trunc(Number(timestamp));
  if (age > oldest) throw new Refused("Invalid Time Stamp: too old.");
  if (age < -mostAhead) throw new Refused("Invalid Time Stamp: in the future.");
  if (email.length > 254 || !address.test(email)) throw new Refused("Login was unsuccessful! The email is no address.");
  if (name.length > 255 || /\p{Cc}/u.test(name)) throw new Refused("Login was unsuccessful! The name cannot be shown.");
  return { name, email, phone: given.get("phone"), company: given.get("company"), target: given.get("redirect_to") };
}

/** Return the target when it is a page of this portal, else the home page. */
function ownPage(target) {
  if (!URL.canParse(target, base)) return "/";
  const there = new URL(target, base);
  return there.origin === base ? `/${there.pathname.replace(/^\/+/, "")}${there.search}${there.hash}` : "/";
}

const escape = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const tokenOf = (request) => /(?:^|;\s*)session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];

function show(response, status, body) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!DOCTYPE html>\n<html lang=en><title>Portal</title>\n${body}\n</html>\n`);
}

function refuse(response, why) {
  show(response, 403, `<h1>Login refused</h1><p id="login-error">${escape(why)}</p>`);
}

function redirect(response, to, session) {
  const headers = { Location: to };
  if (session) {
    const token = randomBytes(24).toString("base64url");
    sessions.set(token, session);
    headers["Set-Cookie"] = `session=${token}; Path=/; HttpOnly; SameSite=Lax`;
  }
  response.writeHead(302, headers).end();
}

function signIn(request, response, query) {
  const { target, ...fields } = judge(query);
  const key = fields.email.toLowerCase();
  const sent = Object.entries(fields).filter(([, value]) => value?.trim());
  contacts.set(key, { ...contacts.get(key), ...Object.fromEntries(sent) });
  const wanted = sessions.get(tokenOf(request))?.wanted;
  sessions.delete(tokenOf(request));
  redirect(response, ownPage(target || wanted || "/"), { email: key });
}

function home(contact) {
  if (!contact) return '<h1>Portal</h1><p>Nobody is signed in. <a href="/login">Log in</a></p>';
  const shown = Object.entries(contact).map(([field, value]) => `<p id="person-${field}">${escape(value)}</p>`);
  return `<h1>Portal</h1>${shown.join("")}<form action="/logout"><button id="log-out">Log out</button></form>`;
}

createServer((request, response) => {
  const [path, ...rest] = request.url.split("?");
  const contact = contacts.get(sessions.get(tokenOf(request))?.email);
  try {
    if (request.method === "POST") throw new Refused("Login was unsuccessful! A login comes as a link.");
    if (path === "/") show(response, 200, home(contact));
    else if (path === "/support/tickets" && contact) show(response, 200, "<h1>Tickets</h1>");
    else if (path === "/login" || path === "/support/tickets") {
      const to = new URL(remoteLogin);
      to.searchParams.set("host_url", new URL(base).host);
      redirect(response, to.href, path === "/login" ? undefined : { wanted: request.url });
    } else if (/^\/login\/sso\/?$/.test(path)) signIn(request, response, rest.join("?"));
    else if (path === "/logout") {
      sessions.delete(tokenOf(request));
      redirect(response, "/");
    } else show(response, 404, "<h1>Not found</h1>");
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    refuse(response, refusal.message);
  }
}).listen(Number(port), "127.0.0.1");
