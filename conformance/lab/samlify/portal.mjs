// A site whose login is samlify's, wired as its documentation shows.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as validator from "@authenio/samlify-node-xmllint";
import express from "express";
import * as samlify from "samlify";

const env = process.env;
const base = env.LAB_BASE_URL;

/** Make the key with which the site signs, and return it with its certificate. */
function keyPair() {
  const [key, certificate] = [`${env.LAB_STATE}/signing.key`, `${env.LAB_STATE}/signing.pem`];
  const subject = `/CN=${new URL(base).hostname}`;
  const options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", subject];
  execFileSync("openssl", [...options, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  return { privateKey: readFileSync(key, "utf8"), signingCert: readFileSync(certificate, "utf8") };
}

const POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
samlify.setSchemaValidator(validator);
const sp = samlify.ServiceProvider({
  ...keyPair(),
  entityID: `${base}/metadata`,
  assertionConsumerService: [{ Binding: POST, Location: `${base}/acs` }],
  singleLogoutService: [REDIRECT, POST].map((Binding) => ({ Binding, Location: `${base}/slo` })),
  nameIDFormat: ["urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"],
  wantAssertionsSigned: true,
  wantMessageSigned: true,
  wantLogoutRequestSigned: true,
  wantLogoutResponseSigned: true,
  clockDrifts: [-60_000, 60_000],
});
const idp = samlify.IdentityProvider({
  metadata: readFileSync(env.LAB_IDP_METADATA, "utf8"),
  wantLogoutRequestSigned: true,
  wantLogoutResponseSigned: true,
});

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const FIRST_NAMES = ["FirstName", "givenname", "User.FirstName", "username", `${CLAIMS}/givenname`];
const LAST_NAMES = ["LastName", "surname", "User.LastName", `${CLAIMS}/surname`];

class Refused extends Error {}

/** Return the first text that the attributes of these names hold. */
function first(attributes, names) {
  const values = names.flatMap((name) => attributes[name]);
  return values.find((value) => typeof value === "string") ?? "";
}

/** Return the person of a login. Throws Refused: the library leaves the audience to the site. */
function personOf({ audience, nameID, sessionIndex, attributes }) {
  if (![audience].flat().includes(sp.entityMeta.getEntityID())) throw new Refused("The audience is another.");
  if (!/^[^@\s;,]+@[^@\s;,]+$/.test(nameID ?? "")) throw new Refused("The login gave no e-mail address.");
  const name = `${first(attributes, FIRST_NAMES)} ${first(attributes, LAST_NAMES)}`.trim();
  return { logoutNameID: nameID, sessionIndex: sessionIndex.sessionIndex, name };
}

const sessions = new Map();
const tokenOf = (request) => /(?:^|;\s*)session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
const sessionOf = (request) => sessions.get(tokenOf(request)) ?? { requests: new Set() };

/** Keep a session under a new token, which the browser brings along with the identity provider's POST. */
function keep(request, response, session) {
  const token = randomBytes(24).toString("base64url");
  sessions.delete(tokenOf(request));
  sessions.set(token, session);
  response.cookie("session", token, { httpOnly: true, secure: true, sameSite: "none" });
}

/** Use up the request that a message answers. Throws Refused where this browser was not sent with it. */
function answered(request, { inResponseTo }) {
  if (!sessionOf(request).requests.delete(inResponseTo)) throw new Refused("It answers no request of this browser.");
}

/** End the sessions that a logout request names: of a person, or some of theirs. */
function end({ nameID, sessionIndex }) {
  const indexes = [sessionIndex ?? []].flat();
  for (const session of sessions.values()) {
    const { logoutNameID, sessionIndex: own } = session.user ?? {};
    if (logoutNameID === nameID && (indexes.length === 0 || indexes.includes(own))) session.user = undefined;
  }
}

/** Return the target if it is a page of this site, else the home page. */
function ownPage(target) {
  if (typeof target !== "string" || !URL.canParse(target, base)) return "/";
  const url = new URL(target, base);
  return url.origin === base && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : "/";
}

/** Return what a query's signature covers, as it came. */
function octets(request) {
  const pairs = request.url.replace(/^[^?]*\??/, "").split("&");
  const covered = ["SAMLRequest=", "SAMLResponse=", "RelayState=", "SigAlg="];
  return covered.flatMap((name) => pairs.find((pair) => pair.startsWith(name)) ?? []).join("&");
}

const escape = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const page = (title, body) =>
  `<!DOCTYPE html>\n<html lang="en">\n<title>${title}</title>\n<h1>${title}</h1>\n${body}\n</html>\n`;
const refusal = ({ path }, why) => page("Refused", `<p id="login-error">${escape(`${path}: ${why}`)}</p>`);
/** Return the message of an error, without what it quotes of a message that cannot be read or verified. */
function told(message) {
  const shown = message.replace(/(the signature value|digest is|supplies digest) \S+/g, "$1");
  return /^XML [a-z ]*error: \[xmldom error\]\s+[a-z ]+/.exec(shown)?.[0] ?? shown;
}

function home({ user }) {
  if (!user) return page("A site", '<p>Nobody is signed in. <a href="/login">Log in</a></p>');
  const name = user.name && `<span id="person-name">${escape(user.name)}</span>, `;
  const person = `<p>You are ${name}<span id="person-email">${escape(user.logoutNameID)}</span>.</p>`;
  return page("A site", `${person}<form action="/logout" method="post"><button id="log-out">Log out</button></form>`);
}

function signOn(request, response) {
  const relayState = request.path === "/login" ? "" : request.originalUrl;
  const { id, context } = sp.createLoginRequest(idp, "redirect", { relayState });
  const session = sessionOf(request);
  session.requests.add(id);
  keep(request, response, session);
  response.redirect(context);
}

async function signedOn(request, response) {
  const { extract } = await sp.parseLoginResponse(idp, "post", request);
  if (extract.response.inResponseTo !== undefined) answered(request, extract.response);
  keep(request, response, { requests: new Set(), user: personOf(extract) });
  response.redirect(ownPage(request.body.RelayState));
}

function logOut(request, response) {
  const session = sessionOf(request);
  if (!session.user) return response.redirect("/");
  const { id, context } = sp.createLogoutRequest(idp, "redirect", session.user);
  session.user = undefined;
  session.requests.add(id);
  return response.redirect(context);
}

async function loggedOut(request, response) {
  const [binding, fields] = request.method === "POST" ? ["post", request.body] : ["redirect", request.query];
  const { query, body } = request;
  const message = { query, body, octetString: octets(request) };
  if (fields.SAMLRequest === undefined) {
    const { extract } = await sp.parseLogoutResponse(idp, binding, message);
    answered(request, extract.response);
    return response.redirect("/signed-out");
  }
  const asked = await sp.parseLogoutRequest(idp, binding, message);
  end(asked.extract);
  const answer = sp.createLogoutResponse(idp, asked, "redirect", { relayState: fields.RelayState });
  return response.redirect(answer.context);
}

const app = express();
const form = express.urlencoded({ extended: false });
app.get("/", (request, response) => response.send(home(sessionOf(request))));
app.get("/login", signOn);
app.post("/acs", form, signedOn);
app.get("/support/tickets", (request, response) => {
  const session = sessionOf(request);
  return session.user ? response.send(home(session)) : signOn(request, response);
});
app.post("/logout", logOut);
app.route("/slo").get(loggedOut).post(form, loggedOut);
app.get("/signed-out", (_request, response) => {
  response.send(page("Signed out", '<p id="logged-out">You are signed out.</p>'));
});
app.get("/metadata", (_request, response) => response.type("application/xml").send(sp.getMetadata()));
app.use((request, response) => response.status(404).send(refusal(request, `takes no ${request.method}`)));
app.use((error, request, response, _next) => {
  // The library refuses by Error, and its schema validator by a text: any other kind is an error of its code.
  const isFault = [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
  if (isFault) console.error(error);
  response.status(isFault ? 500 : (error.status ?? 403)).send(refusal(request, told(error.message ?? error)));
});
app.listen(Number(env.LAB_PORT), "127.0.0.1");
