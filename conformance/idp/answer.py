"""What an identity provider answered, read for its probes. The portal alone judges whether it is to be believed."""

from datetime import datetime

import attrs
from lxml import etree

from portal_stub.checks import NotApplicable
from portal_stub.config import Settings
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.message import OFFLINE, Post
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml, samlp, text_of
from portal_stub.times import parse_utc
from portal_stub.weakness import SOUND


@attrs.frozen(kw_only=True)
class Answer:
    """One Response. What it has not is None; ``statuses`` are the last words of its status codes, outermost first."""

    response_id: str | None
    in_response_to: str | None
    issued: datetime | None
    statuses: tuple[str, ...]
    assertion_id: str | None = None
    name_id: str | None = None
    name_id_format: str | None = None
    authn_instant: datetime | None = None

    @property
    def signs_in(self) -> bool:
        """Whether it is a login: whatever else may be wrong with it, it holds an assertion."""
        return self.assertion_id is not None


def read_answer(message: str, settings: Settings, now: datetime, own_key: OwnKey) -> Answer | None:
    """Return what a posted SAMLResponse holds, decrypted; None for what is no Response."""
    received = Received(
        post=Post(saml_response=message), settings=settings, now=now, memory=OFFLINE, weaknesses=SOUND, own_key=own_key
    )
    try:
        root, assertions = received.response, received.assertions
    except NotApplicable:
        return None
    codes = root.findall(f"{samlp('Status')}//{samlp('StatusCode')}")
    told = Answer(
        response_id=root.get("ID"),
        in_response_to=root.get("InResponseTo"),
        issued=parse_utc(root.get("IssueInstant", "")),
        statuses=tuple(code.get("Value", "").rpartition(":")[2] for code in codes),
    )
    return told if not assertions else _with_assertion(told, assertions[0])


def _with_assertion(told: Answer, assertion: etree._Element) -> Answer:
    name_id = assertion.find(f"{saml('Subject')}/{saml('NameID')}")
    statement = assertion.find(saml("AuthnStatement"))
    return attrs.evolve(
        told,
        assertion_id=assertion.get("ID", ""),
        name_id=None if name_id is None else text_of(name_id),
        name_id_format=None if name_id is None else name_id.get("Format"),
        authn_instant=None if statement is None else parse_utc(statement.get("AuthnInstant", "")),
    )
