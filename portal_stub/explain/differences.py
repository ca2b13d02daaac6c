"""Two texts side by side: the characters in which they differ, marked and in words."""

import re
from difflib import SequenceMatcher

import attrs

from portal_stub.explain.explanation import Piece, Text

_LONGEST = 400
_QUOTED = re.compile(r"'([^']+)'")
_LEAST_ALIKE = 0.4
_LEAST_COMMON = 3
"""Fewer characters that agree between two differences are taken for chance: what differs is read more easily whole."""
_MOST_TOLD = 4


@attrs.frozen
class Compared:
    """Both texts with the differing characters marked, and each difference in words."""

    expected: Text
    got: Text
    words: tuple[str, ...] = ()


def compared(expected: str, got: str) -> Compared:
    """Return both texts, with marks where both hold one value each and the two are alike.

    A value is what stands in quotes, or a whole text without blanks. Of two that have little in common no character
    differs more than another: they are returned as they are.
    """
    ours, theirs = _value(expected), _value(got)
    if ours is None or theirs is None or expected[ours] == got[theirs]:
        return _plain(expected, got)
    one, other = expected[ours], got[theirs]
    if max(len(one), len(other)) > _LONGEST:
        return _plain(expected, got)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return _plain(expected, got)
    changes = _merged([code[1:] for code in matcher.get_opcodes() if code[0] != "equal"])
    words = [_in_words(one, other, change) for change in changes[:_MOST_TOLD]]
    if len(changes) > _MOST_TOLD:
        words.append(f"and {len(changes) - _MOST_TOLD} more differences.")
    return Compared(
        _marked(expected, ours.start, [change[:2] for change in changes]),
        _marked(got, theirs.start, [change[2:] for change in changes]),
        tuple(words),
    )


_Change = tuple[int, int, int, int]


def _plain(expected: str, got: str) -> Compared:
    return Compared(_text(expected), _text(got))


def _text(text: str) -> Text:
    return (Piece(text),) if text else ()


def _value(text: str) -> slice | None:
    quoted = _QUOTED.search(text)
    if quoted is not None:
        return slice(*quoted.span(1))
    return slice(0, len(text)) if text and not re.search(r"\s", text) else None


def _merged(changes: list[_Change]) -> list[_Change]:
    merged: list[_Change] = []
    for change in changes:
        if merged and change[0] - merged[-1][1] < _LEAST_COMMON:
            merged[-1] = (merged[-1][0], change[1], merged[-1][2], change[3])
        else:
            merged.append(change)
    return merged


def _marked(text: str, start: int, spans: list[tuple[int, int]]) -> Text:
    pieces, reached = [], 0
    for first, last in spans:
        pieces += [Piece(text[reached : start + first]), Piece(text[start + first : start + last], marked=True)]
        reached = start + last
    pieces.append(Piece(text[reached:]))
    return tuple(piece for piece in pieces if piece.text)


def _in_words(expected: str, got: str, change: _Change) -> str:
    lost, came = expected[change[0] : change[1]], got[change[2] : change[3]]
    if lost.casefold() == came.casefold():
        return f"Letter case: {_shown(came)} came in place of {_shown(lost)}."
    if not came:
        return f"{_shown(lost)} is missing {_place(got, change[2], change[2])}."
    place = _place(got, change[2], change[3])
    return f"{_shown(came)} is too much {place}." if not lost else f"{_shown(came)} came in place of {_shown(lost)}."


def _place(text: str, start: int, end: int) -> str:
    if end == len(text):
        return "at the end"
    return "at the beginning" if start == 0 else f"after {_shown(text[max(0, start - 12) : start])}"


def _shown(text: str) -> str:
    return "a blank" if text == " " else f"“{text}”"
