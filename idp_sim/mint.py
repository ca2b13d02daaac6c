"""Minting: a scenario performed without a browser, and written down as a file or a text."""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

import attrs

from idp_sim.aliases import today
from idp_sim.catalogue import CannotPerform, Outcome, Scenario
from idp_sim.config import Portal
from idp_sim.keyring import Keyring
from idp_sim.login import Base, Login, RemoteLogin, SamlLogin, seeded_id
from idp_sim.logout import Logout, LogoutForm, LogoutQuery
from idp_sim.people import Person
from idp_sim.perform import perform
from idp_sim.perform_logout import KIND_OF, perform_logout
from idp_sim.stages import Form, Link
from rulebook.strict_toml import FileProblem, nearest

Written = Literal["xml", "base64", "html", "url", "json"]
Message = Form | Link | LogoutForm | LogoutQuery

PERFORMED_BY_THE_REFEREE = (
    "Scenarios that live in the journey or in the portal's settings cannot be minted: 'conformance run' performs them."
)


class CannotMint(ValueError):
    """What was asked for cannot be minted; the text says why and what can."""


@attrs.frozen(kw_only=True)
class Case:
    """A scenario on one base (``None`` for remote logins), under the id that it has everywhere (command-line.md)."""

    scenario: Scenario
    base: Base | None

    @property
    def id(self) -> str:
        """``TOPIC.NAME[VARIANT]@BASE``; the base only where the scenario runs on several."""
        return f"{self.scenario.id}@{self.base}" if len(self.scenario.bases) > 1 else self.scenario.id

    @property
    def outcome(self) -> Outcome:
        """What the rule demands of this case."""
        return (
            self.scenario.outcome
            if self.base is None
            else self.scenario.outcome_on.get(self.base, self.scenario.outcome)
        )


@attrs.frozen(kw_only=True)
class Order:
    """For whom, when and how to mint. ``at`` is UTC. Equal orders with an equal keyring give equal bytes."""

    portal: Portal
    person: Person
    at: datetime
    seed: str
    in_response_to: str | None = None


@attrs.frozen(kw_only=True)
class Minted:
    """A case and the message that performs it."""

    case: Case
    message: Message

    @property
    def plan(self) -> Login | Logout:
        """Who signs in, or out, and who is forged."""
        return self.message.logout if isinstance(self.message, LogoutForm | LogoutQuery) else self.message.login

    @property
    def entry(self) -> dict[str, str | None]:
        """What ``index.json`` says of it: ``genuine`` and ``forged`` are addresses."""
        login, scenario = self.plan, self.case.scenario
        sent = login.email if isinstance(login, RemoteLogin) and self.case.outcome == "must-accept" else None
        return {
            "id": self.case.id,
            "rule": scenario.breaks[0].id if scenario.breaks else None,
            "outcome": self.case.outcome,
            "base": self.case.base,
            "genuine": sent or login.person.email,
            "forged": login.forged.email,
        }


def cases_of(scenarios: Iterable[Scenario]) -> Iterator[Case]:
    """Yield every scenario on each of its bases."""
    for scenario in scenarios:
        for base in _bases(scenario):
            yield Case(scenario=scenario, base=base)


def find(scenarios: Iterable[Scenario], words: str, base: str | None) -> Case:
    """Return the case that an id names, also an old one, with or without ``@BASE``.

    Raises CannotMint, which names the nearest one.
    """
    known = {scenario.id: scenario for scenario in scenarios}
    scenario_id, _, its_base = today(words).partition("@")
    if scenario_id not in known:
        close = nearest(scenario_id, known)
        raise CannotMint(f"There is no scenario '{words}' to mint.{close} {PERFORMED_BY_THE_REFEREE}")
    scenario = known[scenario_id]
    if base and its_base and base != its_base:
        raise CannotMint(f"'{words}' already says the base '{its_base}', and --base says '{base}'. Give one of them.")
    allowed = _bases(scenario)
    chosen = its_base or base
    if not chosen:
        return Case(scenario=scenario, base=allowed[0])
    if chosen not in allowed:
        if allowed == (None,):
            raise CannotMint(
                f"'{scenario_id}' is {_KINDS[scenario.protocol]}, which has no base. Leave '{chosen}' out."
            )
        names = [name for name in allowed if name]
        raise CannotMint(
            f"'{scenario_id}' does not run on the base '{chosen}', only on: {', '.join(names)}.{nearest(chosen, names)}"
        )
    return Case(scenario=scenario, base=cast("Base", chosen))


def _bases(scenario: Scenario) -> tuple[Base | None, ...]:
    if scenario.protocol in ("remote-login", "saml-logout"):
        return (None,)
    return scenario.bases or ("assertion",)


def mint(case: Case, order: Order, keyring: Keyring) -> Minted:
    """Perform the case at a portal that is set as its scenario needs. Raises CannotMint."""
    try:
        if case.scenario.protocol == "saml-logout":
            return Minted(case=case, message=perform_logout(_logout(case, order), keyring, case.scenario))
        return Minted(case=case, message=perform(_login(case, order), keyring, case.scenario))
    except CannotPerform as error:
        raise CannotMint(str(error)) from None


def _logout(case: Case, order: Order) -> Logout:
    """Return the logout of the session that the plain sound login of this order opens, or the answer to a logout."""
    if not order.portal.takes_logouts:
        raise CannotMint(f"'{case.id}' is a logout, and portal '{order.portal.name}' has no slo_url.")
    kind, seed = KIND_OF[case.scenario.start], f"{order.seed}/{case.id}"
    session = seeded_id(f"{order.seed}/saml.sound.plain@assertion", "session")
    return Logout(
        kind=kind, person=order.person, portal=order.portal, at=order.at, seed=seed,
        in_response_to=(order.in_response_to or seeded_id(seed, "request")) if kind == "response" else None,
        session_indexes=(session,) if kind == "request" else (),
    )  # fmt: skip


def _login(case: Case, order: Order) -> Login:
    if case.base is None:
        if order.portal.remote_login is None:
            raise CannotMint(
                f"'{case.id}' is a remote login, and portal '{order.portal.name}' has no [portal.remote_login]."
            )
        profile = case.scenario.given.get("simple.profile", order.portal.remote_login.profile)
        known = attrs.evolve(order.portal.remote_login, profile=profile)
        return RemoteLogin(person=order.person, portal=attrs.evolve(order.portal, remote_login=known), at=order.at)
    # Each case has IDs of its own, so that a portal that remembers assertions takes all of one order.
    return SamlLogin(
        person=order.person, portal=order.portal, at=order.at, seed=f"{order.seed}/{case.id}", base=case.base,
        in_response_to=order.in_response_to if case.scenario.start == "portal" else None,
    )  # fmt: skip


def written(minted: Minted, form: Written | None) -> bytes:
    """Return the message in this form; by default ``base64`` of a SAML Response and the ``url`` of a remote login.

    Raises CannotMint for a form that the message does not have.
    """
    message = minted.message
    if form == "json":
        return json.dumps(_as_json(minted), ensure_ascii=False, indent=2).encode() + b"\n"
    if form == "html":
        return _page(message).encode()
    if isinstance(message, Link | LogoutQuery):
        if form in (None, "url"):
            return message.url.encode()
        raise CannotMint(f"{_WHAT[type(message)]} has no form '{form}': choose url, html or json.")
    if form == "url":
        raise CannotMint(f"{_WHAT[type(message)]} has no form 'url', it is posted: choose xml, base64, html or json.")
    encoded = next((value for name, value in message.fields if name in ("SAMLResponse", "SAMLRequest")), "")
    if form != "xml":
        return encoded.encode()
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise CannotMint(f"'{minted.case.id}' is not base64, so it has no form 'xml': choose base64.") from None


_KINDS = {"remote-login": "a remote login", "saml-logout": "a logout"}
_WHAT = {
    Form: "A SAML Response",
    Link: "A remote login",
    LogoutForm: "A logout message by HTTP-POST",
    LogoutQuery: "A logout message by HTTP-Redirect",
}


def _as_json(minted: Minted) -> Mapping[str, Any]:
    message = minted.message
    if isinstance(message, Link | LogoutQuery):
        return {**minted.entry, "url": message.url}
    fields = [{"name": name, "value": value} for name, value in message.fields]
    return {**minted.entry, "action": message.action, "fields": fields}


def _page(message: Message) -> str:
    if isinstance(message, Link | LogoutQuery):
        body = f'<p><a href="{html.escape(message.url)}">Sign in</a></p>'
    else:
        fields = "\n".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in message.fields
        )
        action = html.escape(message.action)
        button = '<button type="submit">Sign in</button>'
        body = f'<form method="{message.method}" action="{action}">\n{fields}\n{button}\n</form>'
    return f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Sign in</title>\n{body}\n</html>\n'


def write_all(cases: Iterable[Case], order: Order, keyring: Keyring, folder: Path) -> tuple[int, list[str]]:
    """Mint the cases into ``folder``: ``index.json``, and ``cases/ID.b64`` or ``cases/ID.url``.

    Returns how many were written, and a sentence for each that this order cannot carry. Raises FileProblem when the
    folder cannot be written.
    """
    entries, left_out = [], []
    try:
        (folder / "cases").mkdir(parents=True, exist_ok=True)
        for case in cases:
            try:
                minted = mint(case, order, keyring)
            except CannotMint as error:
                left_out.append(f"{case.id}: {error}")
                continue
            kind = "url" if isinstance(minted.message, Link | LogoutQuery) else "b64"
            (folder / "cases" / f"{case.id}.{kind}").write_bytes(written(minted, None))
            entries.append(minted.entry)
        index = json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
        (folder / "index.json").write_text(index, encoding="utf-8")
    except OSError as error:
        raise FileProblem(f"{error.filename or folder}: cannot be written ({error.strerror}).") from None
    return len(entries), left_out


_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_id(text: str) -> str:
    """Return the request's ID as it is. Raises CannotMint when XML could not carry it."""
    if not text or _NOT_IN_XML.search(text):
        raise CannotMint(f"Expected the ID of a request, got {text!r}.")
    return text


FORMS: tuple[Written, ...] = get_args(Written)
