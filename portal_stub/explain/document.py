"""An XML document for people: indented, one element a line, with the places marked where a rule is broken."""

from collections.abc import Iterator, Mapping

import attrs
from lxml import etree

from portal_stub.explain.explanation import Hide, Piece, Text
from portal_stub.saml.xml import text_of

_MOST_LINES = 1200
_MOST_CHARACTERS = 200_000
_MOST_ATTRIBUTES = 40
_LONGEST_NAME = 80
_LONGEST_VALUE = 240
_DEEPEST = 30
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@attrs.frozen
class Spot:
    """A place in a document: an element's start tag, one of its attributes (``@Name``), or its text (``text``)."""

    element: etree._Element
    part: str = ""

    @property
    def value(self) -> str | None:
        """What stands there, or ``None`` where it is a tag, or nothing."""
        if self.part.startswith("@"):
            return self.element.get(self.part[1:])
        return text_of(self.element) if self.part else None


@attrs.frozen
class Rendered:
    """The lines, the number under which each marked spot is found in them, and what is not shown."""

    lines: tuple[Text, ...]
    places: Mapping[Spot, int]
    left_out: str = ""


def rendered(root: etree._Element, marked: Mapping[Spot, tuple[int, ...]], hide: Hide) -> Rendered:
    """Return the document's lines, at most some hundreds. ``marked`` gives the problems at each spot."""
    writer = _Writer(marked, hide)
    lines: list[Text] = []
    characters = 0
    for line in writer.lines(root):
        if len(lines) == _MOST_LINES or characters > _MOST_CHARACTERS:
            return Rendered(tuple(lines), writer.places, f"Shown are the first {len(lines)} lines; there are more.")
        lines.append(line)
        characters += sum(len(piece.text) for piece in line)
    return Rendered(tuple(lines), writer.places)


def name_of(element: etree._Element) -> str:
    """Return an element's local name for people."""
    return _short(etree.QName(element).localname) if isinstance(element.tag, str) else "a comment"


@attrs.define
class _Writer:
    marked: Mapping[Spot, tuple[int, ...]]
    hide: Hide
    places: dict[Spot, int] = attrs.field(factory=dict)

    def lines(self, root: etree._Element) -> Iterator[Text]:
        depth = 0
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                yield from self._start(element, depth)
                depth += 1
            elif event == "end":
                depth -= 1
                if len(element):
                    yield (_indent(depth), Piece(f"</{_name(element)}>"))
            else:
                yield (_indent(depth), self._piece(Spot(element), self._aside(element)))
            if event != "start" and element is not root and (element.tail or "").strip():
                yield (_indent(depth), Piece(self._text(element.tail)))

    def _start(self, element: etree._Element, depth: int) -> Iterator[Text]:
        pieces = [_indent(depth), self._piece(Spot(element), f"<{_name(element)}"), *self._declared(element)]
        for name, value in list(element.attrib.items())[:_MOST_ATTRIBUTES]:
            written = f'{_attribute(element, str(name))}="{self._text(value)}"'
            pieces += [Piece(" "), self._piece(Spot(element, f"@{name}"), written)]
        if len(element.attrib) > _MOST_ATTRIBUTES:
            pieces.append(Piece(f" … {len(element.attrib) - _MOST_ATTRIBUTES} more"))
        text = element.text or ""
        if len(element):
            yield (*pieces, Piece(">"))
            if text.strip():
                yield (_indent(depth + 1), self._piece(Spot(element, "text"), self._text(text)))
        elif text or Spot(element, "text") in self.marked:
            written = self._text(text) or "(empty)"
            yield (*pieces, Piece(">"), self._piece(Spot(element, "text"), written), Piece(f"</{_name(element)}>"))
        else:
            yield (*pieces, Piece("/>"))

    def _declared(self, element: etree._Element) -> Iterator[Piece]:
        parent = element.getparent()
        known = {} if parent is None else parent.nsmap
        new = [(prefix, uri) for prefix, uri in element.nsmap.items() if known.get(prefix) != uri]
        for prefix, uri in new[:_MOST_ATTRIBUTES]:
            yield Piece(f' xmlns{":" + _short(prefix) if prefix else ""}="{self._text(uri)}"')

    def _aside(self, element: etree._Element) -> str:
        return self._text(etree.tostring(element, with_tail=False, encoding="unicode"), escape=False)

    def _piece(self, spot: Spot, text: str) -> Piece:
        problems = self.marked.get(spot, ())
        if not problems:
            return Piece(text)
        self.places[spot] = len(self.places) + 1
        return Piece(text, marked=True, place=self.places[spot], problems=problems)

    def _text(self, text: str | None, escape: bool = True) -> str:
        whole = self.hide(text or "")
        cut = whole if len(whole) <= _LONGEST_VALUE else f"{whole[:_LONGEST_VALUE]}… ({len(whole)} characters)"
        visible = visibly(cut)
        return visible.translate(_ESCAPED) if escape else visible


def visibly(text: str) -> str:
    """Return ``text`` with what cannot be seen written out: controls, and signs that turn the direction."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode("ascii") for sign in text
    )


def plain_lines(text: str, hide: Hide) -> tuple[tuple[Text, ...], str]:
    """Return the lines of what is no document, bounded in the same way, and what is not shown."""
    whole = hide(text)
    most = 20 * _LONGEST_VALUE
    left_out = f"Shown are the first {most} of {len(whole)} characters." if len(whole) > most else ""
    return tuple((Piece(visibly(line)),) for line in whole[:most].splitlines()), left_out


def _indent(depth: int) -> Piece:
    return Piece("  " * min(depth, _DEEPEST))


def _name(element: etree._Element) -> str:
    return f"{_short(element.prefix)}:{name_of(element)}" if element.prefix else name_of(element)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _attribute(element: etree._Element, name: str) -> str:
    found = etree.QName(name)
    if not found.namespace:
        return _short(found.localname)
    prefixes = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    prefixes["http://www.w3.org/XML/1998/namespace"] = "xml"
    return f"{_short(prefixes.get(found.namespace, '?'))}:{_short(found.localname)}"
