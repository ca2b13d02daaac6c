"""No two cases send the same to portals with the same settings, once IDs and proper signatures are normalised.

All are minted with one seed at one moment, so that texts, times and values that are wrong on purpose are compared as
they are: a second more or less is another case. What is encrypted is compared in plain text.
"""

import base64
import contextlib
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import xmlsec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

import idp_sim.saml.encryption
from conformance.case import Case, all_cases
from conformance.in_process import Delivered, deliver, keyring
from idp_sim.enrolment import pem
from idp_sim.logout import LogoutForm, LogoutQuery
from idp_sim.saml.names import DS, XENC
from idp_sim.stages import Form, Link
from tests.second_opinion.others import verifies

MADE = re.compile(rb"_[0-9a-f]{40}")
"""An ID as the simulator makes it."""
LOWER = re.compile("%([0-9][a-f]|[a-f])")
"""An escape in lower case, which is other octets for who signs or verifies a query."""
LETTERS = re.compile(r"[A-Za-z0-9+/=]+")


@pytest.fixture(scope="module")
def plainly() -> Iterator[None]:
    """Encrypt nothing: a cipher text is the plain text, and that of a key says for whom it is."""
    original: Any = idp_sim.saml.encryption._encrypted_key

    def key_of(secret: bytes, recipient: Any, chosen: Any) -> etree._Element:
        key: etree._Element = original(secret, recipient, chosen)
        (value,) = key.iter(f"{{{XENC}}}CipherValue")
        value.text = base64.b64encode(
            b"%d for " % len(secret) + recipient.certificate.public_bytes(Encoding.DER)
        ).decode()
        return key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(idp_sim.saml.encryption, "_encrypted_key", key_of)
        patch.setattr(idp_sim.saml.encryption, "_cipher_text", lambda plain, *_: plain)
        yield


def signer(signature: etree._Element) -> str | None:
    """Return the name of the key that verifies the signature, if there is one."""
    certificates = ((name, pem(keyring().certificate(name))) for name in keyring().entries)
    return next((name for name, certificate in certificates if verifies(signature, certificate)), None)


def normal(xml: bytes) -> bytes:
    """Return the message with the values of proper signatures taken out, its IDs numbered, and its parts decrypted."""
    try:
        root = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return numbered(xml)
    xmlsec.tree.add_ids(root, ["ID"])
    for signature in root.iter(f"{{{DS}}}Signature"):
        if (name := signer(signature)) is not None:
            for value in [*signature.iter(f"{{{DS}}}SignatureValue"), *signature.iter(f"{{{DS}}}DigestValue")]:
                text = value.text or "-"
                xml = xml.replace(text.encode(), shape(name, text).encode())
    for value in root.iter(f"{{{XENC}}}CipherValue"):
        octets = (value.text or "-").encode()
        xml = xml.replace(octets, decoded(octets))
    return numbered(xml)


def shape(name: str, text: str) -> str:
    """Return whose signature the text is, and how it is written: its lines and their length."""
    return name + LETTERS.sub(lambda run: f" {len(run.group())}", text)


def numbered(xml: bytes) -> bytes:
    found = list(dict.fromkeys(MADE.findall(xml)))
    return MADE.sub(lambda made: b"ID %d" % found.index(made.group()), xml)


def decoded(text: bytes) -> bytes:
    """Return what the text says in base64, normalised, or the text itself."""
    try:
        return b"in base64: " + normal(base64.b64decode(text, validate=True))
    except ValueError:
        return text


def sent(one: Delivered) -> object:
    """Return what arrives at the portal, normalised."""
    message = one.sent
    if isinstance(message, Link):
        return message.url
    if isinstance(message, LogoutQuery):
        return LOWER.search(message.url) is not None, tuple(queried(message, *pair) for pair in message.pairs)
    assert isinstance(message, Form | LogoutForm)
    fields = tuple((name, decoded(value.encode())) for name, value in message.fields)
    return getattr(message, "method", "post"), message.action, fields


def query_signer(message: LogoutQuery) -> str | None:
    """Return the name of the RSA key that verifies the signature of the query, if there is one (bindings 3.4.4.1)."""
    signed, _, value = urlsplit(message.url).query.partition("&Signature=")
    for name, digest in itertools.product(keyring().entries, (hashes.SHA256(), hashes.SHA512())):
        public = keyring().certificate(name).public_key()
        if isinstance(public, rsa.RSAPublicKey):
            with contextlib.suppress(InvalidSignature, ValueError):
                public.verify(base64.b64decode(unquote(value)), signed.encode(), padding.PKCS1v15(), digest)
                return name
    return None


def queried(message: LogoutQuery, key: str, value: str) -> object:
    """Return a parameter with what a signed query says in it, normalised."""
    if key == "Signature" and (name := query_signer(message)) is not None:
        return key, shape(name, unquote(value))
    try:
        return key, normal(zlib.decompress(base64.b64decode(unquote(value), validate=True), -15))
    except (ValueError, zlib.error):
        return key, value


@pytest.mark.usefixtures("plainly")
def test_no_two_cases_are_the_same_message() -> None:
    seen: dict[object, str] = {}
    alike = []
    for case in all_cases():
        one = deliver(case, seed="1")
        if one is None:
            continue  # A journey: what is sent there is a sound message, sent otherwise.
        # What the portal remembers is part of it: where the login began there, it has an open request.
        where = (repr(one.settings), case.scenario.start)
        first = seen.setdefault((where, sent(one)), case.id)
        if first != case.id:
            alike.append((first, case.id))
    assert alike == [], "\n".join(map(str, alike))


AS_THEY_ARE = {
    "saml.encryption.declared-outside": "its plain text is no document by itself",
    "saml.logout.parameters-in-another-order": "the signature is over an order that is not the query's",
}
"""Sound messages whose signatures cannot be taken out so simply: they are compared with them, by one seed."""

SOUND = [
    case
    for case in all_cases()
    if case.outcome == "must-accept" and case.scenario.stage != "journey" and case.id not in AS_THEY_ARE
]


@pytest.mark.usefixtures("plainly")
@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.id)
def test_nothing_of_a_sound_message_depends_on_the_seed(case: Case) -> None:
    """What is compared is free of what a case has for itself, so that nothing passes for another by its IDs."""
    one, two = deliver(case, seed="1"), deliver(case, seed="2")
    assert one is not None
    assert two is not None
    assert sent(one) == sent(two)


def test_no_two_scenarios_of_a_protocol_have_one_title() -> None:
    scenarios = {case.scenario.id: case.scenario for case in all_cases()}.values()
    titles = Counter((scenario.id.partition(".")[0], scenario.title) for scenario in scenarios)
    assert [title for title, count in titles.items() if count > 1] == []
