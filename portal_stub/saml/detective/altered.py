"""What happened to a message after it was signed, or to what was signed: undone, its signatures verify."""

import base64
import copy
import hashlib
import html
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.ordinary import without
from portal_stub.saml.received import ASSERTION, Received
from portal_stub.saml.signature import Signature, find_signatures, verify
from portal_stub.saml.xml import XmlProblem, ds, parse, parser
from portal_stub.suspect import Suspect

_PRETTY = Suspect(
    code="pretty-printed",
    sentence="The message was indented after it was signed: without the blanks between its elements it is right.",
    mend="Send the message exactly as it was signed; switch off pretty-printing behind the signature.",
)
_LINE_ENDS = Suspect(
    code="line-ends-changed",
    sentence="The line ends were changed after the message was signed: with {} it is right.",
    mend="Send the message exactly as it was signed, and let nothing on its way change line ends.",
)
_DECODED_WRONGLY = Suspect(
    code="decoded-wrongly",
    sentence="After it was signed, the message's UTF-8 was read as Windows-1252 (Latin-1) and encoded anew: letters "
    "such as \u00eb have become \u00c3\u00ab.",
    mend="Treat the signed message as bytes, or read and write it as UTF-8.",
)
_ESCAPED_TWICE = Suspect(
    code="escaped-twice",
    sentence="After it was signed, the text in the message was escaped once more (&amp;amp; for &amp;).",
    mend="Send the message exactly as the signer serialised it.",
)
_OTHER_FORM = Suspect(
    code="another-canonicalisation",
    sentence="The signature is right, but {} was made over another form ({}) than it names ({}).",
    mend="Name the canonicalisation that is used; SAML recommends the exclusive one.",
)
_MOVED = Suspect(
    code="signed-before-it-was-wrapped",
    sentence="The assertion was signed with inclusive canonicalisation before it was put into the Response. It is "
    "right by itself, but inside the Response it inherits further name spaces, which count.",
    mend="Choose exclusive canonicalisation (xml-exc-c14n) for the signature.",
)
_NOT_CANONICAL = Suspect(
    code="not-canonicalised",
    sentence="The digest was made over the assertion as it is written, without any canonicalisation.",
    mend="Sign with a library for XML signatures: what is digested is the canonical form.",
)
_OTHER_DIGEST = Suspect(
    code="another-digest-method",
    sentence="The digest was made with {}, and the signature names {}.",
    mend="Name the digest method that is used.",
)
MISTAKES = (
    *(_PRETTY, _LINE_ENDS, _DECODED_WRONGLY, _ESCAPED_TWICE, _OTHER_FORM, _MOVED, _NOT_CANONICAL, _OTHER_DIGEST),
)

# What may have been done to the whole message.

Undo = Callable[[etree._Element], None]


def _compact(root: etree._Element) -> None:
    for element in root.iter("*"):
        if len(element) and element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None


_WRAPPED = re.compile(r"\A\n[ \t]*|\n[ \t]*\Z")


def _compact_with_texts(root: etree._Element) -> None:
    """Some put each text on a line of its own as well."""
    _compact(root)
    for element in root.iter("*"):
        if not len(element) and element.text:
            element.text = _WRAPPED.sub("", element.text)


def _texts(change: Callable[[str], str]) -> Undo:
    def undo(root: etree._Element) -> None:
        for element in root.iter("*"):
            element.text = change(element.text) if element.text else element.text
            element.tail = change(element.tail) if element.tail else element.tail
            for name, value in element.attrib.items():
                element.set(name, change(value))

    return undo


def _read_anew(text: str) -> str:
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


_UNDONE: Sequence[tuple[Suspect, Undo]] = (
    (_PRETTY, _compact),
    (_PRETTY, _compact_with_texts),
    (_LINE_ENDS.about("CR and LF (&#13;) at the end of each line"), _texts(lambda text: text.replace("\n", "\r\n"))),
    (_LINE_ENDS.about("LF alone at the end of each line"), _texts(lambda text: text.replace("\r", ""))),
    (_DECODED_WRONGLY, _texts(_read_anew)),
    (_ESCAPED_TWICE, _texts(html.unescape)),
)


def restored(received: Received) -> tuple[Suspect, bytes] | None:
    """Return what was done to the whole message after it was signed, and the message as it was before, or None.

    Every signature verifies in it, by the certificates that the portal trusts. It is for the diagnosis alone.
    """
    for suspect, undo in _UNDONE if _failing(received) else ():
        after = copy.deepcopy(received.root)
        with suppress(ValueError):  # It would bring signs that XML cannot hold.
            undo(after)
        if etree.tostring(received.root) != etree.tostring(after) and _all_verify(received, after):
            return suspect, etree.tostring(after)
    return None


def _failing(received: Received) -> Sequence[Signature]:
    """Return the signatures that fail for what they cover. What came encrypted was not changed on the way."""
    if received.document.openings or _in_scope(received.root) > _MOST_NAME_SPACES:
        return ()
    return tuple(signature for signature, result in received.verified if result.kind in ("value", "digest"))


_MOST_NAME_SPACES = 32
"""Declarations in scope at one place: inclusive canonicalisation goes through them anew at each element."""


def _in_scope(root: etree._Element) -> int:
    """Return how many declarations of name spaces are in scope at once, at most."""
    most = now = 0
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        now += 1 if event == "start-ns" else -1
        most = max(most, now)
    return most


def _all_verify(received: Received, after: etree._Element) -> bool:
    return all(
        verify(again, after, received.believed(signature), received.algorithms).kind == "verified"
        for signature, again in zip(received.found_signatures, find_signatures(after, after), strict=True)
    )


def _of_other_octets(received: Received) -> Iterator[Suspect]:
    found = (_octets_of(signature, received) for signature in _failing(received))
    yield from [suspect for suspect in found if suspect is not None][:1]


# What else the digest, and the value over SignedInfo, may have been made of.


@attrs.frozen
class _Form:
    """A canonical form (xmldsig-core 6.5), or where ``words`` say so, none."""

    words: str
    exclusive: bool
    comments: bool

    def of(self, element: etree._Element, prefixes: Sequence[str] = ()) -> bytes:
        """Return the octets of the element. Raises C14NError where it has no canonical form."""
        return etree.tostring(
            element,
            method="c14n",
            exclusive=self.exclusive,
            with_comments=self.comments,
            inclusive_ns_prefixes=[*prefixes],
        )


_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_INCLUSIVE = ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11")
_FORMS = {
    _EXCLUSIVE: _Form("exclusive", exclusive=True, comments=False),
    _INCLUSIVE[0]: _Form("inclusive", exclusive=False, comments=False),
    f"{_EXCLUSIVE}WithComments": _Form("exclusive with comments", exclusive=True, comments=True),
    f"{_INCLUSIVE[0]}#WithComments": _Form("inclusive with comments", exclusive=False, comments=True),
}
_BY_NAME = _FORMS | {
    _INCLUSIVE[1]: _FORMS[_INCLUSIVE[0]],
    f"{_INCLUSIVE[1]}#WithComments": _FORMS[f"{_INCLUSIVE[0]}#WithComments"],
}
_HASHES = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
"""The digests by their length in bytes."""
_METHODS: dict[str, hashes.HashAlgorithm] = {
    "rsa-sha256": hashes.SHA256(),
    "rsa-sha384": hashes.SHA384(),
    "rsa-sha512": hashes.SHA512(),
}


@attrs.frozen
class _Made:
    """A signature as it stands somewhere: the element around it, without it and with it, and its own parts."""

    bare: etree._Element
    signed_info: etree._Element
    reference: etree._Element

    @classmethod
    def read(cls, around: etree._Element) -> "_Made":
        """Return the signature directly in the root element: no guard refuses it, so each part is there once."""
        signature = around.findall(ds("Signature"))[0]
        signed_info = signature.findall(ds("SignedInfo"))[0]
        return cls(without(signature, around), signed_info, signed_info.findall(ds("Reference"))[0])

    def named(self, path: str) -> str:
        """Return the algorithm that the last element at this path in SignedInfo names."""
        return self.signed_info.findall(path)[-1].get("Algorithm", "")

    @property
    def digest(self) -> bytes:
        """The digest that was signed."""
        return _octets(self.reference.findtext(ds("DigestValue"), ""))


def _octets_of(signature: Signature, received: Received) -> Suspect | None:
    """Return what explains that the octets of SignedInfo, or those of the signed element, are other than it names."""
    # What is written inside the Response comes along: its name spaces count in the inclusive forms.
    around = next(signature.element.iterancestors())
    made = _Made.read(etree.fromstring(etree.tostring(around, with_tail=False), parser()))
    for_value = _BY_NAME[made.named(ds("CanonicalizationMethod"))]
    transform = made.named(f"{ds('Reference')}/{ds('Transforms')}/{ds('Transform')}")
    for_digest = _BY_NAME.get(transform, _FORMS[_INCLUSIVE[0]])  # without one it is the inclusive form
    values = [form for form in (for_value, *_FORMS.values()) if _is_of_value(made, form, signature, received)]
    if values:
        return _of_the_digest(made, values[0], (for_value, for_digest), signature, received)
    return _moved(signature, received, (for_value, for_digest))


def _of_the_digest(
    made: _Made, value: _Form, named: tuple[_Form, _Form], signature: Signature, received: Received
) -> Suspect | None:
    """Return what explains the digest, where the signature's value is right over SignedInfo in the form ``value``."""
    for_value, for_digest = named
    digests = [form for form in (for_digest, *_FORMS.values()) if _is_of_digest(made, form)]
    if digests and value != for_value:
        return _OTHER_FORM.about("its value", value.words, for_value.words)
    if digests and digests[0] != for_digest:
        return _OTHER_FORM.about("its digest", digests[0].words, for_digest.words)
    if digests:
        return _other_method(made, signature)
    if _is_as_written(made, signature, received):
        return _NOT_CANONICAL
    return _moved(signature, received, named)


def _other_method(made: _Made, signature: Signature) -> Suspect | None:
    named, used = signature.digests[0].rpartition("#")[2], _HASHES[len(made.digest)]
    return _OTHER_DIGEST.about(used.upper(), named.upper()) if named != used else None


def _is_of_digest(made: _Made, form: _Form) -> bool:
    name = _HASHES.get(len(made.digest))
    path = f"{ds('Transforms')}/{ds('Transform')}/{{{_EXCLUSIVE}}}InclusiveNamespaces"
    listed = made.reference.find(path)
    prefixes = () if listed is None else listed.get("PrefixList", "").split()
    try:
        return name is not None and hashlib.new(name, form.of(made.bare, prefixes)).digest() == made.digest
    except etree.C14NError:
        return False


def _is_of_value(made: _Made, form: _Form, signature: Signature, received: Received) -> bool:
    """Return whether the signature's value is right over SignedInfo in this form, by a certificate that is trusted."""
    method = _METHODS.get(signature.method.rpartition("#")[2])
    value = _octets(signature.element.findtext(ds("SignatureValue"), ""))
    for certificate in received.believed(signature)[:2]:
        key = certificate.public_key()
        if method is None or not isinstance(key, RSAPublicKey):
            continue
        try:
            key.verify(value, form.of(made.signed_info), PKCS1v15(), method)
        except (InvalidSignature, ValueError, etree.C14NError):
            continue
        return True
    return False


def _moved(signature: Signature, received: Received, named: tuple[_Form, _Form]) -> Suspect | None:
    """The assertion cut out of the message as it is written, and read by itself."""
    try:
        made = _Made.read(parse(_as_written(signature, received)))
    except XmlProblem:
        return None
    if all(form.exclusive for form in named):
        return None
    return _MOVED if _is_of_value(made, named[0], signature, received) and _is_of_digest(made, named[1]) else None


def _is_as_written(made: _Made, signature: Signature, received: Received) -> bool:
    name = _HASHES.get(len(made.digest))
    written = _as_written(signature, received)
    own = _cut_out(written, signature.element)
    return name is not None and hashlib.new(name, written.replace(own, b"", 1)).digest() == made.digest


def _as_written(signature: Signature, received: Received) -> bytes:
    """Return the assertion as it stands in the message, or nothing where that is not sure."""
    assertion = next(signature.element.iterancestors(ASSERTION), None)
    return b"" if assertion is None else _cut_out(received.decoded, assertion)


def _cut_out(document: bytes, element: etree._Element) -> bytes:
    """Return from the element's start tag to its end tag, or nothing where there is another of the name."""
    local = etree.QName(element).localname
    name = (f"{element.prefix}:{local}" if element.prefix else local).encode()
    starts, ends = (
        [*islice(re.finditer(pattern % re.escape(name), document), 2)] for pattern in (rb"<%b[\s>]", rb"</%b\s*>")
    )
    return document[starts[0].start() : ends[0].end()] if len(starts) == len(ends) == 1 else b""


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


EXPLAINERS: tuple[Explainer, ...] = ((frozenset({"saml.signature.digest", "saml.signature.value"}), _of_other_octets),)
