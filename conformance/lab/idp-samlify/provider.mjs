// An identity provider of samlify in Express, wired as its documentation shows.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import * as validator from "@authenio/samlify-node-xmllint";
import express from "express";
import samlify from "samlify";

const env = process.env;
const base = env.LAB_BASE_URL;
const people = new Map(JSON.parse(readFileSync(env.LAB_PEOPLE, "utf8")).map((person) => [person.user, person]));

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
const EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
const PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
/** The library's own template has a place for the statement of the login, and nothing to put there. */
const LOGIN =
  '<saml:AuthnStatement AuthnInstant="{AuthnInstant}" SessionIndex="{SessionIndex}"><saml:AuthnContext>' +
  `<saml:AuthnContextClassRef>${PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
const attribute = (name) => ({ name, nameFormat: BASIC, valueTag: name, valueXsiType: "xs:string" });

samlify.setSchemaValidator(validator);
const idp = samlify.IdentityProvider({
  ...keyPair(),
  entityID: `${base}/metadata`,
  singleSignOnService: [REDIRECT, POST].map((Binding) => ({ Binding, Location: `${base}/sso` })),
  singleLogoutService: [{ Binding: REDIRECT, Location: `${base}/logout` }],
  nameIDFormat: [EMAIL],
  wantAuthnRequestsSigned: true,
  wantLogoutRequestSigned: true,
  isAssertionEncrypted: true,
  dataEncryptionAlgorithm: "http://www.w3.org/2009/xmlenc11#aes128-gcm",
  loginResponseTemplate: {
    context: samlify.SamlLib.defaultLoginResponseTemplate.context.replace("{AuthnStatement}", LOGIN),
    attributes: ["FirstName", "LastName"].map(attribute),
  },
});
const portal = samlify.ServiceProvider({
  metadata: readFileSync(env.LAB_SP_METADATA, "utf8"),
  wantMessageSigned: true,
  wantLogoutResponseSigned: true,
});

class Refused extends Error {}

/** Return what a query's signature covers, as it came. */
function octets(request) {
  const pairs = request.url.replace(/^[^?]*\??/, "").split("&");
  const covered = ["SAMLRequest=", "RelayState=", "SigAlg="];
  return covered.flatMap((name) => pairs.find((pair) => pair.startsWith(name)) ?? []).join("&");
}

/** Return the fields of a message by the names of the form or the query. Throws Refused: each is there once. */
function fieldsOf(request) {
  const fields = (request.method === "POST" ? request.body : request.query) ?? {};
  const isText = (name) => typeof (fields[name] ?? "") === "string";
  if (!fields.SAMLRequest || !["SAMLRequest", "RelayState", "SigAlg", "Signature"].every(isText)) {
    throw new Refused("A request has SAMLRequest, and no field twice.");
  }
  return fields;
}

/** Hold what the library hands out and does not compare against what is registered. Throws Refused. */
function compare({ issuer, request }, address) {
  if (issuer !== env.LAB_SP_ENTITY_ID) throw new Refused("This portal is not registered.");
  if ((request.destination ?? address) !== address) throw new Refused("The request is meant for another address.");
  if ((request.assertionConsumerServiceUrl ?? env.LAB_SP_ACS_URL) !== env.LAB_SP_ACS_URL) {
    throw new Refused("This address is not registered.");
  }
}

/** Return whether a verified request asks for the login form in any case: the library does not hand that out. */
function isForced({ samlContent }) {
  const force = { key: "force", localPath: ["AuthnRequest"], attributes: ["ForceAuthn"] };
  return ["true", "1"].includes(samlify.Extractor.extract(samlContent, [force]).force);
}

const sessions = new Map();
const tokenOf = (request) => /(?:^|;\s*)session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
const sessionOf = (request) => sessions.get(tokenOf(request));

/** Keep who signed in under a new token, which the browser brings along with the portal's POST. */
function keep(request, response, session) {
  const token = randomBytes(24).toString("base64url");
  sessions.delete(tokenOf(request));
  sessions.set(token, session);
  response.cookie("session", token, { httpOnly: true, secure: true, sameSite: "none" });
}

const pending = new Map();
const escape = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const page = (title, body) =>
  `<!DOCTYPE html>\n<html lang="en">\n<title>${title}</title>\n<h1>${title}</h1>\n${body}\n</html>\n`;
const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escape(value)}">`;

/** Ask who it is. */
function ask(response, asked, problem = "") {
  const ticket = randomBytes(16).toString("hex");
  pending.set(ticket, asked);
  const fields = `${hidden("ticket", ticket)}<p><label>User name <input name="user"></label></p>
<p><label>Password <input name="password" type="password"></label></p><button>Sign in</button>`;
  response.send(page("Sign in", `<p>${problem}</p>\n<form method="post" action="/login">${fields}</form>`));
}

/** Return a filler of the template, which the library's documentation leaves to the site. */
function filler({ info }, { person, index, at }) {
  const [now, id] = [Date.now(), `_${randomBytes(16).toString("hex")}`];
  const soon = new Date(now + 300_000).toISOString();
  const values = {
    ID: id, AssertionID: `_${randomBytes(16).toString("hex")}`, IssueInstant: new Date(now).toISOString(),
    Issuer: idp.entityMeta.getEntityID(), Destination: env.LAB_SP_ACS_URL, SubjectRecipient: env.LAB_SP_ACS_URL,
    Audience: env.LAB_SP_ENTITY_ID, InResponseTo: info.extract?.request.id,
    StatusCode: samlify.Constants.StatusCode.Success, ConditionsNotBefore: new Date(now).toISOString(),
    ConditionsNotOnOrAfter: soon, SubjectConfirmationDataNotOnOrAfter: soon, AuthnInstant: at, SessionIndex: index,
    NameIDFormat: EMAIL, NameID: person.email, attrFirstName: person.first_name, attrLastName: person.last_name,
  };
  return (template) => ({ id, context: samlify.SamlLib.replaceTagsByValue(template, values) });
}

/** Send the login of the person who is signed in, to the registered address. */
async function answer(asked, session, response) {
  const [{ info }, { person }] = [asked, session];
  const options = { customTagReplacement: filler(asked, session), encryptThenSign: true };
  const { context, entityEndpoint } = await idp.createLoginResponse(portal, info, "post", person, options);
  const state = asked.relayState === undefined ? "" : hidden("RelayState", asked.relayState);
  const fields = `${hidden("SAMLResponse", context)}${state}<button>Continue</button>`;
  const form = `<form method="post" action="${escape(entityEndpoint)}">${fields}</form>`;
  response.send(page("One moment", `${form}<script>document.forms[0].submit()</script>`));
}

/** Read and verify a request; answer it where there is a session, else ask who it is. */
async function signOn(request, response) {
  const { RelayState: relayState } = fieldsOf(request);
  const message = { query: request.query, body: request.body, octetString: octets(request) };
  const info = await idp.parseLoginRequest(portal, request.method === "POST" ? "post" : "redirect", message);
  compare(info.extract, `${base}/sso`);
  const [asked, session] = [{ info, relayState }, sessionOf(request)];
  return session && !isForced(info) ? answer(asked, session, response) : ask(response, asked);
}

function start(request, response) {
  const [asked, session] = [{ info: {} }, sessionOf(request)];
  return session ? answer(asked, session, response) : ask(response, asked);
}

const digest = (text) => createHash("sha256").update(text).digest();

function signedOn(request, response) {
  const { ticket, user, password } = request.body ?? {};
  const [asked, person] = [pending.get(ticket), people.get(user)];
  if (!asked) throw new Refused("Nobody asked for this login, or it is done.");
  pending.delete(ticket);
  if (!person || !timingSafeEqual(digest(person.password), digest(String(password)))) {
    return ask(response, asked, "User name or password is wrong.");
  }
  const session = { person, index: `_${randomBytes(16).toString("hex")}`, at: new Date().toISOString() };
  keep(request, response, session);
  return answer(asked, session, response);
}

async function logOut(request, response) {
  const { RelayState: relayState } = fieldsOf(request);
  const message = { query: request.query, octetString: octets(request) };
  const asked = await idp.parseLogoutRequest(portal, "redirect", message);
  compare(asked.extract, `${base}/logout`);
  const indexes = [asked.extract.sessionIndex ?? []].flat();
  for (const [token, { person, index }] of sessions) {
    const isNamed = indexes.length === 0 || indexes.includes(index);
    if (person.email === asked.extract.nameID && isNamed) sessions.delete(token);
  }
  response.redirect(idp.createLogoutResponse(portal, asked, "redirect", { relayState }).context);
}

const app = express();
const form = express.urlencoded({ extended: false, limit: "1mb" });
app.get("/metadata", (_request, response) => response.type("application/xml").send(idp.getMetadata()));
app.route("/sso").get(signOn).post(form, signOn);
app.get("/start", start);
app.post("/login", form, signedOn);
app.get("/logout", logOut);
app.use((problem, _request, response, _next) => {
  // The library refuses by Error, and its schema validator by a text: any other kind is an error of its code.
  const isFault = [TypeError, RangeError, ReferenceError].some((kind) => problem instanceof kind);
  if (isFault) console.error(problem);
  const [status, what] = isFault ? [500, "The site failed"] : [400, "The request is refused"];
  response.status(status).type("text/plain").send(`${what}: ${problem.message ?? problem}`);
});
app.listen(Number(env.LAB_PORT), "127.0.0.1");
