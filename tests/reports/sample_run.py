"""A run with every verdict, and the files beside it, for the tests of events and reports."""

import base64
from pathlib import Path

import attrs

from conformance.events import CaseEvent, Footer, Header, Observed, Writer, case_file

# A PNG of one grey pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
RESPONSE = (
    b'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1">'
    b'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Subject>zo\xc3\xab@example.org'
    b"</saml:Subject></saml:Assertion></samlp:Response>"
)
LINK = "http://portal.localhost:5002/login/sso?name=Zo%C3%AB+A&email=zoe%40example.org&hash=%ff0"

HEADER = Header(
    suite="0.1.0",
    target={"name": "stub", "without": ["saml.conditions.audience"]},
    driver="browser",
    started="2026-11-02T09:30:00Z",
    selected=8,
    clock_offset=0.4,
)
AUDIENCE = "saml.conditions.audience"
CASES = (
    CaseEvent(
        id="saml.sound.plain@assertion",
        outcome="must-accept",
        verdict="pass",
        observed=Observed(result="as-signed", person="Zoë Ångström <zoe@example.org>"),
        proof="identity",
        seconds=0.61,
    ),
    CaseEvent(
        id="remote-login.hash.wrong",
        rule="remote-login.hash.matches",
        outcome="must-refuse",
        verdict="pass",
        expected=("remote-login.hash.matches",),
        observed=Observed(result="refused", message="Login was unsuccessful!", rules=("remote-login.hash.matches",)),
        proof="declared",
        seconds=0.55,
    ),
    CaseEvent(
        id="saml.addressing.other-audience@assertion",
        rule=AUDIENCE,
        outcome="must-refuse",
        verdict="fail",
        expected=(AUDIENCE,),
        observed=Observed(result="as-signed", person="مريم <maryam@example.org>"),
        seconds=0.72,
        reason="It must be refused. Signed in as مريم <maryam@example.org>, the genuine person.",
    ),
    CaseEvent(
        id="saml.addressing.other-destination[port]@both",
        rule="saml.response.destination",
        outcome="must-refuse",
        verdict="wrong-reason",
        expected=("saml.response.destination", AUDIENCE),
        observed=Observed(
            result="refused",
            message="Login failed | <script>alert('page')</script> *now*\x00\ud800",
            rules=("saml.signature.value",),
        ),
        seconds=0.7,
        reason="Refused for saml.signature.value, not for saml.response.destination | <b>really</b>.",
    ),
    CaseEvent(
        id="saml.form.blank@response",
        rule="saml.response.readable",
        outcome="must-refuse",
        verdict="crash",
        expected=("saml.response.readable",),
        observed=Observed(result="crash"),
        seconds=0.2,
        reason="portal.localhost answered 500",
    ),
    CaseEvent(
        id="saml.times.expired@both",
        rule="saml.conditions.not-on-or-after",
        outcome="must-refuse",
        verdict="inconclusive",
        expected=("saml.conditions.not-on-or-after",),
        observed=Observed(result="refused", message="Login failed"),
        seconds=0.5,
        reason="The sound login beside this case was not accepted.",
    ),
    CaseEvent(
        id="saml.signature.sha1@assertion",
        rule="saml.signature.algorithm",
        outcome="advisory",
        verdict="advisory",
        expected=("saml.signature.algorithm",),
        observed=Observed(result="as-signed", person="zoe@example.org"),
        seconds=0.6,
        reason="Signed in as zoe@example.org, the genuine person.",
    ),
    CaseEvent(
        id="portal.session.slow[saml]",
        rule="saml.request.in-response-to",
        outcome="must-accept",
        verdict="skipped",
        seconds=0.0,
        reason="needs a browser: cookies and SameSite",
    ),
)


def write_sample(directory: Path, *cases: CaseEvent, selected: int | None = None, finish: bool = True) -> Path:
    """Write the sample run (or these cases), with messages and pictures, and return its folder."""
    cases = cases or CASES
    header = attrs.evolve(HEADER, selected=len(cases) if selected is None else selected)
    with Writer(directory, header) as writer:
        for case in cases:
            writer.case(case)
        if finish:
            writer.finish(12.34)
    (directory / "cases").mkdir(exist_ok=True)
    for case in cases:
        if case.id.startswith("saml."):
            case_file(directory, case.id, ".b64").write_bytes(base64.b64encode(RESPONSE))
        elif case.id.startswith("remote-login."):
            case_file(directory, case.id, ".url").write_text(LINK, encoding="utf-8")
        if case.verdict in ("pass", "fail", "crash"):
            case_file(directory, case.id, ".png").write_bytes(PIXEL)
    return directory


def footer_of(counts: dict[str, int]) -> Footer:
    """Return a footer that claims these counts."""
    return Footer(counts=counts, seconds=1.0)  # type: ignore[arg-type]
