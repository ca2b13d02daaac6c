"""A logout message as received: chosen among the parameters, decoded, parsed, verified.

What is the same for every message of SAML, above all the signature inside it, is read as for a Response.
"""

import base64
import re
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal

import attrs
from cryptography import x509
from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import NotApplicable
from portal_stub.saml.logout.arrival import MESSAGES, Arrival, LogoutMemory
from portal_stub.saml.logout.query import algorithms_allowed, certificates_known, readings
from portal_stub.saml.message import OFFLINE, Memory, Post
from portal_stub.saml.providers import Provider, providers
from portal_stub.saml.received import FORGETTING_TRUSTS, Received
from portal_stub.saml.signature import Signature, find_signatures
from portal_stub.saml.xml import MAX_BYTES, parse, parser, samlp

Kind = Literal["request", "response"]

_ROOTS = {"request": samlp("LogoutRequest"), "response": samlp("LogoutResponse")}
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_ONCE = (*MESSAGES, "RelayState", "SigAlg", "Signature", "SAMLEncoding")
_MOST_CHARACTERS = MAX_BYTES // 3 * 4 + MAX_BYTES // 16
_NO_RESPONSE = Post(saml_response=None)
_FORGETFUL_MOST = 16 * MAX_BYTES
"""What is inflated by a portal that forgot to stop: it is a test, and the machine is to survive it."""


@attrs.frozen
class Inflated:
    """What came of undoing DEFLATE; ``problem`` says why it is none, ``too_large`` that it was stopped."""

    data: bytes = b""
    problem: str = ""
    too_large: bool = False


@attrs.frozen(kw_only=True, slots=False)
class ReceivedLogout(Received):
    """What the checks of logouts look at."""

    arrival: Arrival
    logouts: LogoutMemory
    post: Post = _NO_RESPONSE
    memory: Memory = OFFLINE

    @property
    def left_out(self) -> frozenset[str]:
        """The rules that are left out for this message: a naive reader that believes it forgets some more."""
        reader = self.weaknesses.reader("logout")
        return self.waived if reader is None or self.believed_naively is None else self.waived | reader.forgets

    @cached_property
    def providers(self) -> Sequence[Provider]:
        """The identity provider that offers single logout: logouts begin and end with the first one only."""
        return providers(self.saml)[:1]

    # The parameters.

    @cached_property
    def parameters_problem(self) -> str:
        """Why the parameters are not those of one message, or empty."""
        counts = {name: len(self.arrival.values(name)) for name in _ONCE}
        doubled = [name for name, count in counts.items() if count > 1]
        if doubled:
            return f"{doubled[0]} came {counts[doubled[0]]} times"
        messages = [name for name in MESSAGES if counts[name]]
        return "" if len(messages) == 1 else " and ".join(messages) or "neither SAMLRequest nor SAMLResponse"

    @property
    def parameter(self) -> str:
        """The name of the parameter that is read. A portal that forgot to refuse several reads the last request."""
        names = [name for name in MESSAGES if self.arrival.values(name)]
        ambiguous = len(names) > 1 or len(self.arrival.values(names[0] if names else "")) > 1
        if not names or (ambiguous and "saml.logout.parameters" not in self.waived):
            raise NotApplicable("there is not exactly one message")
        return names[0]

    @property
    def kind(self) -> Kind:
        """Whether somebody asks for a logout, or answers."""
        return "request" if self.parameter == "SAMLRequest" else "response"

    @property
    def field(self) -> str:
        """The message in base64."""
        return self.arrival.decoded(self.arrival.values(self.parameter)[-1]).strip()

    # The encoding.

    @property
    def too_large(self) -> bool:
        """Never here: ``oversized`` says it, by a rule of its own."""
        return False

    @property
    def oversized(self) -> bool:
        """Whether the message is larger than is read; it is left before it is inflated whole."""
        return len(self.field) > _MOST_CHARACTERS or self._inflated.too_large

    @cached_property
    def _inflated(self) -> Inflated:
        data = self._undone
        if self.arrival.binding == "post":
            return Inflated(data)
        return inflate(data, _FORGETFUL_MOST if "saml.logout.size" in self.waived else MAX_BYTES)

    @property
    def _undone(self) -> bytes:
        known = re.sub(r"[^A-Za-z0-9+/]", "", self.field)
        return base64.b64decode(known[: len(known) - (len(known) % 4 == 1)] + "==")

    @cached_property
    def encoding_problem(self) -> str:
        """Why the message is not encoded as its binding demands, or empty."""
        if not self.field:
            return "nothing"
        named = [self.arrival.decoded(value) for value in self.arrival.values("SAMLEncoding")]
        if self.arrival.binding == "redirect" and named not in ([], [_DEFLATE]):
            return f"the encoding {shown(named[0])}"
        if self.base64_problem:
            return self.base64_problem
        if self.arrival.binding == "post":
            inflated = inflate(self._undone, MAX_BYTES)
            return "deflated, as HTTP-Redirect needs it" if inflated.data.lstrip().startswith(b"<") else ""
        return self._inflated.problem

    @cached_property
    def decoded(self) -> bytes:
        """The bytes of the message. A portal that forgot to ask for the encoding takes whatever it can read."""
        if self.oversized and "saml.logout.size" not in self.waived:
            raise NotApplicable("the message is too large to be read")
        if not self.encoding_problem:
            return self._inflated.data
        if "saml.logout.encoding" not in self.waived:
            raise NotApplicable("the message is not encoded as it must be")
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: inflate(self._undone, MAX_BYTES).data,
            lambda: zlib.decompressobj().decompress(self._undone, MAX_BYTES),
        )
        return next((data for way in ways if (data := _or_nothing(way)).startswith(b"<")), self._undone)

    @cached_property
    def _parsed(self) -> etree._Element:
        if len(self.decoded) > MAX_BYTES:
            return etree.fromstring(self.decoded, parser())
        reader = self.weaknesses.reader("document")
        root: etree._Element = parse(self.decoded) if reader is None else reader.read(self.decoded)
        return root

    # The message.

    @property
    def expected_root(self) -> str:
        """The tag of the message that the parameter is for."""
        return _ROOTS[self.kind]

    @property
    def response(self) -> etree._Element:
        """The logout message: the root, whatever it is called where the portal forgot to ask."""
        if self.root.tag != self.expected_root and "saml.logout.message" not in self.waived:
            raise NotApplicable("it is not a logout message")
        return self.root

    @property
    def envelope(self) -> etree._Element:
        """The logout message."""
        return self.response

    @property
    def assertions(self) -> Sequence[etree._Element]:
        """None: a logout message has no assertion."""
        return ()

    @cached_property
    def message(self) -> etree._Element:
        """The message that is judged: the trusted one, or for the diagnosis alone the one that was received."""
        return self.envelope if self.trusted_message is None else self.trusted_message

    # The signature.

    @cached_property
    def signatures_if_any(self) -> Sequence[Signature]:
        """The signatures inside a message that came by HTTP-POST; by HTTP-Redirect the query is signed instead."""
        if self.arrival.binding == "redirect":
            return ()
        return tuple(_of_the_message(signature) for signature in find_signatures(self.root, self.envelope))

    @property
    def is_signed(self) -> bool:
        """Whether there is a signature where the binding wants it."""
        if self.arrival.binding == "redirect":
            return any(self.arrival.decoded(value).strip() for value in self.arrival.values("Signature"))
        return bool(self.signatures_if_any)

    @cached_property
    def certificates(self) -> Sequence[x509.Certificate]:
        """The identity provider's whole certificates, as far as the portal has them."""
        return certificates_known(self.saml)

    @property
    def algorithm(self) -> str:
        """The algorithm that the query names, or the empty string."""
        return next((self.arrival.decoded(value) for value in self.arrival.values("SigAlg")), "")

    @cached_property
    def query_verifies(self) -> bool:
        """Whether the signature of the query verifies. Raises NotApplicable where there is none to be verified."""
        if self.arrival.binding != "redirect":
            raise NotApplicable("it came by HTTP-POST")
        if not self.is_signed:
            raise NotApplicable("the query is not signed")
        if not self.certificates:
            raise NotApplicable("the portal has no certificate to verify with")
        if self.parameters_problem and "saml.logout.parameters" not in self.waived:
            raise NotApplicable("the parameters are ambiguous")
        forgot = "saml.signature.algorithm" in self.waived
        if self.algorithm not in algorithms_allowed(self.saml) and not forgot:
            raise NotApplicable("it is signed by an algorithm that is not allowed")
        found = [one for name in MESSAGES for one in readings(self.arrival, name)]
        return any(
            one.verifies_somehow(self.certificates) if forgot else one.verifies(self.certificates) for one in found
        )

    @cached_property
    def trusted_message(self) -> etree._Element | None:
        """The message as its signature covers it, or None. A weakness may make it something else."""
        if self.believed_naively is not None:
            return self.believed_naively
        if self.arrival.binding == "redirect":
            return self.envelope if self._query_trusted else None
        if not self.signatures_if_any:
            return self.envelope if "saml.logout.signed" in self.waived else None
        signed = (result.signed for signature, result in self.verified if not self.unguarded(signature))
        covered = next(
            (element for element in signed if element is not None and element.tag == self.envelope.tag), None
        )
        if (covered is None and self.waived & FORGETTING_TRUSTS) or (covered is not None and self._reads_text_naively):
            return self.envelope
        return covered

    @property
    def _query_trusted(self) -> bool:
        if not self.is_signed:
            return "saml.logout.signed" in self.waived
        if not self.certificates:
            return "saml.logout.key-known" in self.waived
        try:
            return self.query_verifies or "saml.logout.query-signature" in self.waived
        except NotApplicable:
            return False

    @property
    def _reads_text_naively(self) -> bool:
        return self.weaknesses.reader("text") is not None

    @cached_property
    def believed_naively(self) -> etree._Element | None:
        """The message that a naive reader believes, or None where there is no such reader or it believes none."""
        reader = self.weaknesses.reader("logout")
        try:
            believed: etree._Element | None = None if reader is None else reader.read(self)
        except (NotApplicable, etree.LxmlError, ValueError):
            return None
        return believed


def _of_the_message(signature: Signature) -> Signature:
    # A signed assertion has its place in a Response: here it would lend its signature to what nobody signed.
    if signature.place == "response" or signature.misplaced:
        return signature
    return attrs.evolve(signature, misplaced="the signature of an assertion inside the logout message")


def inflate(data: bytes, most: int) -> Inflated:
    """Undo raw DEFLATE, and stop where there is more than ``most`` bytes of it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = inflater.decompress(data, most + 1)
    except zlib.error as error:
        return Inflated(problem=f"no raw DEFLATE ({error})")
    if len(found) > most:
        return Inflated(too_large=True)
    return Inflated(found) if inflater.eof else Inflated(found, "DEFLATE data without its end")


def _or_nothing(way: Callable[[], bytes]) -> bytes:
    try:
        return way()
    except zlib.error:
        return b""
