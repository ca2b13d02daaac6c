"""``junit.xml``: the run as other tools read it.

Fail, wrong-reason and crash are failures, inconclusive is an error, skipped is skipped with its reason, advisory has
passed and says so in its output. A known failure of the baseline is skipped, with the reason that the baseline gives.
A run that was cut off holds one error more, so that no tool takes it for a success.
"""

from xml.etree import ElementTree as ET

from conformance.events import BROKEN, count
from conformance.report.view import CaseView, RunView, printable


def to_junit(shown: RunView) -> bytes:
    """Return the run as a JUnit document in UTF-8."""
    run = shown.run
    counts = count(case.event.verdict for case in shown.cases if not case.known)
    known = sum(bool(case.known) for case in shown.cases)
    cut_off = int(bool(shown.cut_off))
    totals = {
        "name": "conformance",
        "tests": str(len(shown.cases) + cut_off),
        "failures": str(sum(counts[verdict] for verdict in BROKEN)),
        "errors": str(counts["inconclusive"] + cut_off),
        "skipped": str(counts["skipped"] + known),
        "time": f"{run.seconds:.3f}",
    }
    suites = ET.Element("testsuites", totals)
    suite = ET.SubElement(suites, "testsuite", {**totals, "timestamp": run.header.started.removesuffix("Z")})
    properties = ET.SubElement(suite, "properties")
    for name, value in (("target", shown.target), ("driver", run.header.driver), ("suite", run.header.suite)):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for case in shown.cases:
        _add(suite, case)
    if cut_off:
        broken = ET.SubElement(suite, "testcase", {"classname": "run", "name": "run.complete", "time": "0"})
        ET.SubElement(broken, "error", {"type": "cut-off", "message": shown.cut_off})
    ET.indent(suites)
    text: str = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add(suite: ET.Element, case: CaseView) -> None:
    event = case.event
    element = ET.SubElement(
        suite, "testcase", {"classname": case.topic, "name": event.id, "time": f"{event.seconds:.3f}"}
    )
    if event.verdict == "skipped":
        ET.SubElement(element, "skipped", {"message": case.reason})
    elif case.known:
        ET.SubElement(element, "skipped", {"type": "known-failure", "message": f"{case.known} ({case.reason})"})
    elif event.verdict == "advisory":
        ET.SubElement(element, "system-out").text = f"advisory: {case.reason}"
    elif event.verdict != "pass":
        kind = "failure" if event.verdict in BROKEN else "error"
        complaint = ET.SubElement(element, kind, {"type": event.verdict, "message": case.reason})
        complaint.text = _details(case)


def _details(case: CaseView) -> str:
    observed = case.event.observed
    lines = [f"It {case.demanded}. Observed: {case.observed}."]
    if case.rule is not None:
        lines += [f"Rule: {case.rule.id} ({case.rule.clause})", case.rule.statement, f"To mend it: {case.rule.mend}"]
    if case.person:
        lines.append(f"Signed in: {case.person}")
    if case.shown:
        lines.append(f"Message shown: {case.shown}")
    if observed.rules:
        lines.append(f"Declared: {printable(', '.join(observed.rules))}")
    return "\n".join(lines)
