"""The stages of reading what was posted: the form field, its encoding, its XML.

Each is read once and on demand. What cannot be read raises ``NotApplicable``: the rule about the stage that failed
says why, and the rules after it say that they have nothing to look at.
"""

import base64
import binascii
import re
from functools import cached_property

import attrs
from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.saml.message import Post
from portal_stub.saml.xml import MAX_BYTES, TooMuch, XmlProblem, declares_dtd, has_doctype, inflated, parse
from portal_stub.weakness import Weaknesses

_MOST_CHARACTERS = MAX_BYTES // 3 * 4 + MAX_BYTES // 16
"""Base64 of the greatest message, with its line breaks."""


@attrs.frozen(kw_only=True, slots=False)
class Reading:
    """A message on its way from the form field to its root element."""

    post: Post
    settings: Settings
    weaknesses: Weaknesses

    @cached_property
    def waived(self) -> frozenset[str]:
        """The rules that are left out whatever the message holds."""
        return self.weaknesses.forgotten

    @property
    def field(self) -> str:
        """The form field SAMLResponse."""
        field = self.post.saml_response
        if field is None or not field.strip():
            raise NotApplicable("the message is blank")
        if self.post.binding != "post" and "saml.message.post-binding" not in self.waived:
            raise NotApplicable("the message was not posted")
        if self.post.further and "saml.message.once" not in self.waived:
            raise NotApplicable("there are several messages")
        return field.strip()

    @property
    def too_large(self) -> bool:
        """Whether the field is so long that it is not even decoded."""
        return len(self.field) > _MOST_CHARACTERS and "saml.message.limits" not in self.waived

    @cached_property
    def _plain_base64(self) -> bytes | None:
        """The bytes of a field that is base64 and nothing else, as nearly all are; None for any other."""
        try:
            return binascii.a2b_base64(self.field, strict_mode=True)
        except ValueError:
            return None

    @cached_property
    def base64_problem(self) -> str:
        """Why the field is not base64, or empty. Line breaks are allowed (RFC 2045)."""
        if self._plain_base64 is not None:
            return ""
        text = "".join(line.strip(" \t") for line in re.split(r"[\r\n]+", self.field))
        odd = re.search(r"[^A-Za-z0-9+/=]", text)
        if odd:
            return f"the character {odd[0]!r} at position {odd.start() + 1}"
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            return f"{len(text)} characters that do not fit together ({error})"
        return ""

    @cached_property
    def decoded(self) -> bytes:
        """The bytes of the message."""
        if self.too_large:
            raise NotApplicable("the message is too large to be read")
        if self.base64_problem and "saml.message.base64" not in self.waived:
            raise NotApplicable("the message is not base64")
        reader = self.weaknesses.reader("field")
        if reader is not None:
            read: bytes = reader.read(self.field)
            return read
        data = self._plain_base64
        if data is None:
            known = re.sub(r"[^A-Za-z0-9+/]", "", self.field.replace("-", "+").replace("_", "/"))
            data = base64.b64decode(known[: len(known) - (len(known) % 4 == 1)] + "==")
        return data if self.post.binding == "post" else inflated(data)

    @cached_property
    def has_dtd(self) -> bool:
        """Whether the message has a document type declaration."""
        if has_doctype(self.decoded):
            return True
        try:
            return declares_dtd(self._parsed)
        except XmlProblem:
            return False

    @cached_property
    def _parsed(self) -> etree._Element:
        reader = self.weaknesses.reader("document")
        if reader is None:
            return parse(self.decoded, unbounded="saml.message.limits" in self.waived)
        root: etree._Element = reader.read(self.decoded)
        return root

    @cached_property
    def xml_problem(self) -> str:
        """Why the message is not XML that is read, or empty. A message with a DTD is not parsed at all."""
        if self.too_much:
            raise NotApplicable("the message is more than is read")
        try:
            self._parsed  # noqa: B018 - parsing is the test
        except XmlProblem as problem:
            return str(problem)
        return ""

    @cached_property
    def too_much(self) -> str:
        """Why the message is more than is read, or empty."""
        if self.too_large:
            return f"{len(self.field)} characters of base64"
        if self._stops_at_dtd:
            raise NotApplicable("the message has a DTD and is not parsed")
        try:
            self._parsed  # noqa: B018 - parsing is the test
        except TooMuch as problem:
            return str(problem)
        except XmlProblem:
            return ""
        return ""

    @property
    def _stops_at_dtd(self) -> bool:
        return self.has_dtd and "saml.message.no-dtd" not in self.waived

    @cached_property
    def root(self) -> etree._Element:
        """The root of the message."""
        if self.xml_problem:
            raise NotApplicable("the message is not XML")
        return self._parsed
