"""What a person does in one case, in the words of a tester. Journeys are written with these words alone."""

import contextlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

import attrs

from conformance.drivers import Form, Query, Shown, Unsupported, Visitor, VisitorFactory
from conformance.drivers.http import HttpVisitors
from conformance.drivers.trust import trusting
from conformance.sites import ADMINISTRATOR, PASSWORD, Addresses
from conformance.targets import steps
from conformance.targets.profile import Profile
from conformance.targets.signs import IDENTITY, Home
from conformance.targets.target import Grounds
from idp_sim.catalogue import NOTHING, Start
from idp_sim.login import Base
from idp_sim.people import Person


class Unmet(Exception):
    """Something that the journey expected did not happen; the text says what."""


@attrs.frozen
class People:
    """The people of one worker: no other worker signs them in, since a login overwrites the stored name.

    ``newcomer`` is unknown to the portal, ``agent`` is an agent there, ``stored`` is a customer with another name.
    """

    main: Person
    newcomer: Person
    agent: Person
    stored: Person


@attrs.define
class Journey:
    """One person's way through one case. ``whom`` is who should be signed in at its end."""

    stage: ClassVar = "journey"

    profile: Profile
    grounds: Grounds
    sites: Addresses
    protocol: str
    base: Base
    start: Start
    people: People
    visitors: VisitorFactory
    visitor: Visitor
    whom: tuple[str, str]
    answer_shown: Mapping[str, str | None] = NOTHING
    """What the identity provider has shown of the portal's answer to the last logout that began there."""
    _stack: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack)

    def __attrs_post_init__(self) -> None:
        self._stack.callback(self.visitor.leave)

    def begin_sign_in(self, start: Start | None = None) -> None:
        """Come to the identity provider's page: from the portal's login, or directly."""
        if (start or self.start) == "portal":
            self.visitor.open(urljoin(self.sites.portal, self.profile.login))
            self._arrive_at_simulator()
        elif self.protocol == "saml":
            self.visitor.open(f"{self.sites.simulator}/saml/start?portal=portal")
        else:
            host = urlencode({"host_url": urlsplit(self.sites.portal).netloc})
            self.visitor.open(f"{self.sites.simulator}/remote-login?{host}")

    def finish_sign_in(self, scenario: str = "", person: Person | None = None) -> None:
        """Choose the person, the scenario (by default the sound one) and the base, and sign in."""
        choice = {"person": (person or self.people.main).email}
        if scenario:
            choice["scenario"] = scenario
        if self.protocol == "saml" and self.base != "assertion":
            choice["base"] = self.base
        self.visitor.press("#sign-in", choice)
        self._expect_sent("/sign-in")
        self.take_steps()

    def sign_in(self, scenario: str = "", person: Person | None = None, start: Start | None = None) -> None:
        """Sign in from beginning to end."""
        self.begin_sign_in(start)
        self.finish_sign_in(scenario, person)

    def sign_in_as(self, person: Person) -> None:
        """Sign in as somebody else than the worker's main person: they should be signed in at the end."""
        self.whom = (person.email, person.name)
        self.sign_in(person=person)

    def sign_out(self) -> None:
        """Go to the portal's own page and sign out there."""
        how = self.profile.sign_out
        page = how.open or self.profile.signed_in.probe
        self.known(how.press or how.open, "how to sign out")
        self.visitor.open(urljoin(self.sites.portal, page))
        if how.press:
            self.visitor.press(how.press)
        self.take_steps()

    def log_out_at_idp(
        self, scenario: str = "", person: Person | None = None, session: int = 1, other: Person | None = None
    ) -> None:
        """At the identity provider, log the person out of their latest session at the portal, or of an earlier one.

        ``other`` is the person whom a forgery names.
        """
        email = (person or self.people.main).email
        self.visitor.open(f"{self.sites.simulator}/saml/logout/start?portal=portal")
        choice = {"session": email if session == 1 else f"{email} {session}"}
        if other is not None:
            choice["other"] = other.email
        self._send_logout(scenario, choice)
        at_simulator = urlsplit(self.visitor.url).netloc == urlsplit(self.sites.simulator).netloc
        self.answer_shown = self.visitor.read(ANSWER).texts if at_simulator else {}

    def log_out_at_portal(self, scenario: str = "") -> None:
        """Sign out at the portal, and at the identity provider choose the answer to its logout request."""
        self.sign_out()
        self._arrive_at_simulator()
        self._send_logout(scenario)

    def _send_logout(self, scenario: str, choice: Mapping[str, str] = NOTHING) -> None:
        self.visitor.press("#log-out", {**choice, **({"scenario": scenario} if scenario else {})})
        self._expect_sent("/saml/logout/send")

    def _expect_sent(self, path: str) -> None:
        """Raise Unmet where the simulator did not send what was chosen: nothing is learnt of the portal then."""
        if self.visitor.url == f"{self.sites.simulator}{path}":
            problem = self.visitor.read({"problem": Query("#problem")}).texts["problem"]
            if problem is not None:
                raise Unmet(f"The identity provider did not send it: {problem}")

    def open_page(self, path: str) -> None:
        """Open a page of the portal."""
        self.visitor.open(urljoin(self.sites.portal, path))
        self.take_steps()

    def log_in(self, email: str = ADMINISTRATOR, password: str = PASSWORD) -> None:
        """Log in with a password, on the form that is shown or, from elsewhere, on the portal's page for it."""
        form = self.known(self.profile.pages.password_login, "where to log in with a password")
        if self.path != form:
            self.open_page(form)
        self.visitor.press(self.profile.pages.log_in, {"email": email, "password": password})

    def open_security(self) -> None:
        """As the administrator, open Admin > Security."""
        security = self.known(self.profile.admin.security, "the page on which single sign-on is set up")
        self.log_in()
        self.open_page(security)

    def another_browser(self, *, slow: bool = False) -> Visitor:
        """Go on in another browser, which knows nothing of this one; return the one used so far."""
        before = self.visitor
        self.visitor = self.visitors(slow=slow)
        self._stack.callback(self.visitor.leave)
        return before

    def planted_browser(self) -> Visitor:
        """Go on in another browser, in which somebody has planted this one's cookies; return the one used so far."""
        before = self.visitor
        self.visitor = before.with_same_cookies()
        self._stack.callback(self.visitor.leave)
        return before

    def visitors_without_browser(self) -> HttpVisitors:
        """Return what makes plain visitors, for things that happen at one moment: a browser does one after another."""
        plain = HttpVisitors(self.profile.patience_seconds, trusting(self.profile.ca_file))
        self._stack.callback(plain.close)
        return plain

    def portal_of_its_own(self, *, given: Mapping[str, Any] = NOTHING, **changes: Any) -> None:
        """Move to a portal that no other case uses, with these settings (``saml__login_url=...``) changed.

        ``given`` are settings that the simulator knows.
        """
        self.move_to(self.grounds.own_sites(self.protocol, given, lambda settings: settings.but(**changes)))

    def move_to(self, sites: AbstractContextManager[Addresses]) -> None:
        """Go on at other sites, which are stopped at the end of the journey."""
        self.sites = self._stack.enter_context(sites)

    def is_signed_in(self) -> bool:
        """Whether the portal's own page shows that anybody is signed in."""
        self.take_steps()
        return self.home().signed_in

    def home(self) -> Home:
        """What the portal's own page shows of the person who is signed in."""
        signs = self.profile.signed_in
        page = self.visitor.look(urljoin(self.sites.portal, signs.probe), signs.queries())
        return signs.read(page, self.sites.portal)

    def shown_identity(self) -> set[str]:
        """Address and name of whoever is signed in. Raises Unsupported where the profile does not tell who that is."""
        if not self.profile.signed_in.tells_who:
            raise Unsupported("the profile does not tell where the portal shows who is signed in")
        return {text for sign in IDENTITY if (text := self.home().texts.get(sign)) is not None}

    def shows(self, name: str) -> str | None:
        """One text of the portal's own page (``role``, ``phone``...). Raises Unsupported where the profile lacks it."""
        self.known(getattr(self.profile.signed_in, name), f"where the portal shows a person's {name}")
        return self.home().texts[name]

    def take_steps(self) -> str:
        """Do what the profile says is to be done on the page that is shown, if anything.

        Returns why that could not be done. A refusal is left as it is: it has yet to be read.
        """
        if urlsplit(self.visitor.url).netloc == urlsplit(self.sites.simulator).netloc:
            return ""
        return steps.take(
            self.profile.step, self.visitor, self.sites.portal, lambda: bool(self.refusal().texts.get("message"))
        )

    def expect_contact(self, phone: str, company: str, when: str) -> None:
        """Raise Unmet unless the portal shows this phone number and company."""
        shown = (self.shows("phone"), self.shows("company"))
        self.expect(shown == (phone, company), f"Expected {phone} and {company} {when}, the portal shows {shown}.")

    @property
    def secret_shown(self) -> Query:
        """Where the administrator's page shows the shared secret."""
        return Query(self.known(self.profile.admin.secret, "where the shared secret is shown"))

    def end(self, *, just_now: bool) -> tuple[Shown, Home]:
        """Read the page that is shown, and what the portal shows of the person who is signed in.

        Both are on one page where every page of the portal shows the person, and a sign-in has ended on this one
        ``just_now``. An answer to a POST is not asked: it may have been made before the session was.
        """
        signs = self.profile.signed_in
        last = self.visitor.moves[-1] if self.visitor.moves else None
        here = last is not None and last.method == "GET" and last.url.startswith(f"{self.sites.portal}/")
        if just_now and here and signs.on_every_page:
            page = self._read_with_refusal(signs.queries())
            return page, signs.read(page, self.sites.portal)
        return self.refusal(), self.home()

    def refusal(self) -> Shown:
        """The error message on the page that is shown, and the rules that it declares."""
        return self._read_with_refusal({})

    def _read_with_refusal(self, queries: Mapping[str, Query]) -> Shown:
        refused = self.profile.refused
        return refused.read(self.visitor.read({**refused.queries(), **queries}), self.sites.portal)

    def logout_page(self) -> Shown:
        """The page that is shown: an error message with its rules, or that a logout was confirmed."""
        confirmed = self.known(self.profile.sign_out.confirmed, "how it shows that a logout was confirmed")
        return self._read_with_refusal({"confirmed": Query(confirmed)})

    @property
    def path(self) -> str:
        """Path of the page that is shown."""
        return urlsplit(self.visitor.url).path

    def last_message(self) -> Form:
        """The last sign-in that this browser carried to the portal. Raises Unmet when there was none."""
        for move in reversed(self.visitor.moves):
            if carries_sign_in(move):
                return move
        raise Unmet("No sign-in was sent to the portal.")

    def last_logout(self) -> Form:
        """The last logout message that this browser carried to the portal. Raises Unmet when there was none."""
        host = urlsplit(self.sites.portal).netloc
        for move in reversed(self.visitor.moves):
            if urlsplit(move.url).netloc == host and carries_logout(move):
                return move
        raise Unmet("No logout message was sent to the portal.")

    def expect(self, held: bool, otherwise: str) -> None:
        """Raise Unmet with the sentence when something expected did not hold."""
        if not held:
            raise Unmet(otherwise)

    def leave(self) -> None:
        """Close every browser of this journey, and the sites that were its own."""
        self._stack.close()

    def _arrive_at_simulator(self) -> None:
        stuck = self.take_steps()
        if urlsplit(self.visitor.url).netloc != urlsplit(self.sites.simulator).netloc:
            led = f"The portal's login page did not lead to the identity provider, but to {self.visitor.url}"
            raise Unmet(f"{led}. {stuck}" if stuck else led)
        if self.visitor.status >= 400:
            heading = self.visitor.read({"heading": Query("h1")}).texts["heading"]
            raise Unmet(f"The identity provider could not use what the portal sent: {heading}")

    def known(self, entry: str, what: str) -> str:
        """Return an entry of the profile. Raises Unsupported when the profile does not tell ``what``."""
        if not entry:
            raise Unsupported(f"the profile does not tell {what}")
        return entry


def carries_logout(move: Form) -> bool:
    """Whether the browser carried a logout message with this request, a broken one included."""
    text = move.body if move.body is not None else urlsplit(move.url).query
    return any(f"{name}=" in text for name in ("SAMLRequest", "SAMLResponse", "SigAlg"))


ANSWER = {"status": Query("#logout-status"), "relay": Query("#relay-state")}
"""What the simulator's page shows of a portal's answer to a logout request."""


def carries_sign_in(move: Form) -> bool:
    """Whether the browser carried a sign-in with this request: a SAML response, or a remote login's link."""
    if move.body is not None:
        return "SAMLResponse=" in move.body
    query = urlsplit(move.url).query
    return "SAMLResponse=" in query or ("hash=" in query and "email=" in query)
