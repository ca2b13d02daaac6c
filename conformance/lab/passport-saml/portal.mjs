// A site whose login is passport-saml's, wired as its README shows.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Strategy } from "@node-saml/passport-saml";
import express from "express";
import session from "express-session";
import passport from "passport";

const env = process.env;
const base = env.LAB_BASE_URL;
const secret = execFileSync("openssl", ["rand", "-hex", "32"], { encoding: "utf8" });

/** Make a key of the site, and return it with its certificate. */
function keyPair(name) {
  const [key, certificate] = [`${env.LAB_STATE}/${name}.key`, `${env.LAB_STATE}/${name}.pem`];
  const subject = `/CN=${new URL(base).hostname}`;
  const options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", subject];
  execFileSync("openssl", [...options, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
}

const signing = keyPair("signing");
const encryption = keyPair("encryption");

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const FIRST_NAMES = ["FirstName", "givenname", "User.FirstName", "username", `${CLAIMS}/givenname`];
const LAST_NAMES = ["LastName", "surname", "User.LastName", `${CLAIMS}/surname`];

/** Return the first text that the attributes of these names hold. */
function first(attributes, names) {
  const values = names.flatMap((name) => attributes[name]);
  return values.find((value) => typeof value === "string") ?? "";
}

/** Make of a login the person whom the session keeps: a logout request must name them as they were named here. */
function signedOn(profile, done) {
  const { nameID, nameIDFormat, sessionIndex, attributes = {} } = profile ?? {};
  if (!/^[^@\s;,]+@[^@\s;,]+$/.test(nameID ?? "")) return done(new Error("The login gave no e-mail address."));
  const name = `${first(attributes, FIRST_NAMES)} ${first(attributes, LAST_NAMES)}`.trim();
  return done(null, { nameID, nameIDFormat, sessionIndex, name });
}

/** Return the person of this session if it is the one that the logout request names: Success is answered for them. */
function loggedOut({ user }, { nameID, sessionIndex }, done) {
  const isMeant = user?.nameID === nameID && [undefined, user.sessionIndex].includes(sessionIndex);
  done(null, isMeant ? user : null);
}

const strategy = new Strategy(
  {
    callbackUrl: `${base}/login/callback`,
    logoutCallbackUrl: `${base}/logout/callback`,
    entryPoint: env.LAB_IDP_SSO_URL,
    logoutUrl: env.LAB_IDP_SLO_URL,
    issuer: `${base}/metadata`,
    audience: `${base}/metadata`,
    idpIssuer: env.LAB_IDP_ENTITY_ID,
    idpCert: readFileSync(env.LAB_IDP_CERT, "utf8"),
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    validateInResponseTo: "ifPresent",
    acceptedClockSkewMs: 60_000,
    maxAssertionAgeMs: 5 * 60_000,
    signatureAlgorithm: "sha256",
    digestAlgorithm: "sha256",
    privateKey: signing.key,
    decryptionPvk: encryption.key,
    disableRequestedAuthnContext: true,
    passReqToCallback: true,
  },
  (_request, profile, done) => signedOn(profile, done),
  loggedOut,
);
passport.use(strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

/** Return the target if it is a page of this site, else the home page. */
function ownPage(target) {
  if (typeof target !== "string" || !URL.canParse(target, base)) return "/";
  const url = new URL(target, base);
  return url.origin === base && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : "/";
}

const escape = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const page = (title, body) =>
  `<!DOCTYPE html>\n<html lang="en">\n<title>${title}</title>\n<h1>${title}</h1>\n${body}\n</html>\n`;
const refusal = ({ path }, why) => page("Refused", `<p id="login-error">${escape(`${path}: ${why}`)}</p>`);
/**
 * Return the message of an error, without what an XML parser quotes of a message that is none, and without the words of
 * OpenSSL: for padding that is wrong it has two, by chance.
 */
const told = ({ message }) =>
  (/^\[xmldom error\]\s+[a-z ]+/.exec(message)?.[0] ?? message).replace(/error:[0-9A-F]+:rsa routines::.*/, "RSA failed");

function home({ user }) {
  if (!user) return page("A site", '<p>Nobody is signed in. <a href="/login">Log in</a></p>');
  const name = user.name && `<span id="person-name">${escape(user.name)}</span>, `;
  const person = `<p>You are ${name}<span id="person-email">${escape(user.nameID)}</span>.</p>`;
  return page("A site", `${person}<form action="/logout" method="post"><button id="log-out">Log out</button></form>`);
}

/** Whether the library has failed by an error of its code: it refuses by Error, and by the TypeError of one function. */
function isFault(error) {
  const isOfCode = [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
  return isOfCode && !/^.*\n\s+at assertRequired /.test(error.stack);
}

const app = express();
// The identity provider's POST must bring the session along: its cookie is SameSite=None, which browsers take with
// Secure alone. They take *.localhost for as safe as https, so the site says what a proxy before it would say.
app.use((request, _response, next) => {
  request.headers["x-forwarded-proto"] = "https";
  next();
});
const cookie = { httpOnly: true, secure: true, sameSite: "none" };
app.use(session({ secret, cookie, proxy: true, resave: false, saveUninitialized: false }));
app.use(passport.session());

const form = express.urlencoded({ extended: false });
const saml = passport.authenticate("saml");
app.get("/", (request, response) => response.send(home(request)));
app.get("/login", saml);
app.post("/login/callback", form, saml, (request, response) => response.redirect(ownPage(request.body.RelayState)));
app.get("/support/tickets", (request, response) => {
  if (request.user) return response.send(home(request));
  return response.redirect(`/login?RelayState=${encodeURIComponent(request.originalUrl)}`);
});
app.post("/logout", (request, response, next) => {
  if (!request.user) return response.redirect("/");
  return strategy.logout(request, (problem, url) => {
    if (problem) return next(problem);
    return request.logout((failure) => (failure ? next(failure) : response.redirect(url)));
  });
});
app.route("/logout/callback").all(form, saml, (_request, response) => response.redirect("/signed-out"));
app.get("/signed-out", (_request, response) => {
  response.send(page("Signed out", '<p id="logged-out">You are signed out.</p>'));
});
app.get("/metadata", (_request, response) => {
  const metadata = strategy.generateServiceProviderMetadata(encryption.certificate, signing.certificate);
  response.type("application/xml").send(metadata);
});
app.use((request, response) => response.status(404).send(refusal(request, `takes no ${request.method}`)));
app.use((error, request, response, _next) => {
  const fault = isFault(error);
  if (fault) console.error(error);
  response.status(fault ? 500 : (error.status ?? 403)).send(refusal(request, told(error)));
});
app.listen(Number(env.LAB_PORT), "127.0.0.1");
