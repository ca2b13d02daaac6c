"""The published vectors suffice alone: who reads only the JSON can judge a portal, or verify a message with xmlsec.

Nothing here knows the simulator. Random values, too, are the stored ones: they verify and decrypt.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from portal_stub.config import Settings
from portal_stub.diagnosis import Diagnosis
from portal_stub.keys import Keys
from portal_stub.remote_login.judge import judge as judge_link
from portal_stub.saml.judge import judge as judge_response
from portal_stub.saml.logout.arrival import Arrival, LogoutMemory
from portal_stub.saml.logout.judge import judge_logout
from portal_stub.saml.message import Memory, Post
from rulebook.strict_toml import structure
from tests.second_opinion.others import verifies

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))
NOW = datetime.fromisoformat(INDEX["now"])
DS = {"ds": "http://www.w3.org/2000/09/xmldsig#"}


def stored() -> list[Any]:
    return list(_stored())


def _stored() -> Iterator[Any]:
    for topic in INDEX["topics"]:
        for vector in json.loads((VECTORS / f"{topic}.json").read_text("utf-8"))["vectors"]:
            yield pytest.param(vector, id=vector["id"])


def value_of(field: dict[str, str]) -> str:
    return field["value"] if "value" in field else gzip.decompress(base64.b64decode(field["gzip"])).decode()


def fields_of(vector: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            field["name"],
            field["value"] if "value" in field else gzip.decompress(base64.b64decode(field["gzip"])).decode(),
        )
        for field in vector["message"]["fields"]
    ]


def settings_of(vector: dict[str, Any]) -> Settings:
    table: dict[str, Any] = {}
    for key, value in {**INDEX["settings"], **vector["settings"]}.items():
        if key not in vector["unset"]:
            *parents, last = key.split(".")
            place = table
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
    return structure(table, Settings, vector["id"])


def diagnosis_of(vector: dict[str, Any]) -> Diagnosis:
    settings, message = settings_of(vector), vector["message"]
    asked = {vector["open_request"]} - {None}
    query = urlsplit(message["url"]).query.encode("ascii")
    if vector["session"] is not None:
        arrival = Arrival.from_query(query) if message["method"] == "get" else Arrival.from_form(fields_of(vector))
        return judge_logout(arrival, settings, NOW, LogoutMemory(open_logouts=asked))
    if settings.sso.method == "simple":
        return judge_link(query, settings, NOW)
    keys = Keys(given={"encryption": settings.saml.encryption_key})
    responses = [value for name, value in fields_of(vector) if name == "SAMLResponse"]
    post = Post(
        saml_response=responses[0] if responses else None,
        relay_state=dict(fields_of(vector)).get("RelayState"),
        further=tuple(responses[1:]),
        binding="post" if message["method"] == "post" else "redirect",
        sender="127.0.0.1",
    )
    memory = Memory(open_requests=asked, seen_assertions=set())
    return judge_response(post, settings, NOW, memory, own_key=lambda: keys.encryption.key)


@pytest.mark.parametrize("vector", stored())
def test_a_portal_judges_the_vector_as_it_says(vector: dict[str, Any]) -> None:
    diagnosis = diagnosis_of(vector)
    outcome = vector["outcome"]
    if outcome == "must-refuse":
        assert not diagnosis.granted
        assert set(diagnosis.violations) == set(vector["rules"])
    if outcome == "must-accept":
        assert diagnosis.granted, diagnosis.violations
    if diagnosis.granted and diagnosis.identity is not None:
        assert diagnosis.identity.email == vector["genuine"]["email"]
    if outcome == "must-accept" and vector["session"] is None:
        assert diagnosis.identity is not None
        assert diagnosis.identity.name == vector["genuine"]["name"]


def verified_by_xmlsec(vector: dict[str, Any]) -> bool:
    """Whether the one signature verifies with the certificate that the portal trusts."""
    root = etree.fromstring(base64.b64decode(dict(fields_of(vector))["SAMLResponse"]))
    (signature,) = root.iterfind(".//ds:Signature", DS)
    der = base64.b64decode(signature.findtext("ds:KeyInfo/ds:X509Data/ds:X509Certificate", "", DS))
    certificate = x509.load_der_x509_certificate(der)
    settings = {**INDEX["settings"], **vector["settings"]}
    trusts: bool = settings["saml.fingerprint"] == certificate.fingerprint(hashes.SHA1()).hex(":")
    if "saml.fingerprint" in vector["unset"]:
        trusts = certificate in x509.load_pem_x509_certificates(settings["saml.certificate"].encode())
    xmlsec.tree.add_ids(root, ["ID"])
    return trusts and verifies(signature, certificate.public_bytes(Encoding.PEM).decode())


@pytest.mark.parametrize(
    ("topic", "case_id", "verifies"),
    [
        ("saml.sound", "saml.sound.plain@assertion", True),
        ("saml.sound", "saml.sound.plain@response", True),
        ("saml.algorithms", "saml.algorithms.ecdsa[p256-sha256]@assertion", True),
        ("saml.times", "saml.times.expired", True),
        ("saml.signature", "saml.signature.altered@assertion", False),
        ("saml.signature", "saml.signature.other-key@assertion", False),
    ],
)
def test_a_stranger_verifies_what_is_signed(topic: str, case_id: str, verifies: bool) -> None:
    found = json.loads((VECTORS / f"{topic}.json").read_text("utf-8"))["vectors"]
    vector = next(known for known in found if known["id"] == case_id)
    assert verified_by_xmlsec(vector) == verifies
