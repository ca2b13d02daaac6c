// An identity provider of samlp's middleware in Express, wired as its README shows.

import { execFileSync } from "node:child_process";
import { X509Certificate, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import express from "express";
import session from "express-session";
import samlp from "samlp";
import SessionParticipants from "samlp/lib/sessionParticipants/index.js";

const env = process.env;
const base = env.LAB_BASE_URL;
const people = new Map(JSON.parse(readFileSync(env.LAB_PEOPLE, "utf8")).map((person) => [person.user, person]));
const portal = {
  entityID: env.LAB_SP_ENTITY_ID,
  acs: env.LAB_SP_ACS_URL,
  slo: env.LAB_SP_SLO_URL,
  cert: readFileSync(env.LAB_SP_CERT, "utf8"),
};
/** Return the certificate of the portal's metadata for encryption, in PEM. */
function encryptionCertificate() {
  const [, base64] = /use="encryption".*?X509Certificate>([^<]+)</s.exec(readFileSync(env.LAB_SP_METADATA, "utf8"));
  return new X509Certificate(Buffer.from(base64, "base64"));
}

const encryption = encryptionCertificate();
const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

const [keyFile, certFile] = [`${env.LAB_STATE}/idp.key`, `${env.LAB_STATE}/idp.pem`];
const subject = `/CN=${new URL(base).hostname}`;
const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", subject];
execFileSync("openssl", [...request, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
const ours = { issuer: `${base}/metadata`, key: readFileSync(keyFile), cert: readFileSync(certFile) };

/** What the library asks of a person: the address as the NameID, and the names. */
function Profile(person) {
  return {
    getClaims: () => ({ FirstName: person.first_name, LastName: person.last_name }),
    getNameIdentifier: () => ({ nameIdentifier: person.email, nameIdentifierFormat: EMAIL }),
  };
}
Profile.prototype.metadata = [];

/** The address to answer at: the registered one. What a request asks for was compared with it before (sso). */
const getPostURL = (_audience, _dom, _request, callback) => callback(null, portal.acs);

const app = express();
app.use(express.urlencoded({ extended: false, limit: "1mb" }));
app.use((request, _response, next) => {
  request.body ??= {};
  next();
});
app.get("/metadata", samlp.metadata({
  ...ours, profileMapper: Profile, redirectEndpointPath: "/sso", postEndpointPath: "/sso",
  logoutEndpointPaths: { redirect: "/logout" },
}));
app.set("trust proxy", true);
app.use((request, _response, next) => {
  request.headers["x-forwarded-proto"] ??= "https"; // *.localhost is safe to browsers: the cookie may be Secure
  next();
});
app.use(session({
  name: "idp-samlp", secret: randomBytes(32).toString("hex"), resave: false, saveUninitialized: true,
  cookie: { secure: true, sameSite: "none", httpOnly: true },
}));

/** Send the login of the person who is signed in. */
function answer(asked, request, response, next) {
  const person = people.get(request.session.user);
  const index = randomBytes(16).toString("hex");
  request.session.participants = [{
    serviceProviderId: portal.entityID, nameId: person.email, nameIdFormat: EMAIL, sessionIndex: index,
    serviceProviderLogoutURL: portal.slo, cert: portal.cert, binding: REDIRECT,
  }];
  const options = {
    ...ours, getPostURL, signResponse: true, sessionIndex: index, lifetimeInSeconds: 300, recipient: portal.acs,
    destination: portal.acs, encryptionCert: encryption.toString(),
    encryptionPublicKey: encryption.publicKey.export({ type: "spki", format: "pem" }),
    audience: portal.entityID, profileMapper: Profile, getUserFromRequest: () => person, RelayState: asked.relayState,
    inResponseTo: asked.id,
  };
  const bare = { ...request, method: "POST", query: {}, body: {} };
  return samlp.auth(options)(bare, response, next);
}

const pending = new Map();

/** Read and verify a request; answer it where there is a session, else ask who it is. */
function sso(request, response, next) {
  const given = request.method === "POST" ? request.body : request.query;
  samlp.parseRequest(request, { signingCert: portal.cert, relayState: given.RelayState }, (problem, asked) => {
    if (problem) return refuse(response, problem);
    if (asked?.issuer !== portal.entityID) return refuse(response, new Error("This portal is not registered."));
    if ((asked.assertionConsumerServiceURL || portal.acs) !== portal.acs) {
      return refuse(response, new Error("This address is not registered."));
    }
    if (asked.destination && asked.destination !== `${base}/sso`) {
      return refuse(response, new Error("The request is meant for another address."));
    }
    asked.relayState = given.RelayState ?? "";
    if (request.session.user && !["true", "1"].includes(asked.forceAuthn)) {
      return answer(asked, request, response, next);
    }
    const ticket = randomBytes(16).toString("hex");
    pending.set(ticket, asked);
    response.send(form(ticket));
  });
}

/** Show why there is no login; a fault of the code is none of the request's, and must not pass for a refusal. */
function refuse(response, problem) {
  const fault = [TypeError, ReferenceError, RangeError].some((kind) => problem instanceof kind);
  const words = problem.message.replace(/\([\w+/=]{40,}\)/g, "(...)"); // the signature: another one each time
  response.status(fault ? 500 : 400).type("text/plain").send(`${fault ? "Failed" : "Refused"}: ${words}`);
}

function form(ticket, problem = "") {
  return `<!DOCTYPE html>
<html lang="en"><title>Sign in</title><h1>Sign in</h1><p>${problem}</p>
<form method="post" action="/login"><input type="hidden" name="ticket" value="${ticket}">
<p><label>User name <input name="user"></label></p>
<p><label>Password <input name="password" type="password"></label></p><button>Sign in</button></form></html>`;
}

const digest = (text) => createHash("sha256").update(text).digest();

app.get("/sso", sso);
app.post("/sso", sso);
app.get("/start", (request, response, next) => {
  if (request.session.user) return answer({ relayState: "" }, request, response, next);
  const ticket = randomBytes(16).toString("hex");
  pending.set(ticket, { relayState: "" });
  return response.send(form(ticket));
});
app.post("/login", (request, response, next) => {
  const { ticket, user, password } = request.body;
  const [asked, person] = [pending.get(ticket), people.get(user)];
  if (!asked) return response.status(404).send("Nobody asked for this login, or it is done.");
  if (!person || !timingSafeEqual(digest(person.password), digest(password ?? ""))) {
    return response.send(form(ticket, "User name or password is wrong."));
  }
  pending.delete(ticket);
  request.session.user = user;
  return answer(asked, request, response, next);
});
app.get("/logout", (request, response, next) => {
  const known = new SessionParticipants(request.session.participants ?? []);
  samlp.logout({
    ...ours, deflate: true, protocolBinding: REDIRECT, sessionParticipants: known,
    clearIdPSession: (done) => { delete request.session.user; done(); },
  })(request, response, next);
});
app.use((problem, _request, response, _next) => refuse(response, problem));
app.listen(Number(env.LAB_PORT), "127.0.0.1");
