"""What happened to a Response on its way into the form: how it was encoded, and whether it is one at all."""

import base64
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from portal_stub.saml.received import ASSERTION, Received
from portal_stub.saml.xml import XmlProblem, inflated, parse, samlp
from portal_stub.suspect import Suspect

Explainer = tuple[frozenset[str], Callable[[Received], Suspect | None]]
"""The rules whose violation it may explain, and what explains it. It may raise NotApplicable."""

_PLUS = Suspect(
    code="plus-turned-into-blank",
    sentence="The base64 has blanks where it had +: the form was not encoded when it was sent.",
    mend="Let the browser send the form, or encode each value (+ is %2B).",
)
_TWICE_IN_ADDRESS = Suspect(
    code="encoded-twice-for-the-form",
    sentence="The value was encoded for a form twice: %2B and %3D are left in the base64.",
    mend="Encode the value once; a browser does it by itself.",
)
_NOT_ENCODED = Suspect(
    code="xml-not-encoded",
    sentence="The Response was posted as XML, without base64.",
    mend="Encode the Response in base64 before it is put into the field SAMLResponse.",
)
_IN_HTML = Suspect(
    code="xml-escaped-for-html",
    sentence="The Response was posted as XML escaped for a page (&lt; for <), without base64.",
    mend="Encode the Response in base64 before it is put into the field SAMLResponse.",
)
_FOR_URLS = Suspect(
    code="base64-for-addresses",
    sentence="The Response is in the base64 of addresses, with - and _ for + and /.",
    mend="Use ordinary base64 (RFC 4648 section 4).",
)
_TOKEN = Suspect(
    code="openid-token",
    sentence="A token of OpenID Connect (a JWT) was posted in place of a SAML Response.",
    mend="Set the application up for SAML 2.0 at the identity provider, not for OpenID Connect.",
)
_TWICE = Suspect(
    code="base64-twice",
    sentence="The Response was encoded in base64 twice.",
    mend="Encode it once.",
)
_DEFLATED = Suspect(
    code="deflated-for-post",
    sentence="The Response was compressed (DEFLATE), as it is for HTTP-Redirect, and then posted.",
    mend="Leave the compression out for HTTP-POST.",
)
_BY_REDIRECT = Suspect(
    code="response-by-redirect",
    sentence="The identity provider sends the Response in the address, by HTTP-Redirect.",
    mend="Choose HTTP-POST as the binding of the assertion consumer service (ACS).",
)
_BARE = Suspect(
    code="assertion-without-response",
    sentence="An Assertion was posted without the Response around it.",
    mend="Post the whole samlp:Response.",
)
_REQUEST = Suspect(
    code="request-for-response",
    sentence="What was posted is a request ({}), such as the portal itself sends.",
    mend="Answer the request with a Response; do not send it back.",
)
_FEDERATION = Suspect(
    code="ws-federation",
    sentence="What was posted is an answer of WS-Federation.",
    mend="Set the application up for SAML 2.0 at the identity provider, not for WS-Federation.",
)
_SAML_1 = Suspect(
    code="saml-1",
    sentence="What was posted is a message of SAML 1.1.",
    mend="Choose SAML 2.0 at the identity provider.",
)
MISTAKES = (
    *(_PLUS, _TWICE_IN_ADDRESS, _NOT_ENCODED, _IN_HTML, _FOR_URLS, _TOKEN, _TWICE, _DEFLATED, _BY_REDIRECT, _BARE),
    *(_REQUEST, _FEDERATION, _SAML_1),
)


def _is_xml(data: bytes) -> bool:
    try:
        parse(data)
    except XmlProblem:
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


def _undone(field: str) -> Iterator[tuple[Suspect, bytes]]:
    """Yield each mistake with the bytes of the message that there were before it."""
    yield _PLUS, _decoded(re.sub(r"[ ](?![\r\n])", "+", field))
    yield _TWICE_IN_ADDRESS, _decoded(unquote(field)) if "%" in field else b""
    yield _NOT_ENCODED, field.encode("utf-8", "replace")
    yield _IN_HTML, html.unescape(field).encode("utf-8", "replace") if field.startswith("&lt;") else b""
    yield _FOR_URLS, _decoded(field.replace("-", "+").replace("_", "/") + "=" * (-len(field) % 4))


def _not_base64(received: Received) -> Suspect | None:
    field = received.field
    if re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", field):
        return _TOKEN
    return next((suspect for suspect, data in _undone(field) if _is_xml(data)), None)


def _not_xml(received: Received) -> Suspect | None:
    data = received.decoded
    if _is_xml(inflated(data)):
        return _DEFLATED
    again = _decoded(data.decode("latin-1"))
    return _TWICE if _is_xml(again) or _is_xml(inflated(again)) else None


def _by_redirect(received: Received) -> Suspect | None:
    return _BY_REDIRECT if received.post.binding == "redirect" else None


def _not_a_response(received: Received) -> Suspect | None:
    tag = str(received.root.tag)
    space, _, name = tag.removeprefix("{").partition("}")
    if tag == ASSERTION:
        return _BARE
    if space in ("urn:oasis:names:tc:SAML:1.0:protocol", "urn:oasis:names:tc:SAML:1.0:assertion"):
        return _SAML_1
    if name in ("RequestSecurityTokenResponse", "RequestSecurityTokenResponseCollection"):
        return _FEDERATION
    if tag in (samlp("AuthnRequest"), samlp("LogoutRequest")):
        return _REQUEST.about(name)
    return None


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.message.base64"}), _not_base64),
    (frozenset({"saml.message.xml"}), _not_xml),
    (frozenset({"saml.message.post-binding"}), _by_redirect),
    (frozenset({"saml.message.response"}), _not_a_response),
)
