"""How many Responses are minted and judged in a second, beside the machine's raw RSA rate and beside peers, in one run.

Every contender gets a short turn in each round, so that a noisy machine disturbs all alike; what counts is the
processor's time, that of programs they call included, and the median of the rounds. The message is the same for all
that judge: an assertion signed with RSA-2048 and SHA-256, with some attributes. Peers that are not installed are left
out, and named. ``nox -s bench`` installs them and runs this; by hand: ``python -m bench.rates [ROUNDS]``.
"""

import base64
import itertools
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import time_machine
import xmlsec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from signxml import XMLSigner, XMLVerifier, methods

from bench import peers
from idp_sim.config import Portal
from idp_sim.keyring import Keyring
from idp_sim.login import SamlLogin, named
from idp_sim.people import directory
from idp_sim.perform import by_tree, perform
from idp_sim.stages import Form
from portal_stub.config import SamlSettings, Settings, SsoSettings
from portal_stub.saml.judge import judge
from portal_stub.saml.message import Memory, Post

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
PORTAL, IDP = "http://portal.localhost:5002", "http://idp.localhost:5001"
REQUEST = "_the-open-request"
ATTRIBUTES = tuple((f"attribute-{number}", f"value {number}") for number in range(5))
TURN_SECONDS = 0.25
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"

HELPDESK = Portal("portal", PORTAL)
KEYRING = Keyring.ephemeral()
KEY, CERTIFICATE = KEYRING.key("signing"), KEYRING.certificate("signing")
PEM = CERTIFICATE.public_bytes(serialization.Encoding.PEM).decode()
KEY_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()

Turn = Callable[[], object]


def a_login(number: int) -> SamlLogin:
    """Return one of many sign-ins: another person, another seed."""
    person = directory()[number % len(directory())]
    attributes = (*named(person, "FirstName", "LastName"), *ATTRIBUTES)
    return SamlLogin(
        person=person, portal=HELPDESK, at=NOW, seed=str(number), in_response_to=REQUEST, attributes=attributes
    )


def message_of(login: SamlLogin) -> str:
    """Return the SAMLResponse field of a sign-in."""
    sent = perform(login, KEYRING)
    if not isinstance(sent, Form):
        raise TypeError("a SAML sign-in is sent as a form")
    return dict(sent.fields)["SAMLResponse"]


def settings_of(login: SamlLogin) -> Settings:
    """Return the settings of a portal that trusts this simulator."""
    saml = SamlSettings(
        idp_entity_id=login.issuer or "",
        login_url=f"{IDP}/saml/sso",
        certificate=PEM,
        entity_id=login.audience or "",
    )
    return Settings(base_url=PORTAL, sso=SsoSettings(enabled=True, method="saml"), saml=saml)


def minters(keys: dict[str, str]) -> dict[str, Turn]:
    """Return everything that signs, by name; the raw rate first."""
    number = itertools.count()
    octets, padding, digest = b"x" * 1000, PKCS1v15(), SHA256()
    unsigned = _without_signature(by_tree(a_login(0), KEYRING))
    signer = XMLSigner(method=methods.enveloped, c14n_algorithm=EXCLUSIVE)  # type: ignore[arg-type]

    def plain_signxml() -> object:
        root = etree.fromstring(unsigned)
        assertion = root.find(f"{SAML}Assertion")
        return signer.sign(assertion, key=KEY, cert=PEM, reference_uri=f"#{assertion.get('ID')}", id_attribute="ID")

    return {
        "raw RSA-2048": lambda: KEY.sign(octets, padding, digest),
        "this simulator": lambda: message_of(a_login(next(number))),
        "this simulator, by its tree": lambda: by_tree(a_login(next(number)), KEYRING),
        "signxml, key object": plain_signxml,
        "xmlsec binding": _xmlsec_signer(unsigned),
        **peers.that_sign(unsigned, KEY, CERTIFICATE),
        **peers.that_mint(a_login(0), settings_of(a_login(0)), keys),
    }


def judges(keys: dict[str, str]) -> dict[str, Turn]:
    """Return everything that verifies or judges, by name; the raw rate first."""
    message = message_of(a_login(0))
    octets, padding, digest = b"x" * 1000, PKCS1v15(), SHA256()
    signature, public = KEY.sign(octets, padding, digest), KEY.public_key()
    xml = base64.b64decode(message)
    login = a_login(0)
    settings = settings_of(login)
    memory = Memory(open_requests={REQUEST}, seen_assertions=set())
    post = Post(saml_response=message)

    def ours() -> object:
        diagnosis = judge(post, settings, NOW, memory)
        if not diagnosis.granted:
            raise AssertionError(diagnosis.violations)
        return diagnosis

    return {
        "raw RSA-2048": lambda: public.verify(signature, octets, padding, digest),
        "this portal's full diagnosis": ours,
        "python3-saml, strict": _python3_saml(message),
        "signxml, signature only": lambda: XMLVerifier().verify(xml, x509_cert=CERTIFICATE, id_attribute="ID"),
        "xmlsec, signature only": _xmlsec_verifier(xml),
        **peers.that_verify(xml, CERTIFICATE),
        **peers.that_judge(login, message, settings, CERTIFICATE, keys),
    }


def _without_signature(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    for signature in list(root.iter(f"{DS}Signature")):
        parent = signature.getparent()
        if parent is not None:
            parent.remove(signature)
    return etree.tostring(root)


def _xmlsec_signer(unsigned: bytes) -> Turn:
    key = xmlsec.Key.from_memory(KEY_PEM, xmlsec.KeyFormat.PEM)

    def sign() -> object:
        assertion = etree.fromstring(unsigned).find(f"{SAML}Assertion")
        xmlsec.tree.add_ids(assertion, ["ID"])
        node = xmlsec.template.create(assertion, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256)
        assertion.insert(1, node)
        reference = xmlsec.template.add_reference(node, xmlsec.Transform.SHA256, uri=f"#{assertion.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        context = xmlsec.SignatureContext()
        context.key = key
        context.sign(node)
        return etree.tostring(assertion)

    return sign


def _xmlsec_verifier(xml: bytes) -> Turn:
    key = xmlsec.Key.from_memory(PEM, xmlsec.KeyFormat.CERT_PEM)

    def verify() -> object:
        root = etree.fromstring(xml)
        xmlsec.tree.add_ids(root, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = key
        return context.verify(next(root.iter(f"{DS}Signature")))

    return verify


def _python3_saml(message: str) -> Turn:
    login = a_login(0)
    settings = OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": login.audience,
                "assertionConsumerService": {"url": login.portal.acs_url},
                "NameIDFormat": login.name_id_format,
            },
            "idp": {
                "entityId": login.issuer,
                "singleSignOnService": {"url": f"{IDP}/saml/sso"},
                "x509cert": PEM,
            },
            "security": {"wantAssertionsSigned": True, "requestedAuthnContext": False},
        }
    )
    place = urlsplit(login.portal.acs_url)
    request = {"https": "off", "http_host": place.netloc, "script_name": place.path}

    def validate() -> object:
        response = OneLogin_Saml2_Response(settings, message)
        if not response.is_valid(request, REQUEST):
            raise AssertionError(response.get_error())
        return response

    return validate


def measure(turns: dict[str, Turn], rounds: int) -> dict[str, float]:
    """Return, for each name, the median number of times a second of processor time; turns are interleaved."""
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            rates[name].append(_rate(turn))
    return {name: statistics.median(found) for name, found in rates.items()}


def _rate(turn: Turn) -> float:
    count, started = 0, _spent()
    while (spent := _spent() - started) < TURN_SECONDS:
        turn()
        count += 1
    return count / spent


def _spent() -> float:
    """Return the processor's time of this process and of the programs that it has run."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _table(title: str, rates: dict[str, float], beside: str) -> str:
    lines = [f"{title:32} {'a second':>10}   as a share of {beside}"]
    lines += [f"{name:32} {rate:10,.0f}   {rate / rates[beside]:.2f}" for name, rate in rates.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    logging.disable(logging.CRITICAL)  # pysaml2 tells of each message
    # python3-saml and pysaml2 read the wall clock.
    with time_machine.travel(NOW, tick=False), tempfile.TemporaryDirectory() as folder:
        keys = peers.keys_of_pysaml2(Path(folder), KEY, CERTIFICATE)
        minted, judged = measure(minters(keys), rounds), measure(judges(keys), rounds)
    sys.stdout.write(_table("minted", minted, "raw RSA-2048") + "\n")
    sys.stdout.write(_table("judged", judged, "python3-saml, strict"))
    if peers.missing():
        sys.stdout.write(f"\nNot installed: {', '.join(peers.missing())}.\n")


if __name__ == "__main__":
    main()
