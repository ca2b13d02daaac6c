"""The signs by which a portal shows that a person is signed in, or was refused: selectors, texts and addresses."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs
import cssselect

from conformance.drivers import Query, Shown
from conformance.selection import matches
from rulebook.settings import setting
from rulebook.strict_toml import nearest

IDENTITY = ("email", "name")
"""What tells who is signed in; each of the two is enough."""
_SELECTORS = (*IDENTITY, "role", "phone", "company")
WORDS = "words"
"""The name under which the whole text of a page is read."""


def selector(does: str) -> Any:
    """Return an attrs field for a CSS selector."""
    return setting(does, "", validator=_is_selector)


def pattern(does: str) -> Any:
    """Return an attrs field for a regular expression."""
    return setting(does, "", validator=_is_pattern)


def _is_selector(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if value:
        try:
            cssselect.HTMLTranslator().css_to_xpath(value)
        except cssselect.SelectorError as error:
            raise ValueError(f"'{attribute.name}' is no CSS selector: {error}") from None


def _is_pattern(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"'{attribute.name}' is not a regular expression: {error}") from None


def is_at(glob: str, url: str, portal: str) -> bool:
    """Whether an address matches: with or without its query, and from the path on where the glob begins with ``/``.

    Such a glob means a page of the portal itself.
    """
    here = urlsplit(url)._replace(fragment="")
    if glob.startswith("/"):
        if here.netloc != urlsplit(portal).netloc:
            return False
        here = here._replace(scheme="", netloc="", path=here.path or "/")
    return any(matches(glob, address.geturl()) for address in (here, here._replace(query="")))


@attrs.frozen
class Home:
    """The probe page as it is read: whether anybody is signed in, and the texts that tell of them."""

    page: Shown
    signed_in: bool
    texts: Mapping[str, str | None]


@attrs.frozen(kw_only=True)
class SignedIn:
    """How to know that a person is signed in. Any of these signs is enough; ``email`` and ``name`` tell who it is."""

    probe: str = setting("The page of the portal that shows who is signed in.", "/")
    on_every_page: bool = setting(
        "Whether every page of the portal shows it, so that the page on which a sign-in ends is read in its place.",
        False,
    )
    email: str = selector("Selector of the person's address on it.")
    name: str = selector("Selector of the person's name on it.")
    text: str = pattern(
        "Regular expression, searched in the text of the page. Its groups `(?P<email>...)` and `(?P<name>...)` tell "
        "who is signed in; a group without a name is the address. Without a group it tells only that somebody is."
    )
    address: str = setting(
        "Glob of the address on which the page is found when somebody is signed in (`/account*`), where others are led "
        "elsewhere. It does not tell who is signed in.",
        "",
    )
    role: str = selector("Selector of the person's role (`customer` or `agent`).")
    phone: str = selector("Selector of the person's phone number.")
    company: str = selector("Selector of the person's company.")

    def __attrs_post_init__(self) -> None:
        compiled = re.compile(self.text)
        for group in compiled.groupindex:
            if group not in IDENTITY:
                raise ValueError(
                    f"'text' has a group '{group}'; it may be 'email' or 'name'.{nearest(group, IDENTITY)}"
                )
        if compiled.groups > len(compiled.groupindex) and (compiled.groupindex or compiled.groups > 1):
            raise ValueError("'text' has several groups: name them (?P<email>...) and (?P<name>...), others (?:...)")

    @property
    def is_told(self) -> bool:
        """Whether there is any sign at all."""
        return bool(self.email or self.name or self.text or self.address)

    @property
    def tells_who(self) -> bool:
        """Whether the signs tell who is signed in, not only that somebody is."""
        return bool(self.email or self.name or re.compile(self.text).groups)

    def queries(self) -> dict[str, Query]:
        """Return what to read on the probe page."""
        selectors = attrs.asdict(self, filter=lambda field, _: field.name in _SELECTORS)
        queries = {name: Query(selector) for name, selector in selectors.items() if selector}
        return {**queries, WORDS: Query("body")} if self.text else queries

    def read(self, page: Shown, portal: str) -> Home:
        """Return what the probe page tells."""
        texts = {name: text for name, text in page.texts.items() if name != WORDS}
        found = re.search(self.text, page.texts.get(WORDS) or "") if self.text else None
        if found is not None and found.re.groups:
            for name, text in (found.groupdict() or {"email": found.group(1)}).items():
                if texts.get(name) is None:
                    texts[name] = text
        signed_in = (
            any(texts.get(name) is not None for name in IDENTITY)
            or found is not None
            or bool(self.address and is_at(self.address, page.url, portal))
        )
        return Home(page, signed_in, texts)


@attrs.frozen(kw_only=True)
class Refused:
    """How a refusal looks on the page where the person ends."""

    message: str = selector("Selector of the error message.")
    rules_attribute: str = setting("The attribute of that element which declares rule ids, where a portal does so.", "")
    text: str = pattern(
        "Regular expression, searched in the text of the page: its first group, or all that it matches, is the message."
    )
    address: str = setting(
        "Glob of the address of the page (`/login?error=*`). Where nothing else does, the address is the message.", ""
    )

    def queries(self) -> dict[str, Query]:
        """Return what to read on the page where the person ends."""
        queries = {}
        if self.message:
            queries["message"] = Query(self.message)
            if self.rules_attribute:
                queries["rules"] = Query(self.message, self.rules_attribute)
        return {**queries, WORDS: Query("body")} if self.text else queries

    def read(self, page: Shown, portal: str) -> Shown:
        """Return the page with its ``message``, however the portal shows that it refused."""
        texts = {name: text for name, text in page.texts.items() if name != WORDS}
        if not texts.get("message"):
            texts["message"] = self._otherwise(page, portal)
        return attrs.evolve(page, texts=texts)

    def _otherwise(self, page: Shown, portal: str) -> str | None:
        found = re.search(self.text, page.texts.get(WORDS) or "") if self.text else None
        if found is not None and found.group():
            return (found.re.groups and found.group(1)) or found.group()
        if self.address and is_at(self.address, page.url, portal):
            here = urlsplit(page.url)
            return f"{here.path}?{here.query}" if here.query else here.path
        return None


@attrs.frozen(kw_only=True)
class SignOut:
    """How to sign out, and what is shown then."""

    press: str = selector("Selector of the button, or the link, that signs out.")
    open: str = setting("The page on which it is, where that is not the probe page; alone: opening it signs out.", "")
    confirmed: str = selector(
        "Selector of what the portal shows once the identity provider has confirmed a single logout."
    )
