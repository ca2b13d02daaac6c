"""The status of the response: the identity provider refuses, or says success and sends nothing."""

import copy
from collections.abc import Callable

from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES, SUCCESS, SamlLogin, Status
from idp_sim.saml.names import NAMESPACES
from idp_sim.stages import Draft

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
RESPONDER, REQUESTER = f"{STATUS}Responder", f"{STATUS}Requester"
REFUSED = {
    "authn-failed": Status(RESPONDER, f"{STATUS}AuthnFailed", "Login failed: <b>wrong password</b> & locked."),
    "request-denied": Status(RESPONDER, f"{STATUS}RequestDenied"),
    "no-passive": Status(RESPONDER, f"{STATUS}NoPassive"),
    "unsupported-name-id-policy": Status(REQUESTER, f"{STATUS}InvalidNameIDPolicy"),
    "top-level-only": Status(RESPONDER),
    "version-mismatch": Status(f"{STATUS}VersionMismatch"),
}


@breaks("saml.status.success", variants=REFUSED)
def refused(login: SamlLogin, status: Status) -> SamlLogin:
    """The identity provider refuses the login, and sends no assertion: {variant}."""
    return login.but(status=status)


@breaks("saml.status.success", bases=BASES)
def refused_with_assertion(login: SamlLogin) -> SamlLogin:
    """The identity provider refuses the login, and sends a sound assertion all the same."""
    return login.but(status=REFUSED["authn-failed"], with_assertion=True)


@breaks("saml.status.success", bases=BASES)
def nested_success(login: SamlLogin) -> SamlLogin:
    """The top-level status refuses; success stands at the second level only. A sound assertion is there."""
    return login.but(status=Status(RESPONDER, f"{STATUS}Success"), with_assertion=True)


@breaks("saml.assertion.present", bases=("response",))
def success_without_assertion(login: SamlLogin) -> SamlLogin:
    """The status says success, and there is no assertion in the signed response."""
    return login.but(with_assertion=False)


FAILURES = {
    "requester": REQUESTER,
    "responder": RESPONDER,
    "version-mismatch": f"{STATUS}VersionMismatch",
    "unknown-code": "urn:example:status:Success",
    "other-case": f"{STATUS}success",
    "longer": f"{STATUS}Successful",
}


@breaks("saml.status.success", bases=BASES, variants=FAILURES)
def other_code_with_assertion(login: SamlLogin, code: str) -> SamlLogin:
    """The top-level status is another than success, and a sound assertion is there all the same: {variant}."""
    return login.but(status=Status(code), with_assertion=True)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _code(status: etree._Element) -> etree._Element:
    return status.findall("samlp:StatusCode", NAMESPACES)[0]


INCOMPLETE: dict[str, Callable[[etree._Element], None]] = {
    "status": _remove,
    "code": lambda status: _remove(_code(status)),
    "value": lambda status: _code(status).attrib.clear(),
    "value-empty": lambda status: _code(status).set("Value", ""),
    "value-blank-after": lambda status: _code(status).set("Value", f"{SUCCESS} "),
}


@breaks("saml.status.success", bases=BASES, variants=INCOMPLETE)
def incomplete(draft: Draft, damage: Callable[[etree._Element], None]) -> None:
    """The response does not say that the login succeeded, for what says so is missing or damaged: {variant}."""
    for status in draft.response.findall("samlp:Status", NAMESPACES):
        damage(status)


DOUBLE = {
    f"{what}-{order}": (what, order)
    for what in ("status", "code")
    for order in ("success-first", "success-last", "success-twice")
}


@breaks("saml.status.success", bases=BASES, variants=DOUBLE)
def double(draft: Draft, twice: tuple[str, str]) -> None:
    """The response has two elements where it may have one, of which not both need say success: {variant}."""
    what, order = twice
    for status in draft.response.findall("samlp:Status", NAMESPACES):
        one = status if what == "status" else _code(status)
        other = copy.deepcopy(one)
        if order != "success-twice":
            (_code(other) if what == "status" else other).set("Value", RESPONDER)
        if order == "success-last":
            one.addprevious(other)
        else:
            one.addnext(other)


MARKER = "forged-markup"
"""The ID of an element that no page has, unless it takes a text of the message for markup."""
MARKUP = {
    "element": f"Locked <b id='{MARKER}'>now</b>.",
    "script": f"<script id='{MARKER}'>document.body.id='{MARKER}'</script>Locked.",
    "image": f"<img id={MARKER} src=x onerror=alert(1)>Locked.",
    "attribute": f"\"'><i id='{MARKER}'>Locked</i>",
    "comment": f"Locked --><b id='{MARKER}'>now</b><!--",
    "references": "Locked &lt;b&gt; &amp;amp; &#60;.",
}


@breaks("saml.status.success", variants=MARKUP)
def message_with_markup(login: SamlLogin, text: str) -> SamlLogin:
    """The identity provider refuses the login with a message that would be markup if a page took it so: {variant}."""
    return login.but(status=Status(RESPONDER, f"{STATUS}AuthnFailed", text))


ISSUERS = {name: MARKUP[name] for name in ("element", "script")}


@breaks(
    "saml.assertion.issuer",
    bases=("assertion", "response"),
    variants=ISSUERS,
)
def issuer_with_markup(login: SamlLogin, text: str) -> SamlLogin:
    """The response comes from an issuer whose name would be markup if a page took it so: {variant}."""
    return login.but(issuer=text)
