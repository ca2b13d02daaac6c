"""What the link of a remote login shows: its parameters, its time, the account that it names."""

from collections.abc import Mapping

from portal_stub.address import mailbox
from portal_stub.explain.document import visibly
from portal_stub.explain.explanation import (
    Account,
    Context,
    Fact,
    Hide,
    Message,
    NearMiss,
    Piece,
    Seen,
    Text,
    Wanted,
    Where,
)
from portal_stub.explain.moments import timestamp_of
from portal_stub.remote_login.link import HASHED, PARAMETERS, Received, parse_query

_MOST_PAIRS = 80
_LONGEST = 400

_ABOUT: Mapping[str, tuple[str, ...]] = {
    "remote-login.name.present": ("name",),
    "remote-login.name.printable": ("name",),
    "remote-login.email.present": ("email",),
    "remote-login.email.address": ("email",),
    "remote-login.timestamp.present": ("timestamp",),
    "remote-login.timestamp.format": ("timestamp",),
    "remote-login.timestamp.not-too-old": ("timestamp",),
    "remote-login.timestamp.not-in-future": ("timestamp",),
    "remote-login.hash.present": ("hash",),
    "remote-login.hash.matches": ("hash",),
    "remote-login.link.once": ("hash",),
    "portal.redirect.own-host": ("redirect_to",),
}
"""Rules, and the parameters in which they are broken."""

ELSEWHERE: Mapping[str, str] = {
    "portal.sso.enabled": "the settings of this portal (Admin > Security)",
    "remote-login.query.link": "the way in which the login was sent",
}
"""Rules that are about something else than a parameter."""

_WHAT = {
    "name": "Name",
    "email": "Email address",
    "timestamp": "Time",
    "hash": "Hash",
    "phone": "Phone",
    "company": "Company",
    "redirect_to": "Page to go to",
}


def seen_in_link(query: bytes, context: Context) -> Seen:
    """Return what the raw query of a remote login shows."""
    link = Received(pairs=parse_query(query), settings=context.settings, now=context.at)
    shown = [(_text(name), _text(value)) for name, value in link.pairs[:_MOST_PAIRS]]
    lines, where = _lines(link, shown, context)
    more = len(link.pairs) - len(shown)
    hidden = any(context.hide(text) != text for pair in shown for text in pair)
    raw = query.decode("ascii", "backslashreplace")
    return Seen(
        message=Message(
            lines=lines,
            note="The parameters are shown decoded, one a line.",
            raw=None if hidden else context.hide(raw),
            left_out=_left_out(more, hidden),
        ),
        where=where,
        moments=tuple(timestamp_of(context.hide(link.text("timestamp")), context.settings, context.at)),
        wanted=tuple(_wanted(name, shown, link, context.hide) for name in PARAMETERS),
        others=tuple(
            Fact(what=_cut(context.hide(name)) or "(no name)", value=_cut(context.hide(value)), source="")
            for name, value in shown
            if name not in PARAMETERS
        ),
        account=_account(link, context.hide),
    )


def _left_out(more: int, hidden: bool) -> str:
    sentences = [
        f"{more} more parameters came." if more > 0 else "",
        "The link as it came is not shown: the shared secret stands in it." if hidden else "",
    ]
    return " ".join(filter(None, sentences))


def _lines(
    link: Received, shown: list[tuple[str, str]], context: Context
) -> tuple[tuple[Text, ...], dict[str, tuple[Where, ...]]]:
    problems: dict[int, list[int]] = {}
    where: dict[str, tuple[Where, ...]] = {}
    for number, found in context.problems.items():
        rows = _rows(found.rule, link, shown)
        for row in rows:
            problems.setdefault(row, []).append(number)
        where[found.rule] = tuple(Where(f"parameter '{_cut(shown[row][0])}'", row + 1) for row in rows) or _nowhere(
            found.rule
        )
    lines = []
    for row, (name, value) in enumerate(shown):
        text = f"{_cut(context.hide(name))} = {_cut(context.hide(value))}"
        numbers = tuple(problems.get(row, ()))
        lines.append((Piece(text, marked=bool(numbers), place=row + 1 if numbers else 0, problems=numbers),))
    return tuple(lines), where


def _rows(rule_id: str, link: Received, shown: list[tuple[str, str]]) -> list[int]:
    if rule_id == "remote-login.query.utf-8":
        return [row for row, pair in enumerate(link.pairs[: len(shown)]) if not all(map(_is_utf_8, pair))]
    if rule_id == "remote-login.query.once":
        return [row for row, (name, _) in enumerate(shown) if len(link.values.get(name, ())) > 1]
    return [row for row, (name, _) in enumerate(shown) if name in _ABOUT.get(rule_id, ())]


def _nowhere(rule_id: str) -> tuple[Where, ...]:
    if rule_id in ELSEWHERE:
        return (Where(ELSEWHERE[rule_id]),)
    return tuple(Where(f"the parameter '{name}' did not come") for name in _ABOUT.get(rule_id, ()))


def _wanted(name: str, shown: list[tuple[str, str]], link: Received, hide: Hide) -> Wanted:
    value = _cut(hide(_text(link.raw(name))))
    came = bool(link.values[name])
    near = () if came else tuple(_near(name, shown, hide))
    needed = name in HASHED and (name != "timestamp" or link.settings.simple.profile != "md5")
    return Wanted(what=_WHAT[name], names=(name,), needed=needed, name=name if came else "", value=value, near=near)


def _near(wanted: str, shown: list[tuple[str, str]], hide: Hide) -> list[NearMiss]:
    found = []
    for name, value in shown:
        plain = name.strip().casefold()
        if name == wanted or name in PARAMETERS:
            continue
        if plain == wanted:
            why = f"Letter case and blanks count: send '{wanted}'."
        elif plain == f"amp;{wanted}":
            why = "'&' was written as '&amp;' in the address. That belongs into HTML alone: send '&'."
        else:
            continue
        found.append(NearMiss(name=_cut(hide(name)), value=_cut(hide(value)), sentence=why))
    return found


def _account(link: Received, hide: Hide) -> Account | None:
    if link.blank("email"):
        return None
    email, name = link.text("email"), link.text("name").strip()
    facts = [
        Fact(what="Email address", value=_cut(hide(email)), source="email"),
        Fact(
            what="Name",
            value=_cut(hide(name or mailbox(email))),
            source="name" if name else "the part of the address before @",
        ),
    ]
    for parameter in ("phone", "company"):
        if not link.blank(parameter):
            value = _cut(hide(link.text(parameter).strip()))
            facts.append(Fact(what=_WHAT[parameter], value=value, source=parameter))
    return Account(facts=tuple(facts))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cut(text: str) -> str:
    return visibly(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)")
