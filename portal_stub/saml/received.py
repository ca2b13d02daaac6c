"""A SAML Response as received: read, opened, verified, and the one assertion that is judged.

Everything here is read once and on demand. What cannot be read raises ``NotApplicable``: the rule about the
stage that failed says why, and the rules after it say that they have nothing to look at.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import attrs
from cryptography import x509
from lxml import etree

from portal_stub.address import folded
from portal_stub.checks import NotApplicable
from portal_stub.config import SamlSettings
from portal_stub.saml.decryption import Opener, OwnKey, Policy, Unsealed
from portal_stub.saml.fingerprint import Trust
from portal_stub.saml.message import Memory
from portal_stub.saml.providers import Provider, providers, those_that_trust
from portal_stub.saml.reading import Reading
from portal_stub.saml.sealed import ENCRYPTED_ASSERTION, Document, open_document, open_parts, opened_in
from portal_stub.saml.signature import Algorithms, Signature, Verification, find_signatures, verify
from portal_stub.saml.xml import XmlProblem, saml, samlp, text_of

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ASSERTION, RESPONSE = saml("Assertion"), samlp("Response")

FORGETTING_TRUSTS = frozenset(
    {
        "saml.settings.fingerprint",
        "saml.signature.present",
        "saml.signature.algorithm",
        "saml.signature.certificate-present",
        "saml.signature.fingerprint",
        "saml.signature.value",
        "saml.signature.digest",
    }
)
"""A portal that forgot one of these takes what it received for signed where that rule would have refused."""


@attrs.frozen(kw_only=True, slots=False)
class Received(Reading):
    """What the checks look at. ``now`` is in UTC; ``own_key`` gives the portal's key for decryption."""

    now: datetime
    memory: Memory
    own_key: OwnKey | None = None

    @property
    def left_out(self) -> frozenset[str]:
        """The rules that are left out for this message: a naive reader that believes it forgets some more."""
        reader = self.weaknesses.reader("assertion")
        return self.waived if reader is None or self.believed_naively is None else self.waived | reader.forgets

    @property
    def saml(self) -> SamlSettings:
        """The portal's SAML settings."""
        return self.settings.saml

    @property
    def drift(self) -> timedelta:
        """The allowed clock drift (portal-contract S8)."""
        return timedelta(seconds=self.saml.allowed_drift_seconds)

    @cached_property
    def providers(self) -> Sequence[Provider]:
        """The identity providers that the portal knows; requests are sent to the first."""
        return providers(self.saml)

    @property
    def trust(self) -> Trust:
        """The certificates that the portal trusts of the identity provider to which it sends requests."""
        return self.providers[0].trust

    def owners(self, certificate: x509.Certificate) -> Sequence[Provider]:
        """Return the identity providers of which the portal trusts the certificate."""
        if certificate not in self._owners:
            reader = self.weaknesses.reader("fingerprint")
            naively = None if reader is None else reader.read
            self._owners[certificate] = those_that_trust(self.providers, certificate, naively)
        return self._owners[certificate]

    @cached_property
    def _owners(self) -> dict[x509.Certificate, Sequence[Provider]]:
        return {}

    @cached_property
    def provider(self) -> Provider:
        """The identity provider that the message says it is of; the first where it names none that is known."""
        elements = (element for element in (self.assertion_if_any, self.envelope) if element is not None)
        issuer = next((found for element in elements if (found := element.find(saml("Issuer"))) is not None), None)
        return self.provider_named(issuer) or self.providers[0]

    def provider_named(self, issuer: etree._Element | None) -> Provider | None:
        """Return the identity provider that an Issuer names, or None where the portal knows none of that name."""
        name = "" if issuer is None else self.text(issuer)
        return next((known for known in self.providers if self.is_same(known.entity_id, name)), None)

    # The message that was read.

    @property
    def sealed(self) -> etree._Element:
        """The root of the message as it came."""
        return super().root

    @property
    def root(self) -> etree._Element:
        """The root of the message, with each encrypted assertion that could be opened in the place of its cipher."""
        return self.document.opened

    @cached_property
    def _opener(self) -> Opener:
        prefix = "saml.encryption."
        forgot: frozenset[Any] = frozenset(rule_id.removeprefix(prefix) for rule_id in self.waived)
        policy = Policy(rsa15=self.saml.allow_rsa15, forgot=forgot)
        return Opener(self.own_key, self.settings.entity_id, policy)

    @cached_property
    def document(self) -> Document:
        """The message as it came, and opened."""
        return open_document(self.sealed, self._opener)

    @property
    def unopened(self) -> int:
        """How many encrypted assertions of the Response could not be opened, or were too many."""
        return len(self.root.findall(ENCRYPTED_ASSERTION))

    @property
    def unsealed(self) -> Sequence[Unsealed]:
        """What came of everything encrypted: assertions, and the parts of the trusted assertion."""
        parts = self._trusted[1] if self.assertions else ()
        return (*(opening.unsealed for opening in self.document.openings), *parts)

    @property
    def response(self) -> etree._Element:
        """The Response: the root, whatever it is called where the portal forgot to ask."""
        root = self.root
        if root.tag == RESPONSE:
            return root
        if "saml.message.response" not in self.waived or root.tag == ASSERTION:
            raise NotApplicable("the message is not a Response")
        return root

    @cached_property
    def envelope(self) -> etree._Element | None:
        """The Response, or None where a bare assertion is read because the portal forgot to ask for a Response."""
        if self.root.tag == ASSERTION and "saml.message.response" in self.waived:
            return None
        return self.response

    # Status and assertions.

    @cached_property
    def successful(self) -> bool:
        """Whether the Response says that the login succeeded (saml-core 3.2.2.2)."""
        if self.envelope is None:
            return True
        codes = self.envelope.findall(f"{samlp('Status')}/{samlp('StatusCode')}")
        return [code.get("Value") for code in codes] == [SUCCESS]

    @cached_property
    def assertions(self) -> Sequence[etree._Element]:
        """Every assertion of the document, wherever it stands, in document order.

        Those in the advice of a signed assertion are not among them: the signature covers them, and nothing is read
        from them (saml-core 2.6.1).
        """
        self.envelope  # noqa: B018 - what is not a Response is not searched
        return tuple(found for found in self.root.iter(ASSERTION) if not self._is_advice(found))

    def _is_advice(self, assertion: etree._Element) -> bool:
        advice = [*assertion.iterancestors(saml("Advice"))][-1:]
        advised = advice[0].getparent() if advice else None
        if advised is None or advised.tag != ASSERTION or not self.is_direct(advised):
            return False
        covering = (advised, self.envelope)
        return any(found.parent in covering and not found.misplaced for found in self.signatures_if_any)

    @cached_property
    def named_assertion(self) -> int:
        """How many elements are called Assertion: not every reader looks at the namespace as well."""
        self.envelope  # noqa: B018 - what is not a Response is not searched
        return sum(1 for found in self.root.iter("{*}Assertion") if not self._is_advice(found))

    def is_direct(self, assertion: etree._Element) -> bool:
        """Return whether the assertion stands where it belongs: directly in the Response."""
        return assertion.getparent() is self.envelope

    # Signatures.

    @cached_property
    def found_signatures(self) -> Sequence[Signature]:
        """The Signature elements of the document, hollow ones as well."""
        return find_signatures(self.root, self.envelope)

    @cached_property
    def signatures_if_any(self) -> Sequence[Signature]:
        """The signatures of the document."""
        return tuple(signature for signature in self.found_signatures if not signature.hollow)

    @property
    def signatures(self) -> Sequence[Signature]:
        """The signatures of the document, at least one."""
        if self.signatures_if_any:
            return self.signatures_if_any
        raise NotApplicable("nothing is signed")

    @property
    def placed(self) -> Sequence[Signature]:
        """The signatures that are looked at further: one in the wrong place is refused for that alone."""
        ignored = "saml.signature.covers-parent" in self.waived
        found = tuple(signature for signature in self.signatures if ignored or not signature.misplaced)
        if not found:
            raise NotApplicable("no signature covers the element around it")
        return found

    def believed(self, signature: Signature) -> Sequence[x509.Certificate]:
        """Return the signature's certificates that the portal trusts, or takes on trust because it forgot to ask."""
        trusted = [certificate for certificate in signature.certificates if self.owners(certificate)]
        forgot = "saml.signature.fingerprint" in self.waived or (
            "saml.settings.fingerprint" in self.waived and not self.trust.fingerprints
        )
        # One certificate may be sent a thousand times, and each attempt costs time.
        return tuple(dict.fromkeys(trusted or (signature.certificates[:4] if forgot else ())))

    @cached_property
    def algorithms(self) -> Algorithms:
        """The algorithms that are accepted."""
        if "saml.signature.algorithm" in self.waived:
            return Algorithms.forgotten()
        return Algorithms.allowed(sha1=self.saml.allow_sha1)

    @cached_property
    def verified(self) -> Sequence[tuple[Signature, Verification]]:
        """Each signature with what came of verifying it."""
        # The signature of the Response was made over the cipher text, that of an assertion before it was encrypted.
        found = []
        for signature in self.signatures:
            made_in = self.sealed if signature.parent is self.root else self.root
            found.append((signature, verify(signature, made_in, self.believed(signature), self.algorithms)))
        return found

    def foreign(self, signature: Signature, result: Verification) -> str:
        """Return whose key has verified the signature, where it is not that of the issuer, or the empty string."""
        if len(self.providers) == 1 or result.certificate is None or result.signed is None:
            return ""
        owners = self.owners(result.certificate)
        issuer = result.signed.find(saml("Issuer"))
        if issuer is None:
            inside = (*result.signed.findall(ASSERTION), *opened_in(result.signed, self._opener))
            issuer = next((found.find(saml("Issuer")) for found in inside), None)
        named = self.provider_named(issuer)
        return "" if named is None or not owners or named in owners else owners[0].entity_id

    @cached_property
    def soundly_verified(self) -> Sequence[tuple[Signature, etree._Element]]:
        """The signatures that verified and that no guard refuses, each with what it covers."""
        return tuple(
            (signature, result.signed)
            for signature, result in (self.verified if self.signatures_if_any else ())
            if result.signed is not None
            and not self.unguarded(signature)
            and not ("saml.signature.issuer-key" not in self.waived and self.foreign(signature, result))
        )

    def unguarded(self, signature: Signature) -> bool:
        """Return whether a guard refuses the signature, so that nothing is read from what it covers."""
        return bool(
            (signature.misplaced and "saml.signature.covers-parent" not in self.waived)
            or (signature.odd_transforms and "saml.signature.transforms" not in self.waived)
            or (signature.signed_infos > 1 and "saml.signature.one-signed-info" not in self.waived)
            or (signature.interrupted and "saml.signature.whole-text" not in self.waived)
        )

    # The one assertion that is judged.

    @property
    def trusted_assertion(self) -> etree._Element | None:
        """The assertion from which the identity is read, or None: what a signature covers, and nothing else.

        It is parsed anew from the bytes that were digested (saml-core 5.4.2), and what is encrypted in it is opened. A
        weakness may make it something else.
        """
        return self._trusted[0]

    @cached_property
    def _trusted(self) -> tuple[etree._Element | None, Sequence[Unsealed]]:
        found = self._find_trusted()
        return (None, ()) if found is None else open_parts(found, self._opener)

    def _find_trusted(self) -> etree._Element | None:
        if self.believed_naively is not None:
            return self.believed_naively
        if not self.signatures_if_any:
            return self._sole if "saml.signature.present" in self.waived else None
        covered = self._covered()
        if covered is None and self.waived & FORGETTING_TRUSTS:
            return self._sole
        if covered is not None and self.weaknesses.reader("text") is not None:
            return self._sole  # As it stands in the message: what was digested has no comments any more.
        return covered

    def _covered(self) -> etree._Element | None:
        signed = [element for _, element in self.soundly_verified]
        for element in signed:
            if element.tag == ASSERTION:
                return element
        for element in signed:
            inside = (*element.findall(ASSERTION), *opened_in(element, self._opener))
            if len(inside) == 1:
                return inside[0]
        return None

    @cached_property
    def believed_naively(self) -> etree._Element | None:
        """The assertion that a naive reader believes, or None where there is no such reader or it believes none."""
        reader = self.weaknesses.reader("assertion")
        try:
            believed: etree._Element | None = None if reader is None else reader.read(self)
        except (NotApplicable, XmlProblem, etree.LxmlError, ValueError, LookupError, StopIteration):
            return None  # What a naive reader cannot read it does not believe.
        return believed

    @property
    def _sole(self) -> etree._Element | None:
        return self.assertions[0] if len(self.assertions) == 1 else None

    @cached_property
    def assertion(self) -> etree._Element:
        """The assertion that is judged: the trusted one, or for the diagnosis alone the only one that was received."""
        if not self.assertions:
            raise NotApplicable("there is no assertion")
        trusted = self.trusted_assertion
        found = self._sole if trusted is None else trusted
        if found is None:
            raise NotApplicable("there are several assertions, and none that can be trusted")
        return found

    @cached_property
    def assertion_if_any(self) -> etree._Element | None:
        """The assertion that is judged, or None where a Response has none that can be."""
        self.envelope  # noqa: B018 - what is not a Response is not searched
        try:
            return self.assertion
        except NotApplicable:
            return None

    def inside(self, path: str) -> Sequence[etree._Element]:
        """Return the elements at this path in the assertion that is judged; each path is followed once."""
        if path not in self._found:
            self._found[path] = self.assertion.findall(path)
        return self._found[path]

    @cached_property
    def _found(self) -> dict[str, Sequence[etree._Element]]:
        return {}

    @cached_property
    def bearers(self) -> Sequence[etree._Element]:
        """The data of the subject's bearer confirmations. Raises NotApplicable where there is no subject."""
        confirmations = self.subject.findall(saml("SubjectConfirmation"))
        data = (found.find(saml("SubjectConfirmationData")) for found in confirmations if found.get("Method") == BEARER)
        return tuple(found for found in data if found is not None)

    @property
    def subject(self) -> etree._Element:
        """The subject of the assertion that is judged. Raises NotApplicable where there is none."""
        found = self.inside(saml("Subject"))
        if not found:
            raise NotApplicable("the assertion has no subject")
        return found[0]

    def is_same(self, expected: str, got: str | None) -> bool:
        """Return whether an address or an entity ID is the expected one, letter for letter (saml-core 8.3.6)."""
        if got == expected:
            return True
        reader = self.weaknesses.reader("address")
        return reader is not None and got is not None and bool(reader.read(expected, got))

    def text(self, element: etree._Element) -> str:
        """Return the whole text of the element, or what a naive reader takes for it."""
        return self._read_text(element)

    @cached_property
    def _read_text(self) -> Callable[[etree._Element], str]:
        reader = self.weaknesses.reader("text")
        read: Callable[[etree._Element], str] = text_of if reader is None else reader.read
        if "saml.subject.exact" not in self.waived:
            return read
        # Not a check alone: the portal that forgot the rule opens the account it looks like.
        return lambda element: folded(read(element)) if element.tag == saml("NameID") else read(element)
