"""Reading a HAR file (HTTP Archive 1.2), as Chrome, Edge and Firefox save it from their developer tools."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from portal_stub.address import shown
from portal_stub.captured.exchange import Exchange, absolute, iso_moment, sequence, table, text

_UPLOAD_HEADERS = re.compile(r"(?:[A-Za-z-]+:[^\r\n]*\r?\n)+\r?\n")
"""What older Firefox puts in front of a form: the headers that its upload had of its own."""

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_AS_ON_THE_WAY = re.compile(r"(?:[A-Za-z0-9*._~!'()+-]|%[0-9A-Fa-f]{2})*")


def is_har(document: Any) -> bool:
    """Return whether the JSON is a HAR file."""
    return isinstance(table(table(document).get("log")).get("entries"), list)


def exchanges(document: Any) -> tuple[Exchange, ...]:
    """Return the requests of a HAR file in the order in which they began."""
    found = [_exchange(table(entry)) for entry in document["log"]["entries"]]
    if all(each.at for each in found):
        found.sort(key=lambda each: each.at or 0)
    return tuple(found)


def _exchange(entry: Mapping[str, Any]) -> Exchange:
    request, response = table(entry.get("request")), table(entry.get("response"))
    method, url = text(request.get("method")).upper(), text(request.get("url"))
    body, unread = _form(request) if method == "POST" else ("", "")
    return Exchange(
        method=method,
        url=url,
        body=body,
        unread=unread,
        at=iso_moment(text(entry.get("startedDateTime"))),
        clock="the browser's clock (startedDateTime)",
        leads_to=absolute(url, text(response.get("redirectURL"))),
        keeps_form=response.get("status") in (307, 308),
    )


def _form(request: Mapping[str, Any]) -> tuple[str, str]:
    """Return the form that was posted, and why there is none."""
    posted = table(request.get("postData"))
    if "multipart" in text(posted.get("mimeType")).lower():
        return "", "its form is multipart/form-data, which is not read: SAML forms are urlencoded"
    written = _UPLOAD_HEADERS.sub("", text(posted.get("text")), count=1)
    if written.strip():
        return written.strip(), ""
    params = [table(param) for param in sequence(posted.get("params"))]
    if params:
        return _joined([(text(param.get("name")), text(param.get("value"))) for param in params]), ""
    if request.get("bodySize") == 0:
        return "", ""
    said = text(posted.get("comment"))
    return (
        "",
        f"the capture does not have what was posted{f' ({shown(said, 80)})' if said else ''}; save it with content",
    )


def _joined(params: list[tuple[str, str]]) -> str:
    """Return the form that these fields make. Chrome leaves them as they were on the way, Firefox decodes them."""
    whole = [part for pair in params for part in pair]
    if all(_AS_ON_THE_WAY.fullmatch(part) for part in whole) and any(_ESCAPED.search(part) for part in whole):
        return "&".join("=".join(pair) for pair in params)
    return "&".join("=".join(map(quote_plus, pair)) for pair in params)
