"""What a SAML message shows: its XML with the broken places, its times, its attributes, the account that it names."""

import base64
import logging
from collections.abc import Sequence
from urllib.parse import parse_qsl

import attrs
from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.diagnosis import Finding
from portal_stub.explain.attributes import attributes_in, cut, unused, wanted_of
from portal_stub.explain.document import Spot, plain_lines, rendered
from portal_stub.explain.explanation import Account, Context, Fact, Hide, Message, Seen, Text, Wanted, Where
from portal_stub.explain.moments import moments_of
from portal_stub.explain.places import ELSEWHERE, in_words, missing, spots
from portal_stub.explain.readable import Readable, readable
from portal_stub.saml.identity import identity_in
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml, text_of
from portal_stub.weakness import SOUND

_log = logging.getLogger(__name__)

_OPENED = "What was encrypted is shown opened, with this portal's own key."
_NOT_XML = "It is no XML that the portal reads, and is shown as text."
_NOT_AS_IT_CAME = "The message as it came is not shown: the shared secret stands in it."
_MESSAGES = ("SAMLResponse", "SAMLRequest")
_MOST_FIELDS = 100


def seen_in_response(post: Post, context: Context) -> Seen:
    """Return what was posted to the assertion consumer service shows."""
    if post.saml_response is None:
        return Seen(message=Message(relay_state=_hidden(post.relay_state, context)), where=_elsewhere(context))
    return _seen(readable(post.saml_response), post.saml_response, post.relay_state, context)


def seen_in_logout(message: bytes | Post, context: Context) -> Seen:
    """Return what a logout message shows: the raw query of one, or what was posted."""
    if isinstance(message, Post):
        return attrs.evolve(seen_in_response(message, context), wanted=(), others=(), account=None)
    raw = message.decode("ascii", "backslashreplace")
    fields = dict(parse_qsl(raw)) if raw.count("&") < _MOST_FIELDS else {}
    field = next((fields[name] for name in _MESSAGES if name in fields), "")
    seen = _seen(readable(field), raw, fields.get("RelayState"), context)
    if any(context.hide(value) != value for value in fields.values()):
        return attrs.evolve(seen, message=attrs.evolve(seen.message, raw=None, left_out=_NOT_AS_IT_CAME))
    return seen


def _seen(read: Readable, raw: str, relay_state: str | None, context: Context) -> Seen:
    received = Received(
        post=Post(saml_response=base64.b64encode(read.data).decode("ascii")),
        settings=context.settings,
        weaknesses=SOUND,
        now=context.at,
        memory=OFFLINE,
        own_key=context.own_key,
    )
    root = _root(received)
    if root is None:
        lines, left_out = plain_lines(read.data.decode("utf-8", "backslashreplace"), context.hide)
        places, note = _elsewhere(context), f"{read.note} {_NOT_XML}" if read.data else ""
    else:
        lines, left_out, places = _document(root, context)
        opened = any(opening.inside is not None for opening in received.document.openings)
        note = " ".join(filter(None, (read.note, _OPENED if opened else "")))
    secret_inside = any(context.hide(text) != text for text in _texts(read, received, root))
    message = Message(
        lines=lines,
        note=note.strip(),
        raw=None if secret_inside else context.hide(raw),
        left_out=" ".join(filter(None, (left_out, _NOT_AS_IT_CAME if secret_inside else ""))),
        relay_state=_hidden(relay_state, context),
    )
    if root is None:
        return Seen(message=message, where=places)
    assertion = _assertion(received)
    moments = moments_of((root, *root.iter(saml("Assertion"))), context)
    if assertion is None:
        return Seen(message=message, where=places, moments=moments)
    came = attributes_in(assertion, context.hide)
    wanted = wanted_of(assertion, came, context.hide)
    return Seen(
        message=message,
        where=places,
        moments=moments,
        wanted=wanted,
        others=unused(wanted, came),
        account=_account(assertion, wanted, context.hide),
    )


def _root(received: Received) -> etree._Element | None:
    """Return the document with what could be opened in its place, or None where it is none that is read."""
    try:
        return received.root
    except NotApplicable:
        return None
    except Exception:
        _log.exception("the message could not be opened")
        return None


def _assertion(received: Received) -> etree._Element | None:
    """Return the assertion that is judged: the one that a signature covers, else the only one that came."""
    try:
        return received.assertion_if_any
    except NotApplicable:
        return None
    except Exception:
        _log.exception("the assertion could not be read")
        return None


def _texts(read: Readable, received: Received, root: etree._Element | None) -> tuple[str, ...]:
    """Return what the message says without its encodings: in these a secret would be found."""
    text = read.data.decode("utf-8", "replace")
    return (text,) if root is None else (text, etree.tostring(received.sealed, encoding="unicode"))


def _document(root: etree._Element, context: Context) -> tuple[tuple[Text, ...], str, dict[str, tuple[Where, ...]]]:
    about: dict[str, list[tuple[Spot, str]]] = {}
    marked: dict[Spot, tuple[int, ...]] = {}
    for number, finding in context.problems.items():
        about[finding.rule] = _spots(finding, root)
        for spot, _ in about[finding.rule]:
            marked[spot] = (*marked.get(spot, ()), number)
    shown = rendered(root, marked, context.hide)
    where = {
        rule_id: tuple(Where(words, shown.places.get(spot, 0)) for spot, words in found)
        for rule_id, found in about.items()
    }
    return shown.lines, shown.left_out, {**where, **_elsewhere(context)}


def _spots(finding: Finding, root: etree._Element) -> list[tuple[Spot, str]]:
    found = [(spot, in_words(spot)) for spot in spots(finding, root)]
    lost = None if found else missing(finding.rule, root)
    return found if lost is None else [lost]


def _elsewhere(context: Context) -> dict[str, tuple[Where, ...]]:
    rules = (finding.rule for finding in context.problems.values())
    return {rule_id: (Where(ELSEWHERE[rule_id]),) for rule_id in rules if rule_id in ELSEWHERE}


def _account(assertion: etree._Element, wanted: Sequence[Wanted], hide: Hide) -> Account | None:
    identity = identity_in(assertion, text_of)
    if identity is None:
        return None
    address, first, last, phone, company = wanted
    names = " and ".join(found.name for found in (first, last) if found.name)
    facts = [
        Fact(what=address.what, value=cut(hide(identity.email)), source="NameID"),
        Fact(what="Name", value=cut(hide(identity.name)), source=names or "the part of the address before @"),
    ]
    facts += [Fact(what=found.what, value=found.value, source=found.name) for found in (phone, company) if found.name]
    return Account(facts=tuple(facts))


def _hidden(text: str | None, context: Context) -> str | None:
    return None if text is None else cut(context.hide(text))
