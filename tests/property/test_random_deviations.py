"""Random deviations of sound sign-ins, posted to the portal: never an error, never a session for another person.

``DEVIATIONS`` in the environment says how many in all; ``nox -s deviations`` takes 20,000.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import attrs
import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from lxml import etree

from conformance.in_process import NOW, PORTAL
from portal_stub.app import create_app
from portal_stub.saml.judge import judge
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.weakness import Weaknesses
from tests.property.deviations import (
    PERSON,
    Fields,
    Request,
    attributes_altered,
    bytes_altered,
    links_altered,
    nodes_altered,
    parameters_altered,
    settings,
)

many = effort(
    max_examples=int(os.environ.get("DEVIATIONS", "250")) // 5,
    deadline=None,
    database=None,
    # The portal is one for all examples of a test, on purpose; the sound messages are long.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.too_slow],
)
SAML = settings("saml")

AGAIN = Weaknesses.named(without=["saml.assertion.once"])
"""What leaves the assertion as it was is to be let in each time: else only the first example could show who it is."""


def portal(method: str, folder: Path) -> Iterator[Flask]:
    app = create_app(settings(method), f"sqlite:///{folder / 'portal.db'}", AGAIN, lambda: NOW)
    yield app
    app.extensions["portal"].database.close()


@pytest.fixture
def saml(tmp_path: Path) -> Iterator[Flask]:
    yield from portal("saml", tmp_path)


@pytest.fixture
def simple(tmp_path: Path) -> Iterator[Flask]:
    yield from portal("simple", tmp_path)


def send(app: Flask, request: Request, path: str = "/login/saml") -> str | None:
    """Send what was drawn, and return who is signed in afterwards."""
    client = app.test_client()
    data = urlencode(request.form, errors="surrogatepass") if request.method == "POST" else None
    kind = "application/x-www-form-urlencoded"
    query = urlencode([*request.query, *(request.form if data is None else [])], errors="surrogatepass")
    answer = client.open(f"{path}?{query}", method=request.method, base_url=PORTAL, data=data, content_type=kind)
    assert answer.status_code < 500
    assert (answer.location or PORTAL).startswith((PORTAL, "/"))
    home = client.get("/", base_url=PORTAL)
    assert home.status_code == 200
    found = etree.HTML(home.text).xpath("string(//*[@id='person-email'])")
    return str(found) or None


def judged(xml: bytes) -> str:
    """Return the message in base64, after the judge has said something about every rule."""
    message = base64.b64encode(xml).decode()
    diagnosis = judge(Post(saml_response=message), SAML, NOW, OFFLINE)
    assert [finding for finding in diagnosis.findings if finding.outcome == "not-checked"] == []
    assert diagnosis.person in (None, PERSON.email)
    return message


def posted(xml: bytes) -> Request:
    return Request("POST", [("SAMLResponse", judged(xml))], [])


@given(bytes_altered())
@many
def test_bytes(saml: Flask, xml: bytes) -> None:
    assert send(saml, posted(xml)) in (None, PERSON.email)


@given(nodes_altered())
@many
def test_nodes(saml: Flask, xml: bytes) -> None:
    assert send(saml, posted(xml)) in (None, PERSON.email)


@given(attributes_altered())
@many
def test_attributes(saml: Flask, xml: bytes) -> None:
    assert send(saml, posted(xml)) in (None, PERSON.email)


@given(parameters_altered())
@many
def test_parameters(saml: Flask, request_drawn: Request) -> None:
    assert send(saml, request_drawn) in (None, PERSON.email)


@given(links_altered())
@many
def test_remote_logins(simple: Flask, fields: Fields) -> None:
    signed_in = send(simple, Request("GET", [], fields), "/login/sso")
    assert signed_in in (None, PERSON.email)


def test_a_portal_that_reads_what_nobody_signed_is_found(tmp_path: Path) -> None:
    """What is looked for can be seen: where the first assertion of any is read, a forged identity is signed in."""
    forgetful = attrs.evolve(AGAIN, naive=frozenset({"first-assertion"}))
    app = create_app(SAML, f"sqlite:///{tmp_path / 'weak.db'}", forgetful, lambda: NOW)
    seen: set[str | None] = set()

    @given(nodes_altered())
    @effort(many, max_examples=400, derandomize=True)
    def look(xml: bytes) -> None:
        message = base64.b64encode(xml).decode()
        seen.add(send(app, Request("POST", [("SAMLResponse", message)], [])))

    look()
    assert seen > {None, PERSON.email}
