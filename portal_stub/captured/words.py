"""A capture's logins for people and for programs: which one it is, where it was found and when."""

from collections.abc import Sequence

from portal_stub.address import shown
from portal_stub.captured.logins import Capture, CapturedLogin, Unread
from portal_stub.offline import JudgedLogin
from portal_stub.times import written


def as_plain(login: CapturedLogin) -> dict[str, str | None]:
    """Return what ``check --json`` says of where a login was captured (fixtures/schemas/captured.schema.json)."""
    return {"at": None if login.at is None else written(login.at), "url": login.url}


def heading(number: int, count: int, found: CapturedLogin, judged: JudgedLogin) -> str:
    """Return the lines above a login's diagnosis: which of how many it is, where and when it was captured."""
    when = "captured at a time that is not told"
    if found.at is not None:
        when = f"captured at {written(found.at)} by {found.clock}"
    lines = [f"== {number} of {count}: {found.method} {shown(found.url)}", f"{when}, judged as of {written(judged.at)}"]
    if not isinstance(found.message, bytes):
        lines.append(f"open requests: {_requests(judged)}")
    return "\n".join((*lines, *filter(None, (found.note,))))


def _requests(judged: JudgedLogin) -> str:
    if judged.open_requests is None:
        return "the capture has none before it, so whether it answers one was not checked"
    return ", ".join(map(shown, sorted(judged.open_requests))) or "none, all have been answered"


def not_judged(unread: Unread) -> str:
    """Return why a login that is in the capture was not judged."""
    when = "" if unread.at is None else f" at {written(unread.at)}"
    return f"Not judged: {unread.method} {shown(unread.url)}{when}: {unread.reason}."


def summary(capture: Capture, logins: Sequence[JudgedLogin]) -> str:
    """Return the last line: how many there were of each."""
    granted = sum(login.diagnosis.granted for login in logins)
    counted = f"{granted} granted, {len(logins) - granted} refused, {len(capture.unread)} not judged"
    return f"{capture.kind} with {capture.seen} requests: {counted}"
