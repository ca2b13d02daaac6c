"""The check of one identity provider: sign-ins there, sound ones and odd ones, and what our portal made of each."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import attrs

from conformance.drivers import NotOnPage, Query, SiteFailed, Visitor, VisitorFactory
from conformance.idp.answer import read_answer
from conformance.idp.portal import Running
from conformance.idp.profile import Account, Profile
from conformance.idp.provider import Binding, Provider
from conformance.idp.seen import NOT_GONE, Seen
from conformance.idp.starts import PLACE, Departure, Stray
from conformance.idp.walk import Walk, walk
from conformance.targets.profile import STUB_PROFILE, load
from conformance.targets.profile import Profile as PortalPages
from portal_stub.accounts.attempts import Attempt, findings_of
from portal_stub.accounts.memory import open_request
from portal_stub.accounts.sessions import new_token
from portal_stub.diagnosis import Finding
from portal_stub.keys import Keypair
from portal_stub.remote_login.detective import suspects as suspects_of_link
from portal_stub.saml.detective import suspects as suspects_of_response
from portal_stub.saml.message import Post
from portal_stub.saml.request import AuthnRequest, asked_by, by_post, by_redirect

Begin = Callable[[Visitor], None]
UNSET = "(as ordinary)"


@attrs.frozen(kw_only=True)
class Stranger:
    """A place of nobody's: ``url`` is its address, ``strays`` what came there."""

    url: str
    strays: list[Stray]


@attrs.frozen(kw_only=True)
class LoggedOut:
    """A logout at the portal: the sign-in before it, the message that came back, and the sign-in after it, if any."""

    before: Seen
    attempt: Attempt | None = None
    ended: str = ""
    problem: str = ""
    after: Seen | None = None

    @property
    def violated(self) -> tuple[Finding, ...]:
        """The findings for which the portal did not accept the answer."""
        return () if self.attempt is None else tuple(f for f in findings_of(self.attempt) if f.outcome == "violated")


@attrs.frozen(kw_only=True)
class Check:
    """What probes have at hand. ``provider`` is None for a remote login page."""

    profile: Profile
    provider: Provider | None
    portal: Running
    stranger: Stranger
    visitors: VisitorFactory
    sound: list[tuple[str, Seen]] = attrs.field(factory=list)
    """Every sound sign-in so far, with the words by which a report calls it."""

    @property
    def idp(self) -> Provider:
        """The identity provider of a profile that speaks SAML."""
        assert self.provider is not None  # noqa: S101 - probes of SAML are made at nobody else
        return self.provider

    @functools.cached_property
    def here(self) -> str:
        """An address of the identity provider."""
        return self.profile.remote_login.url if self.provider is None else self.idp.login_at(self.idp.binding)

    @functools.cached_property
    def opening(self) -> Seen:
        """The sound sign-in with which everything begins, by the portal's own login address."""
        seen = self.sign_in(self.begin_at_portal())
        self.sound.append((f"the sign-in by {self.idp.binding}" if self.provider else "the sign-in", seen))
        return seen

    # How a sign-in begins.

    def begin_at(self, url: str) -> Begin:
        """Return the beginning of a sign-in at this address."""
        return lambda visitor: visitor.open(url)

    def begin_at_portal(self) -> Begin:
        """Return the beginning of an ordinary sign-in: the portal's own login address."""
        return self.begin_at(f"{self.portal.settings.base_url}/login")

    def begin_by_request(
        self,
        *,
        binding: Binding | None = None,
        signer: Keypair | str | None = UNSET,
        relay_state: str | None = UNSET,
        asks: Callable[[AuthnRequest], AuthnRequest] = lambda request: request,
    ) -> Begin:
        """Return the beginning of a sign-in by a request: the portal's ordinary one, but for what is given."""
        settings = self.portal.settings
        by = binding or self.idp.binding

        def begin(visitor: Visitor) -> None:
            browser, now = new_token(), datetime.now(UTC)
            with self.portal.database.writing() as rows:
                request_id = open_request(rows, browser, None, now)
            address = self.idp.login_at(by)
            ordinary = attrs.evolve(asked_by(settings, request_id, now), destination=address)
            state = request_id if relay_state == UNSET else relay_state
            signs = (self.portal.keys.signing if settings.saml.sign_requests else None) if signer == UNSET else signer
            assert not isinstance(signs, str)  # noqa: S101 - UNSET is the only text
            if by == "post":
                leaving = Departure(address=address, fields=by_post(asks(ordinary), state, signs), browser=browser)
            else:
                leaving = Departure(address=by_redirect(address, asks(ordinary), state, signs), browser=browser)
            visitor.open(self.portal.starts.address_of(leaving))

        return begin

    # Signing in.

    def sign_in(
        self, begin: Begin, *, account: Account | None = None, visitor: Visitor | None = None, passive: bool = False
    ) -> Seen:
        """Sign in, and return what was seen. A visitor that is given stays; else there is one for this sign-in alone.

        Raises SiteFailed where our own portal fails.
        """
        account = account or self.profile.account
        person = visitor or self.visitors()
        known, strays = len(self.portal.attempts()), self._strays()
        went, failure, ended, picture = NOT_GONE, "", "", None
        try:
            begin(person)
            went = walk(person, self.profile, account, self.here, lambda: self._is_over(person), passive=passive)
            ended = person.url.partition("?")[0]
            if went.stuck and not any(secret in person.html() for secret in self.profile.secrets):
                picture = person.picture()
        except SiteFailed as failed:
            if failed.host in self._ours:
                raise
            failure = str(failed)
        except NotOnPage as error:
            went = Walk(stuck=str(error))
        finally:
            if visitor is None:
                person.leave()
        came = self.portal.attempts()[known:]
        seen = self._seen(account, came)
        came_elsewhere = self._strays()[len(strays) :]
        return attrs.evolve(seen, walk=went, failure=failure, ended=ended, picture=picture, strays=came_elsewhere)

    def log_out(self, *, and_return: bool) -> LoggedOut:
        """Sign in, log out at the portal, and if wanted sign in once more, all in one browser."""
        visitor = self.visitors()
        home = f"{self.portal.settings.base_url}/"
        try:
            before = self.sign_in(self.begin_at_portal(), visitor=visitor)
            if not before.granted:
                return LoggedOut(before=before)
            known, problem, ended = len(self.portal.attempts()), "", ""
            try:
                visitor.open(home)
                visitor.press(self.pages.sign_out.press)
                went = walk(visitor, self.profile, self.profile.account, self.here, lambda: self._is_over(visitor))
                problem, ended = went.stuck, visitor.url.partition("?")[0]
            except SiteFailed as failed:
                if failed.host in self._ours:
                    raise
                problem = f"The identity provider failed: {failed}."
            came = [attempt for attempt in self.portal.attempts()[known:] if attempt.method == "logout"]
            after = self.sign_in(self.begin_at_portal(), visitor=visitor) if and_return else None
            return LoggedOut(
                before=before, attempt=came[-1] if came else None, ended=ended, problem=problem, after=after
            )
        finally:
            visitor.leave()

    def _seen(self, account: Account, came: list[Attempt]) -> Seen:
        logins = [attempt for attempt in came if attempt.method != "logout"]
        attempt = logins[-1] if logins else None
        answer = None
        if attempt is not None and attempt.method == "saml" and attempt.message:
            keys = self.portal.keys
            answer = read_answer(attempt.message, self.portal.settings, attempt.at, lambda: keys.encryption.key)
        return Seen(
            expected=account.address,
            attempt=attempt,
            answer=answer,
            suspicion=self._suspicion(attempt),
        )

    def _suspicion(self, attempt: Attempt | None) -> str:
        """Return the mistakes that explain why the portal refused a login, in words."""
        if attempt is None or attempt.granted or not attempt.message:
            return ""
        settings, keys = self.portal.settings, self.portal.keys
        if attempt.method == "simple":
            found = suspects_of_link(attempt.message.encode(), settings, attempt.at)
        else:
            post = Post(saml_response=attempt.message, relay_state=attempt.relay_state)
            found = suspects_of_response(post, settings, attempt.at, lambda: keys.encryption.key)
        return " ".join(f"{suspect.sentence} {suspect.mend}" for suspect in found)

    def _strays(self) -> list[Stray]:
        return [*self.portal.starts.strays, *self.stranger.strays]

    def name_shown(self, visitor: Visitor) -> str:
        """Return the name under which the portal shows this visitor."""
        home = visitor.look(f"{self.portal.settings.base_url}/", {"name": Query(self.pages.signed_in.name)})
        return home.texts["name"] or ""

    @functools.cached_property
    def pages(self) -> PortalPages:
        """How our portal's pages are read and used."""
        return load(STUB_PROFILE)

    @property
    def _ours(self) -> set[str]:
        return {urlsplit(url).netloc for url in (self.portal.settings.base_url, self.stranger.url)}

    def _is_over(self, visitor: Visitor) -> bool:
        at = urlsplit(visitor.url)
        return at.netloc in self._ours and not at.path.startswith(f"{PLACE}/start/")

    # What was found over all sound sign-ins.

    def worst(self, rule_id: str) -> tuple[str, Seen, Finding] | None:
        """Return the worst finding about this rule over all sound sign-ins, with the name of that sign-in."""
        order = ("violated", "not-checked", "warning", "ok", "not-applicable")
        found = [
            (name, seen, finding)
            for name, seen in self.sound
            for finding in seen.findings
            if finding.rule == rule_id and seen.answered
        ]
        return min(found, key=lambda one: order.index(one[2].outcome), default=None)
