"""What happened to a Response on its way into the form: the field, and how it was encoded."""

import base64
import html
import json
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

from portal_stub.address import shown
from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.received import ASSERTION, Received
from portal_stub.saml.xml import MAX_BYTES, METADATA, XmlProblem, inflated, parse, samlp
from portal_stub.suspect import Suspect

_OTHER_CASE = Suspect(
    code="field-in-other-case",
    sentence="The form field is called {}; the case of letters counts, and it must be SAMLResponse.",
    mend="Name the field SAMLResponse.",
)
_ARTIFACT = Suspect(
    code="artifact",
    sentence="An artifact (SAMLart) came, which only points to a Response.",
    mend="Choose HTTP-POST as the binding of the assertion consumer service (ACS), not HTTP-Artifact.",
)
_REQUEST_FIELD = Suspect(
    code="field-of-requests",
    sentence="The message came in the form field SAMLRequest, in which requests are sent.",
    mend="Send the Response in the field SAMLResponse.",
)
_PLUS = Suspect(
    code="plus-turned-into-blank",
    sentence="The base64 has blanks where it had +: the form was not encoded when it was sent.",
    mend="Let the browser send the form, or encode each value (+ is %2B).",
)
_TWICE_IN_ADDRESS = Suspect(
    code="encoded-twice-for-the-form",
    sentence="The value was encoded for a form twice: signs such as %2B and %3D are left in the base64.",
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
_NO_PADDING = Suspect(
    code="padding-lost",
    sentence="The base64 lacks the = at its end.",
    mend="Send the base64 whole, with the = that fill up its last four signs.",
)
_QUOTED = Suspect(
    code="quotes-around",
    sentence="The base64 stands in quotation marks.",
    mend="Put the base64 itself into the field, without quotation marks.",
)
_IN_JSON = Suspect(
    code="json-around",
    sentence="The field holds a JSON object with the Response in its member {}.",
    mend="Put the base64 itself into the field SAMLResponse of a form (application/x-www-form-urlencoded).",
)
_NAME_IN_VALUE = Suspect(
    code="field-name-in-value",
    sentence="The value begins with the name of its field, SAMLResponse=.",
    mend="Put only the base64 into the field SAMLResponse.",
)
_TOKEN = Suspect(
    code="openid-token",
    sentence="An answer of OpenID Connect or OAuth ({}) was sent in place of a SAML Response.",
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
_HTML_IN_BASE64 = Suspect(
    code="xml-escaped-in-base64",
    sentence="The Response was escaped for a page (&lt; for <) before it was encoded in base64.",
    mend="Encode the XML itself in base64, not what is shown on a page.",
)
_WIDE = Suspect(
    code="utf-16-without-mark",
    sentence="The Response was encoded in base64 as UTF-16, without the mark by which that is known.",
    mend="Turn the XML into bytes as UTF-8 before base64.",
)
_WINDOWS = Suspect(
    code="windows-1252",
    sentence="The Response is written in Windows-1252 (Latin-1), and does not say so: XML is then read as UTF-8.",
    mend="Turn the XML into bytes as UTF-8 before base64.",
)
_BLANK_BEFORE = Suspect(
    code="blank-before-xml",
    sentence="There is a blank or a line break before <?xml, which must stand at the very beginning.",
    mend="Remove what stands before <?xml, or leave that line out.",
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
    sentence="What was posted is a request (AuthnRequest), such as the portal itself sends.",
    mend="Answer the request with a Response; do not send it back.",
)
_LOGOUT = Suspect(
    code="logout-message-at-acs",
    sentence="A message of a logout ({}) was posted to the address for logins (ACS).",
    mend="Enter the portal's address for single logout (SLO) at the identity provider, as its metadata has it.",
)
_METADATA = Suspect(
    code="metadata-for-response",
    sentence="What was posted is metadata, not a Response.",
    mend="Give the metadata to the portal's administrator; a login posts a samlp:Response.",
)
_FEDERATION = Suspect(
    code="ws-federation",
    sentence="What was sent is an answer of WS-Federation.",
    mend="Set the application up for SAML 2.0 at the identity provider, not for WS-Federation.",
)
_SAML_1 = Suspect(
    code="saml-1",
    sentence="What was posted is a message of SAML 1.1.",
    mend="Choose SAML 2.0 at the identity provider.",
)
MISTAKES = (
    *(_OTHER_CASE, _REQUEST_FIELD, _ARTIFACT, _PLUS, _TWICE_IN_ADDRESS, _NOT_ENCODED, _IN_HTML, _FOR_URLS, _NO_PADDING),
    *(_QUOTED, _IN_JSON, _NAME_IN_VALUE, _TOKEN, _TWICE, _DEFLATED, _HTML_IN_BASE64, _WIDE, _WINDOWS, _BLANK_BEFORE),
    *(_BY_REDIRECT, _BARE, _REQUEST, _LOGOUT, _METADATA, _FEDERATION, _SAML_1),
)

_OF_OPENID = ("id_token", "access_token", "code")


def _other_field(received: Received) -> Iterator[Suspect]:
    """Only where the field is missing: what else comes beside it does not matter."""
    if received.post.saml_response is not None:
        return
    others = received.post.others
    for name in others:
        if name.casefold() == "samlresponse":
            yield _OTHER_CASE.about(shown(name, 40))
            return
    for name, suspect in (("SAMLRequest", _REQUEST_FIELD), ("SAMLart", _ARTIFACT), ("wresult", _FEDERATION)):
        if name in others:
            yield suspect
            return
    of_openid = next((name for name in _OF_OPENID if name in others), "")
    if of_openid:
        yield _TOKEN.about(f"the field {of_openid}")


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
    """Yield each mistake that may have been made with the bytes of the message that there were before it."""
    yield _NOT_ENCODED, field.encode("utf-8", "replace")
    yield _IN_HTML, html.unescape(field).encode("utf-8", "replace")
    if quoted := re.fullmatch(r"""(["'])(.*)\1""", field, re.DOTALL):
        yield _QUOTED, _decoded(quoted[2])
    if field.startswith("SAMLResponse="):
        value = field.removeprefix("SAMLResponse=").partition("&")[0]
        yield _NAME_IN_VALUE, _decoded(unquote(value))
    if field.startswith("{"):
        yield from ((_IN_JSON.about(shown(name, 40)), _decoded(value)) for name, value in _members(field))
    if " " in field:
        yield _PLUS, _decoded(re.sub(r" (?![\r\n])", "+", field))
    if "%" in field:
        yield _TWICE_IN_ADDRESS, _decoded(unquote(field))
    bare = re.sub(r"[\r\n]", "", field).rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    if re.search("[-_]", field):
        yield _FOR_URLS, _decoded(padded.replace("-", "+").replace("_", "/"))
    if re.fullmatch(r"[A-Za-z0-9+/]+", bare):
        yield _NO_PADDING, _decoded(padded)


def _members(text: str) -> list[tuple[str, str]]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [(name, value) for name, value in [*read.items()][:10] if isinstance(value, str)]


def _not_base64(received: Received) -> Iterator[Suspect]:
    field = received.field
    if re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", field):
        yield _TOKEN.about("a JWT")
        return
    yield from [suspect for suspect, data in _undone(field) if _is_xml(data)][:1]


def _not_xml(received: Received) -> Iterator[Suspect]:
    data = received.decoded
    again = _decoded(data.decode("latin-1"))
    if _is_xml(inflated(data)) or _is_xml(_unpacked(data)):
        yield _DEFLATED
    elif _is_xml(inflated(again)):
        yield _TWICE
    elif data.lstrip().startswith(b"&lt;") and _is_xml(html.unescape(data.decode("utf-8", "replace")).encode()):
        yield _HTML_IN_BASE64
    elif _is_xml(b"\xff\xfe" + data):
        yield _WIDE
    elif _is_xml(data.lstrip()):
        yield _BLANK_BEFORE
    elif not _is_utf_8(data) and _is_xml(data.decode("cp1252", "replace").encode()):
        yield _WINDOWS


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(data: bytes) -> bytes:
    """Return what was compressed with a header, that of zlib or of gzip; else nothing."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, MAX_BYTES + 1)
    except zlib.error:
        return b""


def _by_redirect(_: Received) -> Iterator[Suspect]:
    yield _BY_REDIRECT


def _not_a_response(received: Received) -> Iterator[Suspect]:
    tag = str(received.root.tag)
    space, _, name = tag.removeprefix("{").partition("}")
    if tag == ASSERTION:
        yield _BARE
    elif space in ("urn:oasis:names:tc:SAML:1.0:protocol", "urn:oasis:names:tc:SAML:1.0:assertion"):
        yield _SAML_1
    elif name in ("RequestSecurityTokenResponse", "RequestSecurityTokenResponseCollection"):
        yield _FEDERATION
    elif tag == samlp("AuthnRequest"):
        yield _REQUEST
    elif tag in (samlp("LogoutRequest"), samlp("LogoutResponse")):
        yield _LOGOUT.about(name)
    elif space == METADATA:
        yield _METADATA


EXPLAINERS: tuple[Explainer, ...] = (
    (frozenset({"saml.message.present"}), _other_field),
    (frozenset({"saml.message.base64"}), _not_base64),
    (frozenset({"saml.message.xml"}), _not_xml),
    (frozenset({"saml.message.post-binding"}), _by_redirect),
    (frozenset({"saml.message.response"}), _not_a_response),
)
