"""Reading an export of SAML-tracer, the browser extension.

Its requests carry no time of their own. The export can replace the values of forms ("Mask values", "Remove values");
the copy of the message that the extension decoded stays beside them all the same.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from portal_stub.captured.exchange import Exchange, absolute, iso_moment, moment, sequence, table, text

MASKED = re.compile(r"\{(?:hash|obf):[^}]*\}|\{overwritten\}|\[[^\]]*redacted[^\]]*\]|\*{3,}", re.IGNORECASE)
"""What stands in place of a value that was taken out."""

_LATIN_1 = re.compile("[\x00-\xff]*[\x80-\xff][\x00-\xff]*")


def is_tracer_export(document: Any) -> bool:
    """Return whether the JSON is an export of SAML-tracer."""
    requests = table(document).get("requests")
    return isinstance(requests, list) and all({"method", "url"} <= table(each).keys() for each in requests)


def exchanges(document: Any) -> tuple[Exchange, ...]:
    """Return the requests of an export, in its order."""
    exported = iso_moment(text(document.get("timestamp")))
    return tuple(_exchange(table(request), exported) for request in document["requests"])


def _exchange(request: Mapping[str, Any], exported: datetime | None) -> Exchange:
    method, url = text(request.get("method")).upper(), text(request.get("url"))
    headers = _headers(request.get("responseHeaders"))
    answered = _http_date(headers.get("date", ""))
    body, unread, note = _form(request) if method == "POST" else ("", "", "")
    return Exchange(
        method=method,
        url=url,
        body=body,
        unread=unread,
        note=note,
        at=answered or exported,
        clock="the clock of the server that answered (its header Date)" if answered else "the moment of the export",
        leads_to=absolute(url, headers.get("location", "")),
        keeps_form=request.get("responseStatus") in (307, 308),
    )


def _form(request: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the form that was posted, why there is none, and what is to be known of it."""
    pairs = _pairs(request.get("post")) or [
        (name, text(value)) for name, sent in table(request.get("postData")).items() for value in sequence(sent)
    ]
    kept = [(name, value) for name, value in pairs if not MASKED.fullmatch(value)]
    if len(kept) == len(pairs):
        return urlencode(kept), "", ""
    decoded = text(request.get("saml"))
    if "SAMLResponse" not in (name for name, _ in pairs) or not decoded:
        return "", "its values were masked when the capture was exported; export it again with the profile 'None'", ""
    # Older versions of the extension keep the bytes of UTF-8 as if they were characters.
    xml = decoded.encode("utf-8")
    if _LATIN_1.fullmatch(decoded):
        try:
            decoded.encode("latin-1").decode("utf-8")
            xml = decoded.encode("latin-1")
        except UnicodeDecodeError:
            pass
    others = [pair for pair in kept if pair[0] != "SAMLResponse"]
    note = (
        "The values of the form were masked when the capture was exported. Judged is the copy of the message that "
        "SAML-tracer had decoded: what was wrong with its base64, and the RelayState, cannot be seen."
    )
    return urlencode([("SAMLResponse", base64.b64encode(xml).decode("ascii")), *others]), "", note


def _headers(found: Any) -> dict[str, str]:
    """Return headers by their names in lower case. Before version 1.0 they were pairs."""
    named = [(table(each).get("name"), table(each).get("value")) for each in sequence(found) if isinstance(each, dict)]
    return {text(name).lower(): text(value) for name, value in (*named, *_pairs(found))}


def _pairs(found: Any) -> list[tuple[str, str]]:
    pairs = [each for each in sequence(found) if isinstance(each, list) and len(each) == 2]
    return [(text(name), text(value)) for name, value in pairs]


def _http_date(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment(found.replace(tzinfo=found.tzinfo or UTC))
