"""Whatever comes, it is a message, a capture, or one plain refusal."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal_stub.captured import words
from portal_stub.captured.logins import Capture, CapturedLogin
from portal_stub.captured.reading import recognised
from portal_stub.config import Settings
from portal_stub.offline import diagnose_capture
from rulebook.strict_toml import FileProblem
from tests.portal_core import responses
from tests.portal_core.captured_logins import SIMPLE, link
from tests.portal_core.captures import PORTAL
from tests.portal_core.responses import NOW

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
URL = st.sampled_from(
    [f"{PORTAL}/login/saml", f"{PORTAL}/login/sso?name=x", "http://[x", f"http://y/?{link()}", "?SAMLResponse=a"]
)


def leaf(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return usual | JSON


FORM = st.lists(st.fixed_dictionaries({"name": st.sampled_from(["SAMLResponse", "hash"]), "value": leaf(st.text())}))
HAR_ENTRY = st.fixed_dictionaries(
    {
        "request": leaf(
            st.fixed_dictionaries(
                {
                    "method": leaf(st.sampled_from(["GET", "POST", "post"])),
                    "url": leaf(URL),
                    "postData": leaf(
                        st.fixed_dictionaries(
                            {"text": leaf(st.sampled_from(["SAMLResponse=PGE%2B", ""])), "params": leaf(FORM)}
                        )
                    ),
                }
            )
        ),
        "startedDateTime": leaf(st.datetimes().map(lambda at: at.isoformat() + "Z")),
        "response": leaf(st.fixed_dictionaries({"status": st.just(307), "redirectURL": leaf(URL)})),
    }
)
TRACED = st.fixed_dictionaries(
    {
        "method": leaf(st.sampled_from(["GET", "POST"])),
        "url": leaf(URL),
        "post": leaf(st.lists(st.tuples(st.just("SAMLResponse"), leaf(st.sampled_from(["PGE+", "{hash:0}"]))))),
        "saml": leaf(st.text()),
        "responseHeaders": leaf(st.lists(st.fixed_dictionaries({"name": st.just("Date"), "value": leaf(st.text())}))),
    }
)


def check(content: bytes, given: Settings) -> None:
    """What the command does with it, without the command."""
    try:
        read = recognised(content, given)
    except FileProblem:
        return
    if isinstance(read, Capture):
        judged = diagnose_capture(read, given, NOW)
        for number, (login, each) in enumerate(zip(read.logins, judged, strict=True), 1):
            assert isinstance(login, CapturedLogin)
            words.heading(number, len(judged), login, each).encode()
            assert not each.diagnosis.granted or login.message == link().encode()
        [words.not_judged(unread).encode() for unread in read.unread]


@given(st.binary())
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    check(content, responses.settings())


@given(JSON)
@settings(deadline=None)
def test_any_json(content: Any) -> None:
    check(json.dumps(content).encode(), responses.settings())


@given(st.lists(HAR_ENTRY, min_size=1, max_size=4), st.sampled_from([responses.settings(), SIMPLE]))
@settings(deadline=None)
def test_any_har_file(entries: list[Any], given_settings: Settings) -> None:
    check(json.dumps({"log": {"entries": entries}}).encode(), given_settings)


@given(st.lists(TRACED, min_size=1, max_size=4), JSON, st.sampled_from([responses.settings(), SIMPLE]))
@settings(deadline=None)
def test_any_export(requests: list[Any], timestamp: Any, given_settings: Settings) -> None:
    check(json.dumps({"requests": requests, "timestamp": timestamp}).encode(), given_settings)
